// The meeting's page: before one joins, while one waits, and the tiles with who is there.

import { Call } from "../meeting/call.js";
import { rosterNews } from "../meeting/roster-news.js";
import { HeldElsewhere } from "../protocol/errors.js";
import { linkWithCode } from "../protocol/invitation.js";
import { BeforeMeeting } from "./before-meeting.js";
import { CallBar } from "./call-bar.js";
import { KEYS } from "./call-button.js";
import { turn } from "./call-devices.js";
import { announce, fill, h } from "./dom.js";
import { forgetMeeting, keepMeeting, keptMeeting } from "./kept-meeting.js";
import { MeetingPeople } from "./meeting-people.js";
import { MeetingSound } from "./meeting-sound.js";
import { notify, ring } from "./notices.js";
import { preview } from "./preview.js";
import { Tiles } from "./tiles.js";
import { WakeLock } from "./wake-lock.js";

const GONE = {
  LEFT: "You left the meeting.",
  LOST: "The connection to the meeting was lost.",
  REMOVED: "You were removed from the meeting and cannot come back to it.",
  REFUSED: "You were not let in.",
  ENDED: "The meeting has ended.",
  REPLACED: "You joined again in another window.",
  NOT_A_MEMBER: "You are not in the room any more.",
};

export class MeetingView {
  element;
  #app;
  #channel;
  #stage = h("div.stage", {});
  #side = h("div.call-people", { hidden: true });
  #alert = h("p.call-alert", { role: "status", hidden: true });
  #bar;
  #sound;
  #tiles;
  /** @type {Call | null} */
  #call = null;
  #before = /** @type {BeforeMeeting | null} */ (null);
  /** One's own picture, while one waits. */
  #preview = /** @type {ReturnType<typeof preview> | null} */ (null);
  #isClosed = false;
  /** @type {MeetingPeople | null} */
  #people = null;
  /** Who was there, and who waited, when it was last looked at. @type {Map<number, any>} */
  #known = new Map();
  /** Takes the words about who knocks away. @type {(() => void) | null} */
  #knock = null;
  #wakeLock = new WakeLock(() => this.isInMeeting);
  #stops = new AbortController();

  /**
   * @param {import("./shell.js").Shell} app
   * @param {import("../model/place.js").Channel} channel
   */
  constructor(app, channel) {
    this.#app = app;
    this.#channel = channel;
    this.#sound = new MeetingSound((play) => this.#askForSound(play));
    this.#tiles = new Tiles((wishes) => this.#call?.wish(wishes), () => app.enlargeMeeting());
    this.#bar = new CallBar({
      acting: (work) => this.#acting(work),
      toggleLayout: () => {
        this.#tiles.toggleLayout();
        this.#show();
      },
      togglePeople: () => this.#togglePeople(),
      toggleChat: () => {
        app.toggleChat();
        this.#show();
      },
      changeSpeaker: () => this.#sound.changeSpeaker(),
      shrink: () => app.shrinkMeeting(),
      enlarge: () => app.enlargeMeeting(),
    });
    this.element = h(
      "section.meeting",
      { "aria-label": `Meeting in ${channel.label}` },
      this.#alert,
      h("div.call-middle", {}, this.#stage, this.#side),
      this.#bar.element,
      this.#sound.element,
    );
    const { signal } = this.#stops;
    document.addEventListener("keydown", (event) => this.#keyPressed(event), { signal });
    document.addEventListener("visibilitychange", () => this.#wakeLock.hold(), { signal });
    window.addEventListener("pagehide", () => this.#remember(), { signal });
    this.#showBefore("", keptMeeting(channel.id));
  }

  /** Whose meeting it is: the channel's id. */
  get channel() {
    return this.#channel.id;
  }

  /** Shown in a corner, while something else is read. */
  get isSmall() {
    return this.element.classList.contains("is-small");
  }

  /** @param {boolean} isSmall */
  setSmall(isSmall) {
    if (this.isSmall === isSmall) return;
    if (isSmall && !this.#side.hidden) this.#togglePeople();
    this.element.classList.toggle("is-small", isSmall);
    this.#tiles.setSmall(isSmall);
    if (isSmall) announce("The meeting goes on in a corner of the page.");
    this.#show();
  }

  /** Whether leaving the page would leave a meeting. */
  get isInMeeting() {
    return this.#call !== null && this.#call.state !== "gone";
  }

  close() {
    this.#isClosed = true;
    this.#stops.abort();
    this.#call?.leave();
    this.#forget();
    this.#before?.close();
    this.#tiles.close();
    this.element.remove();
  }

  #remember() {
    if (this.#call && this.isInMeeting) keepMeeting(this.#channel.id, this.#call);
  }

  #forget() {
    forgetMeeting();
    this.#wakeLock.release();
  }

  // Before joining

  /**
   * @param {string} words why one is here again; may be empty
   * @param {{microphone: boolean, camera: boolean} | null} [kept] what was on, when the page was loaded again
   * @param {boolean} [mayJoin]
   */
  #showBefore(words, kept = null, mayJoin = true) {
    this.#call = null;
    this.#people = null;
    this.#side.hidden = true;
    this.#before?.close();
    this.#before = new BeforeMeeting({
      label: this.#channel.label,
      name: this.#app.place.myName,
      running: this.#app.place.meetings.get(this.#channel.id),
      words,
      mayJoin,
      back: this.#app.isGuest ? null : () => this.#app.closeMeeting(),
      join: (ready) => this.#join(ready),
      late: (source, track) => (this.#call ? this.#call.setTrack(source, track) : track.stop()),
      say: (problem) => this.#app.say(problem),
    });
    fill(this.#stage, this.#before.element);
    this.#bar.clear();
    if (mayJoin) this.#before.begin(kept);
  }

  async #join(ready) {
    const call = new Call(this.#app.place.client, this.#channel.id);
    this.#call = call;
    this.#listen(call);
    try {
      await call.join(ready);
    } catch (error) {
      this.#call = null;
      if (error instanceof HeldElsewhere) location.assign(linkWithCode(error.entry, location.pathname));
      throw error;
    }
  }

  // In the meeting

  #listen(call) {
    const mine = (work) => (value) => call === this.#call && work(value);
    call.on("state", mine((state) => this.#stateChanged(state)));
    call.on("people", mine(() => {
      this.#sayWhoIsNew(call);
      this.#show();
    }));
    call.on("media", mine(() => {
      this.#remember();
      this.#show();
    }));
    call.on("speaking", mine(() => this.#tiles.setSpeaking(call.speaking)));
    call.on("trouble", mine((isTroubled) =>
      this.#warn(isTroubled ? "The network is in trouble. Trying to heal it…" : ""),
    ));
    call.on("failed", mine((error) => this.#app.say(error.message)));
    call.on("muted", mine(({ source, by }) => {
      const words = { MICROPHONE: "muted you", CAMERA: "stopped your camera", SCREEN: "stopped your screen" };
      this.#app.say(`${by} ${words[source]}.`);
    }));
    call.on("gone", mine(({ reason, by }) => this.#gone(reason, by)));
  }

  #stateChanged(state) {
    if (state === "waiting" || state === "joined") {
      this.#remember();
      this.#wakeLock.hold();
    }
    if (state === "waiting") {
      this.#preview = preview(this.#app.place.myName);
      fill(
        this.#stage,
        h(
          "div.before",
          {},
          h("div", { role: "status" }, h("h2", {}, "A moment, please"), h("p", {}, "A host will let you in.")),
          this.#preview.element,
        ),
      );
      this.#show();
    } else if (state === "joined") {
      fill(this.#stage, this.#tiles.element, this.#tiles.note);
      announce("You are in the meeting.");
      this.#show();
    }
  }

  #gone(reason, by) {
    this.#warn("");
    this.#forget();
    this.#known.clear();
    this.#sound.clear();
    this.#tiles.clear();
    if (this.#isClosed) return;
    if (reason === "LEFT") return this.#app.closeMeeting();
    const words = `${GONE[reason] ?? "The meeting is over."}${by ? ` (${by})` : ""}`;
    if (!this.isSmall) return this.#showBefore(words, null, reason !== "REMOVED");
    this.#app.closeMeeting();
    this.#app.say(words);
  }

  #show() {
    const call = this.#call;
    if (call?.state === "waiting") {
      this.#preview?.show(call.localTrack("CAMERA"));
      return this.isSmall ? this.#bar.showSmall(call) : this.#bar.showWaiting(call);
    }
    if (!call || call.state !== "joined") return;
    this.#tiles.show(call);
    this.#sound.play(call.heard);
    if (this.isSmall) return this.#bar.showSmall(call);
    this.#bar.show(call, {
      isSpeaker: this.#tiles.isSpeaker,
      showsPeople: !this.#side.hidden,
      showsChat: this.#app.showsChat,
      maySmall: !this.#app.isGuest,
    });
    this.#people?.update();
  }

  async #showPeople() {
    if (this.isSmall) await this.#app.enlargeMeeting();
    if (this.#side.hidden) this.#togglePeople();
  }

  #togglePeople() {
    const call = this.#call;
    if (!call) return;
    const hadFocus = this.#side.contains(document.activeElement);
    this.#side.hidden = !this.#side.hidden;
    this.#people = null;
    if (!this.#side.hidden) {
      const act = (work) => this.#acting(work)();
      this.#people = new MeetingPeople(call, act, () => this.#togglePeople());
      fill(this.#side, this.#people.element);
      this.#people.focus();
    }
    this.#show();
    if (this.#side.hidden && hadFocus) this.#bar.focus("people");
  }

  #keyPressed(event) {
    const source = KEYS[event.key.toLowerCase()];
    const isTyping = event.target.closest?.("input, textarea, select, [contenteditable]");
    if (!source || isTyping || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
    const call = this.#call;
    if (!call || !this.isInMeeting || document.querySelector("dialog[open]")) return;
    event.preventDefault();
    this.#acting(() => turn(call, source))();
  }

  /** @param {() => any} work what a button does; the person reads why it could not be done */
  #acting = (work) => async () => {
    try {
      await work();
    } catch (error) {
      this.#app.say(error.message);
    }
  };

  // Words for the person

  #sayWhoIsNew(call) {
    const before = this.#known;
    this.#known = new Map(call.participants);
    if (call.state !== "joined" || before.size === 0) return;
    const { words, knocking } = rosterNews(before, this.#known);
    if (words.length > 0) announce(words.join(" "));
    if (![...call.participants.values()].some(({ waiting }) => waiting)) this.#knock?.();
    if (knocking.length > 0) this.#sayWhoKnocks(call, knocking);
  }

  #sayWhoKnocks(call, knocking) {
    const [{ name, participant }] = knocking;
    const isOne = knocking.length === 1;
    const words = isOne ? `${name} waits to be let in.` : `${knocking.length} people wait to be let in.`;
    this.#knock = this.#app.say(words, isOne ? "Let in" : "Show them", () =>
      isOne ? call.hosting.answerKnock(participant, true) : this.#showPeople(),
    );
    ring(1);
    notify(`Meeting in ${this.#channel.label}`, words, "confab-knock", () => {});
  }

  #askForSound(play) {
    const hear = () => {
      play();
      this.#warn("");
    };
    this.#warn(
      "The browser holds the sound back until you say so. ",
      h("button.link", { type: "button", onclick: hear }, "Hear the meeting"),
    );
  }

  #warn(...words) {
    fill(this.#alert, words);
    this.#alert.hidden = !words[0];
  }
}
