// Where one writes: text that grows, an answer or an edit, names and emoji completed.

import { utf8Bytes } from "../protocol/values.js";
import { emojiStartingWith } from "../text/emoji.js";
import { plain } from "../text/markup.js";
import { fill, h, icon, iconButton } from "./dom.js";
import { pickEmoji } from "./picker.js";

/** The server's limit; it is checked here so that nothing long is typed in vain. */
const MESSAGE_BYTES_MAX = 8_192;

export class Composer {
  element;
  #input;
  #context;
  #list;
  #problem;
  #handlers;
  #channel = "";
  /** What was begun in other channels. @type {Map<string, string>} */
  #drafts = new Map();
  /** @type {{kind: "reply" | "edit", message: any} | null} */
  #about = null;
  #options = /** @type {{insert: string, label: string}[]} */ ([]);
  #chosen = 0;

  /**
   * @param {object} handlers
   * @param {(text: string, replyTo: number) => boolean} handlers.send
   * @param {(message: any, text: string) => Promise<void>} handlers.edit
   * @param {() => any} handlers.lastOwn
   * @param {() => void} handlers.leaveUpwards
   * @param {() => string[]} handlers.names of people, to complete
   */
  constructor(handlers) {
    this.#handlers = handlers;
    this.#context = h("div.composer-about", { hidden: true });
    this.#list = h("ul.completions", { role: "listbox", id: "completions", hidden: true });
    this.#problem = h("p.problem", { role: "alert", hidden: true });
    this.#input = h("textarea.composer-input", {
      rows: 1,
      "aria-label": "Message",
      "aria-autocomplete": "list",
      "aria-controls": "completions",
      enterkeyhint: "send",
      oninput: () => this.#typed(),
      onkeydown: (event) => this.#keyPressed(event),
      onblur: () => this.#complete([]),
    });
    const emoji = iconButton("smile", "Insert an emoji", {
      onclick: (event) => pickEmoji(event.currentTarget, (chosen) => this.#insert(chosen)),
    });
    const send = iconButton("send", "Send", { onclick: () => this.#submit() });
    send.classList.add("send");
    this.element = h(
      "div.composer",
      {},
      this.#context,
      this.#problem,
      h("div.composer-row", {}, this.#input, emoji, send),
      this.#list,
    );
  }

  /** @param {string} id @param {string} label */
  open(id, label) {
    if (this.#about?.kind === "edit") this.cancel();
    if (this.#channel) this.#drafts.set(this.#channel, this.#input.value);
    this.cancel();
    this.#channel = id;
    this.#input.value = this.#drafts.get(id) ?? "";
    this.#input.placeholder = `Write to ${label}`;
    this.#input.setAttribute("aria-label", `Message to ${label}`);
    this.#resize();
  }

  focus() {
    this.#input.focus();
  }

  /** @param {any} message */
  reply(message) {
    this.#about = { kind: "reply", message };
    this.#showAbout("reply", `Answer to ${message.from}: ${plain(message.text).slice(0, 80)}`);
    this.focus();
  }

  /** @param {any} message */
  edit(message) {
    this.#about = { kind: "edit", message };
    this.#showAbout("edit", "Edit the message");
    this.#input.value = message.text;
    this.#resize();
    this.focus();
  }

  cancel() {
    if (this.#about?.kind === "edit") this.#input.value = "";
    this.#about = null;
    this.#context.hidden = true;
    this.#showProblem("");
    this.#resize();
  }

  /** @param {string} name */
  mention(name) {
    this.#insert(`@${name} `);
  }

  #showAbout(picture, words) {
    fill(
      this.#context,
      icon(picture),
      h("span", {}, words),
      iconButton("close", "Cancel", { onclick: () => this.cancel() }),
    );
    this.#context.hidden = false;
  }

  #showProblem(words) {
    this.#problem.textContent = words;
    this.#problem.hidden = !words;
  }

  async #submit() {
    const text = this.#input.value.replace(/\s+$/, "");
    if (!text.trim()) return;
    if (utf8Bytes(text) > MESSAGE_BYTES_MAX) {
      return this.#showProblem("The message is too long: at most 8,192 bytes. Send it in parts.");
    }
    const about = this.#about;
    if (about?.kind === "edit") {
      try {
        await this.#handlers.edit(about.message, text);
      } catch (error) {
        return this.#showProblem(error.message);
      }
    } else if (!this.#handlers.send(text, about?.message.sequence ?? 0)) {
      return this.#showProblem("Too many messages wait to be sent. Try again when you are online.");
    }
    this.cancel();
    this.#input.value = "";
    this.#drafts.delete(this.#channel);
    this.#resize();
  }

  #keyPressed(event) {
    if (event.isComposing) return;
    if (this.#options.length > 0 && this.#keyInList(event)) return event.preventDefault();
    const isEmpty = this.#input.value === "";
    if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      this.#submit();
    } else if (event.key === "Escape" && this.#about) {
      this.cancel();
    } else if (event.key === "ArrowUp" && isEmpty && !event.shiftKey) {
      event.preventDefault();
      const own = this.#handlers.lastOwn();
      if (own && !event.altKey) this.edit(own);
      else this.#handlers.leaveUpwards();
    }
  }

  #keyInList(event) {
    const count = this.#options.length;
    switch (event.key) {
      case "ArrowDown":
        this.#choose((this.#chosen + 1) % count);
        return true;
      case "ArrowUp":
        this.#choose((this.#chosen + count - 1) % count);
        return true;
      case "Tab":
      case "Enter":
        this.#take(this.#options[this.#chosen]);
        return true;
      case "Escape":
        this.#complete([]);
        return true;
      default:
        return false;
    }
  }

  #typed() {
    this.#resize();
    this.#showProblem("");
    const before = this.#input.value.slice(0, this.#input.selectionStart);
    const name = /(?:^|[^\p{L}\p{N}_])@([A-Za-z0-9._-]{0,32})$/u.exec(before);
    const emoji = /(?:^|\s):([a-z0-9_+-]{2,24})$/i.exec(before);
    if (name) {
      const start = name[1].toLowerCase();
      const names = this.#handlers.names().filter((each) => each.toLowerCase().startsWith(start));
      this.#complete(
        names.slice(0, 8).map((each) => ({ insert: `@${each} `, label: `@${each}` })),
        name[1].length + 1,
      );
    } else if (emoji) {
      this.#complete(
        emojiStartingWith(emoji[1]).map(({ emoji: each, names }) => ({
          insert: `${each} `,
          label: `${each} ${names[0]}`,
        })),
        emoji[1].length + 1,
      );
    } else {
      this.#complete([]);
    }
  }

  #replaced = 0;

  #complete(options, replaced = 0) {
    this.#options = options;
    this.#replaced = replaced;
    this.#list.hidden = options.length === 0;
    fill(
      this.#list,
      options.map((option, index) =>
        h(
          "li.completion",
          {
            role: "option",
            id: `completion-${index}`,
            // Before the text loses the focus.
            onmousedown: (event) => {
              event.preventDefault();
              this.#take(option);
            },
          },
          option.label,
        ),
      ),
    );
    if (options.length > 0) this.#choose(0);
    else this.#input.removeAttribute("aria-activedescendant");
  }

  #choose(index) {
    this.#chosen = index;
    [...this.#list.children].forEach((item, at) => {
      item.setAttribute("aria-selected", String(at === index));
    });
    this.#input.setAttribute("aria-activedescendant", `completion-${index}`);
  }

  #take(option) {
    this.#insert(option.insert, this.#replaced);
    this.#complete([]);
  }

  #insert(text, replaced = 0) {
    const { selectionStart: start, selectionEnd: end } = this.#input;
    this.#input.setRangeText(text, start - replaced, end, "end");
    this.#resize();
    this.focus();
  }

  #resize() {
    this.#input.style.height = "auto";
    this.#input.style.height = `${Math.min(this.#input.scrollHeight, 240)}px`;
  }
}
