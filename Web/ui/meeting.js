// The meeting's page: before one joins, the tiles, and the controls.

import { Call } from "../meeting/call.js";
import { listDevices, openDevice, openScreen, whyNoDevices } from "../meeting/devices.js";
import { openDialog } from "./dialog.js";
import { announce, avatar, fill, focusedMark, h, icon, iconButton } from "./dom.js";
import { hostControls, meetingPeople } from "./meeting-people.js";
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

const CHOSEN = "confab.devices";

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

  /**
   * @param {import("./shell.js").Shell} app
   * @param {import("../model/place.js").Channel} channel
   */
  constructor(app, channel) {
    this.#app = app;
    this.#channel = channel;
    this.#stage = h("div.stage", {});
    this.#bar = h("div.call-bar", { role: "toolbar", "aria-label": "Meeting" });
    this.#side = h("div.call-people", { hidden: true });
    this.#alert = h("p.call-alert", { role: "status", hidden: true });
    this.#sound = h("div", { hidden: true });
    this.#tiles = new Tiles((wishes) => this.#call?.wish(wishes));
    this.element = h(
      "section.meeting",
      { "aria-label": `Meeting in ${channel.label}` },
      this.#alert,
      h("div.call-middle", {}, this.#stage, this.#side),
      this.#bar,
      this.#sound,
    );
    this.#showBefore();
  }

  /** Whether leaving the page would leave a meeting. */
  get isInMeeting() {
    return this.#call !== null && this.#call.state !== "gone";
  }

  close() {
    this.#isClosed = true;
    this.#call?.leave();
    this.#stopReady();
    this.#tiles.close();
    this.element.remove();
  }

  // Before joining

  async #showBefore(words = "") {
    this.#call = null;
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
      fill(controls, this.#toggle("MICROPHONE", show), this.#toggle("CAMERA", show), this.#devicesButton(show));
      problem.textContent = this.#problem;
      problem.hidden = !this.#problem;
    };
    show();
    this.#problem = whyNoDevices();
    if (!this.#problem) {
      // One question of the browser's for each; without one of them the meeting can be joined all the same.
      for (const source of /** @type {const} */ (["MICROPHONE", "CAMERA"])) {
        await this.#open(source);
        if (this.#isClosed) return;
        if (!this.#call) show();
      }
    }
    if (!this.#call) show();
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
    return callButton(
      source === "CAMERA" ? (isOn ? "video" : "videoOff") : isOn ? "microphone" : "microphoneOff",
      `Turn the ${names[source]} ${isOn ? "off" : "on"}`,
      isOn,
      async () => {
        this.#problem = "";
        if (isOn) {
          this.#ready.get(source)?.stop();
          this.#ready.delete(source);
        } else {
          await this.#open(source);
        }
        show();
      },
    );
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
    call.on("people", mine(() => this.#show()));
    call.on("media", mine(() => this.#show()));
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
    if (state === "waiting") {
      fill(
        this.#stage,
        h(
          "div.before",
          { role: "status" },
          h("h2", {}, "A moment, please"),
          h("p", {}, "A host will let you in."),
        ),
      );
      fill(this.#bar, this.#leaveButton());
    } else if (state === "joined") {
      fill(this.#stage, this.#tiles.element);
      announce("You are in the meeting.");
      this.#show();
    }
  }

  #gone(reason, by) {
    this.#warn("");
    this.#sound.replaceChildren();
    this.#tiles.clear();
    if (this.#isClosed) return;
    if (reason === "LEFT") return this.#app.closeMeeting();
    this.#showBefore(`${GONE[reason] ?? "The meeting is over."}${by ? ` (${by})` : ""}`);
  }

  #show() {
    const call = this.#call;
    if (!call || call.state !== "joined") return;
    this.#tiles.show(call);
    this.#hear(call);
    this.#showBar(call);
    if (!this.#side.hidden) fill(this.#side, this.#people(call));
  }

  /** All sections with sound are played; the server decides who is in them. */
  #hear(call) {
    const heard = call.heard;
    for (const element of [...this.#sound.children]) {
      if (!heard.has(element.dataset.mid)) element.remove();
    }
    for (const [mid, track] of heard) {
      if (this.#sound.querySelector(`[data-mid="${CSS.escape(mid)}"]`)) continue;
      const audio = h("audio", { autoplay: true, "data-mid": mid });
      audio.srcObject = new MediaStream([track]);
      this.#sound.append(audio);
      setSpeaker(audio);
      audio.play().catch((error) => error.name === "NotAllowedError" && this.#askForSound());
    }
  }

  #askForSound() {
    const play = () => {
      for (const audio of this.#sound.children) audio.play().catch(() => {});
      this.#warn("");
    };
    this.#warn(
      "The browser holds the sound back until you say so. ",
      h("button.link", { type: "button", onclick: play }, "Hear the meeting"),
    );
  }

  #warn(...words) {
    fill(this.#alert, words);
    this.#alert.hidden = !words[0];
  }

  #showBar(call) {
    const self = call.participants.get(call.self);
    const waiting = [...call.participants.values()].filter((each) => each.waiting).length;
    const act = (work) => () => Promise.resolve(work()).catch((error) => this.#app.say(error.message));
    const has = (source) => call.localTrack(source) !== undefined;
    const isHeard = call.isOn("MICROPHONE");
    const isRaised = (self?.handRaisedAt ?? 0) > 0;
    const focused = focusedMark(".call-bar [data-control]", "control");
    fill(
      this.#bar,
      callButton(isHeard ? "microphone" : "microphoneOff", isHeard ? "Mute the microphone" : "Unmute the microphone", isHeard,
        act(() => (has("MICROPHONE") ? call.setMicrophone(!isHeard) : this.#start(call, "MICROPHONE"))), "microphone"),
      callButton(has("CAMERA") ? "video" : "videoOff", has("CAMERA") ? "Turn the camera off" : "Turn the camera on", has("CAMERA"),
        act(() => (has("CAMERA") ? call.setTrack("CAMERA", null) : this.#start(call, "CAMERA"))), "camera"),
      callButton("screen", has("SCREEN") ? "Stop sharing the screen" : "Share the screen", has("SCREEN"),
        act(() => this.#share(call)), "screen"),
      callButton("hand", isRaised ? "Lower the hand" : "Raise the hand", isRaised,
        act(() => call.setHand(!isRaised)), "hand"),
      callButton("grid", this.#tiles.isSpeaker ? "Show everybody alike" : "Show the speaker large", this.#tiles.isSpeaker,
        () => {
          this.#tiles.toggleLayout();
          this.#show();
        }, "layout"),
      h("span.bar-with-badge", {},
        callButton("people", waiting > 0 ? `People, ${waiting} waiting` : "People", !this.#side.hidden, () => this.#togglePeople(), "people"),
        waiting > 0 && h("span.badge", { "aria-hidden": "true" }, waiting)),
      callButton("chat", "Conversation", this.#app.showsChat, () => {
        this.#app.toggleChat();
        this.#showBar(call);
      }, "chat"),
      this.#devicesButton(() => this.#replaceDevices(call)),
      this.#leaveButton(),
    );
    if (focused) this.#bar.querySelector(`[data-control="${CSS.escape(focused)}"]`)?.focus();
  }

  async #start(call, source) {
    const track = await openDevice(source === "CAMERA" ? "video" : "audio", chosen(source));
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
    this.#side.hidden = !this.#side.hidden;
    this.#show();
  }

  #people(call) {
    const act = (work) => Promise.resolve(work()).catch((error) => this.#app.say(error.message));
    return [
      h("header.panel-header", {}, h("h2", {}, "In the meeting"),
        iconButton("close", "Close", { onclick: () => this.#togglePeople() })),
      h("div.panel-body", {}, meetingPeople(call, act), call.isHost && hostControls(call, act)),
    ];
  }

  // Devices

  #devicesButton(changed) {
    return callButton("gear", "Choose devices", false, () => this.#chooseDevices(changed), "devices");
  }

  async #chooseDevices(changed) {
    const found = await listDevices();
    const choice = (source, label, devices) =>
      h(
        "label.field",
        {},
        h("span.field-label", {}, label),
        h(
          "select.input",
          {
            onchange: async (event) => {
              choose(source, event.target.value);
              await changed(source);
            },
          },
          devices.length === 0 && h("option", { value: "" }, "None was found"),
          devices.map((device, index) =>
            h(
              "option",
              { value: device.deviceId, selected: device.deviceId === chosen(source) },
              device.label || `${label} ${index + 1}`,
            ),
          ),
        ),
      );
    openDialog("Devices", [
      choice("MICROPHONE", "Microphone", found.audioinput),
      choice("CAMERA", "Camera", found.videoinput),
      found.audiooutput.length > 0 && choice("SPEAKER", "Speakers", found.audiooutput),
    ].filter(Boolean));
  }

  async #replaceDevices(call) {
    for (const audio of this.#sound.children) setSpeaker(audio);
    for (const source of /** @type {const} */ (["MICROPHONE", "CAMERA"])) {
      if (!call.localTrack(source)) continue;
      const wasOn = call.isOn(source);
      await this.#start(call, source).catch((error) => this.#app.say(error.message));
      if (source === "MICROPHONE") await call.setMicrophone(wasOn);
    }
  }
}

/** A control of the bar: pressed while what it stands for is on. */
function callButton(picture, label, isOn, act, control = "") {
  return h(
    `button.call-button${isOn ? ".is-on" : ""}`,
    {
      type: "button",
      "aria-label": label,
      "aria-pressed": String(isOn),
      title: label,
      "data-control": control || null,
      onclick: act,
    },
    icon(picture),
  );
}

function readChosen() {
  try {
    return JSON.parse(localStorage.getItem(CHOSEN) ?? "{}");
  } catch {
    return {};
  }
}

const chosen = (source) => readChosen()[source] ?? "";

function choose(source, device) {
  try {
    localStorage.setItem(CHOSEN, JSON.stringify({ ...readChosen(), [source]: device }));
  } catch {
    // Then the browser's own choice holds.
  }
}

function setSpeaker(audio) {
  const speaker = chosen("SPEAKER");
  if (speaker && audio.setSinkId) audio.setSinkId(speaker).catch(() => {});
}
