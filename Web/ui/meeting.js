// The meeting's page: before one joins, the tiles, and the controls.

import { Call } from "../meeting/call.js";
import { openDevice, openScreen, whyNoDevices } from "../meeting/devices.js";
import { rosterNews } from "../meeting/roster-news.js";
import { callButton, deviceButton, KEYS } from "./call-button.js";
import { chooseDevices, chosen } from "./choose-devices.js";
import { announce, avatar, fill, focusedMark, h, icon, iconButton } from "./dom.js";
import { forgetMeeting, keepMeeting, keptMeeting } from "./kept-meeting.js";
import { MeetingPeople } from "./meeting-people.js";
import { MeetingSound } from "./meeting-sound.js";
import { notify, ring } from "./notices.js";
import { Tiles } from "./tiles.js";

const GONE = {
  LEFT: "You left the meeting.",
  LOST: "The connection to the meeting was lost.",
  REMOVED: "You were removed from the meeting and cannot come back to it.",
  REFUSED: "You were not let in.",
  ENDED: "The meeting has ended.",
  REPLACED: "You joined again in another window.",
  NOT_A_MEMBER: "You are not in the room any more.",
};

const SOURCES = /** @type {const} */ (["MICROPHONE", "CAMERA"]);

export class MeetingView {
  element;
  #app;
  #channel;
  #stage;
  #bar;
  #side;
  #alert;
  #sound;
  /** @type {Call | null} */
  #call = null;
  #tiles;
  /** What was opened before joining. @type {Map<import("../meeting/peers.js").Source, MediaStreamTrack>} */
  #ready = new Map();
  #problem = "";
  #isClosed = false;
  /** @type {MeetingPeople | null} */
  #people = null;
  /** Who was there, and who waited, when it was last looked at. @type {Map<number, any>} */
  #known = new Map();
  #wakeLock = /** @type {any} */ (null);
  #stops = new AbortController();

  /**
   * @param {import("./shell.js").Shell} app
   * @param {import("../model/place.js").Channel} channel
   */
  constructor(app, channel) {
    this.#app = app;
    this.#channel = channel;
    this.#stage = h("div.stage", {});
    this.#bar = h("div.call-bar", { role: "group", "aria-label": "Meeting" });
    this.#side = h("div.call-people", { hidden: true });
    this.#alert = h("p.call-alert", { role: "status", hidden: true });
    this.#sound = new MeetingSound((play) => this.#askForSound(play));
    this.#tiles = new Tiles((wishes) => this.#call?.wish(wishes));
    this.element = h(
      "section.meeting",
      { "aria-label": `Meeting in ${channel.label}` },
      this.#alert,
      h("div.call-middle", {}, this.#stage, this.#side),
      this.#bar,
      this.#sound.element,
    );
    const { signal } = this.#stops;
    document.addEventListener("keydown", (event) => this.#keyPressed(event), { signal });
    // The browser lets go of it with each look at another tab.
    document.addEventListener("visibilitychange", () => this.#stayAwake(), { signal });
    window.addEventListener("pagehide", () => this.#remember(), { signal });
    this.#showBefore("", keptMeeting(channel.id));
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
    this.#stopReady();
    this.#tiles.close();
    this.element.remove();
  }

  // Before joining

  /**
   * @param {string} [words]
   * @param {{microphone: boolean, camera: boolean} | null} [before] what was on, when the page was loaded again
   */
  async #showBefore(words = "", before = null) {
    this.#call = null;
    this.#people = null;
    this.#side.hidden = true;
    const preview = h("video", { playsinline: true, autoplay: true });
    preview.muted = true;
    const picture = h("div.preview", {}, preview, avatar(this.#app.place.myName));
    const problem = h("p.problem", { role: "alert", hidden: true });
    const controls = h("div.preview-controls", {});
    const running = this.#app.place.meetings.get(this.#channel.id);
    const join = h(
      "button.button.is-primary.join-meeting",
      { type: "button", onclick: () => this.#join(join, problem) },
      icon("video"),
      running ? "Join the meeting" : "Start the meeting",
    );
    fill(
      this.#stage,
      h(
        "div.before",
        {},
        h("h2", {}, `Meeting in ${this.#channel.label}`),
        words && h("p", { role: "status" }, words),
        h(
          "p.muted",
          {},
          running ? `${running.names.join(", ")} ${running.count === 1 ? "is" : "are"} there.` : "Nobody is there yet.",
        ),
        picture,
        problem,
        controls,
        join,
      ),
    );
    fill(this.#bar, iconButton("close", "Back to the conversation", { onclick: () => this.#app.closeMeeting() }));
    const show = () => {
      const camera = this.#ready.get("CAMERA");
      preview.srcObject = camera ? new MediaStream([camera]) : null;
      picture.classList.toggle("has-picture", Boolean(camera));
      fill(
        controls,
        SOURCES.map((source) => this.#toggle(source, show)),
        this.#devicesButton((source) => this.#replaceReady(source, show)),
      );
      problem.textContent = this.#problem;
      problem.hidden = !this.#problem;
    };
    show();
    this.#problem = whyNoDevices();
    if (!this.#problem) {
      // One question of the browser's for each; without one of them the meeting can be joined all the same.
      for (const source of SOURCES) {
        if (before && source === "CAMERA" && !before.camera) continue;
        await this.#open(source);
        if (this.#isClosed) return;
        if (!this.#call) show();
      }
    }
    if (this.#call) return;
    show();
    if (!before) return;
    const microphone = this.#ready.get("MICROPHONE");
    if (microphone) microphone.enabled = before.microphone;
    this.#join(join, problem);
  }

  #remember() {
    if (this.#call && this.isInMeeting) keepMeeting(this.#channel.id, this.#call);
  }

  #forget() {
    forgetMeeting();
    this.#wakeLock?.release().catch(() => {});
    this.#wakeLock = null;
  }

  /** A phone whose screen goes dark is gone from the meeting. */
  async #stayAwake() {
    if (!this.isInMeeting || document.visibilityState !== "visible") return;
    if (this.#wakeLock && !this.#wakeLock.released) return;
    try {
      this.#wakeLock = await /** @type {any} */ (navigator).wakeLock?.request("screen");
    } catch {
      // The battery is low, say: then the screen goes dark as ever.
    }
    if (!this.isInMeeting) this.#forget();
  }

  async #open(source) {
    try {
      const track = await openDevice(source === "CAMERA" ? "video" : "audio", chosen(source));
      if (this.#isClosed) return track.stop();
      // Somebody was quicker than the browser's question: it is sent as soon as it is there.
      if (this.isInMeeting) return await this.#call?.setTrack(source, track);
      this.#ready.get(source)?.stop();
      this.#ready.set(source, track);
    } catch (error) {
      this.#problem = error.message;
      if (this.isInMeeting) this.#app.say(error.message);
    }
  }

  #toggle(source, show) {
    const isOn = this.#ready.has(source);
    const names = { MICROPHONE: "microphone", CAMERA: "camera" };
    return deviceButton(source, isOn, `Turn the ${names[source]} ${isOn ? "off" : "on"}`, async () => {
      this.#problem = "";
      if (isOn) {
        this.#ready.get(source)?.stop();
        this.#ready.delete(source);
      } else {
        await this.#open(source);
      }
      show();
    });
  }

  async #replaceReady(source, show) {
    if (this.#ready.has(source)) await this.#open(source);
    show();
  }

  #stopReady() {
    for (const track of this.#ready.values()) track.stop();
    this.#ready.clear();
  }

  async #join(button, problem) {
    button.disabled = true;
    const call = new Call(this.#app.place.client, this.#channel.id);
    this.#call = call;
    this.#listen(call);
    try {
      await call.join(this.#ready);
      this.#ready = new Map();
    } catch (error) {
      this.#call = null;
      problem.textContent = error.message;
      problem.hidden = false;
      button.disabled = false;
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
      this.#stayAwake();
    }
    if (state === "waiting") {
      const preview = h("video", { playsinline: true, autoplay: true });
      preview.muted = true;
      fill(
        this.#stage,
        h(
          "div.before",
          {},
          h("div", { role: "status" }, h("h2", {}, "A moment, please"), h("p", {}, "A host will let you in.")),
          h("div.preview", {}, preview, avatar(this.#app.place.myName)),
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
    this.#showBefore(`${GONE[reason] ?? "The meeting is over."}${by ? ` (${by})` : ""}`);
  }

  #show() {
    const call = this.#call;
    if (call?.state === "waiting") return this.#showWaiting(call);
    if (!call || call.state !== "joined") return;
    this.#tiles.show(call);
    this.#sound.play(call.heard);
    this.#showBar(call);
    this.#people?.update();
  }

  /** Who waits sees what they will send, and can turn it off before anybody hears it. */
  #showWaiting(call) {
    const camera = call.localTrack("CAMERA") ?? null;
    const picture = this.#stage.querySelector(".preview");
    const video = picture?.querySelector("video");
    if (picture && video) {
      video.srcObject = camera ? new MediaStream([camera]) : null;
      picture.classList.toggle("has-picture", camera !== null);
    }
    this.#fillBar(
      this.#microphoneButton(call),
      this.#cameraButton(call),
      this.#devicesButton((source) => this.#replaceDevice(call, source)),
      this.#leaveButton(),
    );
  }

  #sayWhoIsNew(call) {
    const before = this.#known;
    this.#known = new Map(call.participants);
    if (call.state !== "joined" || before.size === 0) return;
    const { words, knocking } = rosterNews(before, this.#known);
    if (words.length > 0) announce(words.join(" "));
    if (knocking.length > 0) this.#sayWhoKnocks(call, knocking);
  }

  #sayWhoKnocks(call, knocking) {
    const [{ name, participant }] = knocking;
    const isOne = knocking.length === 1;
    const words = isOne ? `${name} waits to be let in.` : `${knocking.length} people wait to be let in.`;
    this.#app.say(words, isOne ? "Let in" : "Show them", () =>
      isOne ? call.answerKnock(participant, true) : this.#side.hidden && this.#togglePeople(),
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

  #showBar(call) {
    const self = call.participants.get(call.self);
    const waiting = [...call.participants.values()].filter((each) => each.waiting).length;
    const act = this.#acting;
    const isShared = call.localTrack("SCREEN") !== undefined;
    const isRaised = (self?.handRaisedAt ?? 0) > 0;
    const { isSpeaker } = this.#tiles;
    const look = (isOn) => (isOn ? "on" : "");
    this.#fillBar(
      this.#microphoneButton(call),
      this.#cameraButton(call),
      callButton("screen", isShared ? "Stop sharing the screen" : "Share the screen",
        act(() => this.#share(call)), { control: "screen", look: look(isShared) }),
      callButton("hand", isRaised ? "Lower the hand" : "Raise the hand",
        act(() => call.setHand(!isRaised)), { control: "hand", look: look(isRaised) }),
      callButton("grid", isSpeaker ? "Show everybody alike" : "Show the speaker large",
        () => {
          this.#tiles.toggleLayout();
          this.#show();
        }, { control: "layout", look: look(isSpeaker) }),
      h("span.bar-with-badge", {},
        callButton("people", waiting > 0 ? `People, ${waiting} waiting` : "People", () => this.#togglePeople(),
          { control: "people", look: look(!this.#side.hidden), expanded: !this.#side.hidden }),
        waiting > 0 && h("span.badge", { "aria-hidden": "true" }, waiting)),
      callButton("chat", "Conversation", () => {
        this.#app.toggleChat();
        this.#showBar(call);
      }, { control: "chat", look: look(this.#app.showsChat), expanded: this.#app.showsChat }),
      this.#devicesButton((source) => this.#replaceDevice(call, source)),
      this.#leaveButton(),
    );
  }

  /** @param {() => any} work what a button does; the person reads why it could not be done */
  #acting = (work) => async () => {
    try {
      await work();
    } catch (error) {
      this.#app.say(error.message);
    }
  };

  #fillBar(...buttons) {
    const focused = focusedMark(".call-bar [data-control]", "control");
    fill(this.#bar, buttons);
    if (focused) this.#bar.querySelector(`[data-control="${CSS.escape(focused)}"]`)?.focus();
  }

  #microphoneButton(call) {
    const isOn = call.isOn("MICROPHONE");
    return deviceButton("MICROPHONE", isOn, isOn ? "Mute the microphone" : "Unmute the microphone",
      this.#acting(() => this.#turn(call, "MICROPHONE")));
  }

  #cameraButton(call) {
    const isOn = call.isOn("CAMERA");
    return deviceButton("CAMERA", isOn, isOn ? "Turn the camera off" : "Turn the camera on",
      this.#acting(() => this.#turn(call, "CAMERA")));
  }

  /** On when it is off, and the other way round. */
  async #turn(call, source) {
    const hasTrack = call.localTrack(source) !== undefined;
    if (source === "CAMERA" && hasTrack) return call.setTrack("CAMERA", null);
    if (source === "MICROPHONE") await call.setMicrophone(!call.isOn("MICROPHONE"));
    if (!hasTrack) await this.#start(call, source);
  }

  #keyPressed(event) {
    const source = KEYS[event.key.toLowerCase()];
    const isTyping = event.target.closest?.("input, textarea, select, [contenteditable]");
    if (!source || isTyping || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
    if (!this.isInMeeting || document.querySelector("dialog[open]")) return;
    event.preventDefault();
    this.#acting(() => this.#turn(this.#call, source))();
  }

  async #start(call, source) {
    const track = await openDevice(source === "CAMERA" ? "video" : "audio", chosen(source));
    if (!this.isInMeeting || call !== this.#call) return track.stop();
    await call.setTrack(source, track);
  }

  async #share(call) {
    if (call.localTrack("SCREEN")) {
      await call.setTrack("SCREEN_AUDIO", null);
      return call.setTrack("SCREEN", null);
    }
    const screen = await openScreen();
    if (!screen) return;
    await call.setTrack("SCREEN", screen.video);
    if (screen.audio) await call.setTrack("SCREEN_AUDIO", screen.audio);
  }

  #leaveButton() {
    return h(
      "button.button.leave-meeting",
      { type: "button", "data-control": "leave", onclick: () => this.#call?.leave() },
      icon("leave"),
      "Leave",
    );
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
    if (this.#side.hidden && hadFocus) this.#bar.querySelector('[data-control="people"]')?.focus();
  }

  // Devices

  #devicesButton(changed) {
    return callButton("gear", "Choose devices", () => chooseDevices(changed), { control: "devices" });
  }

  /** Only what was chosen: the others go on as they are. */
  async #replaceDevice(call, source) {
    if (source === "SPEAKER") this.#sound.changeSpeaker();
    if (source === "SPEAKER" || !call.localTrack(source)) return;
    await this.#acting(() => this.#start(call, source))();
  }
}
