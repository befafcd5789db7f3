// Cameras, microphones and screens of somebody who is in a meeting: turned on and off, and changed.

import { openDevice, openScreen } from "../meeting/devices.js";
import { chosen } from "./choose-devices.js";

/** @typedef {import("../meeting/call.js").Call} Call */

/** @param {"MICROPHONE" | "CAMERA"} source */
export function openChosen(source) {
  return openDevice(source === "CAMERA" ? "video" : "audio", chosen(source));
}

/**
 * On when it is off, and the other way round.
 * @param {Call} call @param {"MICROPHONE" | "CAMERA"} source
 */
export async function turn(call, source) {
  const hasTrack = call.localTrack(source) !== undefined;
  if (source === "CAMERA" && hasTrack) return call.setTrack("CAMERA", null);
  if (source === "MICROPHONE") await call.setMicrophone(!call.isOn("MICROPHONE"));
  if (!hasTrack) await start(call, source);
}

/**
 * Whatever was chosen, in place of what is sent.
 * @param {Call} call @param {"MICROPHONE" | "CAMERA"} source
 */
export async function start(call, source) {
  const track = await openChosen(source);
  // Over while the browser asked.
  if (call.state === "gone") return track.stop();
  await call.setTrack(source, track);
}

/** The screen, or no screen any more. @param {Call} call */
export async function share(call) {
  if (call.localTrack("SCREEN")) {
    await call.setTrack("SCREEN_AUDIO", null);
    return call.setTrack("SCREEN", null);
  }
  const screen = await openScreen();
  if (!screen) return;
  await call.setTrack("SCREEN", screen.video);
  if (screen.audio) await call.setTrack("SCREEN_AUDIO", screen.audio);
}
