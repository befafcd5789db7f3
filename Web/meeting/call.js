// Being in a meeting: joining, who is there, what one sends, what one sees, and coming back. The page's
// elements are elsewhere; Docs/Meetings.md tells the order of things.

import { Code, Refusal } from "../protocol/errors.js";
import { Events } from "../protocol/events.js";
import { number } from "../protocol/values.js";
import { Publisher, Subscriber } from "./peers.js";

/**
 * @typedef {object} Participant
 * @property {number} participant
 * @property {string} name
 * @property {boolean} host
 * @property {boolean} guest
 * @property {boolean} waiting
 * @property {boolean} microphone
 * @property {boolean} camera
 * @property {boolean} screen
 * @property {number} handRaisedAt
 * @property {boolean} lost
 */

/** @typedef {import("./peers.js").Source} Source */

const WISH_DELAY_MS = 120;
/** Between two tries to come back, when the server does not say how long to wait. */
const RETRY_MS = 2_000;
/** What a server that is in trouble says; the meeting goes on without it. */
const PASSING = new Set([Code.rateLimited, Code.journalUnavailable, Code.serverStopping, Code.internalError]);
const WISHES_MAX = 64;

/** @param {any} wire @returns {Participant} */
export function readParticipant(wire) {
  return {
    participant: wire.participant ?? 0,
    name: wire.name ?? "",
    host: wire.host ?? false,
    guest: wire.guest ?? false,
    waiting: wire.waiting ?? false,
    microphone: wire.microphone ?? false,
    camera: wire.camera ?? false,
    screen: wire.screen ?? false,
    handRaisedAt: number(wire.handRaisedAt),
    lost: wire.lost ?? false,
  };
}

/**
 * What it tells, with `on`: `state`, `people` (who is there, or something about them), `media` (what
 * comes in changed), `speaking`, `trouble`, `muted` (by a host: {source, by}), `gone` ({reason, by}).
 */
export class Call extends Events {
  /** @type {"joining" | "waiting" | "joined" | "gone"} */
  state = "joining";
  /** @type {Map<number, Participant>} */
  participants = new Map();
  /** The loudest first. @type {number[]} */
  speaking = [];
  /** This device's number. */
  self = 0;
  isHost = false;
  info = /** @type {any} */ ({});
  /** What each section of the subscribing connection carries. @type {Map<string, {participant: number, source: Source}>} */
  slots = new Map();

  #client;
  #channel;
  #key = "";
  #meeting = "";
  /** @type {Map<Source, MediaStreamTrack>} */
  #local = new Map();
  #publisher = /** @type {Publisher | null} */ (null);
  #subscriber = /** @type {Subscriber | null} */ (null);
  #stops = /** @type {(() => void)[]} */ ([]);
  #wishes = /** @type {any[]} */ ([]);
  #wished = "";
  #wishTimer = 0;
  #retryTimer = 0;
  /** Whether the microphone is to be on, also while there is none. */
  #wantsMicrophone = true;
  /** What the server was told last that is on. @type {Map<Source, boolean>} */
  #told = new Map();
  /** News that come before the answer that says which meeting it is. @type {{kind: string, value: any}[]} */
  #early = [];

  /**
   * @param {import("../protocol/client.js").Client} client
   * @param {string} channel its id
   */
  constructor(client, channel) {
    super();
    this.#client = client;
    this.#channel = channel;
    this.#stops.push(
      client.on("push", (frame) => this.#push(frame)),
      client.on("caughtUp", () => this.#comeBack()),
    );
  }

  /** @param {Map<Source, MediaStreamTrack>} local what is sent from the beginning */
  async join(local) {
    this.#local = new Map(local);
    this.#wantsMicrophone = local.get("MICROPHONE")?.enabled ?? true;
    await this.#join();
  }

  async #join() {
    const { microphone, camera } = this.#sources();
    const joined = await this.#client.request("joinMeeting", {
      channel: { id: this.#channel },
      microphone,
      camera,
      ...(this.#key ? { key: this.#key } : {}),
    });
    if (this.#isOver()) return;
    this.info = joined.info ?? {};
    this.#meeting = this.info.meeting;
    this.self = joined.participant;
    this.#key = joined.key;
    this.isHost = joined.host ?? false;
    const early = this.#early;
    this.#early = [];
    if (joined.waiting) {
      this.#setState("waiting");
    } else {
      this.#setRoster(joined.participants);
      if (!joined.resumed) this.#told = new Map(Object.entries({ MICROPHONE: microphone, CAMERA: camera }));
      if (!joined.resumed || !this.#publisher) this.#connect();
      this.#setState("joined");
      if (joined.resumed) this.#agree();
    }
    for (const frame of early) this.#push(frame);
  }

  leave() {
    if (this.#meeting) this.#ask("leaveMeeting").catch(() => {});
    this.#end("LEFT", "");
  }

  // What one sends

  /** @param {Source} source @returns {MediaStreamTrack | undefined} */
  localTrack(source) {
    return this.#local.get(source);
  }

  /** @param {Source} source */
  isOn(source) {
    return this.#local.get(source)?.enabled ?? false;
  }

  /**
   * Sends this, or nothing.
   * @param {Source} source
   * @param {MediaStreamTrack | null} track
   */
  async setTrack(source, track) {
    const old = this.#local.get(source);
    if (old && old !== track) old.stop();
    // Before anybody can hear it.
    if (track && source === "MICROPHONE") track.enabled = this.#wantsMicrophone;
    if (track) {
      this.#local.set(source, track);
      // Unplugged, or the browser's own "stop sharing".
      track.addEventListener("ended", () => this.#local.get(source) === track && this.setTrack(source, null));
    } else {
      this.#local.delete(source);
    }
    this.emit("media");
    await this.#publisher?.setTrack(source, track);
    await this.#tellSources();
  }

  /**
   * Sound stops and goes on without giving the microphone back. Without one, it holds for the next.
   * @param {boolean} isOn
   */
  async setMicrophone(isOn) {
    this.#wantsMicrophone = isOn;
    const track = this.#local.get("MICROPHONE");
    if (!track) return;
    track.enabled = isOn;
    this.emit("media");
    await this.#tellSources();
  }

  /** @param {boolean} isRaised */
  setHand(isRaised) {
    return this.#ask("setParticipation", { hand: isRaised });
  }

  #sources() {
    return {
      microphone: this.isOn("MICROPHONE"),
      camera: this.#local.has("CAMERA"),
      screen: this.#local.has("SCREEN"),
    };
  }

  async #tellSources() {
    if (this.state !== "joined") return;
    const sources = this.#sources();
    await this.#ask("setParticipation", sources);
    for (const [name, isOn] of Object.entries(sources)) {
      this.#told.set(/** @type {Source} */ (name.toUpperCase()), isOn);
    }
  }

  /** The same participant on another connection: what either side missed meanwhile. */
  #agree() {
    const self = this.participants.get(this.self);
    const stopped = self && [...this.#told].some(([source, isOn]) => isOn && !self[source.toLowerCase()]);
    // Nobody but a host turns off what we had on.
    if (stopped) this.#obey(self, "A host", (source) => this.#told.get(source) ?? false);
    this.#wished = "";
    this.#sendWishes();
    this.#tellSources().catch(() => {});
    this.#healAll();
  }

  // What one sees

  /** @param {number} participant @param {Source} source @returns {MediaStreamTrack | null} */
  remoteTrack(participant, source) {
    for (const [mid, slot] of this.slots) {
      if (slot.participant === participant && slot.source === source) {
        return this.#subscriber?.tracks.get(mid) ?? null;
      }
    }
    return null;
  }

  /** All that is heard, by section. @returns {Map<string, MediaStreamTrack>} */
  get heard() {
    const tracks = this.#subscriber?.tracks ?? new Map();
    return new Map([...tracks].filter(([, track]) => track.kind === "audio"));
  }

  get isTroubled() {
    return Boolean(this.#publisher?.isTroubled || this.#subscriber?.isTroubled);
  }

  /**
   * Whom the person sees, the most important first, and how large in device pixels.
   * @param {{participant: number, source: Source, width: number, height: number}[]} wishes
   */
  wish(wishes) {
    this.#wishes = wishes.slice(0, WISHES_MAX);
    clearTimeout(this.#wishTimer);
    this.#wishTimer = setTimeout(() => this.#sendWishes(), WISH_DELAY_MS);
  }

  #sendWishes() {
    if (this.state !== "joined") return;
    const wishes = this.#wishes.map(({ source, ...wish }) => ({
      ...wish,
      source: `MEDIA_SOURCE_${source}`,
    }));
    const text = JSON.stringify(wishes);
    if (text === this.#wished) return;
    this.#wished = text;
    this.#ask("wishMedia", { wishes }).catch(() => (this.#wished = ""));
  }

  // What hosts do

  /** @param {number} participant 0 for everybody who waits @param {boolean} admit */
  answerKnock(participant, admit) {
    return this.#ask("answerKnock", { participant, ...(admit ? { admit } : {}) });
  }

  /** @param {number} participant @param {Source} source */
  mute(participant, source) {
    return this.#ask("muteParticipant", { participant, source: `MEDIA_SOURCE_${source}` });
  }

  /** @param {number} participant */
  lowerHand(participant) {
    return this.#ask("muteParticipant", { participant, hand: true });
  }

  /** @param {number} participant */
  remove(participant) {
    return this.#ask("removeParticipant", { participant });
  }

  /** @param {{locked?: boolean, waitingRoom?: string}} door */
  setDoor(door) {
    return this.#client.request("setMeetingDoor", { channel: { id: this.#channel }, ...door });
  }

  endForAll() {
    return this.#ask("endMeeting");
  }

  async guestLink() {
    const channel = { id: this.#channel };
    return (await this.#client.request("createGuestLink", { channel })).webLink ?? "";
  }

  #ask(kind, value = {}) {
    return this.#client.request(kind, { meeting: this.#meeting, ...value });
  }

  // Media

  #connect() {
    this.#disconnect();
    this.#publish();
    this.#subscribe();
    this.#wished = "";
    this.wish(this.#wishes);
  }

  #onTrouble = () => this.emit("trouble", this.isTroubled);

  /** Another connection in the place of the one before, if there was one. */
  #publish() {
    this.#publisher?.close();
    const publisher = new Publisher(
      async (sdp, tracks) => (await this.#ask("publishMedia", { sdp, tracks })).sdp,
      this.#onTrouble,
    );
    this.#publisher = publisher;
    this.#offer(publisher).catch((error) => !publisher.isClosed && this.emit("failed", error));
  }

  #subscribe() {
    this.#subscriber?.close();
    this.#subscriber = new Subscriber(
      (offer, sdp) => this.#ask("answerMedia", { number: offer, sdp }),
      () => this.#ask("restartMedia"),
      () => this.emit("media"),
      this.#onTrouble,
    );
  }

  async #offer(publisher) {
    for (const source of /** @type {Source[]} */ (["MICROPHONE", "CAMERA"])) {
      await publisher.setTrack(source, this.#local.get(source) ?? null);
    }
    await publisher.begin();
    for (const source of /** @type {Source[]} */ (["SCREEN", "SCREEN_AUDIO"])) {
      const track = this.#local.get(source);
      if (track) await publisher.setTrack(source, track);
    }
    await this.#tellSources();
  }

  #disconnect() {
    this.#publisher?.close();
    this.#subscriber?.close();
    this.#publisher = null;
    this.#subscriber = null;
    this.slots = new Map();
  }

  #healAll() {
    for (const peer of [this.#publisher, this.#subscriber]) {
      const state = peer?.connection.connectionState;
      if (state !== "connected") peer?.heal();
    }
  }

  /** News of the meeting were missed: the same participant goes on, if the loss was short. */
  async #comeBack() {
    if (this.state !== "joined" && this.state !== "waiting") return;
    clearTimeout(this.#retryTimer);
    try {
      await this.#join();
    } catch (error) {
      if (this.#isOver()) return;
      // Lost again: the next connection comes back.
      if (!(error instanceof Refusal)) return;
      if (PASSING.has(error.code)) {
        this.#retryTimer = setTimeout(() => this.#comeBack(), error.retryAfter || RETRY_MS);
        return;
      }
      this.emit("failed", error);
      this.#end("LOST", "");
    }
  }

  // Hearing

  #push(frame) {
    const { kind, value } = frame;
    const isAboutMeetings = kind.startsWith("m") || kind.startsWith("p") || kind === "speaking";
    if (!isAboutMeetings || this.state === "gone") return;
    if (kind === "meetingChanged") {
      if (value.channel !== this.#channel || value.meeting !== this.#meeting) return;
      this.info = value;
      return this.emit("people");
    }
    if (this.#meeting === "") return this.#early.push(frame);
    if (value.meeting !== this.#meeting) return;
    switch (kind) {
      case "meetingAdmitted":
        this.#setRoster(value.participants);
        if (!this.#publisher) this.#connect();
        return this.#setState("joined");
      case "meetingGone":
        return this.#end((value.reason ?? "").replace("LEAVE_REASON_", ""), value.by ?? "");
      case "participantChanged":
        return this.#changed(readParticipant(value.participant ?? {}), value.by ?? "");
      case "participantLeft":
        this.participants.delete(value.participant);
        return this.emit("people");
      case "speaking":
        this.speaking = value.participants ?? [];
        return this.emit("speaking");
      case "mediaOffer":
        return this.#take(value);
      case "mediaSlots":
        this.slots = new Map(
          (value.slots ?? []).map(({ mid, participant, source }) => [
            mid,
            { participant, source: source.replace("MEDIA_SOURCE_", "") },
          ]),
        );
        return this.emit("media");
      case "mediaLost":
        // The server has forgotten it, keys and all: a restart of ICE would connect to nobody.
        if (value.publishing && this.#publisher) this.#publish();
        if (value.subscribing && this.#subscriber) {
          this.#subscribe();
          this.#subscriber.heal();
        }
    }
  }

  async #take({ number: offer, sdp }) {
    const subscriber = this.#subscriber;
    try {
      await subscriber?.take(offer, sdp);
    } catch (error) {
      // One that was given up meanwhile has nothing to say.
      if (!subscriber?.isClosed) this.emit("failed", error);
    }
  }

  #changed(participant, by) {
    this.participants.set(participant.participant, participant);
    if (participant.participant === this.self) {
      this.isHost = participant.host;
      if (by) this.#obey(participant, by);
    }
    this.emit("people");
  }

  /**
   * A host stopped something of ours.
   * @param {(source: Source) => boolean} [wasOn] whether the server knew it to be on
   */
  #obey(self, by, wasOn = () => true) {
    const microphone = this.#local.get("MICROPHONE");
    if (!self.microphone && microphone?.enabled && wasOn("MICROPHONE")) {
      this.#wantsMicrophone = false;
      microphone.enabled = false;
      this.emit("muted", { source: "MICROPHONE", by });
    }
    for (const source of /** @type {Source[]} */ (["CAMERA", "SCREEN"])) {
      if (self[source.toLowerCase()] || !this.#local.has(source) || !wasOn(source)) continue;
      this.setTrack(source, null).catch(() => {});
      this.emit("muted", { source, by });
    }
    this.emit("media");
  }

  #setRoster(list = []) {
    this.participants = new Map(
      list.map((wire) => [wire.participant, readParticipant(wire)]),
    );
    this.emit("people");
  }

  #isOver() {
    return this.state === "gone";
  }

  #setState(state) {
    this.state = state;
    this.emit("state", state);
  }

  #end(reason, by) {
    if (this.state === "gone") return;
    for (const stop of this.#stops) stop();
    clearTimeout(this.#wishTimer);
    clearTimeout(this.#retryTimer);
    this.#disconnect();
    for (const track of this.#local.values()) track.stop();
    this.#local.clear();
    this.#setState("gone");
    this.emit("gone", { reason, by });
  }
}
