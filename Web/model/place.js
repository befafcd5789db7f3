// What a person sees of a place: channels, people, messages. Fed by a Client; shows nothing itself.

import { Events } from "../protocol/events.js";
import { channelRef } from "../protocol/client.js";
import { number } from "../protocol/values.js";
import { Timeline } from "./timeline.js";

/**
 * @typedef {object} Channel
 * @property {string} id
 * @property {string} label as the person types it: `#plans`, `@ann`
 * @property {"lobby" | "public" | "private" | "direct"} kind
 * @property {number} number the room's, or 0
 * @property {string} owner
 * @property {number} members
 * @property {number} sequence the newest message's
 * @property {number} readThrough
 * @property {number} unread
 * @property {number} mentions
 * @property {boolean} closed
 * @property {number} at of the newest message
 */

const PAGE = 60;
/** Edits and reactions are events too: of a lively stretch not all is looked through. */
const NOTE_PAGES_MAX = 4;

/** @param {any} wire ChannelInfo @returns {Channel} */
export function readChannel(wire) {
  return {
    id: wire.id,
    label: wire.label ?? "",
    kind: /** @type {any} */ ((wire.kind ?? "").replace("CHANNEL_KIND_", "").toLowerCase()),
    number: number(wire.number),
    owner: wire.owner ?? "",
    members: wire.members ?? 0,
    sequence: number(wire.sequence),
    readThrough: number(wire.readThrough),
    unread: number(wire.unread),
    mentions: number(wire.mentions),
    closed: wire.closed ?? false,
    at: number(wire.at),
  };
}

/**
 * What it tells, with `on`: `channels` (the list or its order changed), `channel` (one, by id),
 * `timeline` ({id, changed}: messages by sequence, or all when `changed` is null), `people`,
 * `message` ({channel, message}: somebody else wrote just now).
 */
export class Place extends Events {
  /** @type {Map<string, Channel>} */
  channels = new Map();
  /** Who is active, by name. @type {Map<string, {name: string, since: number, address: string}>} */
  active = new Map();
  /** Offers of files that wait for an answer, by transfer. @type {Map<string, any>} */
  offers = new Map();
  /** Meetings that go on, by channel. @type {Map<string, {meeting: string, names: string[], count: number, startedAt: number}>} */
  meetings = new Map();
  /** @type {Map<string, Timeline>} */
  #timelines = new Map();

  /** @param {import("../protocol/client.js").Client} client */
  constructor(client) {
    super();
    this.client = client;
    client.on("channels", (list) => this.#setChannels(list));
    client.on("channel", (wire) => this.#setChannel(wire));
    client.on("gone", (id) => this.#forget(id));
    client.on("event", (event) => this.#apply(event));
    client.on("people", (list) => this.#setPeople(list));
    client.on("presence", (wire) => this.#setPresence(wire));
    client.on("push", (frame) => this.#push(frame));
    client.on("signedOut", () => this.#clear());
  }

  get myName() {
    return this.client.me?.name ?? "";
  }

  /** @param {string} label @returns {Channel | undefined} */
  byLabel(label) {
    const wanted = label.toLowerCase();
    return [...this.channels.values()].find((channel) => channel.label.toLowerCase() === wanted);
  }

  /** @param {number} number a room's */
  byNumber(number) {
    return [...this.channels.values()].find((channel) => channel.number === number);
  }

  /** @param {string} id @returns {Timeline} empty until something was fetched */
  timeline(id) {
    let timeline = this.#timelines.get(id);
    if (!timeline) this.#timelines.set(id, (timeline = new Timeline()));
    return timeline;
  }

  // Fetching

  /** The newest messages. @param {string} id */
  async openNewest(id) {
    await this.#fetch(id, { limit: PAGE }, (timeline, page) =>
      timeline.replace(page, { hasOlder: page.more ?? false, hasNewer: false }),
    );
  }

  /** A stretch of the past. @param {string} id @param {number} sequence in its middle */
  async openAround(id, sequence) {
    const before = String(sequence + PAGE / 2);
    const isAtEnd = sequence + PAGE / 2 > (this.channels.get(id)?.sequence ?? 0);
    await this.#fetch(id, { beforeSequence: before, limit: PAGE }, (timeline, page) =>
      timeline.replace(page, { hasOlder: page.more ?? false, hasNewer: !isAtEnd }),
    );
  }

  /** @param {string} id */
  async fetchOlder(id) {
    const before = String(this.timeline(id).first);
    await this.#fetch(id, { beforeSequence: before, limit: PAGE }, (timeline, page) =>
      timeline.prepend(page),
    );
  }

  /** @param {string} id */
  async fetchNewer(id) {
    const since = String(this.timeline(id).last);
    await this.#fetch(id, { sinceSequence: since, limit: PAGE }, (timeline, page) =>
      timeline.append(page),
    );
  }

  async #fetch(id, bounds, take) {
    const timeline = this.timeline(id);
    timeline.beginFetch();
    try {
      take(timeline, await this.client.request("readMessages", { channel: { id }, ...bounds }));
    } catch (error) {
      timeline.fetchFailed();
      throw error;
    }
    this.emit("timeline", { id, changed: null });
    this.#fetchNotes(id, timeline).catch(() => {});
  }

  /** What happened between the messages that are there: who joined, when there was a meeting. */
  async #fetchNotes(id, timeline) {
    const { messages, hasOlder } = timeline;
    let after = hasOlder && messages.length > 0 ? messages[0].position - 1 : 0;
    let sequence = messages.length > 0 ? messages[0].sequence - 1 : 0;
    const end = messages.at(-1)?.position ?? 0;
    for (let page = 0; page < NOTE_PAGES_MAX; page += 1) {
      const { events = [], more } = await this.client.request("readEvents", {
        channel: id,
        afterPosition: String(after),
      });
      const notes = [];
      for (const event of events) {
        after = number(event.position);
        if (event.posted) sequence = number(event.posted.sequence);
        const text = noteWords(event);
        if (text) notes.push({ position: after, at: number(event.at), text, after: sequence });
      }
      timeline.addNotes(notes);
      if (notes.length > 0) this.emit("timeline", { id, changed: null });
      if (!more || events.length === 0 || (end > 0 && after >= end && timeline.hasNewer)) return;
    }
  }

  // Doing

  /** Everything in the channel has been seen. @param {string} id */
  markRead(id) {
    const channel = this.channels.get(id);
    if (!channel || channel.readThrough >= channel.sequence) return;
    channel.readThrough = channel.sequence;
    channel.unread = 0;
    channel.mentions = 0;
    this.emit("channel", id);
    const sequence = String(channel.sequence);
    this.client.request("markRead", { channel: { id }, sequence }).catch(() => {});
  }

  /** @param {string} id @param {number} sequence @param {string} emoji */
  async react(id, sequence, emoji) {
    const mine = this.timeline(id)
      .message(sequence)
      ?.reactions.find((each) => each.emoji === emoji)
      ?.names.includes(this.myName);
    await this.client.request("react", {
      channel: { id },
      sequence: String(sequence),
      emoji,
      ...(mine ? { remove: true } : {}),
    });
  }

  /** @param {string} channel @returns {Promise<{name: string, owner: boolean, active: boolean}[]>} */
  async members(channel) {
    const members = await this.client.requestAll(
      "listMembers",
      { channel: channelRef(channel) },
      "members",
      (last) => ({ after: last.name }),
    );
    return members.map(({ name, owner = false, active = false }) => ({ name, owner, active }));
  }

  /** Public rooms that the person is not in. @returns {Promise<Channel[]>} */
  async roomsToJoin() {
    const all = await this.client.requestAll(
      "listChannels",
      { notJoined: true },
      "channels",
      (last) => ({ after: last.id }),
    );
    return all.filter((wire) => !wire.joined && !wire.closed).map(readChannel);
  }

  // Hearing

  #setChannels(list) {
    this.channels = new Map(list.map((wire) => [wire.id, readChannel(wire)]));
    for (const id of this.#timelines.keys()) {
      if (!this.channels.has(id)) this.#timelines.delete(id);
    }
    this.emit("channels");
  }

  #setChannel(wire) {
    if (wire.joined === undefined) return this.#forget(wire.id);
    this.channels.set(wire.id, readChannel(wire));
    this.emit("channels");
  }

  #forget(id) {
    this.channels.delete(id);
    this.#timelines.delete(id);
    this.emit("channels");
    this.emit("gone", id);
  }

  #setPeople(list) {
    this.active = new Map(list.map((wire) => [wire.name, readPresence(wire)]));
    this.emit("people");
  }

  #setPresence(wire) {
    if (wire.active) this.active.set(wire.name, readPresence(wire));
    else this.active.delete(wire.name);
    this.emit("people");
  }

  #push({ kind, value }) {
    if (kind === "meetingChanged") return this.#setMeeting(value);
    if (kind === "fileOffered") this.offers.set(value.transferId, value);
    else if (kind === "fileWithdrawn") this.offers.delete(value.transferId);
    else return;
    this.emit("offers");
  }

  #setMeeting({ channel, meeting, names = [], count = 0, startedAt }) {
    const isNew = meeting && this.meetings.get(channel)?.meeting !== meeting;
    if (meeting) this.meetings.set(channel, { meeting, names, count, startedAt: number(startedAt) });
    else this.meetings.delete(channel);
    this.emit("channel", channel);
    if (isNew) this.emit("meeting", channel);
  }

  #apply(event) {
    const channel = this.channels.get(event.channel);
    if (!channel) return;
    const timeline = this.timeline(channel.id);
    const changed = timeline.apply(event);
    if (event.posted) this.#count(channel, event);
    const words = noteWords(event);
    // Where nothing was fetched yet, they come with the page.
    if (words && (timeline.messages.length > 0 || channel.sequence === 0)) {
      const position = number(event.position);
      timeline.addNotes([{ position, at: number(event.at), text: words, after: timeline.last }]);
    }
    if (event.renamed) channel.label = `#${event.renamed.name}`;
    if (event.closed) channel.closed = true;
    if (event.ownerChanged) channel.owner = event.ownerChanged.name;
    if (event.memberJoined) channel.members += 1;
    if (event.memberLeft) channel.members -= 1;
    if (words) this.emit("channels");
    if (changed.length > 0 || words) {
      this.emit("timeline", { id: channel.id, changed: words ? null : changed });
    }
  }

  #count(channel, event) {
    const sequence = number(event.posted.sequence);
    // The list of channels may have counted it already.
    if (sequence <= channel.sequence) return;
    channel.sequence = sequence;
    channel.at = number(event.at);
    const message = { ...event.posted, from: event.by, at: event.at };
    if (event.by === this.myName) {
      channel.readThrough = sequence;
      channel.unread = 0;
      channel.mentions = 0;
    } else {
      channel.unread += 1;
      if (this.mentionsMe(channel, event.posted)) channel.mentions += 1;
    }
    this.emit("channel", channel.id);
    if (event.by !== this.myName) this.emit("message", { channel, message });
  }

  /** @param {Channel} channel @param {{mentions?: string[]}} message */
  mentionsMe(channel, message) {
    const me = this.myName.toLowerCase();
    return (message.mentions ?? []).some((name) => name.toLowerCase() === me);
  }

  #clear() {
    this.channels.clear();
    this.active.clear();
    this.offers.clear();
    this.meetings.clear();
    this.#timelines.clear();
  }
}

function readPresence(wire) {
  return { name: wire.name, since: number(wire.since), address: wire.address ?? "" };
}

function noteWords(event) {
  const by = event.by || "Somebody";
  if (event.memberJoined) {
    const { name } = event.memberJoined;
    // Nobody invites a guest: the link did.
    if (!event.by && name.endsWith("-guest")) return `${name} came by a guest link`;
    return name === event.by ? `${name} joined` : `${by} invited ${name}`;
  }
  if (event.memberLeft) {
    const { name } = event.memberLeft;
    return name === event.by || !event.by ? `${name} left` : `${by} removed ${name}`;
  }
  if (event.renamed) return `${by} renamed the room to #${event.renamed.name}`;
  if (event.created) return `${by} made this room`;
  if (event.closed) return `${by} closed the room: it can be read, not written`;
  if (event.meetingStarted) return `${by} started a meeting`;
  if (event.meetingEnded) return meetingWords(event.meetingEnded);
  if (event.ownerChanged) return `${event.ownerChanged.name} owns the room now`;
  return "";
}

function meetingWords({ startedAt, endedAt, attendances = [], count = 0 }) {
  const minutes = Math.max(1, Math.round((number(endedAt) - number(startedAt)) / 60_000));
  const names = attendances.map(({ name }) => name);
  const others = count > names.length ? ` and ${count - names.length} more` : "";
  return `The meeting ended after ${minutes} min. There were ${names.join(", ")}${others}`;
}
