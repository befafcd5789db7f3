// The two peer connections of a participant: one that we offer, with what we send, and one that the
// server offers, with what we see and hear. Each heals by itself by restarting ICE, for as long as the server
// knows it; when that has given it up, another must take its place.

/** A connection that has not come about by then is asked for again. */
const BEGIN_MS = 8_000;
const PATIENCE_MS = 2_500;
const AGAIN_MS = 4_000;

/** Three sizes of the same picture, so that everybody gets one that fits (WebRTC's "simulcast"). */
const LAYERS = [
  { rid: "l", scaleResolutionDownBy: 4, maxBitrate: 150_000 },
  { rid: "m", scaleResolutionDownBy: 2, maxBitrate: 500_000 },
  { rid: "h", scaleResolutionDownBy: 1, maxBitrate: 1_700_000 },
];
/** With three layers of time, so that a narrow line gets fewer pictures a second instead of none. */
const SCREEN = [{ maxBitrate: 2_500_000, maxFramerate: 15, scalabilityMode: "L1T3" }];

/** @typedef {"MICROPHONE" | "CAMERA" | "SCREEN" | "SCREEN_AUDIO"} Source */

class Peer {
  connection;
  isTroubled = false;
  #onTrouble;
  #restart;
  #timer = 0;
  isClosed = false;

  /**
   * @param {() => Promise<void>} restart asks for an ICE restart
   * @param {() => void} onTrouble called when `isTroubled` changed
   */
  constructor(restart, onTrouble) {
    this.#restart = restart;
    this.#onTrouble = onTrouble;
    this.connection = new RTCPeerConnection({ bundlePolicy: "max-bundle" });
    this.connection.addEventListener("connectionstatechange", () => this.#changed());
    this.#restartIn(BEGIN_MS);
  }

  #changed() {
    switch (this.connection.connectionState) {
      case "connected":
        clearTimeout(this.#timer);
        return this.#setTrouble(false);
      case "disconnected":
        // Often it comes back by itself.
        return this.#restartIn(PATIENCE_MS);
      case "failed":
        return this.#restartIn(0);
    }
  }

  /** Restarts now, and again until it is connected. */
  heal() {
    this.#restartIn(0);
  }

  #restartIn(wait) {
    if (this.isClosed) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#setTrouble(true);
      // Refused or lost: the next try comes anyway.
      this.#restart().catch(() => {});
      this.#restartIn(AGAIN_MS);
    }, wait);
  }

  #setTrouble(isTroubled) {
    if (this.isTroubled === isTroubled) return;
    this.isTroubled = isTroubled;
    this.#onTrouble();
  }

  close() {
    this.isClosed = true;
    clearTimeout(this.#timer);
    this.connection.close();
  }
}

export class Publisher extends Peer {
  #publish;
  /** @type {Map<Source, RTCRtpTransceiver>} */
  #sections = new Map();
  #last = Promise.resolve();

  /**
   * @param {(sdp: string, tracks: {mid: string, source: string}[]) => Promise<string>} publish
   * gives the answer's SDP
   * @param {() => void} onTrouble
   */
  constructor(publish, onTrouble) {
    super(() => this.#negotiate(true), onTrouble);
    this.#publish = publish;
    // There from the beginning, with or without a device: later ones need no new offer.
    this.#addSection("MICROPHONE", "audio");
    this.#addSection("CAMERA", "video", LAYERS);
  }

  #addSection(source, kind, encodings) {
    const section = this.connection.addTransceiver(kind, {
      direction: "sendonly",
      ...(encodings ? { sendEncodings: encodings } : {}),
    });
    this.#sections.set(source, section);
    return section;
  }

  /** Offers what there is. */
  begin() {
    return this.#negotiate(false);
  }

  /** @param {Source} source @param {MediaStreamTrack | null} track */
  async setTrack(source, track) {
    let section = this.#sections.get(source);
    const isNew = !section && track !== null;
    if (isNew) {
      section =
        source === "SCREEN"
          ? this.#addSection(source, "video", SCREEN)
          : this.#addSection(source, "audio");
    }
    await section?.sender.replaceTrack(track);
    if (isNew) await this.#negotiate(false);
  }

  /**
   * Layers that nobody sees are not encoded. It is a wish: where a browser cannot, all goes on as it was.
   * @param {{mid: string, wanted?: boolean, rids?: string[]}[]} demand
   */
  async want(demand) {
    for (const { mid, wanted = false, rids = [] } of demand) {
      const section = [...this.#sections.values()].find((each) => each.mid === mid);
      const parameters = section?.sender.getParameters();
      if (!section || !parameters) continue;
      const { encodings } = parameters;
      for (const encoding of encodings) {
        encoding.active = wanted && (encodings.length === 1 || rids.includes(encoding.rid ?? ""));
      }
      await section.sender.setParameters(parameters).catch(() => {});
    }
  }

  /** One offer after the other. */
  #negotiate(iceRestart) {
    const work = async () => {
      if (this.isClosed) return;
      const { connection } = this;
      await connection.setLocalDescription(await connection.createOffer({ iceRestart }));
      const tracks = [...this.#sections]
        .filter(([, section]) => section.mid !== null)
        .map(([source, { mid }]) => ({ mid, source: `MEDIA_SOURCE_${source}` }));
      const sdp = await this.#publish(connection.localDescription.sdp, tracks);
      if (!this.isClosed) await connection.setRemoteDescription({ type: "answer", sdp });
    };
    this.#last = this.#last.catch(() => {}).then(work);
    return this.#last;
  }
}

export class Subscriber extends Peer {
  #answer;
  #newest = /** @type {{number: number, sdp: string} | null} */ (null);
  #isBusy = false;
  /** What comes in each section. @type {Map<string, MediaStreamTrack>} */
  tracks = new Map();

  /**
   * @param {(number: number, sdp: string) => Promise<void>} answer
   * @param {() => Promise<void>} restart
   * @param {() => void} onTracks
   * @param {() => void} onTrouble
   */
  constructor(answer, restart, onTracks, onTrouble) {
    super(restart, onTrouble);
    this.#answer = answer;
    this.connection.addEventListener("track", ({ track, transceiver }) => {
      if (transceiver.mid !== null) this.tracks.set(transceiver.mid, track);
      onTracks();
    });
  }

  /** The server's offer. Of several that wait only the newest counts. */
  async take(number, sdp) {
    if (this.#newest && number <= this.#newest.number) return;
    this.#newest = { number, sdp };
    if (this.#isBusy) return;
    this.#isBusy = true;
    let done = 0;
    try {
      while (!this.isClosed && this.#newest && this.#newest.number > done) {
        const offer = this.#newest;
        done = offer.number;
        await this.connection.setRemoteDescription({ type: "offer", sdp: offer.sdp });
        await this.connection.setLocalDescription(await this.connection.createAnswer());
        await this.#answer(offer.number, this.connection.localDescription.sdp);
      }
    } finally {
      this.#isBusy = false;
    }
  }
}
