import assert from "node:assert/strict";
import { test } from "node:test";
import { fakeClock, fakeServer, MemoryStorage, settle } from "./support.js";
import { Client } from "../../../Web/protocol/client.js";
import { Place } from "../../../Web/model/place.js";

const clock = fakeClock();

const LOBBY = {
  id: "1",
  label: "#lobby",
  kind: "CHANNEL_KIND_LOBBY",
  position: "3",
  sequence: "3",
  readThrough: "3",
  joined: true,
};

/** A place with one channel whose log the test writes. */
function world() {
  const log = [1, 2, 3].map((n) => posted(n, "ben", `old ${n}`));
  const stored = [];
  const refuse = new Map();
  const server = fakeServer((socket, kind, value, request) => {
    if (refuse.has(kind)) return socket.tell("refusal", refuse.get(kind), request);
    const position = String(log.length);
    switch (kind) {
      case "hello":
        return socket.tell("welcome", { version: 1, place: "cGxhY2U=" }, request);
      case "signIn": {
        const token = value.token ? {} : { token: "dG9rZW4=" };
        const { account, others } = server;
        return socket.tell("signedIn", { name: "ann", session: "4", account, others, ...token }, request);
      }
      case "listChannels":
        return socket.tell("channelList", { channels: [{ ...LOBBY, position, sequence: position }] }, request);
      case "who":
        return socket.tell("presenceList", { people: [{ name: "ann", active: true }] }, request);
      case "readEvents": {
        const events = log.slice(Number(value.afterPosition));
        return socket.tell("eventList", { events }, request);
      }
      case "readMessages": {
        const messages = log
          .filter((event) => event.posted)
          .map(({ posted: wire, by, at, position: p }) => ({ ...wire, from: by, at, position: p }));
        return socket.tell("messageList", { messages, asOfPosition: position, channel: "1" }, request);
      }
      case "send": {
        if (!stored.some(({ id }) => id === value.id)) stored.push(value);
        if (server.losesAnswers) return socket.close();
        return socket.tell("sent", { channel: "1", sequence: position }, request);
      }
      default:
        return socket.tell("done", {}, request);
    }
  });
  return { server, log, stored, refuse };
}

function posted(n, by, text, mentions = []) {
  return { channel: "1", position: String(n), at: String(n * 1_000), by, posted: { sequence: String(n), text, mentions } };
}

async function signedIn(server, storage = new MemoryStorage()) {
  const client = new Client("wss://test/socket", storage, server.Socket);
  const place = new Place(client);
  await client.signIn("ann", "correct horse");
  await settle();
  assert.equal(client.phase, "online");
  return { client, place, storage };
}

test("subscribes before it lists, so that nothing is missed in between", async () => {
  const { server } = world();
  await signedIn(server);
  const kinds = server.requests.map(({ kind }) => kind);
  assert.deepEqual(kinds, ["hello", "signIn", "subscribe", "listChannels", "who"]);
});

test("knows the place's other servers, and nothing that is no address", async () => {
  const { server } = world();
  server.others = [{ address: "n2.example:4747", pin: "cGlu" }, { address: "[::1]:4748" }, { address: "n3/../#x" }, {}];
  const { client } = await signedIn(server);
  assert.deepEqual(client.others, ["n2.example:4747", "[::1]:4748"]);
});

test("comes back by itself with the token, and hears what it missed once", async () => {
  const { server, log } = world();
  const { client, place } = await signedIn(server);
  const heard = [];
  place.on("message", ({ message }) => heard.push(message.text));
  log.push(posted(4, "ben", "while here"));
  server.sockets.at(-1).tell("event", log.at(-1));
  server.sockets.at(-1).tell("event", log.at(-1));
  assert.deepEqual(heard, ["while here"]);

  await place.openNewest("1");
  server.sockets.at(-1).close();
  await settle();
  assert.equal(client.phase, "waiting");
  log.push(posted(5, "ben", "missed"), posted(6, "ben", "missed too"));
  clock.tick(1_000);
  await settle();
  assert.equal(client.phase, "online");
  const signIn = server.requests.findLast(({ kind }) => kind === "signIn");
  assert.deepEqual(signIn.value, { token: { token: "dG9rZW4=" } });
  const texts = place.timeline("1").messages.map(({ text }) => text);
  assert.deepEqual(texts, ["old 1", "old 2", "old 3", "while here", "missed", "missed too"]);
});

test("a lost answer is asked for again under the same id, and stored once", async () => {
  const { server, stored } = world();
  const { client, storage } = await signedIn(server);
  server.losesAnswers = true;
  client.send("1", "hi");
  client.send("1", "second");
  await settle();
  assert.equal(client.phase, "waiting");
  assert.equal(client.outbox.drafts.length, 2);
  server.losesAnswers = false;
  clock.tick(1_000);
  await settle();
  assert.deepEqual(stored.map(({ text }) => text), ["hi", "second"]);
  assert.equal(client.outbox.drafts.length, 0);
  const sends = server.requests.filter(({ kind }) => kind === "send");
  assert.deepEqual(sends.map(({ value }) => value.retry ?? false), [false, true, false]);
  assert.equal(sends[0].value.id, sends[1].value.id);
  assert.ok([...storage.items.values()].includes("[]"));
});

test("what the server refuses stays with its reason, and the next goes on", async () => {
  const { server, refuse, stored } = world();
  const { client } = await signedIn(server);
  refuse.set("send", { code: 4006, message: "The room was closed." });
  client.send("1", "too late");
  await settle();
  assert.equal(client.outbox.drafts[0].failed, "The room was closed.");
  refuse.delete("send");
  client.send("1", "in time");
  await settle();
  assert.deepEqual(stored.map(({ text }) => text), ["in time"]);
});

test("an ended session is over, a stopping server is not", async () => {
  const { server } = world();
  const { client, storage } = await signedIn(server);
  const said = [];
  client.on("signedOut", (why) => said.push(why));
  server.sockets.at(-1).tell("goodbye", { reason: { code: 7002, message: "stops", retryAfterMs: "3000" } });
  server.sockets.at(-1).close();
  await settle();
  assert.equal(client.phase, "waiting");
  clock.tick(2_900);
  await settle();
  assert.equal(client.phase, "waiting");
  clock.tick(200);
  await settle();
  assert.equal(client.phase, "online");
  server.sockets.at(-1).tell("goodbye", { reason: { code: 2004, message: "ended" } });
  server.sockets.at(-1).close();
  await settle();
  assert.equal(client.phase, "signedOut");
  assert.deepEqual(said, ["ended"]);
  assert.equal(storage.getItem("confab.token"), null);
});

test("a wrong password is told and tried no more", async () => {
  const { server, refuse } = world();
  refuse.set("signIn", { code: 2001, message: "Name or password are wrong." });
  const client = new Client("wss://test/socket", new MemoryStorage(), server.Socket);
  await assert.rejects(client.signIn("ann", "wrong"), { code: 2001 });
  await settle();
  assert.equal(client.phase, "signedOut");
  assert.equal(server.sockets.length, 1);
});

test("a guest is somebody for this page alone", async () => {
  const { server, refuse } = world();
  refuse.set("who", { code: 3006, message: "Guests may not." });
  const storage = new MemoryStorage();
  storage.setItem("confab.token", "somebody else");
  const client = new Client("wss://test/socket", storage, server.Socket);
  await client.signInAsGuest("c2VjcmV0", "gil");
  await settle();
  assert.equal(client.phase, "online");
  assert.deepEqual(server.requests[1].value, { guest: { secret: "c2VjcmV0", name: "gil" } });
  assert.equal(storage.getItem("confab.token"), "somebody else");
});

test("a guest whose tab is loaded again goes on, beside whoever the browser knows", async () => {
  const { server } = world();
  const [storage, tab] = [new MemoryStorage(), new MemoryStorage()];
  storage.setItem("confab.token", "bWVtYmVy");
  await new Client("wss://place/", storage, server.Socket, tab).signInAsGuest("c2VjcmV0", "gil");
  assert.equal(storage.getItem("confab.token"), "bWVtYmVy");
  const again = new Client("wss://place/", storage, server.Socket, tab);
  again.resume();
  await settle();
  assert.deepEqual(server.requests.findLast(({ kind }) => kind === "signIn").value, { token: { token: "dG9rZW4=" } });
  await again.signOut();
  assert.equal(tab.getItem("confab.token"), null);
  assert.equal(storage.getItem("confab.token"), "bWVtYmVy");
  // Who signs in in such a tab is no guest any more.
  tab.setItem("confab.token", "Z3Vlc3Q=");
  await new Client("wss://place/", storage, server.Socket, tab).signIn("ann", "pencil case");
  assert.equal(tab.getItem("confab.token"), null);
});

test("a code makes nobody somebody else without a question", async () => {
  const { server } = world();
  const storage = new MemoryStorage();
  const client = new Client("wss://place/", storage, server.Socket);
  await client.signIn("ann", "pencil case");
  await settle();
  client.me.account = "7";
  const asked = [];
  const answer = (agrees) => async (name) => {
    asked.push(name);
    return agrees;
  };
  storage.setItem("confab.token", "bWluZQ==");
  server.account = "8";
  assert.equal(await client.takeCode("Y29kZQ==", answer(false)), false);
  assert.deepEqual(asked, ["ann"]);
  assert.equal(storage.getItem("confab.token"), "bWluZQ==");
  // The session that the code opened is not left behind.
  const [first, second] = server.sockets;
  assert.ok(server.requests.some(({ kind, socket }) => kind === "signOut" && socket === second));
  assert.ok(!server.requests.some(({ kind, socket }) => kind === "signOut" && socket === first));
  server.account = "7";
  assert.equal(await client.takeCode("Y29kZQ==", answer(true)), false);
  assert.equal(asked.length, 1);
  server.account = "8";
  assert.equal(await client.takeCode("Y29kZQ==", answer(true)), true);
  assert.equal(storage.getItem("confab.token"), "dG9rZW4=");
});

test("a server that is not there is told to whoever asked, once", async () => {
  const { server } = world();
  server.isDown = true;
  const client = new Client("wss://test/socket", new MemoryStorage(), server.Socket);
  const said = [];
  client.on("signedOut", (why) => said.push(why));
  await assert.rejects(client.signIn("ann", "correct horse"), { name: "Disconnected" });
  await settle();
  assert.equal(client.phase, "signedOut");
  assert.deepEqual(said, []);
});

test("counts what is unread once, whoever told of it", async () => {
  const { server, log } = world();
  const { place } = await signedIn(server);
  const socket = server.sockets.at(-1);
  log.push(posted(4, "ben", "hi @ann", ["ann"]));
  socket.tell("event", log[3]);
  const lobby = () => place.channels.get("1");
  assert.deepEqual([lobby().unread, lobby().mentions], [1, 1]);
  socket.tell("channelChanged", { ...LOBBY, position: "4", sequence: "4", unread: "1", mentions: "1" });
  socket.tell("event", log[3]);
  assert.deepEqual([lobby().unread, lobby().mentions], [1, 1]);
  place.markRead("1");
  assert.equal(lobby().unread, 0);
});

test("what happened besides stands between the messages", async () => {
  const { server, log } = world();
  const { place } = await signedIn(server);
  log.push({ channel: "1", position: "4", at: "4000", by: "cid", memberJoined: { name: "cid" } });
  const ended = { meeting: "1", startedAt: "0", endedAt: "600000", count: 3, attendances: [{ name: "ann" }, { name: "ben" }] };
  log.push({ channel: "1", position: "5", at: "5000", meetingEnded: ended });
  log.push({ channel: "1", position: "6", at: "6000", memberJoined: { name: "gil-guest" } });
  log.push({ channel: "1", position: "7", at: "7000", memberLeft: { name: "gil-guest" } });
  for (const event of log.slice(3)) server.sockets.at(-1).tell("event", event);
  await place.openNewest("1");
  await settle();
  const notes = place.timeline("1").notesAfter(3).map(({ text }) => text);
  const guest = ["gil-guest came by a guest link", "gil-guest left"];
  assert.deepEqual(notes, ["cid joined", "The meeting ended after 10 min. There were ann, ben and 1 more", ...guest]);
});

test("lagging begins again on the same connection", async () => {
  const { server, log } = world();
  const { place } = await signedIn(server);
  const heard = [];
  place.on("message", ({ message }) => heard.push(message.text));
  log.push(posted(4, "ben", "dropped"));
  server.sockets.at(-1).tell("lagging", {});
  await settle();
  assert.equal(server.sockets.length, 1);
  const timeline = place.timeline("1");
  await place.openNewest("1");
  assert.equal(timeline.last, 4);
});
