// Messages on their way: kept where a reload finds them, sent again under the same id until the server
// has them, so that nothing is lost and nothing stored twice.

import { newMessageID } from "./values.js";

/**
 * @typedef {object} Draft
 * @property {string} id 16 bytes in base64
 * @property {string} channel the channel's id, or its label as `@ann` before there is a channel
 * @property {string} text
 * @property {number} replyTo the sequence that it answers, or 0
 * @property {boolean} tried it may have reached the server before
 * @property {string} failed why the server refused it, or empty
 */

const KEPT_MAX = 200;

export class Outbox {
  #storage;
  #key;
  /** @type {Draft[]} */
  #drafts;

  /**
   * @param {Pick<Storage, "getItem" | "setItem">} storage
   * @param {string} key a person's at a place
   */
  constructor(storage, key) {
    this.#storage = storage;
    this.#key = key;
    this.#drafts = this.#load();
  }

  /** In the order in which they were written. @returns {readonly Draft[]} */
  get drafts() {
    return this.#drafts;
  }

  /** The next one to send. @returns {Draft | undefined} */
  get next() {
    return this.#drafts.find((draft) => !draft.failed);
  }

  /**
   * @param {string} channel
   * @param {string} text
   * @param {number} replyTo
   * @returns {Draft | null} null when too many wait already
   */
  add(channel, text, replyTo = 0) {
    if (this.#drafts.length >= KEPT_MAX) return null;
    const draft = { id: newMessageID(), channel, text, replyTo, tried: false, failed: "" };
    this.#drafts.push(draft);
    this.#save();
    return draft;
  }

  /** @param {string} id */
  tried(id) {
    this.#change(id, (draft) => (draft.tried = true));
  }

  /** @param {string} id @param {string} reason the server's words */
  failed(id, reason) {
    this.#change(id, (draft) => (draft.failed = reason));
  }

  /** Another try for what was refused. @param {string} id */
  again(id) {
    this.#change(id, (draft) => (draft.failed = ""));
  }

  /** Stored, or given up. @param {string} id */
  remove(id) {
    this.#drafts = this.#drafts.filter((draft) => draft.id !== id);
    this.#save();
  }

  #change(id, change) {
    const draft = this.#drafts.find((each) => each.id === id);
    if (!draft) return;
    change(draft);
    this.#save();
  }

  #load() {
    try {
      const kept = JSON.parse(this.#storage.getItem(this.#key) ?? "[]");
      return Array.isArray(kept) ? kept.filter((draft) => typeof draft?.id === "string") : [];
    } catch {
      return [];
    }
  }

  #save() {
    try {
      this.#storage.setItem(this.#key, JSON.stringify(this.#drafts));
    } catch {
      // A full storage costs only what a reload would have brought back.
    }
  }
}
