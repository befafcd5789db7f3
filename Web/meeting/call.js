// Being in a meeting: joining, who is there, and coming back. What is sent and what comes in are in `sources.js`
// and `media.js`; the page's elements are elsewhere. Docs/Meetings.md tells the order of things.

import { Code, HeldElsewhere, Refusal } from "../protocol/errors.js";
import { Events } from "../protocol/events.js";
import { Hosting } from "./hosting.js";
import { Media } from "./media.js";
import { readParticipant } from "./participant.js";
import { Sources } from "./sources.js";
import { Wishes } from "./wishes.js";

/** @typedef {import("./peers.js").Source} Source */
/** @typedef {import("./participant.js").Participant} Participant */

/** Between two tries to come back, when the server does not say how long to wait. */
const RETRY_MS = 2_000;
/** What a server that is in trouble says; the meeting goes on without it. */
const PASSING = new Set([Code.rateLimited, Code.journalUnavailable, Code.serverStopping, Code.internalError]);
/** What a host can stop. */
const STOPPABLE = /** @type {Source[]} */ (["MICROPHONE", "CAMERA", "SCREEN"]);

/**
 * What it tells, with `on`: `state`, `people` (who is there, or something about them), `media` (what
 * comes in changed), `speaking`, `trouble`, `muted` (by a host: {source, by}), `failed` (something did not go:
 * an error), `gone` ({reason, by}).
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
  hosting;

  #client;
  #channel;
  #key = "";
  #meeting = "";
  #sources = new Sources();
  #media;
  #wishes;
  #stops = /** @type {(() => void)[]} */ ([]);
  #retryTimer = 0;
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
    const ask = (kind, value) => this.#ask(kind, value);
    this.hosting = new Hosting(ask, (kind, value = {}) =>
      client.request(kind, { channel: { id: channel }, ...value }),
    );
    this.#media = new Media(ask, () => this.#sources, {
      changed: () => this.emit("media"),
      trouble: () => this.emit("trouble", this.isTroubled),
      failed: (error) => this.emit("failed", error),
      published: () => this.#tellSources(),
    });
    this.#wishes = new Wishes((wishes) => ask("wishMedia", { wishes }), () => this.state === "joined");
    this.#stops.push(
      client.on("push", (frame) => this.#push(frame)),
      client.on("caughtUp", () => this.#comeBack()),
    );
  }

  /**
   * @param {Map<Source, MediaStreamTrack>} local what is sent from the beginning
   * @throws {HeldElsewhere} when it has to be joined at another server
   */
  async join(local) {
    this.#sources = new Sources(local);
    await this.#join();
  }

  async #join() {
    const { microphone, camera } = this.#sources.standing;
    const joined = await this.#client.request("joinMeeting", {
      channel: { id: this.#channel },
      microphone,
      camera,
      ...(this.#key ? { key: this.#key } : {}),
    });
    if (this.#isOver()) return;
    if (joined.code) throw new HeldElsewhere(joined.code);
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
      if (!joined.resumed) this.#sources.told({ microphone, camera, screen: false });
      if (!joined.resumed || !this.#media.isConnected) this.#connect();
      this.#setState("joined");
      if (joined.resumed) this.#agree();
    }
    for (const frame of early) this.#push(frame);
  }

  leave() {
    if (this.#meeting) this.#ask("leaveMeeting").catch(() => {});
    this.#end("LEFT", "");
  }

  #ask(kind, value = {}) {
    return this.#client.request(kind, { meeting: this.#meeting, ...value });
  }

  #connect() {
    this.#media.connect();
    this.#wishes.forget();
  }

  // What one sends

  /** @param {Source} source @returns {MediaStreamTrack | undefined} */
  localTrack(source) {
    return this.#sources.get(source);
  }

  /** @param {Source} source */
  isOn(source) {
    return this.#sources.isOn(source);
  }

  /**
   * Sends this, or nothing.
   * @param {Source} source
   * @param {MediaStreamTrack | null} track
   */
  async setTrack(source, track) {
    this.#sources.set(source, track);
    // Unplugged, or the browser's own "stop sharing".
    track?.addEventListener("ended", () => this.localTrack(source) === track && this.setTrack(source, null));
    this.emit("media");
    await this.#media.setTrack(source, track);
    await this.#tellSources();
  }

  /**
   * Sound stops and goes on without giving the microphone back. Without one, it holds for the next.
   * @param {boolean} isOn
   */
  async setMicrophone(isOn) {
    if (!this.#sources.setMicrophone(isOn)) return;
    this.emit("media");
    await this.#tellSources();
  }

  /** @param {boolean} isRaised */
  setHand(isRaised) {
    return this.#ask("setParticipation", { hand: isRaised });
  }

  async #tellSources() {
    if (this.state !== "joined") return;
    const { standing } = this.#sources;
    await this.#ask("setParticipation", standing);
    this.#sources.told(standing);
  }

  // What one sees

  /** @param {number} participant @param {Source} source @returns {MediaStreamTrack | null} */
  remoteTrack(participant, source) {
    return this.#media.remoteTrack(participant, source);
  }

  /** What one's line does not carry of it. @param {number} participant @param {Source} source */
  shortage(participant, source) {
    return this.#media.shortage(participant, source);
  }

  /** All that is heard, by section. @returns {Map<string, MediaStreamTrack>} */
  get heard() {
    return this.#media.heard;
  }

  get isTroubled() {
    return this.#media.isTroubled;
  }

  /** @param {import("./wishes.js").Wish[]} wishes whom the person sees, the most important first */
  wish(wishes) {
    this.#wishes.set(wishes);
  }

  // Coming back

  /** News of the meeting were missed: the same participant goes on, if the loss was short. */
  async #comeBack() {
    if (this.state !== "joined" && this.state !== "waiting") return;
    clearTimeout(this.#retryTimer);
    try {
      await this.#join();
    } catch (error) {
      if (this.#isOver()) return;
      // Lost again: the next connection comes back.
      if (!(error instanceof Refusal || error instanceof HeldElsewhere)) return;
      if (error instanceof Refusal && PASSING.has(error.code)) {
        this.#retryTimer = setTimeout(() => this.#comeBack(), error.retryAfter || RETRY_MS);
        return;
      }
      this.emit("failed", error);
      this.#end("LOST", "");
    }
  }

  /** The same participant on another connection: what either side missed meanwhile. */
  #agree() {
    const self = this.participants.get(this.self);
    const stopped = self ? this.#sources.stoppedSince(self) : [];
    // Nobody but a host turns off what we had on.
    if (self && stopped.length > 0) this.#obey(self, "A host", stopped);
    this.#wishes.repeat();
    this.#tellSources().catch(() => {});
    this.#media.heal();
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
        if (!this.#media.isConnected) this.#connect();
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
        return this.#media.take(value);
      case "mediaSlots":
        return this.#media.setSlots(value.slots ?? []);
      case "mediaDemand":
        return this.#media.demand(value.tracks ?? []);
      case "mediaLost":
        return this.#media.lost(value);
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
   * @param {Participant} self as the server says now
   * @param {string} by
   * @param {Source[]} among
   */
  #obey(self, by, among = STOPPABLE) {
    for (const source of STOPPABLE) {
      if (self[source.toLowerCase()] || !this.isOn(source) || !among.includes(source)) continue;
      if (source === "MICROPHONE") this.#sources.setMicrophone(false);
      else this.setTrack(source, null).catch(() => {});
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
    this.#wishes.stop();
    clearTimeout(this.#retryTimer);
    this.#media.close();
    this.#sources.stop();
    this.#setState("gone");
    this.emit("gone", { reason, by });
  }
}
