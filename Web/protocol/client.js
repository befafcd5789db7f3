// A person at a place, connected for as long as they are signed in: comes back by itself, catches up
// without a gap, and sends what was written meanwhile. No page, no element, no window.

import { Backoff } from "./backoff.js";
import { Connection } from "./connection.js";
import { Cursors } from "./cursors.js";
import { Code, Disconnected, Refusal } from "./errors.js";
import { Events } from "./events.js";
import { Outbox } from "./outbox.js";
import { number } from "./values.js";

/**
 * `signedOut`: nobody. `connecting`: on the way. `catchingUp`: signed in, fetching what was missed.
 * `online`. `waiting`: lost, and tried again at `retryAt`.
 * @typedef {"signedOut" | "connecting" | "catchingUp" | "online" | "waiting"} Phase
 */

/**
 * What a client tells, with `on`:
 * - `phase`: see `Phase`
 * - `caughtUp`: everything missed was asked for: after connecting, and after the server left news out
 * - `channels`: the list of channels is here, whole: ChannelInfo[]
 * - `channel`: one channel is new or changed: ChannelInfo
 * - `gone`: the person is not in this channel any more: its id
 * - `event`: the next event of a channel
 * - `people`: who is active, whole: Presence[]
 * - `presence`: somebody came or left: Presence
 * - `outbox`: a message waits, was stored, or was refused
 * - `notice`: something for the person to read: a string
 * - `signedOut`: why, in words; empty when they wanted it
 * - `push`: any other frame that the server sends of its own accord
 */
export class Client extends Events {
  /** @type {Phase} */
  phase = "signedOut";
  /** @type {{name: string, role: string, session: string, account: string} | null} */
  me = null;
  /** In base64; names the place for ever. */
  place = "";
  /** @type {Outbox | null} */
  outbox = null;
  retryAt = 0;
  /** Other servers of the same place, HOST:PORT each; known since the last sign-in. @type {string[]} */
  others = [];

  #url;
  #storage;
  #tab;
  #Socket;
  #connection = /** @type {Connection | null} */ (null);
  #cursors = new Cursors();
  #backoff = new Backoff();
  #retry = 0;
  #token = "";
  #isSending = false;
  /** Where the token is kept; null for nowhere. @type {Pick<Storage, "getItem" | "setItem" | "removeItem"> | null} */
  #keeper;
  #isBeginning = false;
  /** A connection's own number: what an earlier one still says counts no more. */
  #generation = 0;

  /**
   * @param {string} url of the WebSocket
   * @param {Pick<Storage, "getItem" | "setItem" | "removeItem">} storage
   * @param {typeof WebSocket} [Socket]
   * @param {Pick<Storage, "getItem" | "setItem" | "removeItem"> | null} [tab] what only this tab knows
   */
  constructor(url, storage, Socket = globalThis.WebSocket, tab = null) {
    super();
    this.#url = url;
    this.#storage = storage;
    this.#tab = tab;
    this.#keeper = storage;
    this.#Socket = Socket;
  }

  // Signing in

  /** Whether a token is kept, with which `resume` goes on. */
  get canResume() {
    return Boolean(this.#tab?.getItem(TOKEN_KEY) || this.#storage.getItem(TOKEN_KEY));
  }

  /** Goes on with the session that this tab keeps, or else this browser. */
  resume() {
    this.#keeper = this.#tab?.getItem(TOKEN_KEY) ? this.#tab : this.#storage;
    this.#token = this.#keeper.getItem(TOKEN_KEY) ?? "";
    this.#connect();
  }

  /** @param {string} name @param {string} password */
  signIn(name, password) {
    return this.#begin({ password: { name, password } });
  }

  /** @param {string} secret the invitation's, in base64; may be empty @param {string} name @param {string} password */
  join(secret, name, password) {
    return this.#begin({ invitation: { secret, name, password } });
  }

  /** @param {string} code in base64, which another client of the same person asked for */
  signInWithCode(code) {
    return this.#begin({ code: { code } });
  }

  /**
   * Somebody is signed in, and a code was found in the page's address: anybody may have put it there, to have
   * this browser act in an account of theirs. So who is signed in stays so, unless they agree.
   * @param {string} code in base64
   * @param {(name: string) => Promise<boolean>} agrees asks whether to be that one from now on
   * @returns {Promise<boolean>} whether this browser keeps another session now, for a page that is loaded anew
   */
  async takeCode(code, agrees) {
    const connection = new Connection(this.#url, { onPush: () => {}, onEnd: () => {} }, this.#Socket);
    try {
      await connection.open();
      const { account, name, token } = (await connection.request("signIn", { code: { code } })).value;
      if (account === this.me?.account || !(await agrees(name))) {
        await connection.request("signOut");
        return false;
      }
      await this.#connection?.request("signOut").catch(() => {});
      this.#tab?.removeItem(TOKEN_KEY);
      this.#storage.setItem(TOKEN_KEY, token);
      return true;
    } finally {
      connection.close();
    }
  }

  /** Comes to one room's meeting. @param {string} secret the link's, in base64 @param {string} name */
  signInAsGuest(secret, name) {
    return this.#begin({ guest: { secret, name } });
  }

  /** Ends the session, here and for this browser's other windows. */
  async signOut() {
    await this.#connection?.request("signOut").catch(() => {});
    this.#leave("");
  }

  async #begin(method) {
    const generation = ++this.#generation;
    this.#connection?.close();
    this.#setPhase("connecting");
    // A guest is somebody for one meeting; who else is signed in in this browser stays so.
    this.#keeper = method.guest ? this.#tab : this.#storage;
    const connection = this.#newConnection(generation);
    this.#isBeginning = true;
    try {
      const welcome = await connection.open();
      const signedIn = (await connection.request("signIn", method)).value;
      this.#signedIn(connection, welcome, signedIn);
    } catch (error) {
      // Whoever called shows why; nothing is tried again.
      this.#generation += 1;
      connection.close();
      this.#setPhase("signedOut");
      throw error;
    } finally {
      this.#isBeginning = false;
    }
    this.#run(() => this.#catchUp(generation));
  }

  // Asking

  /**
   * @param {string} kind a body of ClientFrame
   * @param {object} [value]
   * @returns {Promise<any>} the answer's body
   */
  async request(kind, value = {}) {
    if (!this.#connection) throw new Disconnected("You are not connected. Try again in a moment.");
    return (await this.#connection.request(kind, value)).value;
  }

  /**
   * All pages of a list.
   * @param {string} kind
   * @param {object} value
   * @param {string} field of the answer that holds the entries
   * @param {(last: any) => object} after what the next page's request says besides
   */
  async requestAll(kind, value, field, after) {
    const all = [];
    let page = value;
    while (true) {
      const answer = await this.request(kind, page);
      const entries = answer[field] ?? [];
      all.push(...entries);
      if (!answer.more || entries.length === 0) return all;
      page = { ...value, ...after(entries.at(-1)) };
    }
  }

  /**
   * Puts a message on its way; it is sent now or as soon as there is a connection.
   * @returns {boolean} false when too many wait already
   */
  send(channel, text, replyTo = 0) {
    if (!this.outbox?.add(channel, text, replyTo)) return false;
    this.emit("outbox");
    this.#flush();
    return true;
  }

  /** @param {string} id of a draft that was refused */
  sendAgain(id) {
    this.outbox?.again(id);
    this.emit("outbox");
    this.#flush();
  }

  /** Looks whether the connection still lives, or connects at once instead of waiting. */
  wake() {
    if (this.phase === "waiting") this.#connect();
    else this.#connection?.check();
  }

  // Connecting

  #newConnection(generation) {
    const mine = () => generation === this.#generation;
    return new Connection(
      this.#url,
      {
        onPush: (frame) => mine() && this.#push(frame),
        onEnd: (reason) => mine() && this.#lost(reason),
      },
      this.#Socket,
    );
  }

  #connect() {
    clearTimeout(this.#retry);
    const generation = ++this.#generation;
    this.#setPhase("connecting");
    this.#run(async () => {
      const connection = this.#newConnection(generation);
      this.#connection = connection;
      const welcome = await connection.open();
      const signedIn = await connection.request("signIn", { token: { token: this.#token } });
      this.#signedIn(connection, welcome, signedIn.value);
      await this.#catchUp(generation);
    });
  }

  #signedIn(connection, welcome, signedIn) {
    this.#connection = connection;
    this.place = welcome.place;
    this.me = {
      name: signedIn.name,
      role: signedIn.role,
      session: signedIn.session,
      account: signedIn.account,
    };
    this.others = (signedIn.others ?? []).map(({ address = "" }) => address).filter(isAddress);
    if (signedIn.token) {
      // Also one who was sent here by another server of the place.
      if (signedIn.role === "ROLE_GUEST") this.#keeper = this.#tab;
      this.#token = signedIn.token;
      if (this.#keeper !== this.#tab) this.#tab?.removeItem(TOKEN_KEY);
      this.#keeper?.setItem(TOKEN_KEY, signedIn.token);
    }
    const key = `confab.outbox.${this.place}.${this.me.name.toLowerCase()}`;
    this.outbox = new Outbox(this.#storage, key);
    this.#setPhase("catchingUp");
  }

  async #catchUp(generation) {
    // First of all, so that nothing new is missed while the rest is fetched.
    await this.request("subscribe", { presence: true });
    const channels = await this.requestAll("listChannels", {}, "channels", (last) => ({
      after: last.id,
    }));
    if (generation !== this.#generation) return;
    const steps = [];
    for (const channel of channels) {
      const position = number(channel.position);
      const known = this.#cursors.position(channel.id);
      if (known === undefined) steps.push(...this.#cursors.begin(channel.id, position));
    }
    this.emit("channels", channels);
    for (const channel of channels) {
      const visible = number(channel.visibleAfterPosition);
      steps.push(...this.#cursors.begin(channel.id, visible));
      steps.push(...this.#cursors.heard(channel.id, number(channel.position)));
    }
    this.#perform(steps, generation);
    const people = await this.#fetchPeople();
    if (generation !== this.#generation) return;
    this.emit("people", people);
    this.#backoff.reset();
    this.#setPhase("online");
    this.emit("caughtUp");
    this.#flush();
  }

  /** Guests may not ask who else is here. */
  async #fetchPeople() {
    try {
      return await this.requestAll("who", {}, "people", (last) => ({ after: last.name }));
    } catch (error) {
      if (error instanceof Refusal) return [];
      throw error;
    }
  }

  /** Does what may fail, which then counts as a lost connection. */
  #run(work) {
    const generation = this.#generation;
    work().catch((error) => {
      if (generation === this.#generation) this.#lost(error);
    });
  }

  #lost(reason) {
    if (this.#isBeginning) return;
    this.#generation += 1;
    this.#connection?.close();
    this.#connection = null;
    this.#cursors.disconnected();
    this.#isSending = false;
    if (reason instanceof Refusal && ENDING.has(reason.code)) return this.#leave(reason.message);
    if (!this.#token) return this.#leave(reason.message);
    const wait = Math.max(this.#backoff.next(), reason instanceof Refusal ? reason.retryAfter : 0);
    this.retryAt = Date.now() + wait;
    this.#retry = setTimeout(() => this.#connect(), wait);
    this.#setPhase("waiting");
  }

  #leave(why) {
    this.#generation += 1;
    clearTimeout(this.#retry);
    this.#connection?.close();
    this.#connection = null;
    this.#cursors = new Cursors();
    this.#token = "";
    this.#keeper?.removeItem(TOKEN_KEY);
    this.me = null;
    this.outbox = null;
    this.#setPhase("signedOut");
    this.emit("signedOut", why);
  }

  // Hearing

  #push({ kind, value }) {
    const generation = this.#generation;
    switch (kind) {
      case "event":
        return this.#perform(this.#cursors.received(value), generation);
      case "channelChanged": {
        this.emit("channel", value);
        const position = number(value.position);
        const from = this.#cursors.position(value.id) ?? position;
        const begin = Math.max(from, number(value.visibleAfterPosition));
        this.#perform(this.#cursors.begin(value.id, begin), generation);
        return this.#perform(this.#cursors.heard(value.id, position), generation);
      }
      case "channelGone":
        this.#cursors.end(value.channel);
        return this.emit("gone", value.channel);
      case "presence":
        return this.emit("presence", value);
      case "lagging":
        return this.#run(() => this.#catchUp(generation));
      case "deviceNotice":
        return this.emit("notice", deviceWords(value));
      default:
        this.emit("push", { kind, value });
    }
  }

  #perform(steps, generation) {
    for (const step of steps) {
      if ("deliver" in step) this.emit("event", step.deliver);
      else this.#fetch(step.fetch, step.after, generation);
    }
  }

  async #fetch(channel, after, generation) {
    try {
      const page = await this.request("readEvents", { channel, afterPosition: String(after) });
      if (generation !== this.#generation) return;
      this.#perform(
        this.#cursors.fetched(channel, page.events ?? [], page.more ?? false),
        generation,
      );
    } catch {
      if (generation === this.#generation) this.#cursors.fetchFailed(channel);
    }
  }

  // Sending

  /** One after the other, so that what was written first is stored first, also after a retry. */
  async #flush() {
    if (this.#isSending || this.phase !== "online" || !this.outbox) return;
    this.#isSending = true;
    const generation = this.#generation;
    const outbox = this.outbox;
    for (let draft = outbox.next; draft; draft = outbox.next) {
      const retry = draft.tried;
      outbox.tried(draft.id);
      try {
        await this.request("send", {
          channel: channelRef(draft.channel),
          id: draft.id,
          text: draft.text,
          ...(draft.replyTo ? { replyTo: String(draft.replyTo) } : {}),
          ...(retry ? { retry: true } : {}),
        });
        outbox.remove(draft.id);
      } catch (error) {
        // A lost connection comes back, and the draft is still there.
        if (generation !== this.#generation || !(error instanceof Refusal)) return;
        if (error.retryAfter > 0) await new Promise((go) => setTimeout(go, error.retryAfter));
        else outbox.failed(draft.id, error.message);
      }
      if (generation !== this.#generation) return;
      this.emit("outbox");
    }
    this.#isSending = false;
  }

  /** @param {Phase} phase */
  #setPhase(phase) {
    if (this.phase === phase) return;
    this.phase = phase;
    this.emit("phase", phase);
  }
}

const TOKEN_KEY = "confab.token";

/** After these it makes no sense to try again by oneself. */
const ENDING = new Set([Code.sessionUnknown, Code.accountDisabled, Code.versionUnsupported]);

/**
 * @param {string} channel an id, or what a person types: `#plans`, `@ann`
 * @returns {object} ChannelRef
 */
export function channelRef(channel) {
  return /^[#@]/.test(channel) ? { name: channel } : { id: channel };
}

/** Nothing but a host and a port may get into a link. @param {string} text */
function isAddress(text) {
  return /^[A-Za-z0-9.:[\]-]+$/.test(text);
}

function deviceWords({ device, address }) {
  const name = device?.name ? `“${device.name}”` : "A new device";
  return `${name} signed in to your account from ${address ?? "somewhere"}. If that was not you, change your password.`;
}
