// Windows over the page: the browser's own dialog element keeps the focus inside and Escape closes it.

import { fill, h, iconButton } from "./dom.js";

/**
 * @param {string} title
 * @param {(Node | string)[]} content
 * @param {{wide?: boolean, onClose?: () => void}} [options]
 * @returns {HTMLDialogElement} open
 */
export function openDialog(title, content, options = {}) {
  const { wide = false, onClose } = options;
  const id = `dialog-${crypto.randomUUID()}`;
  const dialog = h(
    `dialog.dialog${wide ? ".is-wide" : ""}`,
    { "aria-labelledby": id },
    h(
      "header.dialog-header",
      {},
      h("h2", { id }, title),
      iconButton("close", "Close", { onclick: () => dialog.close() }),
    ),
    h("div.dialog-body", {}, content),
  );
  dialog.addEventListener("close", () => {
    dialog.remove();
    onClose?.();
  });
  // A click beside it.
  dialog.addEventListener("mousedown", (event) => {
    if (event.target === dialog) dialog.close();
  });
  document.body.append(dialog);
  dialog.showModal();
  return dialog;
}

/**
 * A form whose submit may be refused; the reason is shown above the buttons.
 * @param {object} options
 * @param {(Node | string)[]} options.fields
 * @param {string} options.action the button's words
 * @param {(form: FormData) => Promise<void>} options.submit throws what the person should read
 * @param {boolean} [options.danger]
 */
export function form({ fields, action, submit, danger = false }) {
  const problem = h("p.problem", { role: "alert", hidden: true });
  const button = h(`button.button${danger ? ".is-danger" : ".is-primary"}`, {}, action);
  const element = h("form.form", { novalidate: true }, fields, problem, h("p.actions", {}, button));
  element.addEventListener("submit", (event) => {
    event.preventDefault();
    attempt(button, problem, () => submit(new FormData(element)));
  });
  return element;
}

/**
 * A button for what may be refused; the reason is shown after it.
 * @param {string} label @param {string} description for who does not see what it stands beside
 * @param {() => Promise<unknown>} act
 */
export function actionButton(label, description, act) {
  const problem = h("p.problem", { role: "alert", hidden: true });
  const button = h(
    "button.button",
    { type: "button", "aria-label": description, onclick: () => attempt(button, problem, act) },
    label,
  );
  return [button, problem];
}

/** @param {HTMLButtonElement} button @param {HTMLElement} problem @param {() => Promise<unknown>} act */
async function attempt(button, problem, act) {
  button.disabled = true;
  problem.hidden = true;
  try {
    await act();
  } catch (error) {
    fill(problem, error.message);
    problem.hidden = false;
  } finally {
    button.disabled = false;
  }
}

/** @param {string} label @param {Record<string, any>} attributes @param {string} [hint] */
export function field(label, attributes, hint = "") {
  return h(
    "label.field",
    {},
    h("span.field-label", {}, label),
    h("input.input", attributes),
    hint && h("span.hint", {}, hint),
  );
}

/** @param {string} question @param {string} action @param {() => Promise<void>} act */
export function confirmThat(question, action, act) {
  const dialog = openDialog("Are you sure?", [
    form({
      fields: [h("p", {}, question)],
      action,
      danger: true,
      submit: async () => {
        await act();
        dialog.close();
      },
    }),
  ]);
}

/**
 * A link would make somebody else of who is signed in.
 * @param {string} me @param {string} other
 * @returns {Promise<boolean>} whether they want that
 */
export function askToBecome(me, other) {
  return new Promise((resolve) => {
    const dialog = openDialog(
      "Somebody else’s link",
      [
        h("p", {}, `You are ${me} here. The link that you followed is for ${other}.`),
        h("p.muted", {}, `As ${other} you write and speak in that account, and its owner can read along.`),
        h(
          "p.actions",
          {},
          h(
            "button.button.is-danger",
            {
              type: "button",
              onclick: () => {
                resolve(true);
                dialog.close();
              },
            },
            `Go on as ${other}`,
          ),
          h("button.button.is-primary", { type: "button", onclick: () => dialog.close() }, `Stay ${me}`),
        ),
      ],
      // Closed in whatever other way, it is a no.
      { onClose: () => resolve(false) },
    );
  });
}
