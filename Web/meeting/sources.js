// What this device sends into a meeting, and what the others were told of it.

/** @typedef {import("./peers.js").Source} Source */

export class Sources {
  /** @type {Map<Source, MediaStreamTrack>} */
  #tracks;
  /** Whether the microphone is to be on, also while there is none. */
  #wantsMicrophone;
  /** What the server was told last that is on. @type {Map<Source, boolean>} */
  #told = new Map();

  /** @param {Map<Source, MediaStreamTrack>} tracks */
  constructor(tracks = new Map()) {
    this.#tracks = new Map(tracks);
    this.#wantsMicrophone = tracks.get("MICROPHONE")?.enabled ?? true;
  }

  /** @param {Source} source @returns {MediaStreamTrack | undefined} */
  get(source) {
    return this.#tracks.get(source);
  }

  /** @param {Source} source */
  isOn(source) {
    return this.#tracks.get(source)?.enabled ?? false;
  }

  /**
   * This one in place of what was there, which stops.
   * @param {Source} source @param {MediaStreamTrack | null} track
   */
  set(source, track) {
    const old = this.#tracks.get(source);
    if (old && old !== track) old.stop();
    // Before anybody can hear it.
    if (track && source === "MICROPHONE") track.enabled = this.#wantsMicrophone;
    if (track) this.#tracks.set(source, track);
    else this.#tracks.delete(source);
  }

  /**
   * Without a microphone, it holds for the next.
   * @param {boolean} isOn
   * @returns {boolean} whether there is one
   */
  setMicrophone(isOn) {
    this.#wantsMicrophone = isOn;
    const track = this.#tracks.get("MICROPHONE");
    if (track) track.enabled = isOn;
    return track !== undefined;
  }

  stop() {
    for (const track of this.#tracks.values()) track.stop();
    this.#tracks.clear();
  }

  // What others know

  /** As SetParticipation says it. */
  get standing() {
    return {
      microphone: this.isOn("MICROPHONE"),
      camera: this.#tracks.has("CAMERA"),
      screen: this.#tracks.has("SCREEN"),
    };
  }

  /** @param {Record<string, boolean>} standing what the server knows now */
  told(standing) {
    for (const [name, isOn] of Object.entries(standing)) {
      this.#told.set(/** @type {Source} */ (name.toUpperCase()), isOn);
    }
  }

  /**
   * What was on, as the server knew it, and is not any more: a host stopped it.
   * @param {import("./participant.js").Participant} self as the server says now
   * @returns {Source[]}
   */
  stoppedSince(self) {
    return [...this.#told].filter(([source, isOn]) => isOn && !self[source.toLowerCase()]).map(([source]) => source);
  }
}
