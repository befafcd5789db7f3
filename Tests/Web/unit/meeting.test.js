import assert from "node:assert/strict";
import { test } from "node:test";
import { fakeClock, settle, vectors } from "./support.js";
import { Call } from "../../../Web/meeting/call.js";
import { rosterNews } from "../../../Web/meeting/roster-news.js";
import { Disconnected, HeldElsewhere, Refusal } from "../../../Web/protocol/errors.js";
import { Events } from "../../../Web/protocol/events.js";
import { bestGrid, firstSeen } from "../../../Web/ui/tiles.js";

const clock = fakeClock();

/** As little of WebRTC as the client uses. */
class FakePeer extends EventTarget {
  static all = [];
  connectionState = "new";
  sections = [];
  localDescription = null;
  constructor() {
    super();
    FakePeer.all.push(this);
  }
  addTransceiver(kind, options) {
    const encodings = (options.sendEncodings ?? [{}]).map((encoding) => ({ active: true, ...encoding }));
    const sender = {
      track: null,
      replaceTrack: async (track) => void (sender.track = track),
      getParameters: () => ({ encodings: encodings.map((encoding) => ({ ...encoding })) }),
      setParameters: async (parameters) => void parameters.encodings.forEach((each, index) => Object.assign(encodings[index], each)),
    };
    const section = { kind, options, mid: null, sender, encodings };
    this.sections.push(section);
    return section;
  }
  createOffer = async ({ iceRestart }) => ({ type: "offer", sdp: `offer${iceRestart ? " restart" : ""}` });
  createAnswer = async () => ({ type: "answer", sdp: `answer to ${this.remote.sdp}` });
  async setLocalDescription(description) {
    this.localDescription = description;
    this.sections.forEach((section, index) => (section.mid ??= String(index)));
  }
  async setRemoteDescription(description) {
    this.remote = description;
  }
  close() {
    this.connectionState = "closed";
  }
  become(state) {
    this.connectionState = state;
    this.dispatchEvent(new Event("connectionstatechange"));
  }
  receive(mid, track) {
    this.dispatchEvent(Object.assign(new Event("track"), { track, transceiver: { mid } }));
  }
}
globalThis.RTCPeerConnection = FakePeer;

const track = (kind) => ({ kind, enabled: true, stop() {}, addEventListener() {} });

class FakeClient extends Events {
  asked = [];
  joined = {
    info: { channel: "7", meeting: "3" },
    participant: 2,
    key: "a2V5",
    participants: [{ participant: 1, name: "ben", camera: true }, { participant: 2, name: "ann" }],
  };
  async request(kind, value) {
    this.asked.push({ kind, value });
    if (kind === "joinMeeting") return this.joined;
    if (kind === "publishMedia") return { sdp: "the server's answer" };
    return {};
  }
  tell(kind, value) {
    this.emit("push", { kind, value: { meeting: "3", ...value } });
  }
  last(kind) {
    return this.asked.findLast((each) => each.kind === kind)?.value;
  }
}

async function joined(local = new Map([["MICROPHONE", track("audio")]])) {
  FakePeer.all = [];
  const client = new FakeClient();
  const call = new Call(client, "7");
  await call.join(local);
  await settle();
  const [publisher, subscriber] = FakePeer.all;
  return { client, call, publisher, subscriber };
}

test("a meeting that another server holds is no meeting here", async () => {
  const client = new FakeClient();
  client.joined = { info: { channel: "7", meeting: "3" }, code: { code: "a2V5", webAddress: "https://there:4747" } };
  const call = new Call(client, "7");
  await assert.rejects(call.join(new Map()), (error) => error instanceof HeldElsewhere && error.entry.code === "a2V5");
  assert.equal(call.state, "joining");
});

test("joins, offers what it sends, and answers what it is offered", async () => {
  const { client, call, publisher, subscriber } = await joined();
  assert.deepEqual(client.last("joinMeeting"), { channel: { id: "7" }, microphone: true, camera: false });
  assert.deepEqual(client.last("publishMedia"), {
    meeting: "3",
    sdp: "offer",
    tracks: [
      { mid: "0", source: "MEDIA_SOURCE_MICROPHONE" },
      { mid: "1", source: "MEDIA_SOURCE_CAMERA" },
    ],
  });
  assert.deepEqual(publisher.sections[1].options.sendEncodings.map(({ rid }) => rid), ["l", "m", "h"]);
  client.tell("mediaOffer", { number: 1, sdp: "one" });
  client.tell("mediaOffer", { number: 2, sdp: "two" });
  client.tell("mediaOffer", { number: 3, sdp: "three" });
  client.tell("mediaOffer", { number: 2, sdp: "two again" });
  await settle();
  const answers = client.asked.filter(({ kind }) => kind === "answerMedia").map(({ value }) => value.number);
  assert.deepEqual(answers, [1, 3]);
  const picture = track("video");
  subscriber.receive("v0", picture);
  client.tell("mediaSlots", { slots: [{ mid: "v0", participant: 1, source: "MEDIA_SOURCE_CAMERA" }] });
  assert.equal(call.remoteTrack(1, "CAMERA"), picture);
  assert.equal(call.remoteTrack(1, "SCREEN"), null);
  client.tell("mediaSlots", {});
  assert.equal(call.remoteTrack(1, "CAMERA"), null);
});

test("a screen is a section of its own, offered when it is first shared", async () => {
  const { client, call } = await joined();
  await call.setTrack("SCREEN", track("video"));
  assert.equal(client.last("publishMedia").tracks.length, 3);
  assert.deepEqual(client.last("setParticipation"), { meeting: "3", microphone: true, camera: false, screen: true });
  const offers = client.asked.filter(({ kind }) => kind === "publishMedia").length;
  await call.setTrack("SCREEN", null);
  await call.setTrack("SCREEN", track("video"));
  assert.equal(client.asked.filter(({ kind }) => kind === "publishMedia").length, offers);
});

test("trouble is healed by restarting ICE until it is gone", async () => {
  const { client, call, publisher, subscriber } = await joined();
  const troubles = [];
  call.on("trouble", (isTroubled) => troubles.push(isTroubled));
  publisher.become("connected");
  publisher.become("disconnected");
  clock.tick(1_000);
  publisher.become("connected");
  clock.tick(10_000);
  await settle();
  assert.equal(client.last("publishMedia").sdp, "offer");
  publisher.become("failed");
  clock.tick(0);
  await settle();
  assert.equal(client.last("publishMedia").sdp, "offer restart");
  subscriber.become("failed");
  clock.tick(0);
  await settle();
  assert.ok(client.last("restartMedia"));
  publisher.become("connected");
  subscriber.become("connected");
  assert.deepEqual(troubles.at(0), true);
  assert.deepEqual(troubles.at(-1), false);
  assert.equal(call.isTroubled, false);
});

test("what the server has forgotten is made anew, keys and all", async () => {
  const { client, call, publisher, subscriber } = await joined();
  publisher.become("connected");
  subscriber.become("connected");
  client.tell("mediaOffer", { number: 1, sdp: "one" });
  await settle();
  client.tell("mediaLost", { publishing: true });
  await settle();
  assert.equal(publisher.connectionState, "closed");
  assert.equal(FakePeer.all.length, 3);
  assert.equal(client.last("publishMedia").sdp, "offer");
  assert.equal(FakePeer.all[2].sections[0].sender.track, call.localTrack("MICROPHONE"));
  client.tell("mediaLost", { subscribing: true });
  clock.tick(0);
  await settle();
  assert.equal(subscriber.connectionState, "closed");
  assert.ok(client.last("restartMedia"));
  client.tell("mediaOffer", { number: 2, sdp: "two" });
  await settle();
  assert.equal(FakePeer.all[3].remote.sdp, "two");
  assert.equal(client.last("answerMedia").number, 2);
  assert.ok(call.isTroubled);
  FakePeer.all[3].become("connected");
  FakePeer.all[2].become("connected");
  assert.ok(!call.isTroubled);
});

test("layers that nobody sees rest, and come back", async () => {
  const { client, call, publisher } = await joined();
  await call.setTrack("SCREEN", track("video"));
  const active = (index) => publisher.sections[index].encodings.map((encoding) => encoding.active);
  client.tell("mediaDemand", { tracks: [{ mid: "1", wanted: true, rids: ["l"] }, { mid: "2" }, { mid: "9", wanted: true }] });
  await settle();
  assert.deepEqual([active(1), active(2)], [[true, false, false], [false]]);
  client.tell("mediaDemand", { tracks: [{ mid: "1" }, { mid: "2" }] });
  client.tell("mediaDemand", { tracks: [{ mid: "1", wanted: true, rids: ["l", "m", "h"] }, { mid: "2", wanted: true }] });
  await settle();
  assert.deepEqual([active(1), active(2)], [[true, true, true], [true]]);
  // Another connection sends all of them, until it hears otherwise.
  client.tell("mediaDemand", { tracks: [{ mid: "1" }] });
  client.tell("mediaLost", { publishing: true });
  await settle();
  assert.ok(FakePeer.all.at(-1).sections[1].encodings.every((encoding) => encoding.active));
});

test("what the line does not carry is known of each picture", async () => {
  const { client, call } = await joined();
  const slot = { mid: "v0", participant: 1, source: "MEDIA_SOURCE_CAMERA" };
  client.tell("mediaSlots", { slots: [{ ...slot, shortage: "MEDIA_SHORTAGE_HELD_BACK" }] });
  assert.equal(call.shortage(1, "CAMERA"), "HELD_BACK");
  assert.equal(call.shortage(1, "SCREEN"), "");
  client.tell("mediaSlots", { slots: [slot] });
  assert.equal(call.shortage(1, "CAMERA"), "");
});

test("a connection that never comes about is asked for again", async () => {
  const { client } = await joined();
  clock.tick(8_000);
  await settle();
  assert.equal(client.last("publishMedia").sdp, "offer restart");
  assert.ok(client.last("restartMedia"));
});

test("another microphone is as mute as the one before, from its first moment on", async () => {
  const { client, call } = await joined();
  await call.setMicrophone(false);
  const before = client.asked.length;
  const other = track("audio");
  await call.setTrack("MICROPHONE", other);
  assert.equal(other.enabled, false);
  const told = client.asked.slice(before).filter(({ kind }) => kind === "setParticipation");
  assert.ok(told.every(({ value }) => value.microphone === false));
  // Pressed while there is none, it holds for the next.
  await call.setTrack("MICROPHONE", null);
  await call.setMicrophone(true);
  const third = track("audio");
  await call.setTrack("MICROPHONE", third);
  assert.equal(third.enabled, true);
});

test("who comes back says what is on, and obeys what a host did meanwhile", async () => {
  const { client, call } = await joined();
  await call.setMicrophone(false);
  const answer = client.request;
  const self = (more) => ({ ...client.joined, resumed: true, participants: [{ participant: 2, name: "ann", ...more }] });
  client.request = () => Promise.reject(new Disconnected());
  await call.setMicrophone(true).catch(() => {});
  client.request = answer;
  call.wish([{ participant: 1, source: "CAMERA", width: 10, height: 10 }]);
  client.joined = self({ microphone: false });
  client.asked = [];
  client.emit("caughtUp");
  await settle();
  assert.equal(call.isOn("MICROPHONE"), true);
  assert.equal(client.last("setParticipation").microphone, true);
  assert.equal(client.last("wishMedia").wishes.length, 1);
  const muted = [];
  call.on("muted", (each) => muted.push(each));
  client.joined = self({ microphone: false });
  client.emit("caughtUp");
  await settle();
  assert.equal(call.isOn("MICROPHONE"), false);
  assert.equal(client.last("setParticipation").microphone, false);
  assert.deepEqual(muted, [{ source: "MICROPHONE", by: "A host" }]);
});

test("a second loss while coming back, or a server in trouble, ends nothing", async () => {
  const { client, call } = await joined();
  const answer = client.request;
  client.request = () => Promise.reject(new Disconnected());
  client.emit("caughtUp");
  await settle();
  assert.equal(call.state, "joined");
  client.request = () => Promise.reject(new Refusal({ code: 6001, message: "Wait.", retryAfterMs: "700" }));
  client.emit("caughtUp");
  await settle();
  assert.equal(call.state, "joined");
  client.request = answer;
  client.joined = { ...client.joined, resumed: true };
  client.asked = [];
  clock.tick(700);
  await settle();
  assert.equal(client.last("joinMeeting").key, "a2V5");
  client.request = () => Promise.reject(new Refusal({ code: 4002, message: "You are not in the room." }));
  client.emit("caughtUp");
  await settle();
  assert.equal(call.state, "gone");
});

test("a lost connection to the server goes on with the key, or begins anew", async () => {
  const { client, call, publisher } = await joined();
  client.joined = { ...client.joined, resumed: true };
  client.emit("caughtUp");
  await settle();
  assert.equal(client.last("joinMeeting").key, "a2V5");
  assert.equal(FakePeer.all.length, 2);
  client.joined = { ...client.joined, resumed: false, participant: 9 };
  client.emit("caughtUp");
  await settle();
  assert.equal(FakePeer.all.length, 4);
  assert.equal(publisher.connectionState, "closed");
  assert.equal(call.self, 9);
});

test("waits, is admitted, is muted, is removed", async () => {
  FakePeer.all = [];
  const client = new FakeClient();
  client.joined = { ...client.joined, waiting: true, participants: [] };
  const call = new Call(client, "7");
  const microphone = track("audio");
  await call.join(new Map([["MICROPHONE", microphone]]));
  assert.equal(call.state, "waiting");
  assert.equal(FakePeer.all.length, 0);
  client.tell("meetingAdmitted", { participants: [{ participant: 2, name: "ann", microphone: true }] });
  assert.equal(call.state, "joined");
  const muted = [];
  call.on("muted", (by) => muted.push(by));
  client.tell("participantChanged", { participant: { participant: 2, name: "ann" }, by: "ben" });
  assert.deepEqual(muted, [{ source: "MICROPHONE", by: "ben" }]);
  assert.equal(microphone.enabled, false);
  client.tell("participantChanged", { participant: { participant: 5, name: "cid" } });
  assert.equal(call.participants.size, 2);
  client.tell("participantLeft", { participant: 5 });
  assert.equal(call.participants.size, 1);
  // Another meeting's news are not ours.
  client.emit("push", { kind: "meetingGone", value: { meeting: "4", reason: "LEAVE_REASON_ENDED" } });
  assert.equal(call.state, "joined");
  const gone = [];
  call.on("gone", (why) => gone.push(why));
  client.tell("meetingGone", { reason: "LEAVE_REASON_REMOVED", by: "ben" });
  assert.deepEqual(gone, [{ reason: "REMOVED", by: "ben" }]);
  assert.ok(FakePeer.all.every(({ connectionState }) => connectionState === "closed"));
});

test("wishes go out together, and only when they changed", async () => {
  const { client, call } = await joined();
  const wish = { participant: 1, source: "CAMERA", width: 640, height: 360 };
  call.wish([{ ...wish, width: 100 }]);
  call.wish([wish]);
  clock.tick(200);
  call.wish([wish]);
  clock.tick(200);
  const sent = client.asked.filter(({ kind }) => kind === "wishMedia");
  assert.deepEqual(sent.map(({ value }) => value.wishes), [[{ ...wish, source: "MEDIA_SOURCE_CAMERA" }]]);
});

test("what is asked is spelled as the vectors spell it", async () => {
  const { client } = vectors("frames.json");
  const fields = (name, kind) => Object.keys(client.find((frame) => frame.name === name).json[kind]);
  assert.ok(fields("publish_media", "publishMedia").includes("tracks"));
  for (const [name, kind, used] of [
    ["join_meeting", "joinMeeting", ["channel", "microphone", "camera", "key"]],
    ["wish_media", "wishMedia", ["meeting", "wishes"]],
    ["answer_media", "answerMedia", ["meeting", "number", "sdp"]],
    ["answer_knock", "answerKnock", ["participant", "admit"]],
    ["set_participation", "setParticipation", ["microphone", "hand"]],
  ]) {
    const known = fields(name, kind);
    for (const field of used) assert.ok(known.includes(field), `${kind}.${field}: ${known}`);
  }
});

test("when there are more pictures than sections, screens and who spoke last come first", () => {
  const tile = (participant, source = "CAMERA") => ({ key: `${participant}-${source}`, participant, source });
  const tiles = [...Array(12).keys()].map((id) => tile(id + 1)).concat(tile(12, "SCREEN"));
  const spoke = new Map([[12, 1], [3, 2]]);
  const order = (large) => firstSeen(tiles, large, spoke).map(({ key }) => key);
  assert.deepEqual(order("").slice(0, 4), ["12-SCREEN", "3-CAMERA", "12-CAMERA", "1-CAMERA"]);
  assert.equal(order("7-CAMERA")[0], "7-CAMERA");
  assert.equal(order("").length, 13);
});

test("the grid takes the largest tiles", () => {
  assert.equal(bestGrid(1, 1_280, 720).columns, 1);
  assert.equal(bestGrid(4, 1_280, 720).columns, 2);
  assert.equal(bestGrid(9, 1_280, 720).columns, 3);
  assert.equal(bestGrid(2, 390, 780).columns, 1);
  assert.ok(bestGrid(30, 1_280, 720).width > 150);
  assert.deepEqual(bestGrid(3, 0, 0), { columns: 1, width: 0 });
});

test("who comes, goes, raises a hand and knocks is news once", () => {
  const ann = { participant: 1, name: "ann", waiting: false };
  const ben = { participant: 2, name: "ben", waiting: true };
  const before = new Map([[1, ann], [3, { participant: 3, name: "kim", waiting: false }]]);
  const now = new Map([[1, { ...ann, handRaisedAt: 5 }], [2, ben]]);
  assert.deepEqual(rosterNews(before, now), { words: ["ann raised a hand.", "kim left."], knocking: [ben] });
  assert.deepEqual(rosterNews(now, now), { words: [], knocking: [] });
  const later = new Map([...now, [2, { ...ben, waiting: false }]]);
  assert.deepEqual(rosterNews(now, later), { words: ["ben joined."], knocking: [] });
});
