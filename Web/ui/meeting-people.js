// Who is in a meeting and who waits before it, with what hosts may do about them.

import { avatar, h, icon, iconButton } from "./dom.js";

const WAITING_ROOM = {
  WAITING_ROOM_GUESTS: "Guests wait",
  WAITING_ROOM_EVERYBODY: "Everybody waits",
  WAITING_ROOM_NOBODY: "Nobody waits",
};

/**
 * @param {import("../meeting/call.js").Call} call
 * @param {(work: () => any) => any} act does it and shows why it could not be done
 */
export function meetingPeople(call, act) {
  const people = [...call.participants.values()];
  const waiting = people.filter((person) => person.waiting);
  const present = people.filter((person) => !person.waiting);
  // Raised hands first, in the order in which they were raised.
  present.sort((a, b) => (a.handRaisedAt || Infinity) - (b.handRaisedAt || Infinity));
  return [
    waiting.length > 0 &&
      h(
        "section.block",
        {},
        h("h3", {}, "Waiting to be let in"),
        h("ul.people", {}, waiting.map((person) => waitingItem(person, call, act))),
        waiting.length > 1 &&
          h(
            "button.button",
            { type: "button", onclick: () => act(() => call.answerKnock(0, true)) },
            "Let everybody in",
          ),
      ),
    h("ul.people", {}, present.map((person) => presentItem(person, call, act))),
  ];
}

function waitingItem({ participant, name, guest }, call, act) {
  const answer = (admit) => () => act(() => call.answerKnock(participant, admit));
  return h(
    "li.person",
    {},
    avatar(name),
    h("div.person-words", {}, h("b", {}, name, guest && h("span.tag", {}, "guest"))),
    h("button.button.is-primary", { type: "button", "aria-label": `Let ${name} in`, onclick: answer(true) }, "Let in"),
    iconButton("close", `Send ${name} away`, { onclick: answer(false) }),
  );
}

function presentItem(person, call, act) {
  const { participant, name } = person;
  const isSelf = participant === call.self;
  const mayAct = call.isHost && !isSelf;
  const button = (picture, label, work) => iconButton(picture, label, { onclick: () => act(work) });
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
        ? button("hand", `Lower the hand of ${name}`, () => call.lowerHand(participant))
        : h("span", { title: "hand raised" }, icon("hand"))),
    mayAct && person.microphone && button("microphone", `Mute ${name}`, () => call.mute(participant, "MICROPHONE")),
    mayAct && person.camera && button("video", `Stop the camera of ${name}`, () => call.mute(participant, "CAMERA")),
    mayAct && person.screen && button("screen", `Stop the screen of ${name}`, () => call.mute(participant, "SCREEN")),
    mayAct && button("close", `Remove ${name} from the meeting`, () => call.remove(participant)),
  );
}

/** Where a guest link is shown: it stays while the panel is drawn anew, at each change of the roster. */
const guestLinkPlaces = new WeakMap();

/** @param {import("../meeting/call.js").Call} call */
function guestLinkPlace(call) {
  const place = guestLinkPlaces.get(call) ?? h("div", { role: "status" });
  guestLinkPlaces.set(call, place);
  return place;
}

/**
 * @param {import("../meeting/call.js").Call} call
 * @param {(work: () => any) => any} act
 */
export function hostControls(call, act) {
  const made = guestLinkPlace(call);
  const { locked = false, waitingRoom = "WAITING_ROOM_GUESTS" } = call.info;
  return h(
    "section.block",
    {},
    h("h3", {}, "For hosts"),
    h(
      "label.check",
      {},
      h("input", {
        type: "checkbox",
        checked: locked,
        onchange: (event) => act(() => call.setDoor({ locked: event.target.checked })),
      }),
      h("span", {}, "Locked: nobody else comes in"),
    ),
    h(
      "label.field",
      {},
      h("span.field-label", {}, "Before the meeting"),
      h(
        "select.input",
        { onchange: (event) => act(() => call.setDoor({ waitingRoom: event.target.value })) },
        Object.entries(WAITING_ROOM).map(([value, label]) =>
          h("option", { value, selected: value === waitingRoom }, label),
        ),
      ),
    ),
    h(
      "p.actions",
      {},
      h(
        "button.button",
        {
          type: "button",
          onclick: () =>
            act(async () => {
              const link = await call.guestLink();
              made.replaceChildren(
                h("p.hint", {}, "Whoever has this link can come to this meeting, without an account."),
                h("code.copyable", {}, link),
              );
            }),
        },
        "A link for guests",
      ),
      h(
        "button.button.is-danger",
        { type: "button", onclick: () => act(() => call.endForAll()) },
        "End for all",
      ),
    ),
    made,
  );
}
