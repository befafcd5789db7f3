// The round buttons of a meeting.

import { h, icon } from "./dom.js";

/**
 * A button whose label says what it does: then it has no state besides, or a screen reader would say both and
 * contradict itself.
 * @param {Parameters<typeof icon>[0]} picture
 * @param {string} label
 * @param {() => any} act
 * @param {object} options
 * @param {string} options.control its name among the bar's
 * @param {"on" | "off" | ""} [options.look] how what it stands for stands
 * @param {boolean} [options.expanded] of one that shows and hides something: its label stays the same
 * @param {string} [options.key] that does the same
 */
export function callButton(picture, label, act, options) {
  const { control, look = "", expanded, key = "" } = options;
  return h(
    `button.call-button${look ? `.is-${look}` : ""}`,
    {
      type: "button",
      "aria-label": label,
      "aria-expanded": expanded === undefined ? null : String(expanded),
      "aria-keyshortcuts": key || null,
      title: key ? `${label} (${key.toUpperCase()})` : label,
      "data-control": control,
      onclick: act,
    },
    icon(picture),
  );
}

/** @type {Record<string, Record<"on" | "off", Parameters<typeof icon>[0]>>} */
const PICTURES = {
  MICROPHONE: { on: "microphone", off: "microphoneOff" },
  CAMERA: { on: "video", off: "videoOff" },
};

/** Which key turns it on and off. */
export const KEYS = { m: "MICROPHONE", v: "CAMERA" };

/**
 * The microphone's or the camera's.
 * @param {"MICROPHONE" | "CAMERA"} source
 * @param {boolean} isOn
 * @param {string} label
 * @param {() => any} act
 */
export function deviceButton(source, isOn, label, act) {
  return callButton(PICTURES[source][isOn ? "on" : "off"], label, act, {
    control: source.toLowerCase(),
    look: isOn ? "on" : "off",
    key: Object.keys(KEYS).find((key) => KEYS[key] === source),
  });
}
