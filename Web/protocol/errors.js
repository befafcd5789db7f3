// The numbers of errors that the client acts on; Vectors/errors.json has them all. Whatever else comes
// is shown to the person in the server's words.

export const Code = Object.freeze({
  versionUnsupported: 1003,
  requestUnknown: 1005,
  signInTimeout: 1007,
  credentialsWrong: 2001,
  accountLocked: 2002,
  sessionUnknown: 2004,
  accountDisabled: 2005,
  channelUnknown: 4001,
  notAMember: 4002,
  rateLimited: 6001,
  journalUnavailable: 7001,
  serverStopping: 7002,
  internalError: 7003,
});

/** The server said no: a number that never changes meaning, and a sentence for a person. */
export class Refusal extends Error {
  /** @param {{code?: number, message?: string, retryAfterMs?: string}} wire */
  constructor(wire) {
    super(wire.message || `The server refused (${wire.code}).`);
    this.name = "Refusal";
    /** @type {number} */
    this.code = wire.code ?? 0;
    /** @type {number} milliseconds to wait before trying again; 0 when that makes no sense */
    this.retryAfter = Number(wire.retryAfterMs ?? 0);
  }
}

/** The connection ended before there was an answer. */
export class Disconnected extends Error {
  /** @param {string} message */
  constructor(message = "The connection to the server was lost.") {
    super(message);
    this.name = "Disconnected";
  }
}

/** Another server of the place holds the meeting. */
export class HeldElsewhere extends Error {
  /** @param {{webAddress: string, pin?: string, code: string}} entry a code that is good there, once and soon */
  constructor(entry) {
    super("This meeting is held at another server of the place.");
    this.name = "HeldElsewhere";
    this.entry = entry;
  }
}
