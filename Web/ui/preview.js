// One's own picture, before others see it.

import { avatar, h } from "./dom.js";

/**
 * @param {string} name whose letters stand there without a picture
 * @returns {{element: HTMLElement, show: (track: MediaStreamTrack | null | undefined) => void}}
 */
export function preview(name) {
  const video = h("video", { playsinline: true, autoplay: true });
  video.muted = true;
  const element = h("div.preview", {}, video, avatar(name));
  const show = (track) => {
    video.srcObject = track ? new MediaStream([track]) : null;
    element.classList.toggle("has-picture", Boolean(track));
  };
  return { element, show };
}
