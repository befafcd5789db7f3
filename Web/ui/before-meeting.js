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
  #problem = h("p.problem", { role: "alert", hidden: true });
  #controls = h("div.preview-controls", {});
  #button;
  /** From pressing the button on, unless it fails. */
  #isJoining = false;
  #isClosed = false;

  /** @param {Circumstances} circumstances */
  constructor({ label, name, running, words, join, late, say }) {
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
      h(
        "p.muted",
        {},
        running ? `${running.names.join(", ")} ${running.count === 1 ? "is" : "are"} there.` : "Nobody is there yet.",
      ),
      this.#preview.element,
      this.#problem,
      this.#controls,
      this.#button,
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
    this.#complain(why);
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
    try {
      await this.#join(this.#ready);
      // They are the meeting's now.
      this.#ready = new Map();
    } catch (error) {
      this.#isJoining = false;
      this.#button.disabled = false;
      this.#complain(error.message);
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
      else this.#complain(error.message);
    }
  }

  async #turn(source) {
    this.#complain("");
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

  #complain(words) {
    this.#problem.textContent = words;
    this.#problem.hidden = !words;
  }
}
