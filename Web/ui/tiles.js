// The pictures of a meeting: everybody alike, or one large and the others beside it.

import { avatar, fill, h, icon } from "./dom.js";

const ASPECT = 16 / 9;
const GAP = 10;
/** Beside a large picture so many small ones are shown. */
const STRIP_MAX = 8;
/** The server's connection has sections for so many pictures (Docs/Meetings.md). */
const PICTURES_MAX = 10;
/** Twice without a new picture, and the person is told why they see an old one. */
const LOOK_MS = 2_500;

/**
 * The best number of columns: the one with the largest tiles.
 * @param {number} count
 * @param {number} width
 * @param {number} height
 * @returns {{columns: number, width: number}}
 */
export function bestGrid(count, width, height) {
  let best = { columns: 1, width: 0 };
  for (let columns = 1; columns <= Math.max(1, count); columns += 1) {
    const rows = Math.ceil(count / columns);
    const byWidth = (width - GAP * (columns - 1)) / columns;
    const byHeight = ((height - GAP * (rows - 1)) / rows) * ASPECT;
    const tile = Math.floor(Math.max(0, Math.min(byWidth, byHeight)));
    if (tile > best.width) best = { columns, width: tile };
  }
  return best;
}

/** @typedef {import("../meeting/peers.js").Source} Source */

export class Tiles {
  element;
  isSpeaker = false;
  /** Only the largest is shown. */
  #isSmall = false;
  #wish;
  #enlarge;
  /** @type {Map<string, Tile>} */
  #tiles = new Map();
  #observer;
  #speaking = /** @type {number[]} */ ([]);
  #large = "";
  #call = /** @type {any} */ (null);
  #hadScreen = false;
  /** When somebody was the loudest, counted: who spoke last is seen before who did not. @type {Map<number, number>} */
  #spoke = new Map();
  #spokenCount = 0;
  #looking = 0;
  /** Says that there are more pictures than are shown. */
  note;

  /**
   * @param {(wishes: any[]) => void} wish is told what is seen, and how large
   * @param {() => void} enlarge what choosing the small picture in the corner does
   */
  constructor(wish, enlarge) {
    this.#wish = wish;
    this.#enlarge = enlarge;
    this.element = h("ul.tiles", { "aria-label": "Who is there" });
    this.note = h("p.tiles-note", { role: "status", hidden: true });
    this.#observer = new ResizeObserver(() => this.#layOut());
    this.#observer.observe(this.element);
    this.#looking = setInterval(() => this.#look(), LOOK_MS);
  }

  close() {
    this.#observer.disconnect();
    clearInterval(this.#looking);
    this.clear();
  }

  clear() {
    this.#tiles.clear();
    this.#spoke.clear();
    this.element.replaceChildren();
    this.note.hidden = true;
    this.#call = null;
  }

  toggleLayout() {
    this.isSpeaker = !this.isSpeaker;
  }

  /** @param {boolean} isSmall one picture alone, in a corner */
  setSmall(isSmall) {
    this.#isSmall = isSmall;
    this.#layOut();
  }

  /** @param {number[]} participants the loudest first */
  setSpeaking(participants) {
    this.#speaking = participants;
    for (const tile of this.#tiles.values()) {
      tile.element.classList.toggle("is-speaking", participants.includes(tile.participant));
    }
    for (const participant of [...participants].reverse()) this.#spoke.set(participant, ++this.#spokenCount);
    if (this.#call) this.#layOut();
  }

  /** @param {import("../meeting/call.js").Call} call */
  show(call) {
    this.#call = call;
    const wanted = new Map();
    for (const person of call.participants.values()) {
      if (person.waiting) continue;
      if (person.screen) wanted.set(`${person.participant}-SCREEN`, { person, source: "SCREEN" });
      wanted.set(`${person.participant}-CAMERA`, { person, source: "CAMERA" });
    }
    for (const [key, tile] of this.#tiles) {
      if (wanted.has(key)) continue;
      tile.element.remove();
      this.#tiles.delete(key);
    }
    for (const [key, { person, source }] of wanted) {
      let tile = this.#tiles.get(key);
      if (!tile) {
        tile = new Tile(person.participant, source, () => this.#choose(key));
        this.#tiles.set(key, tile);
        this.element.append(tile.element);
      }
      const isSelf = person.participant === call.self;
      const track = isSelf ? call.localTrack(source) ?? null : call.remoteTrack(person.participant, source);
      tile.show(person, track, isSelf, isSelf ? "" : call.shortage(person.participant, source));
    }
    for (const participant of this.#spoke.keys()) {
      if (!call.participants.has(participant)) this.#spoke.delete(participant);
    }
    const screens = [...wanted.values()].some(({ source }) => source === "SCREEN");
    // A screen is there to be read.
    if (screens && !this.#hadScreen && !this.isSpeaker) this.toggleLayout();
    if (!screens && this.#hadScreen && this.isSpeaker) this.toggleLayout();
    this.#hadScreen = screens;
    this.#layOut();
  }

  /** Nobody looks at a page that is hidden, and browsers count no pictures there. */
  #look() {
    if (document.visibilityState !== "visible") return;
    for (const tile of this.#tiles.values()) tile.look();
  }

  #choose(key) {
    if (this.#isSmall) return this.#enlarge();
    this.#large = this.#large === key ? "" : key;
    if (!this.isSpeaker) this.toggleLayout();
    this.#layOut();
  }

  #layOut() {
    if (!this.#call) return;
    this.element.classList.toggle("is-speaker", this.isSpeaker && !this.#isSmall);
    const { clientWidth: width, clientHeight: height } = this.element;
    const keys = [...this.#tiles.keys()];
    const large = this.isSpeaker || this.#isSmall ? this.#largest(keys) : "";
    for (const [key, tile] of this.#tiles) tile.element.classList.toggle("is-large", key === large);
    const { columns, width: tile } = bestGrid(keys.length, width, height);
    // So wide that a row holds as many as it should; a last row with fewer stands in the middle.
    const row = columns * tile + GAP * (columns - 1);
    this.element.style.paddingInline = large ? "0" : `${Math.floor((width - row) / 2)}px`;
    this.element.style.setProperty("--tile", `${tile}px`);
    this.#tellWishes(large);
  }

  /** Whom one chose; else a screen; else who speaks; else the first of the others. */
  #largest(keys) {
    if (keys.includes(this.#large)) return this.#large;
    const others = keys.filter((key) => !key.startsWith(`${this.#call.self}-`));
    const screen = others.find((key) => key.endsWith("SCREEN"));
    const speaker = this.#speaking.map((id) => `${id}-CAMERA`).find((key) => others.includes(key));
    return screen ?? speaker ?? others[0] ?? keys[0] ?? "";
  }

  #tellWishes(large) {
    const ratio = globalThis.devicePixelRatio || 1;
    const there = [...this.#tiles.entries()].filter(
      ([, tile]) => tile.isOn && tile.participant !== this.#call.self,
    );
    const shown = firstSeen(
      there.map(([key, { participant, source }]) => ({ key, participant, source })),
      large,
      this.#spoke,
    ).slice(0, this.#isSmall ? 1 : large ? STRIP_MAX + 1 : PICTURES_MAX);
    this.note.hidden = there.length <= shown.length;
    this.note.textContent = `${shown.length} of ${there.length} pictures are shown. Who speaks is among them.`;
    this.#wish(
      shown.map(({ key, participant, source }) => {
        const { element } = /** @type {Tile} */ (this.#tiles.get(key));
        return {
          participant,
          source,
          width: Math.round(element.clientWidth * ratio),
          height: Math.round(element.clientHeight * ratio),
        };
      }),
    );
  }
}

/**
 * Whose picture comes first when there is not room for all: the large one, screens, who spoke last.
 * @param {{key: string, participant: number, source: Source}[]} tiles that have a picture
 * @param {string} large the key of one of them, or empty
 * @param {Map<number, number>} spoke the later, the larger
 */
export function firstSeen(tiles, large, spoke) {
  const rank = ({ key, source }) => (key === large ? 0 : source === "SCREEN" ? 1 : 2);
  const late = ({ participant }) => spoke.get(participant) ?? 0;
  return [...tiles].sort((a, b) => rank(a) - rank(b) || late(b) - late(a));
}

/** What one's line does not carry, in words. @type {Record<import("../meeting/media.js").Shortage, string>} */
const SHORTAGES = {
  "": "",
  REDUCED: "Smaller, for your line",
  HELD_BACK: "Your line is too narrow for this picture",
};
const NO_PICTURES = "No new pictures come: a line is too narrow for them.";

class Tile {
  element;
  /** Whether there is a picture to be seen, here or elsewhere. */
  isOn = false;
  participant;
  source;
  #video;
  #name;
  #picture;
  #track = /** @type {MediaStreamTrack | null} */ (null);
  #shortage = /** @type {keyof typeof SHORTAGES} */ ("");
  #held = h("p.tile-held", { hidden: true });
  #frames = 0;
  #looksWithout = 0;

  constructor(participant, source, choose) {
    this.participant = participant;
    this.source = source;
    this.#video = h("video", { playsinline: true, autoplay: true });
    // Sound is played elsewhere, and what is muted may always play.
    this.#video.muted = true;
    this.#name = h("p.tile-name", {});
    this.#picture = h("div.tile-avatar", {});
    this.element = h(
      `li.tile${source === "SCREEN" ? ".is-screen" : ""}`,
      { "data-participant": participant, "data-source": source },
      h("button.tile-button", { type: "button", onclick: choose }, this.#picture, this.#video),
      this.#held,
      this.#name,
    );
  }

  /** Whether pictures still come. */
  look() {
    const frames = this.#video.getVideoPlaybackQuality?.().totalVideoFrames ?? 0;
    const isWaiting = this.#track !== null && frames === this.#frames;
    this.#frames = frames;
    this.#looksWithout = isWaiting ? this.#looksWithout + 1 : 0;
    this.#showHeld();
  }

  /** Why there is an old picture, a small one, or none. */
  #showHeld() {
    const isStill = this.#looksWithout >= 2 && !this.element.classList.contains("is-self");
    const words = SHORTAGES[this.#shortage] || (isStill ? NO_PICTURES : "");
    if (this.#held.textContent !== words) this.#held.textContent = words;
    this.#held.hidden = !words;
  }

  /**
   * @param {import("../meeting/participant.js").Participant} person
   * @param {MediaStreamTrack | null} track
   * @param {boolean} isSelf
   * @param {import("../meeting/media.js").Shortage} shortage
   */
  show(person, track, isSelf, shortage) {
    this.isOn = this.source === "SCREEN" ? person.screen : person.camera;
    const isSeen = track !== null && (isSelf || this.isOn);
    this.#shortage = this.isOn ? shortage : "";
    const shown = isSeen ? track : null;
    if (this.#track !== shown) {
      this.#track = shown;
      this.#looksWithout = 0;
      this.#video.srcObject = shown ? new MediaStream([shown]) : null;
      if (shown) this.#video.play().catch(() => {});
    }
    this.element.classList.toggle("has-picture", isSeen);
    this.element.classList.toggle("is-self", isSelf);
    this.element.classList.toggle("is-lost", person.lost);
    if (this.#picture.childElementCount === 0) this.#picture.append(avatar(person.name));
    const what = this.source === "SCREEN" ? `${person.name}’s screen` : isSelf ? "You" : person.name;
    const isMuted = this.source === "CAMERA" && !person.microphone;
    const isRaised = this.source === "CAMERA" && person.handRaisedAt > 0;
    fill(this.#name, isRaised && icon("hand"), isMuted && icon("microphoneOff"), h("span", {}, what));
    const words = [what];
    if (isMuted) words.push("muted");
    if (isRaised) words.push("hand raised");
    if (person.lost) words.push("connection lost");
    if (this.#shortage) words.push(SHORTAGES[this.#shortage]);
    this.#showHeld();
    this.element.querySelector("button").setAttribute("aria-label", words.join(", "));
  }
}
