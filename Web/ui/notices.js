// Mentions and direct messages, told to somebody who looks elsewhere; and how many wait, in the title.

import { plain } from "../text/markup.js";
import { isMuted, setWantsNotices, wantsNotices } from "./preferences.js";

const TEXT_MAX = 140;
/** Of a call between two people. */
const RINGS = 4;

export class Notices {
  #place;
  #open;
  #answer;

  /**
   * @param {import("../model/place.js").Place} place
   * @param {(channel: string) => void} open shows a channel
   * @param {(channel: string, words: string) => void} answer asks whether to go to the channel's meeting
   */
  constructor(place, open, answer) {
    this.#place = place;
    this.#open = open;
    this.#answer = answer;
    place.on("meeting", (channel) => this.#called(channel));
    place.on("message", ({ channel, message }) => this.#heard(channel, message));
    for (const name of ["channel", "channels"]) place.on(name, () => this.#count());
  }

  /** Direct messages, and what mentions the person, unless the channel is muted. */
  #matters(channel, message) {
    if (isMuted(this.#place.client.place, channel.id)) return false;
    return channel.kind === "direct" || this.#place.mentionsMe(channel, message);
  }

  #heard(channel, message) {
    if (!this.#matters(channel, message)) return;
    const where = channel.kind === "direct" ? "" : ` in ${channel.label}`;
    notify(`${message.from}${where}`, plain(message.text).slice(0, TEXT_MAX), `confab-${channel.id}`, () =>
      this.#open(channel.id),
    );
  }

  /** Somebody began a meeting with the two of us: that is a call. */
  #called(id) {
    const channel = this.#place.channels.get(id);
    const names = this.#place.meetings.get(id)?.names ?? [];
    if (channel?.kind !== "direct" || names.length === 0 || names.includes(this.#place.myName)) return;
    if (isMuted(this.#place.client.place, id)) return;
    const words = `${names[0]} calls you.`;
    this.#answer(id, words);
    ring(RINGS);
    notify(words, "Open Confab to answer.", `confab-call-${id}`, () => this.#open(id));
  }

  #count() {
    let count = 0;
    for (const channel of this.#place.channels.values()) {
      if (isMuted(this.#place.client.place, channel.id)) continue;
      count += channel.kind === "direct" ? channel.unread : channel.mentions;
    }
    document.title = count > 0 ? `(${count}) Confab` : "Confab";
  }
}

/**
 * Tells it to somebody who looks elsewhere.
 * @param {string} title @param {string} body
 * @param {string} tag what the next one with the same takes the place of
 * @param {() => void} clicked
 */
export function notify(title, body, tag, clicked) {
  if (document.visibilityState === "visible" && document.hasFocus()) return;
  if (!wantsNotices() || !noticesAllowed()) return;
  const notice = new Notification(title, { body, tag, icon: "/icon.svg" });
  notice.onclick = () => {
    window.focus();
    clicked();
    notice.close();
  };
}

const TONE_HZ = 660;
const TONE_SECONDS = 0.25;
const RING_SECONDS = 1.6;

/** A short tone. A browser that wants to be touched first stays silent. @param {number} times */
export function ring(times) {
  if (!("AudioContext" in window)) return;
  const audio = new AudioContext();
  const gain = audio.createGain();
  gain.gain.value = 0.1;
  gain.connect(audio.destination);
  for (let index = 0; index < times; index += 1) {
    const tone = audio.createOscillator();
    tone.frequency.value = TONE_HZ;
    tone.connect(gain);
    const at = audio.currentTime + index * RING_SECONDS;
    tone.start(at);
    tone.stop(at + TONE_SECONDS);
  }
  setTimeout(() => audio.close().catch(() => {}), times * RING_SECONDS * 1_000);
}

const canNotify = () => "Notification" in window;

export const noticesAllowed = () => canNotify() && Notification.permission === "granted";

/** @returns {Promise<string>} empty, or why it cannot be */
export async function turnNoticesOn() {
  if (!canNotify()) return "This browser shows no notifications.";
  if ((await Notification.requestPermission()) !== "granted") {
    return "The browser does not allow notifications for this page. Its settings for this site say why.";
  }
  setWantsNotices(true);
  return "";
}
