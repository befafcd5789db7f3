// What people type, as a tree: code, quotes, emphasis, links, mentions. A tree and never markup: the
// page makes elements of it and sets their text, so nothing that is typed can become part of the page.

import { emojiNamed } from "./emoji.js";

/**
 * @typedef {{type: "text", text: string}
 *   | {type: "code", text: string}
 *   | {type: "link", text: string, href: string}
 *   | {type: "mention", name: string}
 *   | {type: "room", label: string}
 *   | {type: "strong" | "emphasis" | "strike", children: Inline[]}} Inline
 * @typedef {{type: "paragraph", children: Inline[]}
 *   | {type: "quote", children: Inline[]}
 *   | {type: "list", items: Inline[][]}
 *   | {type: "codeBlock", language: string, text: string}} Block
 */

const NAME = "[A-Za-z0-9._-]{1,32}";

/** Emphasis within emphasis goes no deeper. */
const DEPTH_MAX = 4;

/**
 * @param {string} text
 * @returns {Block[]}
 */
export function parse(text) {
  /** @type {Block[]} */
  const blocks = [];
  const lines = text.split("\n");
  for (let index = 0; index < lines.length; ) {
    const fence = /^\s*```\s*([A-Za-z0-9+#._-]*)\s*$/.exec(lines[index]);
    const end = fence ? lines.findIndex((line, at) => at > index && /^\s*```\s*$/.test(line)) : -1;
    if (fence && end > 0) {
      const code = lines.slice(index + 1, end).join("\n");
      blocks.push({ type: "codeBlock", language: fence[1], text: code });
      index = end + 1;
      continue;
    }
    const kind = lineKind(lines[index]);
    let next = index + 1;
    while (next < lines.length && lineKind(lines[next]) === kind && kind !== "fence") next += 1;
    blocks.push(...block(kind, lines.slice(index, next)));
    index = next;
  }
  return blocks;
}

function lineKind(line) {
  if (/^\s*```/.test(line)) return "fence";
  if (/^> ?/.test(line)) return "quote";
  if (/^\s*[-*] \S/.test(line)) return "list";
  return "paragraph";
}

/** @returns {Block[]} */
function block(kind, lines) {
  switch (kind) {
    case "quote": {
      const quoted = lines.map((line) => line.replace(/^> ?/, "")).join("\n");
      return [{ type: "quote", children: inlines(quoted) }];
    }
    case "list":
      return [
        { type: "list", items: lines.map((line) => inlines(line.replace(/^\s*[-*] /, ""))) },
      ];
    default: {
      const joined = lines.join("\n").replace(/^\n+|\n+$/g, "");
      // Two line breaks make two paragraphs.
      return joined
        .split(/\n{2,}/)
        .filter(Boolean)
        .map((part) => ({ type: "paragraph", children: inlines(part) }));
    }
  }
}

/**
 * Begins where one of its kind can begin; the first that fits at a place is taken.
 * @type {{pattern: RegExp, make?: (match: string[]) => Inline | null, nested?: "strong" | "emphasis" | "strike",
 *   standsAlone?: boolean}[]}
 */
const RULES = [
  { pattern: /`([^`\n]+)`/y, make: ([, code]) => ({ type: "code", text: code }) },
  { pattern: /https?:\/\/[^\s<>"'`]+/y, make: ([url]) => link(url), standsAlone: true },
  {
    pattern: new RegExp(`@(${NAME})`, "y"),
    make: ([, name]) => (trimmed(name) ? { type: "mention", name: trimmed(name) } : null),
    standsAlone: true,
  },
  {
    pattern: new RegExp(`#(${NAME})`, "y"),
    make: ([, name]) => (trimmed(name) ? { type: "room", label: `#${trimmed(name)}` } : null),
    standsAlone: true,
  },
  { pattern: /\*\*(?=\S)([^\n]{1,500}?\S)\*\*/y, nested: "strong" },
  { pattern: /\*(?=[^\s*])([^*\n]{0,500}[^\s*])\*(?![A-Za-z0-9])/y, nested: "emphasis" },
  {
    pattern: /_(?=[^\s_])([^_\n]{0,500}[^\s_])_(?![A-Za-z0-9])/y,
    nested: "emphasis",
    standsAlone: true,
  },
  { pattern: /~~(?=\S)([^\n]{1,500}?\S)~~/y, nested: "strike" },
  {
    pattern: /:([a-z0-9_+-]{2,24}):/iy,
    make: ([, name]) => {
      const emoji = emojiNamed(name);
      return emoji ? { type: "text", text: emoji } : null;
    },
  },
];

/** A rule is tried only where one of these stands. */
const STARTS = /[`h@#*_~:]/;

/**
 * @param {string} text
 * @param {number} [depth]
 * @returns {Inline[]}
 */
export function inlines(text, depth = 0) {
  /** @type {Inline[]} */
  const found = [];
  let plain = "";
  const flush = () => {
    if (plain) found.push({ type: "text", text: plain });
    plain = "";
  };
  for (let index = 0; index < text.length; ) {
    const match = STARTS.test(text[index]) ? matchAt(text, index, depth) : null;
    if (!match) {
      plain += text[index];
      index += 1;
      continue;
    }
    if (match.inline.type === "text") plain += match.inline.text;
    else {
      flush();
      found.push(match.inline);
    }
    index += match.length;
  }
  flush();
  return found;
}

function matchAt(text, index, depth) {
  const isInWord = index > 0 && /[\p{L}\p{N}_/]/u.test(text[index - 1]);
  for (const { pattern, make, nested, standsAlone } of RULES) {
    if (standsAlone && isInWord) continue;
    pattern.lastIndex = index;
    const match = pattern.exec(text);
    if (!match) continue;
    if (nested) {
      if (depth >= DEPTH_MAX) continue;
      /** @type {Inline} */
      const inline = { type: nested, children: inlines(match[1], depth + 1) };
      return { inline, length: match[0].length };
    }
    const inline = make?.(match);
    if (inline) return { inline, length: typedLength(inline, match[0]) };
  }
  return null;
}

/** A full stop behind a name belongs to the sentence. */
function trimmed(name) {
  return name.replace(/[.-]+$/, "");
}

/** How much of what was typed is in it: a name or an address may end before the match does. */
function typedLength(inline, match) {
  switch (inline.type) {
    case "mention":
      return inline.name.length + 1;
    case "room":
      return inline.label.length;
    case "link":
      return inline.text.length;
    default:
      return match.length;
  }
}

/** @param {string} url @returns {Inline | null} */
function link(url) {
  let text = url.replace(/[.,;:!?*_~]+$/, "");
  // A closing bracket belongs to the address only if it was opened there.
  while (/[)\]]$/.test(text)) {
    const [open, close] = text.endsWith(")") ? ["(", ")"] : ["[", "]"];
    if (text.split(open).length >= text.split(close).length) break;
    text = text.slice(0, -1).replace(/[.,;:!?]+$/, "");
  }
  try {
    const { protocol, href, hostname } = new URL(text);
    if (!/^https?:$/.test(protocol) || !hostname) return null;
    return { type: "link", text, href };
  } catch {
    return null;
  }
}

/** Whether nothing but a few emoji was typed: they are shown large. @param {string} text */
export function isOnlyEmoji(text) {
  const trimmed = text.trim();
  if (!trimmed || trimmed.length > 40) return false;
  return /^(?:\p{Extended_Pictographic}[\uFE0F\u200D\p{Emoji_Modifier}]*\s*){1,6}$/u.test(trimmed);
}

/** What it says on one line, for where there is no room for more. @param {string} text */
export function plain(text) {
  return parse(visible(text)).map(wordsOf).join(" ").replace(/\s+/g, " ").trim();
}

function wordsOf(node) {
  switch (node.type) {
    case "mention":
      return `@${node.name}`;
    case "room":
      return node.label;
    case "list":
      return node.items.map((item) => item.map(wordsOf).join("")).join(", ");
    default:
      return node.text ?? node.children.map(wordsOf).join("");
  }
}

const INVISIBLE = /[\u0000-\u0008\u000B-\u001F\u007F-\u009F\u200E\u200F\u202A-\u202E\u2066-\u2069]/g;

/**
 * Control characters and those that turn the direction of text are shown and do nothing.
 * @param {string} text
 */
export function visible(text) {
  return text.replace(INVISIBLE, (character) => {
    const code = character.codePointAt(0) ?? 0;
    return `␛${code.toString(16).padStart(4, "0")}`;
  });
}
