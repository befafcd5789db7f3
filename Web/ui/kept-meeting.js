// What was on in the meeting that this tab is in: a page that is loaded again goes on with it.

const KEY = "confab.meeting";
/** Later it is another day's page, which must turn nothing on by itself. */
const LOADED_AGAIN_MS = 60_000;

function read() {
  try {
    const kept = JSON.parse(sessionStorage.getItem(KEY) ?? "null");
    return Date.now() - (kept?.at ?? 0) < LOADED_AGAIN_MS ? kept : null;
  } catch {
    return null;
  }
}

/** @returns {string} whose meeting the tab was in just now: the channel's id; empty for none */
export const keptChannel = () => read()?.channel ?? "";

/**
 * @param {string} channel
 * @returns {{microphone: boolean, camera: boolean} | null} null when the tab was not in its meeting just now
 */
export function keptMeeting(channel) {
  const kept = read();
  return kept?.channel === channel ? kept : null;
}

/**
 * @param {string} channel
 * @param {import("../meeting/call.js").Call} call
 */
export function keepMeeting(channel, call) {
  const isOn = { microphone: call.isOn("MICROPHONE"), camera: call.isOn("CAMERA") };
  sessionStorage.setItem(KEY, JSON.stringify({ channel, at: Date.now(), ...isOn }));
}

export function forgetMeeting() {
  sessionStorage.removeItem(KEY);
}
