import assert from "node:assert/strict";
import { test } from "node:test";
import { seeded } from "./support.js";
import { EMOJI, emojiNamed } from "../../../Web/text/emoji.js";
import { inlines, isOnlyEmoji, parse, plain, visible } from "../../../Web/text/markup.js";
import { ago, dayName } from "../../../Web/text/times.js";
import { Timeline } from "../../../Web/model/timeline.js";

const text = (value) => ({ type: "text", text: value });
const link = (value, href = value) => ({ type: "link", text: value, href });

/** Everything that a person would read. */
function words(node) {
  if (Array.isArray(node)) return node.map(words).join("");
  return node.text ?? node.label ?? (node.name && `@${node.name}`) ?? words(node.children ?? node.items);
}

test("plain text stays as it is, whatever it looks like", () => {
  for (const plain of ["<b>no</b>", "<script>alert(1)</script>", "a & b &lt;", "5 * 3 * 2", "snake_case_name", "a ~ b"]) {
    assert.deepEqual(parse(plain), [{ type: "paragraph", children: [text(plain)] }], plain);
  }
});

test("links are https and http only, and end before the sentence does", () => {
  const found = (value) => inlines(value).filter(({ type }) => type === "link").map(({ text: shown }) => shown);
  assert.deepEqual(inlines("see https://a.example/b."), [text("see "), link("https://a.example/b"), text(".")]);
  assert.deepEqual(found("(https://a.example/x_(y)) https://b.example/?q=1&r=2"), ["https://a.example/x_(y)", "https://b.example/?q=1&r=2"]);
  assert.deepEqual(found("javascript:alert(1) data:text/html,x ftp://a.example file:///etc/passwd"), []);
  assert.deepEqual(found("https:// http://"), []);
  // Look-alikes are shown as typed and lead where the browser says that they lead.
  assert.match(inlines("https://ехample.com/").at(0).href, /^https:\/\/xn--/);
});

test("code is not looked into", () => {
  assert.deepEqual(parse("```swift\nlet a = \"**b**\"\n\n> c\n```\nafter"), [
    { type: "codeBlock", language: "swift", text: "let a = \"**b**\"\n\n> c" },
    { type: "paragraph", children: [text("after")] },
  ]);
  assert.deepEqual(inlines("`*a* https://b.example @ann`"), [{ type: "code", text: "*a* https://b.example @ann" }]);
  // Never closed: text.
  assert.equal(words(parse("```\nabc")), "```abc".replace("abc", "") + "abc");
});

test("emphasis, quotes, lists, mentions, rooms, emoji", () => {
  assert.deepEqual(inlines("**a *b* c**"), [
    { type: "strong", children: [text("a "), { type: "emphasis", children: [text("b")] }, text(" c")] },
  ]);
  assert.deepEqual(inlines("~~no~~ _yes_"), [
    { type: "strike", children: [text("no")] },
    text(" "),
    { type: "emphasis", children: [text("yes")] },
  ]);
  assert.deepEqual(inlines("hi @ann. and #plans, mail a@b.example"), [
    text("hi "),
    { type: "mention", name: "ann" },
    text(". and "),
    { type: "room", label: "#plans" },
    text(", mail a@b.example"),
  ]);
  assert.deepEqual(parse("> a\n> b\n- c\n- d").map(({ type }) => type), ["quote", "list"]);
  assert.deepEqual(inlines(":tada: :nothing_like_it:"), [text("🎉 :nothing_like_it:")]);
  assert.equal(parse("one\n\n\ntwo").length, 2);
});

test("nothing that is typed is lost, and everything ends", () => {
  const pieces = ["*", "**", "_", "~~", "`", "```", "\n", "> ", "- ", "@", "#", ":", "a", " ", "https://", "(", ")", "é", "👍", "\u202e"];
  for (let seed = 1; seed <= 2_000; seed += 1) {
    const random = seeded(seed);
    const typed = Array.from({ length: 1 + random(40) }, () => pieces[random(pieces.length)]).join("");
    const kept = words(parse(typed)).replace(/[^aé👍]/gu, "");
    assert.equal(kept, typed.replace(/[^aé👍]/gu, ""), JSON.stringify(typed));
  }
  for (const piece of ["*", "_ ", "**a", "`", "@", "https://a", "[(", "> ", "~~a"]) {
    parse(piece.repeat(8_192 / piece.length));
  }
});

test("control characters and direction marks are shown and do nothing", () => {
  assert.equal(visible("a\u0007b\u001b[2J"), "a␛0007b␛001b[2J");
  assert.equal(visible("\u202egnp.exe"), "␛202egnp.exe");
  assert.equal(visible("two\nlines\tand é 👩‍💻"), "two\nlines\tand é 👩‍💻");
});

test("one line of it", () => {
  assert.equal(plain("I **tried** it, @ann:\n```js\nlet a\n```\n- b\n- c"), "I tried it, @ann: let a b, c");
});

test("emoji", () => {
  assert.equal(emojiNamed("+1"), "👍");
  assert.equal(new Set(EMOJI.map(({ emoji }) => emoji)).size, EMOJI.length);
  assert.ok(EMOJI.every(({ names }) => names.length > 0));
  assert.ok(isOnlyEmoji("👍 ❤️") && isOnlyEmoji("👩‍💻"));
  assert.ok(!isOnlyEmoji("ok 👍") && !isOnlyEmoji("") && !isOnlyEmoji("123"));
});

test("days and times", () => {
  const now = new Date(2026, 10, 30, 12).getTime();
  assert.equal(dayName(now - 3_600_000, now), "Today");
  assert.equal(dayName(now - 24 * 3_600_000, now), "Yesterday");
  assert.ok(dayName(now - 400 * 24 * 3_600_000, now).includes("2025"));
  assert.equal(ago(now - 59_000, now), "just now");
  assert.equal(ago(now - 5 * 60_000, now), "5 min");
  assert.equal(ago(now - 49 * 3_600_000, now), "2 days");
});

// The timeline, which shows what was parsed

const page = (from, to, asOf, more = false) => ({
  messages: Array.from({ length: to - from + 1 }, (_, index) => ({ sequence: String(from + index), from: "ben", text: `${from + index}` })),
  asOfPosition: String(asOf),
  more,
});
const event = (position, body) => ({ channel: "1", position: String(position), at: "1", by: "ann", ...body });

test("pages and events of a timeline meet without a gap", () => {
  const timeline = new Timeline();
  timeline.beginFetch();
  // Told while the page is under way: one that it holds already, one that it does not.
  timeline.apply(event(10, { posted: { sequence: "10", text: "10" } }));
  timeline.apply(event(11, { posted: { sequence: "11", text: "11" } }));
  timeline.replace(page(5, 10, 10, true), { hasOlder: true, hasNewer: false });
  assert.deepEqual(timeline.messages.map(({ sequence }) => sequence), [5, 6, 7, 8, 9, 10, 11]);
  timeline.beginFetch();
  timeline.prepend(page(1, 4, 11));
  assert.equal(timeline.first, 1);
  assert.equal(timeline.hasOlder, false);
  assert.deepEqual(timeline.apply(event(12, { posted: { sequence: "12", text: "12" } })), [12]);
  assert.equal(timeline.message(12).from, "ann");
});

test("what is told of a channel that was not opened waits for its page", () => {
  const old = new Timeline();
  assert.deepEqual(old.apply(event(60, { posted: { sequence: "51", text: "51" } })), []);
  assert.equal(old.messages.length, 0);
  const fresh = new Timeline();
  assert.deepEqual(fresh.apply(event(2, { posted: { sequence: "1", text: "1" } })), [1]);
  for (let n = 2; n <= 5_000; n += 1) fresh.apply(event(n + 1, { posted: { sequence: `${n}`, text: "" } }));
  assert.equal(fresh.last, 5_000);
  assert.ok(fresh.messages.length <= 3_000 && fresh.hasOlder);
});

test("who may read nothing of what was said before sees what is said next", () => {
  const timeline = new Timeline();
  timeline.beginFetch();
  timeline.replace(page(1, 0, 80), { hasOlder: false, hasNewer: false });
  assert.deepEqual(timeline.apply(event(81, { posted: { sequence: "51", text: "51" } })), [51]);
  assert.deepEqual(timeline.apply(event(82, { posted: { sequence: "52", text: "52" } })), [52]);
  assert.equal(timeline.message(51).text, "51");
  assert.deepEqual(timeline.apply(event(90, { posted: { sequence: "60", text: "60" } })), []);
});

test("edits, deletions and reactions count once", () => {
  const timeline = new Timeline();
  timeline.beginFetch();
  timeline.replace(page(1, 3, 5), { hasOlder: false, hasNewer: false });
  // The page holds it already.
  assert.deepEqual(timeline.apply(event(5, { reacted: { sequence: "2", emoji: "👍" } })), []);
  assert.deepEqual(timeline.apply(event(6, { reacted: { sequence: "2", emoji: "👍" } })), [2]);
  assert.deepEqual(timeline.message(2).reactions, [{ emoji: "👍", names: ["ann"], count: 1 }]);
  timeline.apply(event(7, { reacted: { sequence: "2", emoji: "👍", removed: true } }));
  assert.deepEqual(timeline.message(2).reactions, []);
  timeline.apply(event(8, { edited: { sequence: "2", text: "new" } }));
  assert.equal(timeline.message(2).text, "new");
  timeline.apply(event(9, { deleted: { sequence: "2" } }));
  assert.deepEqual([timeline.message(2).deleted, timeline.message(2).text], [true, ""]);
});
