// The controls under a meeting: of who is in it, and of who waits before it.

import { canShareScreen } from "../meeting/devices.js";
import { callButton, deviceButton } from "./call-button.js";
import { share, start, turn } from "./call-devices.js";
import { chooseDevices } from "./choose-devices.js";
import { fill, focusedMark, h, icon } from "./dom.js";

/** @typedef {import("../meeting/call.js").Call} Call */

/**
 * @typedef {object} Actions what the bar does besides
 * @property {(work: () => any) => () => Promise<void>} acting does it, and says why it could not be done
 * @property {() => void} toggleLayout
 * @property {() => void} togglePeople
 * @property {() => void} toggleChat
 * @property {() => void} changeSpeaker
 * @property {() => void} shrink
 * @property {() => void} enlarge
 */

export class CallBar {
  element = h("div.call-bar", { role: "group", "aria-label": "Meeting" });
  #actions;

  /** @param {Actions} actions */
  constructor(actions) {
    this.#actions = actions;
  }

  /**
   * @param {Call} call
   * @param {{isSpeaker: boolean, showsPeople: boolean, showsChat: boolean, maySmall: boolean}} shown
   */
  show(call, { isSpeaker, showsPeople, showsChat, maySmall }) {
    const { acting, toggleLayout, togglePeople, toggleChat, shrink } = this.#actions;
    const self = call.participants.get(call.self);
    const waiting = [...call.participants.values()].filter((each) => each.waiting).length;
    const isShared = call.localTrack("SCREEN") !== undefined;
    const isRaised = (self?.handRaisedAt ?? 0) > 0;
    const look = (isOn) => (isOn ? "on" : "");
    this.#fill(
      this.#microphone(call),
      this.#camera(call),
      canShareScreen() && callButton("screen", isShared ? "Stop sharing the screen" : "Share the screen",
        acting(() => share(call)), { control: "screen", look: look(isShared) }),
      callButton("hand", isRaised ? "Lower the hand" : "Raise the hand",
        acting(() => call.setHand(!isRaised)), { control: "hand", look: look(isRaised) }),
      callButton("grid", isSpeaker ? "Show everybody alike" : "Show the speaker large",
        toggleLayout, { control: "layout", look: look(isSpeaker) }),
      h("span.bar-with-badge", {},
        callButton("people", waiting > 0 ? `People, ${waiting} waiting` : "People", togglePeople,
          { control: "people", look: look(showsPeople), expanded: showsPeople }),
        waiting > 0 && h("span.badge", { "aria-hidden": "true" }, waiting)),
      callButton("chat", "Conversation", toggleChat,
        { control: "chat", look: look(showsChat), expanded: showsChat }),
      this.#devices(call),
      maySmall && callButton("small", "Read other conversations", shrink, { control: "size" }),
      leaveButton(call),
    );
  }

  /** Of a meeting in the corner. @param {Call} call */
  showSmall(call) {
    this.#fill(
      this.#microphone(call),
      this.#camera(call),
      callButton("large", "Back to the meeting", this.#actions.enlarge, { control: "size" }),
      leaveButton(call),
    );
  }

  /** Who waits can turn off what they will send, before anybody hears it. @param {Call} call */
  showWaiting(call) {
    this.#fill(this.#microphone(call), this.#camera(call), this.#devices(call), leaveButton(call));
  }

  /** Of who is not in the meeting. */
  clear() {
    this.#fill();
  }

  /** @param {string} control */
  focus(control) {
    this.element.querySelector(`[data-control="${CSS.escape(control)}"]`)?.focus();
  }

  #fill(...buttons) {
    const focused = focusedMark(".call-bar [data-control]", "control");
    fill(this.element, buttons);
    if (focused) this.focus(focused);
  }

  #microphone(call) {
    const isOn = call.isOn("MICROPHONE");
    return deviceButton("MICROPHONE", isOn, isOn ? "Mute the microphone" : "Unmute the microphone",
      this.#actions.acting(() => turn(call, "MICROPHONE")));
  }

  #camera(call) {
    const isOn = call.isOn("CAMERA");
    return deviceButton("CAMERA", isOn, isOn ? "Turn the camera off" : "Turn the camera on",
      this.#actions.acting(() => turn(call, "CAMERA")));
  }

  /** Only what was chosen anew changes: the others go on as they are. */
  #devices(call) {
    return devicesButton((source) => {
      if (source === "SPEAKER") return this.#actions.changeSpeaker();
      if (call.localTrack(source)) return this.#actions.acting(() => start(call, source))();
    });
  }
}

/** @param {Parameters<typeof chooseDevices>[0]} changed */
export function devicesButton(changed) {
  return callButton("gear", "Choose devices", () => chooseDevices(changed), { control: "devices" });
}

function leaveButton(call) {
  return h(
    "button.button.leave-meeting",
    { type: "button", "data-control": "leave", "aria-label": "Leave", onclick: () => call.leave() },
    icon("leave"),
    h("span", { "aria-hidden": "true" }, "Leave"),
  );
}
