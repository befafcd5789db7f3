// The open channel: its heading, its messages, and where one writes.

import { channelRef } from "../protocol/client.js";
import { plain, visible } from "../text/markup.js";
import { Composer } from "./composer.js";
import { confirmThat, field, form, openDialog } from "./dialog.js";
import { announce, fill, h, icon, iconButton } from "./dom.js";
import { ownerDialog } from "./owner.js";
import { pickEmoji } from "./picker.js";
import { isMuted, setMuted } from "./preferences.js";
import { TimelineView } from "./timeline.js";

export class Conversation {
  element;
  #app;
  #place;
  #header;
  #timeline;
  #composer;
  #outbox;
  #offers;
  #closed;
  /** @type {import("../model/place.js").Channel | null} */
  channel = null;

  /** @param {import("./shell.js").Shell} app */
  constructor(app) {
    this.#app = app;
    this.#place = app.place;
    this.#header = h("header.conversation-header", {});
    this.#outbox = h("ul.outbox", { "aria-label": "On their way" });
    this.#offers = h("div.offers", { role: "status" });
    this.#closed = h("p.closed-note", { hidden: true }, "This room was closed: it can be read, not written.");
    const context = {
      get me() {
        return app.place.myName;
      },
      get canWrite() {
        return !app.conversation?.channel?.closed;
      },
      /** Owners delete what others wrote, but for what two people say to each other. */
      get moderates() {
        const channel = app.conversation?.channel;
        if (!channel || channel.kind === "direct") return false;
        return isOwner(app.place) || owns(channel, app.place);
      },
      find: (sequence) => this.#place.timeline(this.channel?.id ?? "").message(sequence),
      act: (action, message, value) => this.#act(action, message, value),
    };
    this.#timeline = new TimelineView(this.#place, context, (error) => app.say(error.message));
    this.#composer = new Composer({
      send: (text, replyTo) => this.#place.client.send(this.channel?.id ?? "", text, replyTo),
      edit: (message, text) => this.#request("edit", message, { text }),
      lastOwn: () => this.#timeline.lastOwn,
      leaveUpwards: () => this.#timeline.focusLast(),
      names: () => app.names,
    });
    this.element = h(
      "main.conversation",
      { id: "conversation", "aria-label": "Conversation" },
      this.#header,
      this.#offers,
      h("div.timeline-wrap", {}, this.#timeline.element, this.#timeline.newestButton),
      this.#outbox,
      this.#closed,
      this.#composer.element,
    );
    this.#timeline.element.addEventListener("click", (event) => this.#clicked(event));
    this.#place.on("channel", (id) => id === this.channel?.id && this.#showHeader());
    this.#place.on("people", () => this.#showHeader());
    this.#place.on("offers", () => this.#showOffers());
    this.#place.on("message", ({ channel, message }) => {
      if (channel.id === this.channel?.id) {
        announce(`${message.from}: ${plain(message.text)}`);
      }
    });
    this.#place.client.on("outbox", () => this.#showOutbox());
  }

  /** @param {import("../model/place.js").Channel} channel @param {number} [sequence] */
  async open(channel, sequence = 0) {
    const isOther = channel.id !== this.channel?.id;
    this.channel = channel;
    this.refresh();
    if (isOther) this.#composer.open(channel.id, channel.label);
    await this.#timeline.open(channel, sequence);
    if (sequence === 0 && matchMedia("(pointer: fine)").matches) this.#composer.focus();
  }

  /** The list of channels is new: the same channel in it. */
  refresh() {
    if (this.channel) this.channel = this.#place.channels.get(this.channel.id) ?? this.channel;
    this.#showHeader();
    this.#showOutbox();
    this.#showOffers();
    const closed = this.channel?.closed ?? false;
    this.#closed.hidden = !closed;
    this.#composer.element.hidden = closed;
  }

  /** Back online. */
  async caughtUp() {
    this.refresh();
    await this.#timeline.refresh();
  }

  /** @param {string} name */
  mention(name) {
    this.#composer.mention(name);
  }

  #showHeader() {
    const channel = this.channel;
    if (!channel) return;
    const other = channel.kind === "direct" ? channel.label.slice(1) : "";
    const isActive = this.#place.active.has(other);
    const details = other
      ? isActive
        ? "active"
        : "not here now"
      : channel.kind === "lobby"
        ? `everybody · ${this.#place.active.size} active`
        : `${channel.kind} room · ${channel.members} ${channel.members === 1 ? "member" : "members"}`;
    const { id } = channel;
    const muted = isMuted(this.#place.client.place, id);
    const isRoom = channel.kind === "public" || channel.kind === "private";
    fill(
      this.#header,
      iconButton("back", "All conversations", { onclick: () => this.#app.showSidebar() }),
      h("div.conversation-title", {}, h("h1", {}, channel.label), h("p.muted", {}, details)),
      channel.kind === "lobby" && isOwner(this.#place) && inviteButton(this.#place.client),
      this.#meetingButton(channel),
      iconButton(muted ? "bellOff" : "bell", muted ? "Unmute" : "Mute", {
        "aria-pressed": String(muted),
        onclick: () => {
          setMuted(this.#place.client.place, id, !muted);
          this.#showHeader();
          this.#place.emit("channel", id);
        },
      }),
      !other && iconButton("people", "People", { onclick: () => this.#app.togglePeople() }),
      isRoom && iconButton("more", "About this room", { onclick: () => this.#roomDialog() }),
    );
    this.#header.querySelector(".icon-button").classList.add("only-narrow");
  }

  #meetingButton(channel) {
    if (channel.closed || this.#app.showsMeeting || !this.#app.hasMeetings) return null;
    if (this.#app.meetingChannel === channel.id) return this.#returnButton();
    const running = this.#place.meetings.get(channel.id);
    const words = running ? `Join the meeting (${running.count})` : "Start a meeting";
    return h(
      `button.button.meeting-button${running ? ".is-primary" : ""}`,
      { type: "button", "aria-label": words, onclick: () => this.#app.openMeeting() },
      icon("video"),
      h("span.only-wide", {}, running ? `Join (${running.count})` : "Meet"),
    );
  }

  #returnButton() {
    return h(
      "button.button.meeting-button.is-primary",
      { type: "button", "aria-label": "Back to the meeting", onclick: () => this.#app.openMeeting() },
      icon("video"),
      h("span.only-wide", {}, "Back to it"),
    );
  }

  #showOutbox() {
    const drafts = this.#place.client.outbox?.drafts ?? [];
    const own = drafts.filter(
      ({ channel }) => channel === this.channel?.id || channel === this.channel?.label,
    );
    const isOnline = this.#place.client.phase === "online";
    fill(
      this.#outbox,
      own.map((draft) =>
        h(
          `li.draft${draft.failed ? ".is-failed" : ""}`,
          {},
          h("span.draft-text", {}, visible(draft.text)),
          draft.failed
            ? [
                h("span.problem", { role: "alert" }, draft.failed),
                h(
                  "button.button",
                  { type: "button", onclick: () => this.#place.client.sendAgain(draft.id) },
                  "Send again",
                ),
                iconButton("trash", "Discard", { onclick: () => this.#discard(draft.id) }),
              ]
            : h("span.muted", {}, isOnline ? "sending…" : "waits for the connection"),
        ),
      ),
    );
  }

  #discard(id) {
    this.#place.client.outbox?.remove(id);
    this.#showOutbox();
  }

  #showOffers() {
    const offers = [...this.#place.offers.values()].filter(
      ({ label }) => label?.toLowerCase() === this.channel?.label.toLowerCase(),
    );
    fill(
      this.#offers,
      offers.map(({ from, summary = {} }) =>
        h(
          "p.offer",
          {},
          icon("file"),
          h(
            "span",
            {},
            h("b", {}, from),
            " offers ",
            h("b", {}, visible(summary.name ?? "files")),
            Number(summary.files ?? 1) > 1 && ` and ${Number(summary.files) - 1} more`,
            ` (${size(Number(summary.bytes ?? 0))}). Take it in a terminal client: `,
            h("code", {}, "confab file receive"),
          ),
        ),
      ),
    );
  }

  // What is done about a message

  #request(kind, message, value) {
    return this.#place.client.request(kind, {
      channel: { id: this.channel?.id },
      sequence: String(message.sequence),
      ...value,
    });
  }

  #act(action, message, value) {
    const failed = (error) => this.#app.say(error.message);
    const id = this.channel?.id ?? "";
    switch (action) {
      case "jump":
        return this.#timeline.jump(value);
      case "react":
        return this.#place.react(id, message.sequence, value).catch(failed);
      case "pick":
        return pickEmoji(value, (emoji) =>
          this.#place.react(id, message.sequence, emoji).catch(failed),
        );
      case "reply":
        return this.#composer.reply(message);
      case "edit":
        return this.#composer.edit(message);
      case "delete":
        return confirmThat("Delete this message? Its text is gone for everybody.", "Delete", () =>
          this.#request("delete", message, {}),
        );
    }
  }

  #clicked(event) {
    const button = event.target.closest("[data-person], [data-room]");
    if (!button) return;
    const { person, room } = button.dataset;
    if (person && person.toLowerCase() !== this.#place.myName.toLowerCase()) {
      this.#app.write(person);
    } else if (room) {
      const channel = this.#place.byLabel(room);
      if (channel) this.#app.open(channel.id);
      else this.#app.say(`You are not in ${room}.`);
    }
  }

  // About the room

  #roomDialog() {
    const channel = this.channel;
    if (!channel) return;
    const { client } = this.#place;
    const ref = { channel: channelRef(channel.id) };
    const close = () => dialog.close();
    const button = (label, onclick) =>
      h("button.button.is-danger", { type: "button", onclick }, label);
    const dialog = openDialog(channel.label, [
      h(
        "dl.facts",
        {},
        h("dt", {}, "Number"),
        h("dd", {}, `#${channel.number}`),
        h("dt", {}, "Owner"),
        h("dd", {}, channel.owner),
        h("dt", {}, "Who reads it"),
        h("dd", {}, channel.kind === "public" ? "everybody" : "members, from their joining on"),
      ),
      owns(channel, this.#place) &&
        !channel.closed &&
        form({
          fields: [
            field("Name", { name: "name", value: channel.label.slice(1), maxlength: 32 }),
          ],
          action: "Rename",
          submit: async (data) => {
            await client.request("renameRoom", { ...ref, name: String(data.get("name")).trim() });
            close();
          },
        }),
      h(
        "p.actions",
        {},
        button("Leave the room", () =>
          confirmThat(`Leave ${channel.label}?`, "Leave", async () => {
            await client.request("leaveRoom", ref);
            close();
          }),
        ),
        owns(channel, this.#place) &&
          !channel.closed &&
          button("Close the room", () =>
            confirmThat(
              `Close ${channel.label} for good? It can be read afterwards, not written.`,
              "Close it",
              async () => {
                await client.request("closeRoom", ref);
                close();
              },
            ),
          ),
      ),
    ].filter(Boolean));
  }
}

const UNITS = ["bytes", "kB", "MB", "GB", "TB"];

/** @param {number} bytes */
export function size(bytes) {
  let value = bytes;
  let unit = 0;
  while (value >= 1_000 && unit < UNITS.length - 1) {
    value /= 1_000;
    unit += 1;
  }
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${UNITS[unit]}`;
}

function inviteButton(client) {
  return h(
    "button.button",
    { type: "button", "aria-label": "Invite somebody", onclick: () => ownerDialog(client, "Invitations") },
    icon("plus"),
    h("span.only-wide", {}, "Invite"),
  );
}

/** Whether one made the room, or was left it. */
function owns(channel, place) {
  return channel.owner.toLowerCase() === place.myName.toLowerCase();
}

/** Whether one runs the place. */
function isOwner(place) {
  return place.client.me?.role === "ROLE_OWNER";
}
