// The messages of the open channel: scrolling, day lines, the line before what is new.

import { dayName, isSameDay } from "../text/times.js";
import { fill, h, iconButton } from "./dom.js";
import { messageElement } from "./message.js";

/** The same person within this time goes on without a new heading. */
const CONTINUES_MS = 5 * 60_000;
/** So near to an end counts as being there. */
const NEAR_PIXELS = 120;
/** So near to the top, the page before is fetched. */
const FETCH_PIXELS = 600;

export class TimelineView {
  element;
  #list;
  #newest;
  #place;
  #context;
  #onError;
  /** @type {import("../model/place.js").Channel | null} */
  #channel = null;
  /** What was read when the channel was opened: the line stands behind it. */
  #readThrough = 0;
  #isFetching = false;

  /**
   * @param {import("../model/place.js").Place} place
   * @param {import("./message.js").MessageContext} context
   * @param {(error: Error) => void} onError
   */
  constructor(place, context, onError) {
    this.#place = place;
    this.#context = context;
    this.#onError = onError;
    this.#list = h("ol.messages", { "aria-label": "Messages" });
    this.#newest = iconButton("down", "Go to the newest message", {
      hidden: true,
      onclick: () => this.#toNewest(),
    });
    this.#newest.classList.add("to-newest");
    this.element = h("div.timeline", { tabindex: -1 }, this.#list);
    this.element.addEventListener("scroll", () => this.#scrolled(), { passive: true });
    this.#list.addEventListener("keydown", (event) => this.#keyPressed(event));
    this.#list.addEventListener("focusin", (event) => this.#focused(event));
    place.on("timeline", ({ id, changed }) => {
      if (id === this.#channel?.id) this.#update(changed);
    });
    for (const name of ["focus", "visibilitychange"]) {
      window.addEventListener(name, () => this.#markRead());
    }
  }

  get newestButton() {
    return this.#newest;
  }

  get #timeline() {
    return this.#place.timeline(this.#channel?.id ?? "");
  }

  /**
   * @param {import("../model/place.js").Channel} channel
   * @param {number} [sequence] a message to show, instead of the newest
   */
  async open(channel, sequence = 0) {
    this.#channel = channel;
    this.#readThrough = channel.readThrough;
    const timeline = this.#timeline;
    const isThere = timeline.messages.length > 0 && !timeline.hasNewer;
    this.#render();
    if (sequence > 0) return this.jump(sequence);
    if (isThere) return this.#toEnd();
    await this.#fetch(() => this.#place.openNewest(channel.id));
    this.#toEnd();
  }

  /** Connected again: what is shown may be older than what can be fetched. */
  async refresh() {
    if (this.#channel && this.#timeline.messages.length === 0) await this.open(this.#channel);
  }

  /** @param {number} sequence */
  async jump(sequence) {
    const id = this.#channel?.id;
    if (!id) return;
    if (!this.#timeline.message(sequence)) {
      await this.#fetch(() => this.#place.openAround(id, sequence));
    }
    const item = this.#item(sequence);
    if (!item) return;
    item.scrollIntoView({ block: "center" });
    item.classList.add("is-found");
    setTimeout(() => item.classList.remove("is-found"), 2_500);
    this.#focusItem(item);
  }

  /** The person's newest message, which the arrow key upwards edits. */
  get lastOwn() {
    return [...this.#timeline.messages]
      .reverse()
      .find((message) => message.from === this.#context.me && !message.deleted);
  }

  focusLast() {
    const items = this.#items();
    if (items.length > 0) this.#focusItem(items.at(-1));
  }

  // Showing

  #update(changed) {
    const isFirst = this.#timeline.messages.length === changed?.length;
    if (changed === null || isFirst) return this.#render();
    const wasAtEnd = this.#isAtEnd();
    for (const sequence of changed) {
      const message = this.#timeline.message(sequence);
      const previous = this.#timeline.message(sequence - 1);
      if (!message) continue;
      const item = this.#item(sequence);
      const element = messageElement(message, continues(previous, message), this.#context);
      if (item) {
        const hadFocus = item.contains(document.activeElement);
        item.replaceWith(element);
        if (hadFocus) this.#focusItem(element);
      } else {
        if (!previous || !isSameDay(previous.at, message.at)) this.#list.append(dayLine(message));
        this.#list.append(element);
      }
    }
    if (wasAtEnd) this.#toEnd();
    this.#showNewest();
  }

  #render() {
    const timeline = this.#timeline;
    const { messages, hasOlder } = timeline;
    const notes = (after) => timeline.notesAfter(after).map(({ text }) => h("li.note", {}, text));
    const anchor = this.#anchor();
    const wasAtEnd = this.#isAtEnd();
    const items = [];
    if (!hasOlder && this.#channel) items.push(beginning(this.#channel, messages.length));
    items.push(...notes(messages.length > 0 ? timeline.first - 1 : 0));
    let previous;
    for (const message of messages) {
      if (!previous || !isSameDay(previous.at, message.at)) items.push(dayLine(message));
      const isFirstNew = this.#readThrough > 0 && message.sequence === this.#readThrough + 1;
      if (isFirstNew && message.from !== this.#context.me) items.push(newLine());
      items.push(messageElement(message, continues(previous, message), this.#context));
      items.push(...notes(message.sequence));
      previous = message;
    }
    fill(this.#list, items);
    if (anchor) this.#restore(anchor);
    else if (wasAtEnd) this.#toEnd();
    this.#showNewest();
  }

  /** The first message in sight and where it is, so that it stays there while others come above it. */
  #anchor() {
    if (this.#isAtEnd()) return null;
    const top = this.element.getBoundingClientRect().top;
    for (const item of this.#items()) {
      const box = item.getBoundingClientRect();
      if (box.bottom > top) return { sequence: item.dataset.sequence, offset: box.top };
    }
    return null;
  }

  #restore({ sequence, offset }) {
    const item = this.#item(sequence);
    if (item) this.element.scrollTop += item.getBoundingClientRect().top - offset;
  }

  #items() {
    return [...this.#list.querySelectorAll("li.message")];
  }

  #item(sequence) {
    return this.#list.querySelector(`li.message[data-sequence="${Number(sequence)}"]`);
  }

  // Scrolling

  #isAtEnd() {
    const { scrollTop, clientHeight, scrollHeight } = this.element;
    return scrollHeight - scrollTop - clientHeight < NEAR_PIXELS;
  }

  #toEnd() {
    this.element.scrollTop = this.element.scrollHeight;
    this.#showNewest();
    this.#markRead();
  }

  async #toNewest() {
    if (this.#timeline.hasNewer && this.#channel) {
      await this.#fetch(() => this.#place.openNewest(this.#channel.id));
    }
    this.#toEnd();
  }

  #showNewest() {
    this.#newest.hidden = this.#isAtEnd() && !this.#timeline.hasNewer;
  }

  #scrolled() {
    this.#showNewest();
    this.#markRead();
    const { scrollTop, clientHeight, scrollHeight } = this.element;
    const timeline = this.#timeline;
    const id = this.#channel?.id;
    if (!id || this.#isFetching || timeline.messages.length === 0) return;
    if (timeline.hasOlder && scrollTop < FETCH_PIXELS) {
      this.#fetch(() => this.#place.fetchOlder(id));
    } else if (timeline.hasNewer && scrollHeight - scrollTop - clientHeight < FETCH_PIXELS) {
      this.#fetch(() => this.#place.fetchNewer(id));
    }
  }

  async #fetch(work) {
    this.#isFetching = true;
    this.element.setAttribute("aria-busy", "true");
    try {
      await work();
    } catch (error) {
      this.#onError(error);
    } finally {
      this.#isFetching = false;
      this.element.removeAttribute("aria-busy");
    }
  }

  #markRead() {
    if (!this.#channel || document.visibilityState !== "visible" || !document.hasFocus()) return;
    if (this.#timeline.messages.length > 0 && this.#isAtEnd() && !this.#timeline.hasNewer) {
      this.#place.markRead(this.#channel.id);
    }
  }

  // By keyboard: one message can be reached with Tab, the arrows go on from there

  #keyPressed(event) {
    const item = event.target.closest("li.message");
    if (!item) return;
    const items = this.#items();
    const index = items.indexOf(item);
    const buttons = [...item.querySelectorAll(".toolbar button")];
    const button = buttons.indexOf(document.activeElement);
    const moves = {
      ArrowUp: () => this.#focusItem(items[index - 1]),
      ArrowDown: () => this.#focusItem(items[index + 1]),
      Home: () => this.#focusItem(items[0]),
      End: () => this.#focusItem(items.at(-1)),
      ArrowRight: () => buttons[(button + 1) % buttons.length]?.focus(),
      ArrowLeft: () => (button > 0 ? buttons[button - 1].focus() : item.focus()),
    };
    const move = moves[event.key];
    if (!move || event.target.closest("pre")) return;
    event.preventDefault();
    move();
  }

  #focusItem(item) {
    if (!item) return;
    item.focus({ preventScroll: false });
  }

  #focused(event) {
    const item = event.target.closest("li.message");
    if (!item || item.tabIndex === 0) return;
    for (const other of this.#list.querySelectorAll('li.message[tabindex="0"]')) {
      other.tabIndex = -1;
    }
    item.tabIndex = 0;
  }
}

function continues(previous, message) {
  return Boolean(
    previous &&
      previous.from === message.from &&
      message.replyTo === 0 &&
      message.at - previous.at < CONTINUES_MS &&
      isSameDay(previous.at, message.at),
  );
}

function dayLine(message) {
  return h("li.day-line", {}, h("span", {}, dayName(message.at)));
}

function newLine() {
  return h("li.new-line", {}, h("span", {}, "New"));
}

function beginning(channel, count) {
  const words = {
    lobby: "Everybody who is here reads the lobby.",
    public: "Everybody may join this room and read all of it.",
    private: "Members read what was said since they joined.",
    direct: `Only you and ${channel.label.slice(1)} read this.`,
  };
  return h(
    "li.beginning",
    {},
    h("h2", {}, channel.label),
    h("p.muted", {}, words[channel.kind] ?? "", count === 0 ? " Nothing has been said yet." : ""),
  );
}
