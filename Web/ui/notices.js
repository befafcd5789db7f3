// Mentions and direct messages, told to somebody who looks elsewhere; and how many wait, in the title.

import { plain } from "../text/markup.js";
import { isMuted, setWantsNotices, wantsNotices } from "./preferences.js";

const TEXT_MAX = 140;

export class Notices {
  #place;
  #open;

  /**
   * @param {import("../model/place.js").Place} place
   * @param {(channel: string) => void} open shows a channel
   */
  constructor(place, open) {
    this.#place = place;
    this.#open = open;
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
    if (document.visibilityState === "visible" && document.hasFocus()) return;
    if (!wantsNotices() || !noticesAllowed()) return;
    const where = channel.kind === "direct" ? "" : ` in ${channel.label}`;
    const notice = new Notification(`${message.from}${where}`, {
      body: plain(message.text).slice(0, TEXT_MAX),
      tag: `confab-${channel.id}`,
      icon: "/icon.svg",
    });
    notice.onclick = () => {
      window.focus();
      this.#open(channel.id);
      notice.close();
    };
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
