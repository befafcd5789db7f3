// Follows channels without a gap and without a duplicate, as Docs/Protocol.md says under "Catching up
// without a gap". A value: events in, steps out; whoever owns it performs them.

import { number } from "./values.js";

/** Events of one channel that are held back until what is before them has been fetched. */
const HELD_MAX = 512;

/**
 * @typedef {{deliver: any} | {fetch: string, after: number}} Step
 * Deliver this event, or send ReadEvents for that channel and hand the answer to `fetched`.
 */

export class Cursors {
  /** @type {Map<string, Cursor>} */
  #cursors = new Map();
  /** Positions heard of channels that have not begun. @type {Map<string, number>} */
  #unbegun = new Map();

  /** @param {string} channel @returns {number | undefined} the newest position delivered */
  position(channel) {
    return this.#cursors.get(channel)?.delivered;
  }

  /**
   * What comes after `position` will be delivered. An existing cursor moves forward, never back.
   * @param {string} channel
   * @param {number} position
   * @returns {Step[]}
   */
  begin(channel, position) {
    let cursor = this.#cursors.get(channel);
    if (!cursor) this.#cursors.set(channel, (cursor = new Cursor(channel, position)));
    const head = this.#unbegun.get(channel) ?? position;
    this.#unbegun.delete(channel);
    return [...cursor.skip(position), ...cursor.heard(head)];
  }

  /** @param {string} channel */
  end(channel) {
    this.#cursors.delete(channel);
    this.#unbegun.delete(channel);
  }

  /** @param {any} event @returns {Step[]} */
  received(event) {
    const cursor = this.#cursors.get(event.channel);
    if (cursor) return cursor.received(event);
    const position = Math.max(this.#unbegun.get(event.channel) ?? 0, number(event.position));
    this.#unbegun.set(event.channel, position);
    return [];
  }

  /**
   * @param {string} channel
   * @param {number} head the channel has come so far
   * @returns {Step[]}
   */
  heard(channel, head) {
    return this.#cursors.get(channel)?.heard(head) ?? [];
  }

  /** @param {string} channel @param {any[]} events @param {boolean} more @returns {Step[]} */
  fetched(channel, events, more) {
    return this.#cursors.get(channel)?.fetched(events, more) ?? [];
  }

  /** What is missing is asked for again when something new is heard. @param {string} channel */
  fetchFailed(channel) {
    this.#cursors.get(channel)?.fetchFailed();
  }

  /** Answers that were under way will not come; the cursors stay. */
  disconnected() {
    for (const cursor of this.#cursors.values()) cursor.fetchFailed();
    this.#unbegun.clear();
  }
}

class Cursor {
  delivered;
  #channel;
  #head;
  /** Told ahead of their turn, ascending. @type {any[]} */
  #held = [];
  /** The head when the ReadEvents under way was sent. @type {number | null} */
  #fetchingThrough = null;

  constructor(channel, position) {
    this.#channel = channel;
    this.delivered = position;
    this.#head = position;
  }

  skip(position) {
    if (position <= this.delivered) return [];
    this.delivered = position;
    return this.#deliverHeld();
  }

  heard(position) {
    this.#head = Math.max(this.#head, position);
    return this.#fetchIfBehind();
  }

  received(event) {
    const position = number(event.position);
    if (position <= this.delivered) return [];
    this.#head = Math.max(this.#head, position);
    if (position !== this.delivered + 1) {
      this.#hold(event, position);
      return this.#fetchIfBehind();
    }
    this.delivered = position;
    return [{ deliver: event }, ...this.#deliverHeld()];
  }

  fetched(events, more) {
    if (this.#fetchingThrough === null) return [];
    const through = this.#fetchingThrough;
    this.#fetchingThrough = null;
    const steps = [];
    for (const event of events) {
      if (number(event.position) <= this.delivered) continue;
      // A jump within a page is a part of the channel that we may not see.
      this.delivered = number(event.position);
      steps.push({ deliver: event });
    }
    this.#head = Math.max(this.#head, this.delivered);
    if (more && events.length > 0) return [...steps, ...this.#deliverHeld(), ...this.#fetch()];
    // The last page holds everything up to there that we may see.
    for (const event of this.#held.filter((held) => number(held.position) <= through)) {
      if (number(event.position) > this.delivered) steps.push({ deliver: event });
    }
    this.delivered = Math.max(this.delivered, through);
    return [...steps, ...this.#deliverHeld(), ...this.#fetchIfBehind()];
  }

  fetchFailed() {
    this.#fetchingThrough = null;
  }

  /** Beyond the limit an event is forgotten, and `#head` sees to it that it is fetched. */
  #hold(event, position) {
    if (this.#held.length >= HELD_MAX) return;
    if (this.#held.some((held) => number(held.position) === position)) return;
    this.#held.push(event);
    this.#held.sort((a, b) => number(a.position) - number(b.position));
  }

  #deliverHeld() {
    const steps = [];
    while (this.#held.length > 0 && number(this.#held[0].position) <= this.delivered + 1) {
      const event = this.#held.shift();
      if (number(event.position) !== this.delivered + 1) continue;
      this.delivered += 1;
      steps.push({ deliver: event });
    }
    return steps;
  }

  #fetchIfBehind() {
    if (this.#head <= this.delivered || this.#fetchingThrough !== null) return [];
    return this.#fetch();
  }

  #fetch() {
    this.#fetchingThrough = this.#head;
    return [{ fetch: this.#channel, after: this.delivered }];
  }
}
