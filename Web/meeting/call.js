// Being in a meeting: joining, who is there, what one sends, what one sees, and coming back. The page's
// elements are elsewhere; Docs/Meetings.md tells the order of things.

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
    await this.#join();
  }

  async #join() {
    const joined = await this.#client.request("joinMeeting", {
      channel: { id: this.#channel },
      microphone: this.isOn("MICROPHONE"),
      camera: this.#local.has("CAMERA"),
      ...(this.#key ? { key: this.#key } : {}),
    });
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
      if (!joined.resumed || !this.#publisher) this.#connect();
      this.#setState("joined");
      if (joined.resumed) this.#healAll();
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

  /** Sound stops and goes on without giving the microphone back. @param {boolean} isOn */
  async setMicrophone(isOn) {
    const track = this.#local.get("MICROPHONE");
    if (track) track.enabled = isOn;
    this.emit("media");
    await this.#tellSources();
  }

  /** @param {boolean} isRaised */
  setHand(isRaised) {
    return this.#ask("setParticipation", { hand: isRaised });
  }

  async #tellSources() {
    if (this.state !== "joined") return;
    await this.#ask("setParticipation", {
      microphone: this.isOn("MICROPHONE"),
      camera: this.#local.has("CAMERA"),
      screen: this.#local.has("SCREEN"),
    });
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
    const onTrouble = () => this.emit("trouble", this.isTroubled);
    const publisher = new Publisher(
      async (sdp, tracks) => (await this.#ask("publishMedia", { sdp, tracks })).sdp,
      onTrouble,
    );
    this.#publisher = publisher;
    this.#subscriber = new Subscriber(
      (offer, sdp) => this.#ask("answerMedia", { number: offer, sdp }),
      () => this.#ask("restartMedia"),
      () => this.emit("media"),
      onTrouble,
    );
    this.#wished = "";
    this.#publish(publisher).catch((error) => this.emit("failed", error));
    this.wish(this.#wishes);
  }

  async #publish(publisher) {
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
      if (state === "disconnected" || state === "failed") peer?.heal();
    }
  }

  /** News of the meeting were missed: the same participant goes on, if the loss was short. */
  async #comeBack() {
    if (this.state !== "joined" && this.state !== "waiting") return;
    try {
      await this.#join();
    } catch (error) {
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
        return this.#subscriber?.take(value.number, value.sdp).catch((error) => this.emit("failed", error));
      case "mediaSlots":
        this.slots = new Map(
          (value.slots ?? []).map(({ mid, participant, source }) => [
            mid,
            { participant, source: source.replace("MEDIA_SOURCE_", "") },
          ]),
        );
        return this.emit("media");
      case "mediaLost":
        if (value.publishing) this.#publisher?.heal();
        if (value.subscribing) this.#subscriber?.heal();
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

  /** A host stopped something of ours. */
  #obey(self, by) {
    const microphone = this.#local.get("MICROPHONE");
    if (!self.microphone && microphone?.enabled) {
      microphone.enabled = false;
      this.emit("muted", { source: "MICROPHONE", by });
    }
    for (const source of /** @type {Source[]} */ (["CAMERA", "SCREEN"])) {
      if (self[source.toLowerCase()] || !this.#local.has(source)) continue;
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

  #setState(state) {
    this.state = state;
    this.emit("state", state);
  }

  #end(reason, by) {
    if (this.state === "gone") return;
    for (const stop of this.#stops) stop();
    clearTimeout(this.#wishTimer);
    this.#disconnect();
    for (const track of this.#local.values()) track.stop();
    this.#local.clear();
    this.#setState("gone");
    this.emit("gone", { reason, by });
  }
}
