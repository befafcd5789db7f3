// Somebody in a meeting, or waiting before it, as the server tells of them.

import { number } from "../protocol/values.js";

/**
 * @typedef {object} Participant
 * @property {number} participant
 * @property {string} name
 * @property {boolean} host
 * @property {boolean} guest
 * @property {boolean} waiting
 * @property {boolean} microphone
 * @property {boolean} camera
 * @property {boolean} screen
 * @property {number} handRaisedAt
 * @property {boolean} lost
 */

/** @param {any} wire @returns {Participant} */
export function readParticipant(wire) {
  return {
    participant: wire.participant ?? 0,
    name: wire.name ?? "",
    host: wire.host ?? false,
    guest: wire.guest ?? false,
    waiting: wire.waiting ?? false,
    microphone: wire.microphone ?? false,
    camera: wire.camera ?? false,
    screen: wire.screen ?? false,
    handRaisedAt: number(wire.handRaisedAt),
    lost: wire.lost ?? false,
  };
}
