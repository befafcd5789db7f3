// One message as elements.

import { emojiName } from "../text/emoji.js";
import { isOnlyEmoji, parse, plain, visible } from "../text/markup.js";
import { clockTime, fullTime } from "../text/times.js";
import { avatar, h, icon, iconButton } from "./dom.js";

/**
 * @typedef {object} MessageContext
 * @property {string} me
 * @property {boolean} canWrite
 * @property {(sequence: number) => import("../model/timeline.js").Message | undefined} find
 * @property {(action: string, message: any, value?: any) => void} act
 */

/**
 * @param {import("../model/timeline.js").Message} message
 * @param {boolean} isContinued the same person goes on: no name again
 * @param {MessageContext} context
 * @returns {HTMLLIElement}
 */
export function messageElement(message, isContinued, context) {
  const isMine = message.from === context.me;
  const mentionsMe = message.mentions.some(
    (name) => name.toLowerCase() === context.me.toLowerCase(),
  );
  const classes = ["message"];
  if (isContinued) classes.push("is-continued");
  if (mentionsMe) classes.push("is-mention");
  if (message.deleted) classes.push("is-deleted");
  return h(
    `li.${classes.join(".")}`,
    {
      tabindex: -1,
      "data-sequence": message.sequence,
      "aria-label": `${message.from}, ${clockTime(message.at)}`,
    },
    h("div.gutter", {}, isContinued ? timeElement(message) : avatar(message.from)),
    h(
      "div.message-main",
      {},
      !isContinued && h("p.message-head", {}, h("b", {}, message.from), timeElement(message)),
      message.replyTo > 0 && quoteElement(message, context),
      bodyElement(message),
      reactionsElement(message, context),
    ),
    !message.deleted && context.canWrite && toolbar(message, isMine, context),
  );
}

function timeElement(message) {
  const title = `${fullTime(message.at)} · number ${message.sequence}`;
  return h(
    "time",
    { datetime: new Date(message.at).toISOString(), title },
    clockTime(message.at),
  );
}

function quoteElement(message, context) {
  const quoted = context.find(message.replyTo);
  const words = quoted
    ? `${quoted.from}: ${quoted.deleted ? "deleted" : plain(quoted.text).slice(0, 120)}`
    : `message ${message.replyTo}`;
  return h(
    "button.quoted",
    {
      type: "button",
      "aria-label": `In answer to ${words}`,
      onclick: () => context.act("jump", message, message.replyTo),
    },
    icon("reply"),
    h("span", {}, words),
  );
}

function bodyElement(message) {
  if (message.deleted) return h("p.text.muted", {}, "This message was deleted.");
  const edited =
    message.editedAt > 0 &&
    h("span.edited", { title: `Edited ${fullTime(message.editedAt)}` }, "(edited)");
  const large = isOnlyEmoji(message.text) ? ".is-large" : "";
  return h(`div.text${large}`, {}, textElements(message.text), edited);
}

/** @param {string} text as it was typed @returns {Node[]} */
export function textElements(text) {
  return parse(visible(text)).map(blockElement);
}

function blockElement(block) {
  switch (block.type) {
    case "codeBlock":
      return h(
        "pre",
        { tabindex: 0, "aria-label": block.language ? `Code, ${block.language}` : "Code" },
        block.language && h("span.language", { "aria-hidden": "true" }, block.language),
        h("code", {}, block.text),
      );
    case "quote":
      return h("blockquote", {}, block.children.map(inlineElement));
    case "list":
      return h("ul", {}, block.items.map((item) => h("li", {}, item.map(inlineElement))));
    default:
      return h("p", {}, block.children.map(inlineElement));
  }
}

const TAGS = { strong: "strong", emphasis: "em", strike: "s" };

function inlineElement(inline) {
  switch (inline.type) {
    case "text":
      return inline.text;
    case "code":
      return h("code", {}, inline.text);
    case "link":
      return h(
        "a",
        { href: inline.href, target: "_blank", rel: "noopener noreferrer nofollow" },
        inline.text,
      );
    case "mention":
      return h("button.mention", { type: "button", "data-person": inline.name }, `@${inline.name}`);
    case "room":
      return h("button.mention", { type: "button", "data-room": inline.label }, inline.label);
    default:
      return h(TAGS[inline.type], {}, inline.children.map(inlineElement));
  }
}

function reactionsElement(message, context) {
  if (message.reactions.length === 0) return null;
  return h(
    "p.reactions",
    {},
    message.reactions.map(({ emoji, names, count }) => {
      const mine = names.includes(context.me);
      const who = count > names.length ? `${names.join(", ")} and others` : names.join(", ");
      return h(
        "button.reaction",
        {
          type: "button",
          "aria-pressed": String(mine),
          "aria-label": `${emojiName(emoji)}, ${count}: ${who}`,
          title: who,
          onclick: () => context.act("react", message, emoji),
        },
        h("span", { "aria-hidden": "true" }, emoji),
        h("span.count", { "aria-hidden": "true" }, count),
      );
    }),
  );
}

function toolbar(message, isMine, context) {
  const button = (picture, label, action) =>
    iconButton(picture, label, {
      tabindex: -1,
      onclick: (event) => context.act(action, message, event.currentTarget),
    });
  return h(
    "div.toolbar",
    { role: "toolbar", "aria-label": "About this message" },
    button("smile", "React", "pick"),
    button("reply", "Reply", "reply"),
    isMine && button("edit", "Edit", "edit"),
    (isMine || context.moderates) && button("trash", "Delete", "delete"),
  );
}
