// The sound of a meeting: an element for each section, which the browser may hold back.

import { setSpeaker } from "./choose-devices.js";
import { h } from "./dom.js";

export class MeetingSound {
  element = h("div", { hidden: true });
  #heldBack;

  /** @param {(play: () => void) => void} heldBack the browser wants the person to ask for the sound first */
  constructor(heldBack) {
    this.#heldBack = heldBack;
  }

  /**
   * All sections with sound are played; the server decides who is in them.
   *
   * @param {Map<string, MediaStreamTrack>} heard by the name of the section
   */
  play(heard) {
    for (const element of this.#elements) {
      if (!heard.has(element.dataset.mid ?? "")) element.remove();
    }
    for (const [mid, track] of heard) {
      if (this.element.querySelector(`[data-mid="${CSS.escape(mid)}"]`)) continue;
      const audio = h("audio", { autoplay: true, "data-mid": mid });
      audio.srcObject = new MediaStream([track]);
      this.element.append(audio);
      setSpeaker(audio);
      audio.play().catch((error) => error.name === "NotAllowedError" && this.#heldBack(() => this.#playAll()));
    }
  }

  /** Goes on at the speaker that was chosen. */
  changeSpeaker() {
    for (const audio of this.#elements) setSpeaker(audio);
  }

  clear() {
    this.element.replaceChildren();
  }

  /** @returns {HTMLAudioElement[]} */
  get #elements() {
    return [...this.element.querySelectorAll("audio")];
  }

  #playAll() {
    for (const audio of this.#elements) audio.play().catch(() => {});
  }
}
