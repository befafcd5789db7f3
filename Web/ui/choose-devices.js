// Which camera, microphone and speakers: asked for once, and remembered in this browser.

import { listDevices } from "../meeting/devices.js";
import { openDialog } from "./dialog.js";
import { h } from "./dom.js";

/** @typedef {"MICROPHONE" | "CAMERA" | "SPEAKER"} Device */

const CHOSEN = "confab.devices";

function readChosen() {
  try {
    return JSON.parse(localStorage.getItem(CHOSEN) ?? "{}");
  } catch {
    return {};
  }
}

/** @param {Device} source @returns {string} as the browser names it; empty for whichever it likes */
export const chosen = (source) => readChosen()[source] ?? "";

function choose(source, device) {
  try {
    localStorage.setItem(CHOSEN, JSON.stringify({ ...readChosen(), [source]: device }));
  } catch {
    // Then the browser's own choice holds.
  }
}

/** @param {any} audio an element that plays */
export function setSpeaker(audio) {
  const speaker = chosen("SPEAKER");
  if (speaker && audio.setSinkId) audio.setSinkId(speaker).catch(() => {});
}

/** @param {(source: Device) => any} changed is told what was chosen anew, and nothing else */
export async function chooseDevices(changed) {
  const found = await listDevices();
  const choice = (source, label, devices) =>
    h(
      "label.field",
      {},
      h("span.field-label", {}, label),
      h(
        "select.input",
        {
          onchange: (event) => {
            choose(source, event.target.value);
            changed(source);
          },
        },
        devices.length === 0 && h("option", { value: "" }, "None was found"),
        devices.map((device, index) =>
          h(
            "option",
            { value: device.deviceId, selected: device.deviceId === chosen(source) },
            device.label || `${label} ${index + 1}`,
          ),
        ),
      ),
    );
  openDialog("Devices", [
    choice("MICROPHONE", "Microphone", found.audioinput),
    choice("CAMERA", "Camera", found.videoinput),
    ...(found.audiooutput.length > 0 ? [choice("SPEAKER", "Speakers", found.audiooutput)] : []),
  ]);
}
