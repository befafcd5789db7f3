// A phone whose screen goes dark is gone from the meeting.

export class WakeLock {
  #lock = /** @type {any} */ (null);
  #isWanted;

  /** @param {() => boolean} isWanted */
  constructor(isWanted) {
    this.#isWanted = isWanted;
  }

  /** Asked again whenever the page is looked at: the browser lets go of it with each look at another tab. */
  async hold() {
    if (!this.#isWanted() || document.visibilityState !== "visible") return;
    if (this.#lock && !this.#lock.released) return;
    try {
      this.#lock = await /** @type {any} */ (navigator).wakeLock?.request("screen");
    } catch {
      // The battery is low, say: then the screen goes dark as ever.
    }
    if (!this.#isWanted()) this.release();
  }

  release() {
    this.#lock?.release().catch(() => {});
    this.#lock = null;
  }
}
