// Before a meeting: one's own picture, what will be on, and the way in.

import { whyNoDevices } from "../meeting/devices.js";
import { devicesButton } from "./call-bar.js";
import { deviceButton } from "./call-button.js";
import { openChosen } from "./call-devices.js";
import { fill, h, icon } from "./dom.js";
import { preview } from "./preview.js";

/** @typedef {Map<import("../meeting/peers.js").Source, MediaStreamTrack>} Tracks */

const SOURCES = /** @type {const} */ (["MICROPHONE", "CAMERA"]);
const NAMES = { MICROPHONE: "microphone", CAMERA: "camera" };

/**
 * @typedef {object} Circumstances
 * @property {string} label the channel's
 * @property {string} name one's own
 * @property {{names: string[], count: number} | undefined} running the meeting that goes on
 * @property {string} words why one is here again; may be empty
 * @property {boolean} mayJoin
 * @property {(() => void) | null} back nowhere to go for a guest, who came for the meeting alone
 * @property {(ready: Tracks) => Promise<void>} join throws what the person should read
 * @property {(source: "MICROPHONE" | "CAMERA", track: MediaStreamTrack) => any} late was opened when one had joined already
 * @property {(words: string) => any} say what is too late to be read here
 */

export class BeforeMeeting {
  element;
  /** @type {Tracks} */
  #ready = new Map();
  #join;
  #late;
  #say;
  #preview;
  #problem = h("div.problem", { role: "alert", hidden: true });
  /** By what it is about, so that one is not hidden by the next. @type {Map<string, string>} */
  #problems = new Map();
  #controls = h("div.preview-controls", {});
  #button;
  /** From pressing the button on, unless it fails. */
  #isJoining = false;
  #isClosed = false;

  /** @param {Circumstances} circumstances */
  constructor({ label, name, running, words, mayJoin, back, join, late, say }) {
    this.#join = join;
    this.#late = late;
    this.#say = say;
    this.#preview = preview(name);
    this.#button = h(
      "button.button.is-primary.join-meeting",
      { type: "button", onclick: () => this.#press() },
      icon("video"),
      running ? "Join the meeting" : "Start the meeting",
    );
    this.element = h(
      "div.before",
      {},
      h("h2", {}, `Meeting in ${label}`),
      words && h("p", { role: "status" }, words),
      mayJoin && [
        h("p.muted", {}, whoIsThere(running)),
        this.#preview.element,
        this.#problem,
        this.#controls,
        this.#button,
      ],
      back && h("button.button", { type: "button", onclick: back }, "Back to the conversation"),
    );
    this.#show();
  }

  /**
   * One question of the browser's for each device; without one of them the meeting can be joined all the same.
   * @param {{microphone: boolean, camera: boolean} | null} before what was on, when the page was loaded again:
   * then it goes on by itself
   */
  async begin(before) {
    const why = whyNoDevices();
    this.#complain("devices", why);
    for (const source of why ? [] : SOURCES) {
      if (before && source === "CAMERA" && !before.camera) continue;
      await this.#open(source);
      if (this.#isClosed) return;
      this.#show();
    }
    if (!before || this.#isJoining) return;
    const microphone = this.#ready.get("MICROPHONE");
    if (microphone) microphone.enabled = before.microphone;
    await this.#press();
  }

  /** What was opened and is not sent stops. */
  close() {
    this.#isClosed = true;
    this.#stop();
  }

  #stop() {
    for (const track of this.#ready.values()) track.stop();
    this.#ready.clear();
  }

  async #press() {
    this.#isJoining = true;
    this.#button.disabled = true;
    this.#complain("joining", "");
    try {
      await this.#join(this.#ready);
      // They are the meeting's now.
      this.#ready = new Map();
    } catch (error) {
      this.#isJoining = false;
      this.#button.disabled = false;
      this.#complain("joining", error.message);
    }
  }

  async #open(source) {
    try {
      const track = await openChosen(source);
      if (this.#isClosed) return track.stop();
      // Somebody was quicker than the browser's question: it is sent as soon as it is there.
      if (this.#isJoining) return await this.#late(source, track);
      this.#ready.get(source)?.stop();
      this.#ready.set(source, track);
    } catch (error) {
      if (this.#isJoining) this.#say(error.message);
      else this.#complain(source, error.message);
    }
  }

  async #turn(source) {
    this.#complain(source, "");
    if (this.#ready.has(source)) {
      this.#ready.get(source)?.stop();
      this.#ready.delete(source);
    } else {
      await this.#open(source);
    }
    this.#show();
  }

  async #replace(source) {
    if (this.#ready.has(source)) await this.#open(source);
    this.#show();
  }

  #show() {
    this.#preview.show(this.#ready.get("CAMERA"));
    fill(
      this.#controls,
      SOURCES.map((source) => {
        const isOn = this.#ready.has(source);
        const label = `Turn the ${NAMES[source]} ${isOn ? "off" : "on"}`;
        return deviceButton(source, isOn, label, () => this.#turn(source));
      }),
      devicesButton((source) => this.#replace(source)),
    );
  }

  /** @param {string} about @param {string} words empty when all is well again */
  #complain(about, words) {
    this.#problems.set(about, words);
    const all = [...this.#problems.values()].filter(Boolean);
    fill(this.#problem, all.map((each) => h("p", {}, each)));
    this.#problem.hidden = all.length === 0;
  }
}

/** Guests are not told who, before they are let in. @param {{names: string[], count: number} | undefined} running */
function whoIsThere(running) {
  if (!running) return "Nobody is there yet.";
  const { names, count } = running;
  if (names.length === 0) return count === 1 ? "One person is there." : `${count} people are there.`;
  const others = count > names.length ? ` and ${count - names.length} more` : "";
  return `${names.join(", ")}${others} ${count === 1 ? "is" : "are"} there.`;
}
