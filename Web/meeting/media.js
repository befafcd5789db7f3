// The media of a call: what is sent over one connection, what comes in the sections of the other, and another
// connection in the place of one that was given up. Docs/Meetings.md tells the order of things.

import { Publisher, Subscriber } from "./peers.js";

/** @typedef {import("./peers.js").Source} Source */

/** What one's line does not carry: nothing; a smaller picture than could be shown; none at all. */
/** @typedef {"" | "REDUCED" | "HELD_BACK"} Shortage */
/** @typedef {{participant: number, source: Source, shortage: Shortage}} Slot */

/** There from the first offer on; a screen only when it is shared. */
const ALWAYS = /** @type {Source[]} */ (["MICROPHONE", "CAMERA"]);
const SHARED = /** @type {Source[]} */ (["SCREEN", "SCREEN_AUDIO"]);

export class Media {
  #ask;
  #sources;
  #tell;
  #publisher = /** @type {Publisher | null} */ (null);
  #subscriber = /** @type {Subscriber | null} */ (null);
  /** One demand after the other: the newest is what holds in the end. */
  #wanting = Promise.resolve();
  /** What each section of the subscribing connection carries. @type {Map<string, Slot>} */
  #slots = new Map();

  /**
   * @param {(kind: string, value?: object) => Promise<any>} ask something of this meeting
   * @param {() => import("./sources.js").Sources} sources what is sent
   * @param {object} tell
   * @param {() => void} tell.changed what comes in did
   * @param {() => void} tell.trouble `isTroubled` changed
   * @param {(error: Error) => void} tell.failed
   * @param {() => Promise<void>} tell.published all that there is was offered
   */
  constructor(ask, sources, tell) {
    this.#ask = ask;
    this.#sources = sources;
    this.#tell = tell;
  }

  get isConnected() {
    return this.#publisher !== null;
  }

  get isTroubled() {
    return Boolean(this.#publisher?.isTroubled || this.#subscriber?.isTroubled);
  }

  /** From the beginning, whatever there was before. */
  connect() {
    this.close();
    this.#publish();
    this.#subscribe();
  }

  close() {
    this.#publisher?.close();
    this.#subscriber?.close();
    this.#publisher = null;
    this.#subscriber = null;
    this.#slots = new Map();
  }

  /** What is not connected is tried again at once. */
  heal() {
    for (const peer of [this.#publisher, this.#subscriber]) {
      if (peer?.connection.connectionState !== "connected") peer?.heal();
    }
  }

  /**
   * The server has forgotten a connection, keys and all: a restart of ICE would connect to nobody.
   * @param {{publishing?: boolean, subscribing?: boolean}} lost
   */
  lost({ publishing, subscribing }) {
    if (publishing && this.#publisher) this.#publish();
    if (subscribing && this.#subscriber) {
      this.#subscribe();
      this.#subscriber.heal();
    }
  }

  // What is sent

  /** @param {Source} source @param {MediaStreamTrack | null} track */
  async setTrack(source, track) {
    await this.#publisher?.setTrack(source, track);
  }

  /** What anybody sees of ours. @param {Parameters<Publisher["want"]>[0]} demand */
  demand(demand) {
    const publisher = this.#publisher;
    this.#wanting = this.#wanting.then(() => publisher?.want(demand));
  }

  /** Another connection in the place of the one before, if there was one. */
  #publish() {
    this.#publisher?.close();
    const publisher = new Publisher(
      async (sdp, tracks) => (await this.#ask("publishMedia", { sdp, tracks })).sdp,
      this.#tell.trouble,
    );
    this.#publisher = publisher;
    this.#offer(publisher).catch((error) => !publisher.isClosed && this.#tell.failed(error));
  }

  async #offer(publisher) {
    for (const source of ALWAYS) await publisher.setTrack(source, this.#sources().get(source) ?? null);
    await publisher.begin();
    for (const source of SHARED) {
      const track = this.#sources().get(source);
      if (track) await publisher.setTrack(source, track);
    }
    await this.#tell.published();
  }

  // What comes in

  #subscribe() {
    this.#subscriber?.close();
    this.#subscriber = new Subscriber(
      (offer, sdp) => this.#ask("answerMedia", { number: offer, sdp }),
      () => this.#ask("restartMedia"),
      this.#tell.changed,
      this.#tell.trouble,
    );
  }

  /** The server's offer. @param {{number: number, sdp: string}} offer */
  async take({ number, sdp }) {
    const subscriber = this.#subscriber;
    try {
      await subscriber?.take(number, sdp);
    } catch (error) {
      // One that was given up meanwhile has nothing to say.
      if (!subscriber?.isClosed) this.#tell.failed(error);
    }
  }

  /** @param {{mid: string, participant: number, source: string, shortage?: string}[]} slots all of them */
  setSlots(slots) {
    this.#slots = new Map(slots.map(({ mid, ...wire }) => [mid, readSlot(wire)]));
    this.#tell.changed();
  }

  /** @param {number} participant @param {Source} source @returns {[string, Slot] | undefined} its section, and what of it */
  #slot(participant, source) {
    return [...this.#slots].find(([, slot]) => slot.participant === participant && slot.source === source);
  }

  /** @param {number} participant @param {Source} source @returns {MediaStreamTrack | null} */
  remoteTrack(participant, source) {
    const [mid] = this.#slot(participant, source) ?? [""];
    return this.#subscriber?.tracks.get(mid) ?? null;
  }

  /** @param {number} participant @param {Source} source @returns {Shortage} */
  shortage(participant, source) {
    return this.#slot(participant, source)?.[1].shortage ?? "";
  }

  /** All that is heard, by section. @returns {Map<string, MediaStreamTrack>} */
  get heard() {
    const tracks = this.#subscriber?.tracks ?? new Map();
    return new Map([...tracks].filter(([, track]) => track.kind === "audio"));
  }
}

/** @param {{participant: number, source: string, shortage?: string}} wire @returns {Slot} */
function readSlot({ participant, source, shortage = "" }) {
  return {
    participant,
    source: /** @type {Source} */ (source.replace("MEDIA_SOURCE_", "")),
    shortage: /** @type {Shortage} */ (shortage.replace("MEDIA_SHORTAGE_", "")),
  };
}
