// The messages of one channel that are shown: a stretch without gaps, which grows at both ends.

import { number } from "../protocol/values.js";

/**
 * @typedef {object} Message
 * @property {number} sequence
 * @property {number} position
 * @property {string} id
 * @property {number} at
 * @property {string} from
 * @property {string} text
 * @property {number} replyTo
 * @property {number} editedAt
 * @property {boolean} deleted
 * @property {{emoji: string, names: string[], count: number}[]} reactions
 * @property {string[]} mentions
 * @property {number} asOf the position up to which this is right
 */

/** @param {any} wire @param {number} asOf @returns {Message} */
export function readMessage(wire, asOf) {
  return {
    sequence: number(wire.sequence),
    position: number(wire.position),
    id: wire.id ?? "",
    at: number(wire.at),
    from: wire.from ?? "",
    text: wire.text ?? "",
    replyTo: number(wire.replyTo),
    editedAt: number(wire.editedAt),
    deleted: wire.deleted ?? false,
    reactions: (wire.reactions ?? []).map((reaction) => ({
      emoji: reaction.emoji,
      names: reaction.names ?? [],
      count: reaction.count ?? 0,
    })),
    mentions: wire.mentions ?? [],
    asOf,
  };
}

const KEPT_MAX = 3_000;
const FORGOTTEN_AT_ONCE = 1_000;

export class Timeline {
  /** Ascending by sequence, without gaps. @type {Message[]} */
  messages = [];
  /** There are older ones to fetch. */
  hasOlder = false;
  /** There are newer ones to fetch: what is shown is a stretch of the past. */
  hasNewer = false;
  /**
   * What happened besides: people who joined, meetings. Each behind the message that it followed.
   * @type {{position: number, at: number, text: string, after: number}[]}
   */
  notes = [];
  /** Events that came while a page was under way. @type {any[]} */
  #recent = [];
  #fetches = 0;
  /** A newest page came: what happens next follows it, even if nothing was in it. */
  #isAtEnd = false;

  get first() {
    return this.messages[0]?.sequence ?? 0;
  }

  get last() {
    return this.messages.at(-1)?.sequence ?? 0;
  }

  /** @param {number} sequence @returns {Message | undefined} */
  message(sequence) {
    return this.messages[sequence - this.first];
  }

  /** A page is asked for: from now on events are kept, to bring it up to date. */
  beginFetch() {
    this.#fetches += 1;
  }

  /** The page did not come. */
  fetchFailed() {
    this.#fetches -= 1;
    if (this.#fetches === 0) this.#recent = [];
  }

  /**
   * A page came, in place of all that was there.
   * @param {any} page MessageList
   * @param {{hasOlder: boolean, hasNewer: boolean}} ends
   */
  replace(page, ends) {
    this.messages = [];
    Object.assign(this, ends);
    this.#isAtEnd = !this.hasNewer;
    this.#insert(page, "end");
  }

  /** A page came that ends before the first message. @param {any} page */
  prepend(page) {
    this.hasOlder = page.more ?? false;
    this.#insert(page, "start");
  }

  /** A page came that begins behind the last message. @param {any} page */
  append(page) {
    this.hasNewer = page.more ?? false;
    this.#insert(page, "end");
  }

  #insert(page, where) {
    const asOf = number(page.asOfPosition);
    let fresh = (page.messages ?? []).map((wire) => readMessage(wire, asOf));
    if (this.messages.length > 0) {
      fresh = fresh.filter(({ sequence }) =>
        where === "start" ? sequence < this.first : sequence > this.last,
      );
    }
    this.messages = where === "start" ? [...fresh, ...this.messages] : [...this.messages, ...fresh];
    this.#fetches -= 1;
    for (const event of this.#recent) this.#apply(event);
    if (this.#fetches === 0) this.#recent = [];
  }

  /**
   * The next event of the channel.
   * @param {any} event
   * @returns {number[]} sequences of messages that are new or changed
   */
  apply(event) {
    if (this.#fetches > 0) this.#recent.push(event);
    return this.#apply(event);
  }

  #apply(event) {
    const position = number(event.position);
    if (event.posted) {
      const sequence = number(event.posted.sequence);
      // Where nothing was fetched yet only the channel's first message follows; where nothing may be read of
      // what was said before, whatever is said next.
      const isFirst = this.messages.length === 0 && this.#isAtEnd;
      if (this.hasNewer || (sequence !== this.last + 1 && !isFirst)) return [];
      const wire = { ...event.posted, at: event.at, from: event.by, position: event.position };
      this.messages.push(readMessage(wire, position));
      this.#forgetOldest();
      return [sequence];
    }
    const change = event.edited ?? event.deleted ?? event.reacted;
    if (!change) return [];
    const message = this.message(number(change.sequence));
    if (!message || position <= message.asOf) return [];
    message.asOf = position;
    if (event.edited) {
      message.text = change.text ?? "";
      message.editedAt = number(event.at);
    } else if (event.deleted) {
      message.deleted = true;
      message.text = "";
      message.reactions = [];
    } else {
      react(message, event.by ?? "", change);
    }
    return [message.sequence];
  }

  /** A page that stays open for weeks must not grow for ever. */
  #forgetOldest() {
    if (this.messages.length <= KEPT_MAX) return;
    this.messages.splice(0, FORGOTTEN_AT_ONCE);
    this.hasOlder = true;
  }

  /**
   * @param {{position: number, at: number, text: string, after: number}[]} fresh in any order, in place of
   * those of the same position
   */
  addNotes(fresh) {
    const replaced = new Set(fresh.map(({ position }) => position));
    this.notes = this.notes.filter(({ position }) => !replaced.has(position)).concat(fresh);
    this.notes.sort((a, b) => a.position - b.position);
  }

  /** @param {number} sequence of a message @returns {{text: string}[]} what followed it */
  notesAfter(sequence) {
    return this.notes.filter(({ after }) => after === sequence);
  }
}

function react(message, name, { emoji, removed }) {
  const reaction = message.reactions.find((each) => each.emoji === emoji);
  if (!reaction) {
    if (!removed) message.reactions.push({ emoji, names: [name], count: 1 });
    return;
  }
  const had = reaction.names.includes(name);
  if (removed) {
    reaction.names = reaction.names.filter((each) => each !== name);
    reaction.count -= 1;
  } else if (!had) {
    reaction.names = [...reaction.names, name];
    reaction.count += 1;
  }
  if (reaction.count <= 0) message.reactions = message.reactions.filter((each) => each !== reaction);
}
