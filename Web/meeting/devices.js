// Cameras, microphones and screens of this machine, and why one of them cannot be had.

const VIDEO = { width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 30, max: 30 } };
const AUDIO = { echoCancellation: true, noiseSuppression: true, autoGainControl: true };

/** @returns {string} why this page can have no camera and no microphone at all; empty when it can */
export function whyNoDevices() {
  if (globalThis.isSecureContext && navigator.mediaDevices?.getUserMedia) return "";
  return globalThis.isSecureContext
    ? "This browser gives pages no camera and no microphone."
    : "The browser gives cameras and microphones only to pages opened with https://. Open this address with https:// at its beginning.";
}

/**
 * @param {"audio" | "video"} kind
 * @param {string} [device] as `listDevices` names it; whichever the browser likes without
 * @returns {Promise<MediaStreamTrack>}
 * @throws {Error} with words for the person
 */
export async function openDevice(kind, device = "") {
  const why = whyNoDevices();
  if (why) throw new Error(why);
  const wanted = { ...(kind === "audio" ? AUDIO : VIDEO) };
  if (device) Object.assign(wanted, { deviceId: { exact: device } });
  try {
    const stream = await navigator.mediaDevices.getUserMedia({ [kind]: wanted });
    const [track] = stream.getTracks();
    if (kind === "video") track.contentHint = "motion";
    return track;
  } catch (error) {
    // What was chosen once may have been unplugged.
    if (device && error.name === "OverconstrainedError") return openDevice(kind);
    throw new Error(words(kind === "audio" ? "microphone" : "camera", error));
  }
}

/** Phones' browsers cannot. */
export const canShareScreen = () => Boolean(navigator.mediaDevices?.getDisplayMedia);

/**
 * @returns {Promise<{video: MediaStreamTrack, audio: MediaStreamTrack | null} | null>} null when the
 * person changed their mind
 */
export async function openScreen() {
  if (!canShareScreen()) throw new Error("This browser cannot share a screen.");
  try {
    const stream = await navigator.mediaDevices.getDisplayMedia({
      video: { frameRate: { max: 15 } },
      audio: true,
    });
    const [video] = stream.getVideoTracks();
    video.contentHint = "detail";
    return { video, audio: stream.getAudioTracks()[0] ?? null };
  } catch (error) {
    if (error.name === "NotAllowedError" || error.name === "AbortError") return null;
    throw new Error(`The screen cannot be shared: ${error.message}`);
  }
}

/** @returns {Promise<{audioinput: MediaDeviceInfo[], videoinput: MediaDeviceInfo[], audiooutput: MediaDeviceInfo[]}>} */
export async function listDevices() {
  const found = { audioinput: [], videoinput: [], audiooutput: [] };
  for (const device of (await navigator.mediaDevices?.enumerateDevices?.()) ?? []) {
    found[device.kind]?.push(device);
  }
  return found;
}

function words(what, error) {
  switch (error.name) {
    case "NotAllowedError":
      return `The browser does not let this page use the ${what}. Allow it by the sign before the page's address, and try again.`;
    case "NotFoundError":
      return `No ${what} was found. Plug one in and try again.`;
    case "NotReadableError":
      return `The ${what} is in use by another program. Close that and try again.`;
    default:
      return `The ${what} cannot be used: ${error.message}`;
  }
}
