// Whom the person sees, told to the server: many changes at once are one, and what it knows is not said again.

const DELAY_MS = 120;
const WISHES_MAX = 64;

/** @typedef {{participant: number, source: import("./peers.js").Source, width: number, height: number}} Wish in device pixels */

export class Wishes {
  #send;
  #mayBeSent;
  /** @type {Wish[]} */
  #wishes = [];
  #known = "";
  #timer = 0;

  /**
   * @param {(wishes: object[]) => Promise<any>} send
   * @param {() => boolean} mayBeSent
   */
  constructor(send, mayBeSent) {
    this.#send = send;
    this.#mayBeSent = mayBeSent;
  }

  /** @param {Wish[]} wishes the most important first */
  set(wishes) {
    this.#wishes = wishes.slice(0, WISHES_MAX);
    this.#schedule();
  }

  /** Another connection knows nothing of what was said before. */
  forget() {
    this.#known = "";
    this.#schedule();
  }

  /** All of it once more, at once. */
  repeat() {
    this.#known = "";
    this.#tell();
  }

  #schedule() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#tell(), DELAY_MS);
  }

  #tell() {
    if (!this.#mayBeSent()) return;
    const wishes = this.#wishes.map(({ source, ...wish }) => ({ ...wish, source: `MEDIA_SOURCE_${source}` }));
    const text = JSON.stringify(wishes);
    if (text === this.#known) return;
    this.#known = text;
    this.#send(wishes).catch(() => (this.#known = ""));
  }

  stop() {
    clearTimeout(this.#timer);
  }
}
