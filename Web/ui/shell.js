// The page of somebody who is signed in: what is open, and how one gets from one to the other.

import { Code, Refusal } from "../protocol/errors.js";
import { Conversation } from "./conversation.js";
import { confirmThat, field, form, openDialog } from "./dialog.js";
import { fill, h } from "./dom.js";
import { keptChannel } from "./kept-meeting.js";
import { MeetingView } from "./meeting.js";
import { Notices } from "./notices.js";
import { ownerDialog } from "./owner.js";
import {
  browseDialog,
  createRoomDialog,
  panel,
  peopleContent,
  searchContent,
  writeDialog,
} from "./panels.js";
import { settingsDialog } from "./settings.js";
import { Sidebar } from "./sidebar.js";

const LOBBY = "1";
const SAID_MS = 6_000;
/** What asks for something stays longer. */
const ASKED_MS = 30_000;

export class Shell {
  element;
  conversation;
  /** Everybody's name, to complete while typing. @type {string[]} */
  names = [];
  hasMeetings = false;
  #sidebar;
  #banner;
  #said;
  #panel;
  #known;
  #panelKind = "";
  #timer = 0;
  #saying = 0;
  #isReady = false;
  /** A channel to open as soon as it is known: by id, or by label. */
  #awaited = "";
  #meeting = /** @type {MeetingView | null} */ (null);

  /** @param {import("../model/place.js").Place} place */
  constructor(place) {
    this.place = place;
    const { client } = place;
    const open = (id) => this.open(id);
    const write = (name) => this.write(name);
    this.#sidebar = new Sidebar(place, {
      open,
      search: (words) => this.search(words),
      createRoom: () => createRoomDialog(place, open),
      browse: () => browseDialog(place, open),
      write: () => writeDialog(place, write),
      settings: () => settingsDialog(client),
      owner: () => ownerDialog(client),
    });
    this.conversation = new Conversation(this);
    this.#banner = h("p.banner", { role: "status", hidden: true });
    this.#said = h("p.toast", { role: "alert", hidden: true });
    this.#panel = h("div.panel-place", {});
    this.#known = h("datalist", { id: "known-people" });
    this.element = h(
      "div.shell",
      {},
      h("a.skip", { href: "#conversation", onclick: (event) => this.#skip(event) }, "Go to the conversation"),
      this.#sidebar.element,
      this.conversation.element,
      this.#panel,
      this.#banner,
      this.#said,
      this.#known,
    );
    new Notices(place, open, (id, words) => this.say(words, "Answer", () => this.#answer(id)));
    client.on("phase", (phase) => this.#phaseChanged(phase));
    client.on("notice", (words) => this.say(words));
    place.on("channels", () => this.#channelsChanged());
    place.on("gone", (id) => {
      if (id === this.meetingChannel) this.closeMeeting();
      if (id === this.conversation.channel?.id) this.open(LOBBY);
    });
    place.on("people", () => this.#panelKind === "people" && this.#showPeople());
    window.addEventListener("popstate", () => this.#openFromAddress());
    window.addEventListener("beforeunload", (event) => {
      if (this.#meeting?.isInMeeting) event.preventDefault();
    });
    window.addEventListener("online", () => client.wake());
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "visible") client.wake();
    });
    document.addEventListener("keydown", (event) => this.#keyPressed(event));
    this.#phaseChanged(client.phase);
    if (place.channels.size > 0) this.#channelsChanged();
  }

  // Going somewhere

  /** @param {string} id @param {number} [sequence] */
  async open(id, sequence = 0) {
    const channel = this.place.channels.get(id);
    // Just made or joined: the server tells of it in a moment.
    this.#awaited = channel ? "" : id;
    if (!channel) return;
    const isElsewhere = id !== this.conversation.channel?.id;
    this.element.classList.remove("shows-sidebar");
    this.#sidebar.setOpen(id);
    if (isElsewhere) this.#putMeetingAside();
    const isOfMeeting = this.showsMeeting || isMeetingOf(channel);
    const address = isOfMeeting ? location.pathname + location.hash : addressOf(channel);
    if (location.pathname + location.hash !== address) history.pushState(null, "", address);
    if (this.#panelKind === "people" && id !== this.conversation.channel?.id) this.closePanel();
    await this.conversation.open(channel, sequence);
  }

  /** Direct messages with somebody, which may not have begun. @param {string} name */
  write(name) {
    const known = this.place.byLabel(`@${name}`);
    if (known) return this.open(known.id);
    const { client } = this.place;
    const dialog = openDialog(`Write to ${name}`, [
      form({
        fields: [field("Your first message", { name: "text", autocomplete: "off" })],
        action: "Send",
        submit: async (data) => {
          const text = String(data.get("text")).trim();
          if (!text) throw new Error("Type a message.");
          this.#awaited = `@${name}`;
          client.send(`@${name}`, text);
          dialog.close();
        },
      }),
    ]);
  }

  // The meeting: beside its channel's conversation, or in a corner while something else is read

  get isGuest() {
    return this.place.client.me?.role === "ROLE_GUEST";
  }

  /** Whose meeting this page is in, or about to join: the channel's id; empty for none. */
  get meetingChannel() {
    return this.#meeting?.channel ?? "";
  }

  get showsMeeting() {
    return this.#meeting !== null && !this.#meeting.isSmall;
  }

  get showsChat() {
    return !this.element.classList.contains("hides-chat");
  }

  /** The open channel's, large. */
  openMeeting() {
    const { channel } = this.conversation;
    if (!channel || (this.showsMeeting && this.meetingChannel === channel.id)) return;
    if (this.meetingChannel !== channel.id) {
      if (this.#meeting?.isInMeeting) return this.#askToLeave(() => this.openMeeting());
      this.closeMeeting();
      this.#meeting = new MeetingView(this, channel);
      this.conversation.element.before(this.#meeting.element);
    }
    this.#setSmall(false);
    this.element.classList.remove("shows-sidebar");
    this.element.classList.toggle("hides-chat", innerWidth < 900);
    this.closePanel();
    const address = meetingAddress(channel);
    if (location.pathname !== address) history.pushState(null, "", address);
  }

  /** Back to the meeting, from whatever is read. */
  async enlargeMeeting() {
    await this.open(this.meetingChannel);
    this.openMeeting();
  }

  /** What is read takes its place; the meeting goes on in a corner. */
  shrinkMeeting() {
    this.#putMeetingAside();
    const { channel } = this.conversation;
    if (channel) history.pushState(null, "", addressOf(channel));
  }

  #putMeetingAside() {
    if (!this.showsMeeting) return;
    if (this.#meeting?.isInMeeting) this.#setSmall(true);
    else this.closeMeeting();
  }

  /** @param {boolean} isSmall */
  #setSmall(isSmall) {
    this.#meeting?.setSmall(isSmall);
    this.element.classList.toggle("in-meeting", !isSmall);
    if (isSmall) this.element.classList.remove("hides-chat");
    this.conversation.refresh();
  }

  closeMeeting() {
    const meeting = this.#meeting;
    if (!meeting) return;
    const wasShown = this.showsMeeting;
    this.#meeting = null;
    meeting.close();
    this.element.classList.remove("in-meeting", "hides-chat");
    const { channel } = this.conversation;
    if (channel && wasShown) history.replaceState(null, "", addressOf(channel));
    this.conversation.refresh();
  }

  /** Hanging up is never a slip. @param {() => any} then what was wanted */
  #askToLeave(then) {
    confirmThat("You are in another meeting, and would leave it.", "Leave the meeting", async () => {
      this.closeMeeting();
      await then();
    });
  }

  async #answer(id) {
    await this.open(id);
    if (this.conversation.channel?.id === id) this.openMeeting();
  }

  toggleChat() {
    this.element.classList.toggle("hides-chat");
  }

  showSidebar() {
    this.element.classList.add("shows-sidebar");
    this.#sidebar.element.querySelector(".channel")?.focus();
  }

  #openFromAddress() {
    const channel = this.#channelOfAddress();
    const isMeeting = /\/meeting$/.test(location.pathname);
    if (!isMeeting) this.#putMeetingAside();
    if (channel) this.open(channel.id);
    if (isMeeting) this.openMeeting();
  }

  #channelOfAddress() {
    const [, room] = /^\/room\/([^/]+)/.exec(location.pathname) ?? [];
    if (room && /^\d+$/.test(room)) return this.place.byNumber(Number(room));
    if (room) return this.place.byLabel(decodeURIComponent(room).replace(/^(?![@#])/, "#"));
    const label = decodeURIComponent(location.hash.slice(1));
    return this.place.byLabel(label) ?? this.place.channels.get(LOBBY);
  }

  // Beside the conversation

  /** @param {string} words */
  async search(words) {
    if (!words.trim()) return;
    this.element.classList.remove("shows-sidebar");
    const open = (channel, sequence) => {
      if (innerWidth < 900) this.closePanel();
      this.open(channel, sequence);
    };
    await this.#showPanel("search", `Search: ${words}`, () => searchContent(this.place, words, open));
  }

  togglePeople() {
    if (this.#panelKind === "people") return this.closePanel();
    this.#showPeople();
  }

  #showPeople() {
    const { channel } = this.conversation;
    if (!channel) return;
    const actions = {
      write: (name) => this.write(name),
      failed: (error) => this.say(error.message),
    };
    return this.#showPanel("people", `People in ${channel.label}`, () =>
      peopleContent(this.place, channel, actions),
    );
  }

  async #showPanel(kind, title, content) {
    this.#panelKind = kind;
    this.element.classList.add("has-panel");
    try {
      const nodes = await content();
      if (this.#panelKind !== kind) return;
      const hadFocus = this.#panel.contains(document.activeElement);
      // What is being typed in there stays.
      if (hadFocus && document.activeElement instanceof HTMLInputElement) return;
      fill(this.#panel, panel(title, () => this.closePanel(), nodes));
      if (hadFocus) this.#panel.querySelector("button")?.focus();
    } catch (error) {
      fill(
        this.#panel,
        panel(title, () => this.closePanel(), h("p.problem", { role: "alert" }, error.message)),
      );
    }
  }

  closePanel() {
    this.#panelKind = "";
    this.element.classList.remove("has-panel");
    this.#panel.replaceChildren();
  }

  // Words for the person

  /**
   * @param {string} words shown for a while
   * @param {string} [action] what a button beside them says
   * @param {() => any} [act] what it does
   * @returns {() => void} takes the words away, if they still stand there
   */
  say(words, action = "", act = () => {}) {
    const saying = ++this.#saying;
    const done = () => {
      if (saying === this.#saying) this.#said.hidden = true;
    };
    const pressed = async () => {
      done();
      try {
        await act();
      } catch (error) {
        this.say(error.message);
      }
    };
    const button = action && h("button.link", { type: "button", onclick: pressed }, action);
    fill(this.#said, words, button && [" ", button]);
    this.#said.hidden = false;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(done, action ? ASKED_MS : SAID_MS);
    return done;
  }

  #phaseChanged(phase) {
    const isAway = phase === "connecting" || phase === "waiting";
    this.#banner.hidden = !(isAway && this.#isReady);
    fill(this.#banner, phase === "waiting" ? lostWords(this.place.client) : "Connecting…");
    if (phase === "online") {
      this.conversation.caughtUp();
      this.#fetchNames();
      this.#findMeetings();
    }
    this.conversation.refresh();
  }

  #channelsChanged() {
    if (this.conversation.channel) this.conversation.refresh();
    const awaited = this.place.channels.get(this.#awaited) ?? this.place.byLabel(this.#awaited);
    if (awaited) this.open(awaited.id);
    if (this.#isReady) return;
    this.#isReady = true;
    const isMeeting = /\/meeting$/.test(location.pathname);
    const channel = this.#channelOfAddress();
    if (!isMeeting) this.#goOnInCorner();
    this.open(channel?.id ?? this.place.channels.keys().next().value ?? LOBBY);
    if (isMeeting && channel) this.openMeeting();
  }

  /** A page that was loaded again while its meeting was in the corner. */
  #goOnInCorner() {
    const channel = this.place.channels.get(keptChannel());
    if (!channel) return;
    this.#meeting = new MeetingView(this, channel);
    this.conversation.element.before(this.#meeting.element);
    this.#setSmall(true);
  }

  /** Whether this server knows meetings: to stop watching where one did not begin changes nothing. */
  async #findMeetings() {
    const watch = { channel: { id: LOBBY }, stop: true };
    try {
      await this.place.client.request("watchMeeting", watch);
      this.hasMeetings = true;
    } catch (error) {
      this.hasMeetings = error instanceof Refusal && error.code !== Code.requestUnknown;
    }
    this.conversation.refresh();
  }

  async #fetchNames() {
    try {
      this.names = (await this.place.members(LOBBY)).map(({ name }) => name);
      fill(this.#known, this.names.map((name) => h("option", { value: name })));
    } catch {
      // Completion is a comfort.
    }
  }

  #skip(event) {
    event.preventDefault();
    this.conversation.element.querySelector("textarea")?.focus();
  }

  #keyPressed(event) {
    if (event.key === "Escape" && this.#panelKind && !document.querySelector("dialog[open]")) {
      this.closePanel();
    }
    if ((event.ctrlKey || event.metaKey) && event.key === "k") {
      event.preventDefault();
      this.showSidebar();
      this.#sidebar.element.querySelector("input")?.focus();
    }
  }
}

/** @param {import("../protocol/client.js").Client} client */
function lostWords(client) {
  const here = location.pathname + location.hash;
  return [
    "The connection was lost. What you write is sent when it is back. ",
    h("button.link", { type: "button", onclick: () => client.wake() }, "Try now"),
    // What this page knows is this server's; there one may have to sign in.
    client.others.map((address) => [
      " ",
      h("a.link", { href: `https://${address}${here}` }, `Go on at ${address}`),
    ]),
  ];
}

/** @param {import("../model/place.js").Channel} channel */
function addressOf(channel) {
  if (channel.kind === "lobby") return "/";
  return channel.number > 0 ? `/room/${channel.number}` : `/#${channel.label}`;
}

/** As Docs/Meetings.md says. @param {import("../model/place.js").Channel} channel */
function meetingAddress(channel) {
  const name = channel.number > 0 ? channel.number : channel.label.replace(/^#/, "");
  return `/room/${name}/meeting`;
}

/** Whether the page's address is this channel's meeting. */
function isMeetingOf(channel) {
  return decodeURIComponent(location.pathname) === meetingAddress(channel);
}
