// Something to be sent to somebody: shown whole, and copied by a button.

import { h, icon } from "./dom.js";

/** @param {string} label @param {string} text */
export function copyable(label, text) {
  const said = h("span", { role: "status" });
  return h(
    "div.copy-row",
    {},
    h("span.field-label", {}, label),
    h("code.copyable", {}, text),
    h(
      "button.button",
      {
        type: "button",
        "aria-label": `Copy: ${label}`,
        onclick: async () => {
          try {
            await navigator.clipboard.writeText(text);
            said.textContent = "Copied";
          } catch {
            said.textContent = "Select it and copy it by hand";
          }
        },
      },
      icon("copy"),
      "Copy",
    ),
    said,
  );
}
