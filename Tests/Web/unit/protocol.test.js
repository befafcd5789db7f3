import assert from "node:assert/strict";
import { test } from "node:test";
import { MemoryStorage, seeded, vectors } from "./support.js";
import { Backoff } from "../../../Web/protocol/backoff.js";
import { parseFrame } from "../../../Web/protocol/connection.js";
import { Cursors } from "../../../Web/protocol/cursors.js";
import { Code, Refusal } from "../../../Web/protocol/errors.js";
import { linkWithCode, readInvitation, terminalLink } from "../../../Web/protocol/invitation.js";
import { Outbox } from "../../../Web/protocol/outbox.js";
import { base64, base64FromURL, number, uuid7 } from "../../../Web/protocol/values.js";
import { readChannel } from "../../../Web/model/place.js";
import { readMessage } from "../../../Web/model/timeline.js";

test("every frame of the vectors is understood", () => {
  const { server } = vectors("frames.json");
  assert.ok(server.length > 20);
  for (const { name, json } of server) {
    const frame = parseFrame(JSON.stringify(json));
    const kind = name.split(" ")[0].replace(/_(.)/g, (_, letter) => letter.toUpperCase());
    assert.equal(frame.kind, kind, name);
    assert.equal(frame.replyTo, json.replyTo ? 7 : 0, name);
    assert.deepEqual(frame.value, json[kind], name);
  }
});

test("messages and channels are read as the vectors spell them", () => {
  const { server } = vectors("frames.json");
  const named = (name) => server.find((frame) => frame.name === name).json;
  const [wire] = named("message_list").messageList.messages;
  const message = readMessage(wire, 9);
  assert.equal(message.sequence, Number(wire.sequence));
  assert.equal(message.text, wire.text ?? "");
  assert.equal(typeof message.at, "number");
  const [channel] = named("channel_list").channelList.channels;
  assert.ok(["lobby", "public", "private", "direct"].includes(readChannel(channel).kind));
});

test("the numbers of errors are the protocol's", () => {
  const errors = vectors("errors.json");
  for (const [name, code] of Object.entries(Code)) assert.equal(errors[code], name);
  assert.equal(new Refusal({ code: 2002, retryAfterMs: "9000" }).retryAfter, 9_000);
});

test("bytes and numbers", () => {
  assert.equal(number("1234567890123"), 1_234_567_890_123);
  assert.equal(number(undefined), 0);
  assert.equal(base64(new Uint8Array([0, 255, 16])), "AP8Q");
  assert.equal(base64FromURL("-_-_"), "+/+/");
  assert.equal(base64FromURL("AA"), "AA==");
  assert.throws(() => base64FromURL("A"), RangeError);
  assert.throws(() => base64FromURL("<b>"), RangeError);
  // RFC 9562, appendix A.6.
  const random = Uint8Array.from([0, 0, 0, 0, 0, 0, 0x0c, 0xc3, 0x18, 0xc4, 0xdc, 0x0c, 0x0c, 0x07, 0x39, 0x8f]);
  const hex = [...uuid7(0x017f22e279b0, random)].map((byte) => byte.toString(16).padStart(2, "0"));
  assert.equal(hex.join(""), "017f22e279b07cc398c4dc0c0c07398f");
});

test("a link to a meeting at another server says who comes", () => {
  const link = linkWithCode({ webAddress: "https://there:4747", pin: "PIN", code: "+/+/AA==" }, "/room/3/meeting");
  assert.equal(link, "https://there:4747/room/3/meeting#pin=PIN&code=-_-_AA");
  assert.deepEqual(readInvitation(new URL(link).hash), { kind: "code", secret: "+/+/AA==" });
});

test("an invitation's link", () => {
  assert.deepEqual(readInvitation("#pin=UEb-Dg20&invite=lkmFlrds8M5puxL6_dYe0g&future=1"), {
    kind: "invite",
    secret: "lkmFlrds8M5puxL6/dYe0g==",
  });
  assert.equal(readInvitation("pin=a&guest=AP8Q").kind, "guest");
  assert.equal(readInvitation("pin=a&code=AP8Q").kind, "code");
  assert.equal(readInvitation("#@ann"), null);
  assert.equal(readInvitation("#invite=%3Cb%3E"), null);
  assert.equal(terminalLink("h:4747", "#pin=a&invite=b"), "confab://h:4747/?pin=a&invite=b");
});

test("waits grow to a limit and begin anew", () => {
  const backoff = new Backoff(() => 1);
  const waits = Array.from({ length: 9 }, () => backoff.next());
  assert.deepEqual(waits.slice(0, 4), [500, 1_000, 2_000, 4_000]);
  assert.equal(waits.at(-1), 20_000);
  backoff.reset();
  assert.equal(backoff.next(), 500);
});

test("drafts survive a reload, in order, under their ids", () => {
  const storage = new MemoryStorage();
  const outbox = new Outbox(storage, "k");
  const first = outbox.add("1", "one", 0);
  outbox.add("@ann", "two", 7);
  outbox.tried(first.id);
  const again = new Outbox(storage, "k");
  assert.deepEqual(again.drafts, outbox.drafts);
  assert.equal(again.next.id, first.id);
  assert.equal(again.next.tried, true);
  again.failed(first.id, "no");
  assert.equal(again.next.text, "two");
  again.again(first.id);
  assert.equal(again.next.id, first.id);
  again.remove(first.id);
  assert.deepEqual(new Outbox(storage, "k").drafts.map(({ text }) => text), ["two"]);
  storage.setItem("k", "{broken");
  assert.deepEqual(new Outbox(storage, "k").drafts, []);
});

/** Delivers through `cursors`, with every kind of disorder, and returns what came out. */
function follow(cursors, log, random) {
  const delivered = [];
  const pending = [];
  const perform = (steps) => {
    for (const step of steps) {
      if ("deliver" in step) delivered.push(Number(step.deliver.position));
      else pending.push(step);
    }
  };
  const answer = (lose) => {
    const step = pending.shift();
    if (lose) return cursors.fetchFailed("5");
    const rest = log.filter((event) => Number(event.position) > step.after);
    perform(cursors.fetched("5", rest.slice(0, 3), rest.length > 3));
  };
  perform(cursors.begin("5", 0));
  for (let step = 0; step < 400; step += 1) {
    switch (random(4)) {
      case 0:
        log.push({ channel: "5", position: String(log.length + 1) });
        if (random(3) > 0) perform(cursors.received(log.at(-1)));
        break;
      case 1:
        if (log.length > 0) perform(cursors.received(log[random(log.length)]));
        break;
      case 2:
        if (pending.length > 0) answer(random(4) === 0);
        break;
      default:
        perform(cursors.heard("5", log.length));
    }
  }
  perform(cursors.heard("5", log.length));
  while (pending.length > 0) answer(false);
  perform(cursors.heard("5", log.length));
  while (pending.length > 0) answer(false);
  return delivered;
}

test("a channel is followed without a gap and without a duplicate", () => {
  for (let seed = 1; seed <= 300; seed += 1) {
    const log = [];
    const delivered = follow(new Cursors(), log, seeded(seed));
    assert.deepEqual(delivered, log.map((event) => Number(event.position)), `seed ${seed}`);
  }
});

test("an event may overtake the list of channels", () => {
  const cursors = new Cursors();
  assert.deepEqual(cursors.received({ channel: "5", position: "9" }), []);
  assert.deepEqual(cursors.begin("5", 7), [{ fetch: "5", after: 7 }]);
  const events = [8, 9].map((position) => ({ channel: "5", position: String(position) }));
  assert.deepEqual(cursors.fetched("5", events, false), events.map((deliver) => ({ deliver })));
  assert.equal(cursors.position("5"), 9);
});
