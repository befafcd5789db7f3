import { readFileSync } from "node:fs";
import { webcrypto } from "node:crypto";

// Node 18 does not offer it by itself.
globalThis.crypto ??= webcrypto;

/** @param {string} name */
export function vectors(name) {
  return JSON.parse(readFileSync(new URL(`../../../Vectors/${name}`, import.meta.url), "utf8"));
}

/** Chance that is the same at every run (mulberry32). */
export function seeded(seed) {
  let state = seed;
  return (bound) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % bound;
  };
}

export class MemoryStorage {
  items = new Map();
  getItem = (key) => this.items.get(key) ?? null;
  setItem = (key, value) => void this.items.set(key, String(value));
  removeItem = (key) => void this.items.delete(key);
}

/** Lets everything that waits for promises go on. */
export async function settle() {
  for (let turn = 0; turn < 50; turn += 1) await Promise.resolve();
}

/**
 * A server that a test writes by hand: each new connection is in `sockets`, its requests in `requests`.
 * @param {(socket: any, kind: string, value: any, request: string) => void} answer
 */
export function fakeServer(answer) {
  const server = { sockets: [], requests: [] };
  server.Socket = class {
    readyState = 0;
    constructor() {
      server.sockets.push(this);
      queueMicrotask(() => {
        if (server.isDown) return this.close();
        this.readyState = 1;
        this.onopen?.();
      });
    }
    send(text) {
      const { request, ...body } = JSON.parse(text);
      const [kind] = Object.keys(body);
      server.requests.push({ kind, value: body[kind], socket: this });
      queueMicrotask(() => this.readyState === 1 && answer(this, kind, body[kind], request));
    }
    tell(kind, value, replyTo) {
      const frame = { ...(replyTo ? { replyTo } : {}), [kind]: value };
      this.onmessage?.({ data: JSON.stringify(frame) });
    }
    close() {
      if (this.readyState === 3) return;
      this.readyState = 3;
      queueMicrotask(() => this.onclose?.());
    }
  };
  return server;
}

/** Timers that move only when a test says so. */
export function fakeClock() {
  const clock = { now: 0, timers: new Map() };
  let next = 1;
  globalThis.setTimeout = (work, wait = 0) => {
    clock.timers.set(next, { at: clock.now + wait, work });
    return next++;
  };
  globalThis.clearTimeout = (id) => void clock.timers.delete(id);
  clock.tick = (milliseconds) => {
    clock.now += milliseconds;
    for (const [id, { at, work }] of [...clock.timers]) {
      if (at <= clock.now && clock.timers.delete(id)) work();
    }
  };
  return clock;
}
