// How long to wait before connecting again.

const FIRST_MS = 500;
const LONGEST_MS = 20_000;

export class Backoff {
  #attempt = 0;
  #random;

  /** @param {() => number} random from 0 to 1: not everybody comes back at the same moment */
  constructor(random = Math.random) {
    this.#random = random;
  }

  /** @returns {number} milliseconds */
  next() {
    const longest = Math.min(LONGEST_MS, FIRST_MS * 2 ** this.#attempt);
    this.#attempt += 1;
    return Math.round(longest * (0.5 + this.#random() / 2));
  }

  /** Connected: the next loss begins anew. */
  reset() {
    this.#attempt = 0;
  }
}
