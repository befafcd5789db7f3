// Who is in a meeting and who waits before it, with what hosts may do about them.

import { copyable } from "./copyable.js";
import { confirmThat } from "./dialog.js";
import { avatar, focusedMark, h, icon, iconButton } from "./dom.js";

const WAITING_ROOM = {
  WAITING_ROOM_GUESTS: "Guests wait",
  WAITING_ROOM_EVERYBODY: "Everybody waits",
  WAITING_ROOM_NOBODY: "Nobody waits",
};

/** @typedef {import("../meeting/participant.js").Participant} Participant */

/**
 * The panel beside the tiles. Somebody comes or goes at any moment: what did not change stays the same
 * element, so that the focus, an open list and what a pointer aims at stay where they are.
 */
export class MeetingPeople {
  element;
  #call;
  #act;
  #waiting = h("ul.people", {});
  #present = h("ul.people", {});
  #waitingBlock;
  #letAllIn;
  #forHosts;
  #locked;
  #waitingRoom;
  /** What a row shows, and the row. @type {Map<number, {shows: string, row: HTMLElement}>} */
  #rows = new Map();

  /**
   * @param {import("../meeting/call.js").Call} call
   * @param {(work: () => any) => any} act does it and shows why it could not be done
   * @param {() => void} close
   */
  constructor(call, act, close) {
    this.#call = call;
    this.#act = act;
    this.#letAllIn = h(
      "button.button",
      { type: "button", onclick: () => act(() => call.hosting.answerKnock(0, true)) },
      "Let everybody in",
    );
    this.#waitingBlock = h(
      "section.block",
      {},
      h("h3", {}, "Waiting to be let in"),
      this.#waiting,
      this.#letAllIn,
    );
    this.#locked = h("input", {
      type: "checkbox",
      onchange: () => act(() => call.hosting.setDoor({ locked: this.#locked.checked })),
    });
    this.#waitingRoom = h(
      "select.input",
      { onchange: () => act(() => call.hosting.setDoor({ waitingRoom: this.#waitingRoom.value })) },
      Object.entries(WAITING_ROOM).map(([value, label]) => h("option", { value }, label)),
    );
    this.#forHosts = this.#hostControls();
    this.element = h(
      "div",
      {
        onkeydown: (event) => {
          if (event.key !== "Escape") return;
          event.stopPropagation();
          close();
        },
      },
      h(
        "header.panel-header",
        {},
        h("h2", { tabindex: -1 }, "In the meeting"),
        iconButton("close", "Close", { onclick: close }),
      ),
      h("div.panel-body", {}, this.#waitingBlock, this.#present, this.#forHosts),
    );
    this.update();
  }

  /** The panel was opened. */
  focus() {
    this.element.querySelector("h2")?.focus();
  }

  /** Something about the people, or the door, changed. */
  update() {
    const call = this.#call;
    const people = [...call.participants.values()];
    const waiting = people.filter((person) => person.waiting);
    const present = people.filter((person) => !person.waiting);
    // Raised hands first, in the order in which they were raised.
    present.sort((a, b) => (a.handRaisedAt || Infinity) - (b.handRaisedAt || Infinity));
    for (const id of this.#rows.keys()) {
      if (!call.participants.has(id)) this.#rows.delete(id);
    }
    const focused = focusedMark(".call-people [data-control]", "control");
    place(this.#waiting, waiting.map((person) => this.#row(person)));
    place(this.#present, present.map((person) => this.#row(person)));
    if (focused && !this.element.contains(document.activeElement)) this.#focusAgain(focused);
    this.#waitingBlock.hidden = waiting.length === 0;
    this.#letAllIn.hidden = waiting.length < 2;
    this.#forHosts.hidden = !call.isHost;
    const { locked = false, waitingRoom = "WAITING_ROOM_GUESTS" } = call.info;
    this.#locked.checked = locked;
    this.#waitingRoom.value = waitingRoom;
  }

  /** The same control again, or the first of the same row. */
  #focusAgain(control) {
    const row = control.replace(/-.*/, "");
    const again = this.element.querySelector(`[data-control="${CSS.escape(control)}"]`);
    (again ?? this.element.querySelector(`[data-control^="${CSS.escape(row)}-"]`))?.focus();
  }

  #row(person) {
    const { participant } = person;
    const shows = JSON.stringify([person, this.#call.isHost]);
    const before = this.#rows.get(participant);
    if (before?.shows === shows) return before.row;
    const row = person.waiting ? this.#waitingRow(person) : this.#presentRow(person);
    this.#rows.set(participant, { shows, row });
    return row;
  }

  /** @param {Participant} person */
  #waitingRow({ participant, name, guest }) {
    const answer = (admit) => () => this.#act(() => this.#call.hosting.answerKnock(participant, admit));
    return h(
      "li.person",
      {},
      avatar(name),
      h("div.person-words", {}, h("b", {}, name, guest && h("span.tag", {}, "guest"))),
      h(
        "button.button.is-primary",
        {
          type: "button",
          "aria-label": `Let ${name} in`,
          "data-control": `${participant}-admit`,
          onclick: answer(true),
        },
        "Let in",
      ),
      iconButton("close", `Send ${name} away`, {
        "data-control": `${participant}-refuse`,
        onclick: answer(false),
      }),
    );
  }

  /** @param {Participant} person */
  #presentRow(person) {
    const call = this.#call;
    const { participant, name } = person;
    const isSelf = participant === call.self;
    const mayAct = call.isHost && !isSelf;
    const button = (picture, label, control, work) =>
      iconButton(picture, label, {
        "data-control": `${participant}-${control}`,
        onclick: () => this.#act(work),
      });
    const remove = () =>
      confirmThat(
        `${name} is put out with all devices, and cannot come back to this meeting.`,
        `Remove ${name}`,
        () => call.hosting.remove(participant),
      );
    return h(
      "li.person",
      {},
      avatar(name),
      h(
        "div.person-words",
        {},
        h(
          "b",
          {},
          isSelf ? `${name} (you)` : name,
          person.host && h("span.tag", {}, "host"),
          person.guest && h("span.tag", {}, "guest"),
        ),
        person.lost && h("span.muted", {}, "connection lost"),
      ),
      person.handRaisedAt > 0 &&
        (mayAct
          ? button("hand", `Lower the hand of ${name}`, "hand", () => call.hosting.lowerHand(participant))
          : h("span", { title: "hand raised" }, icon("hand"))),
      mayAct && person.microphone &&
        button("microphone", `Mute ${name}`, "microphone", () => call.hosting.mute(participant, "MICROPHONE")),
      mayAct && person.camera &&
        button("video", `Stop the camera of ${name}`, "camera", () => call.hosting.mute(participant, "CAMERA")),
      mayAct && person.screen &&
        button("screen", `Stop the screen of ${name}`, "screen", () => call.hosting.mute(participant, "SCREEN")),
      mayAct && button("close", `Remove ${name} from the meeting`, "remove", remove),
    );
  }

  #hostControls() {
    const call = this.#call;
    const made = h("div", { role: "status" });
    const makeLink = async () => {
      const link = await call.hosting.guestLink();
      made.replaceChildren(
        h("p.hint", {}, "Whoever has this link can come to this meeting, without an account."),
        copyable("The link", link),
      );
    };
    const end = () =>
      confirmThat("The meeting ends for everybody.", "End the meeting", () => call.hosting.endForAll());
    return h(
      "section.block",
      {},
      h("h3", {}, "For hosts"),
      h("label.check", {}, this.#locked, h("span", {}, "Locked: nobody else comes in")),
      h("label.field", {}, h("span.field-label", {}, "Before the meeting"), this.#waitingRoom),
      h(
        "p.actions",
        {},
        h("button.button", { type: "button", onclick: () => this.#act(makeLink) }, "A link for guests"),
        h("button.button.is-danger", { type: "button", onclick: end }, "End for all"),
      ),
      made,
    );
  }
}

/**
 * These and no others, in this order; what is in its place is not touched.
 * @param {HTMLElement} list
 * @param {HTMLElement[]} rows
 */
function place(list, rows) {
  const wanted = new Set(rows);
  for (const row of [...list.children]) if (!wanted.has(/** @type {HTMLElement} */ (row))) row.remove();
  rows.forEach((row, index) => {
    if (list.children[index] !== row) list.insertBefore(row, list.children[index] ?? null);
  });
}
