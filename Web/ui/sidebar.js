// The list of conversations.

import { avatar, fill, focusedMark, h, icon, iconButton } from "./dom.js";
import { isMuted } from "./preferences.js";

export class Sidebar {
  element;
  #lists;
  #me;
  #actions;
  #place;
  #open = "";

  /**
   * @param {import("../model/place.js").Place} place
   * @param {Record<string, any>} actions `open(id)`, `search(words)`, `createRoom`, `browse`, `write`, `settings`, `owner`
   */
  constructor(place, actions) {
    this.#place = place;
    this.#actions = actions;
    this.#lists = h("div.sidebar-lists", {});
    this.#me = h("div.sidebar-me", {});
    const search = h("input.input.sidebar-search", {
      type: "search",
      name: "words",
      placeholder: "Search messages",
      "aria-label": "Search messages",
    });
    this.element = h(
      "nav.sidebar",
      { "aria-label": "Conversations" },
      h(
        "header.sidebar-header",
        {},
        h("img", { src: "/icon.svg", alt: "", width: 28, height: 28 }),
        h("div", {}, h("b", {}, "Confab"), h("span.muted", {}, location.hostname)),
      ),
      h(
        "form.sidebar-search-form",
        {
          role: "search",
          onsubmit: (event) => {
            event.preventDefault();
            actions.search(search.value);
          },
        },
        search,
      ),
      this.#lists,
      this.#me,
    );
    for (const name of ["channels", "channel", "people"]) place.on(name, () => this.#schedule());
    this.render();
  }

  /** @param {string} id of the channel that is shown */
  setOpen(id) {
    this.#open = id;
    this.render();
  }

  #isScheduled = false;

  /** Many changes make one picture. */
  #schedule() {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    queueMicrotask(() => {
      this.#isScheduled = false;
      this.render();
    });
  }

  render() {
    const focused = focusedMark(".channel", "channel");
    const all = [...this.#place.channels.values()];
    const byName = (a, b) => a.label.localeCompare(b.label, undefined, { sensitivity: "base" });
    const rooms = all.filter(({ kind }) => kind === "public" || kind === "private").sort(byName);
    const direct = all.filter(({ kind }) => kind === "direct").sort((a, b) => b.at - a.at);
    fill(
      this.#lists,
      h("ul.channels", {}, all.filter(({ kind }) => kind === "lobby").map((each) => this.#item(each))),
      this.#section("Rooms", rooms, [
        iconButton("search", "Find rooms to join", { onclick: this.#actions.browse }),
        iconButton("plus", "Make a room", { onclick: this.#actions.createRoom }),
      ]),
      this.#section("Direct messages", direct, [
        iconButton("plus", "Write to somebody", { onclick: this.#actions.write }),
      ]),
    );
    this.#renderMe();
    if (focused) this.#lists.querySelector(`.channel[data-channel="${CSS.escape(focused)}"]`)?.focus();
  }

  #section(title, channels, buttons) {
    const id = `section-${title.replace(" ", "-")}`;
    return h(
      "section",
      { "aria-labelledby": id },
      h("header.section-header", {}, h("h2", { id }, title), buttons),
      h("ul.channels", {}, channels.map((each) => this.#item(each))),
      channels.length === 0 && h("p.muted.section-empty", {}, "None yet"),
    );
  }

  #item(channel) {
    const isOpen = channel.id === this.#open;
    const muted = isMuted(this.#place.client.place, channel.id);
    const name = channel.label.slice(1);
    const count = channel.kind === "direct" ? channel.unread : channel.mentions;
    const isActive = channel.kind === "direct" && this.#place.active.has(name);
    const words = [channel.label];
    if (channel.unread > 0) words.push(`${channel.unread} unread`);
    if (channel.mentions > 0) words.push(`${channel.mentions} mention you`);
    const meeting = this.#place.meetings.get(channel.id);
    if (meeting) words.push(`meeting with ${meeting.count}`);
    if (isActive) words.push("active");
    if (muted) words.push("muted");
    const classes = ["channel"];
    if (channel.unread > 0 && !muted) classes.push("is-unread");
    if (muted) classes.push("is-muted");
    return h(
      "li",
      {},
      h(
        `button.${classes.join(".")}`,
        {
          type: "button",
          "data-channel": channel.id,
          "aria-label": words.join(", "),
          "aria-current": isOpen ? "page" : null,
          onclick: () => this.#actions.open(channel.id),
        },
        channel.kind === "direct"
          ? avatar(name, isActive)
          : h("span.channel-icon", {}, icon(channel.kind === "private" ? "lock" : "hash")),
        h("span.channel-name", {}, name),
        meeting && h("span.in-call", {}, icon("video"), meeting.count),
        muted && icon("bellOff"),
        count > 0 && !muted
          ? h("span.badge", {}, count > 99 ? "99+" : count)
          : channel.unread > 0 && !muted && h("span.dot", {}),
      ),
    );
  }

  #renderMe() {
    const { me } = this.#place.client;
    if (!me) return;
    fill(
      this.#me,
      avatar(me.name, true),
      h("span.me-name", {}, me.name),
      me.role === "ROLE_OWNER" &&
        iconButton("shield", "Look after this place", { onclick: this.#actions.owner }),
      iconButton("gear", "Settings", { onclick: this.#actions.settings }),
    );
  }
}
