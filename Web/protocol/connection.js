// One connection: frames in and out, requests matched with their answers. It knows nothing of channels
// and does not come back by itself; `client.js` does.

import { Disconnected, Refusal } from "./errors.js";

/**
 * @typedef {object} Frame a ServerFrame in protobuf's JSON mapping
 * @property {string} kind the body's name, as `event`
 * @property {any} value the body
 * @property {number} replyTo the request that it answers, or 0
 */

const VERSION = 1;
/** Silence after which the server is asked whether it is there. */
const SILENCE_MS = 25_000;
/** An answer to that question takes no longer. */
const PATIENCE_MS = 10_000;

/**
 * @param {string} text a text message of the server's
 * @returns {Frame}
 */
export function parseFrame(text) {
  const object = JSON.parse(text);
  const kind = Object.keys(object).find((key) => key !== "replyTo") ?? "";
  return { kind, value: object[kind], replyTo: Number(object.replyTo ?? 0) };
}

export class Connection {
  #socket;
  #nextRequest = 1;
  /** @type {Map<number, {resolve: (frame: Frame) => void, reject: (error: Error) => void}>} */
  #waiting = new Map();
  #onPush;
  #onEnd;
  #ended = false;
  #timer = 0;
  #asked = false;
  #goodbye = /** @type {Refusal | null} */ (null);

  /**
   * @param {string} url
   * @param {object} handlers
   * @param {(frame: Frame) => void} handlers.onPush what the server says of its own accord
   * @param {(reason: Error) => void} handlers.onEnd called once, when the connection has ended
   * @param {typeof WebSocket} [Socket] another one in tests
   */
  constructor(url, { onPush, onEnd }, Socket = WebSocket) {
    this.#onPush = onPush;
    this.#onEnd = onEnd;
    this.#socket = new Socket(url);
    this.#socket.onmessage = (message) => this.#receive(message.data);
    this.#socket.onclose = () => this.#end(this.#goodbye ?? new Disconnected());
    this.#socket.onerror = () => {};
  }

  /** Says Hello. @returns {Promise<any>} Welcome */
  async open() {
    if (this.#socket.readyState !== 1) {
      await new Promise((resolve, reject) => {
        this.#socket.onopen = () => resolve(undefined);
        // The end before the beginning.
        this.#waiting.set(0, { resolve, reject });
      });
      this.#waiting.delete(0);
    }
    const hello = { versionMin: VERSION, versionMax: VERSION, client: "confab web" };
    return (await this.request("hello", hello)).value;
  }

  /**
   * @param {string} kind a body of ClientFrame, as `readMessages`
   * @param {object} value
   * @returns {Promise<Frame>} the answer; a refusal is thrown
   */
  request(kind, value = {}) {
    if (this.#ended) return Promise.reject(new Disconnected());
    const request = this.#nextRequest++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(request, { resolve, reject });
      this.#socket.send(JSON.stringify({ request: String(request), [kind]: value }));
      this.#listen();
    });
  }

  /** Asks at once whether the server is still there: after sleep, or when the network changed. */
  check() {
    if (!this.#ended && !this.#asked) this.#ask();
  }

  close() {
    this.#socket.close();
    this.#end(new Disconnected("The connection was closed."));
  }

  #receive(data) {
    let frame;
    try {
      frame = parseFrame(data);
    } catch {
      return this.close();
    }
    this.#asked = false;
    this.#listen();
    if (frame.replyTo !== 0) {
      const waiting = this.#waiting.get(frame.replyTo);
      this.#waiting.delete(frame.replyTo);
      if (frame.kind === "refusal") waiting?.reject(new Refusal(frame.value));
      else waiting?.resolve(frame);
    } else if (frame.kind === "goodbye") {
      this.#goodbye = new Refusal(frame.value.reason ?? {});
    } else {
      this.#onPush(frame);
    }
  }

  #listen() {
    clearTimeout(this.#timer);
    if (!this.#ended) this.#timer = setTimeout(() => this.#ask(), SILENCE_MS);
  }

  #ask() {
    this.#asked = true;
    this.request("ping").catch(() => {});
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.close(), PATIENCE_MS);
  }

  /** @param {Error} reason */
  #end(reason) {
    if (this.#ended) return;
    this.#ended = true;
    clearTimeout(this.#timer);
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const each of waiting) each.reject(reason);
    this.#onEnd(reason);
  }
}
