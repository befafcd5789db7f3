// Choosing an emoji: a small window beside what opened it.

import { EMOJI, emojiName } from "../text/emoji.js";
import { fill, h } from "./dom.js";

const COLUMNS = 8;

/**
 * @param {HTMLElement} anchor
 * @param {(emoji: string) => void} choose
 */
export function pickEmoji(anchor, choose) {
  const grid = h("div.picker-grid", { role: "group", "aria-label": "Emoji" });
  const search = h("input.input", {
    type: "search",
    "aria-label": "Search emoji",
    placeholder: "Search",
  });
  const picker = h("dialog.picker", { "aria-label": "Choose an emoji" }, search, grid);
  const show = () => {
    const wanted = search.value.trim().toLowerCase();
    const found = EMOJI.filter(({ names }) => names.some((name) => name.includes(wanted)));
    fill(
      grid,
      found.map(({ emoji }) =>
        h(
          "button.emoji",
          {
            type: "button",
            "aria-label": emojiName(emoji),
            title: emojiName(emoji),
            onclick: () => {
              picker.close();
              choose(emoji);
            },
          },
          emoji,
        ),
      ),
    );
  };
  search.addEventListener("input", show);
  picker.addEventListener("keydown", (event) => {
    const buttons = [...grid.querySelectorAll("button")];
    const index = buttons.indexOf(document.activeElement);
    if (event.key === "Enter" && index < 0) {
      event.preventDefault();
      return buttons[0]?.click();
    }
    const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: COLUMNS, ArrowUp: -COLUMNS }[event.key];
    if (!step || (index < 0 && step !== COLUMNS)) return;
    event.preventDefault();
    const next = index < 0 ? buttons[0] : buttons[index + step];
    (next ?? search).focus();
  });
  picker.addEventListener("mousedown", (event) => event.target === picker && picker.close());
  picker.addEventListener("close", () => {
    picker.remove();
    anchor.focus?.();
  });
  show();
  document.body.append(picker);
  picker.showModal();
  place(picker, anchor);
  search.focus();
}

function place(picker, anchor) {
  const at = anchor.getBoundingClientRect();
  const own = picker.getBoundingClientRect();
  const left = Math.max(8, Math.min(at.right - own.width, innerWidth - own.width - 8));
  const below = at.bottom + 6;
  const top = below + own.height < innerHeight ? below : Math.max(8, at.top - own.height - 6);
  picker.style.left = `${left}px`;
  picker.style.top = `${top}px`;
}
