// Before one is signed in: join by an invitation, or sign in.

import { readInvitation, terminalLink } from "../protocol/invitation.js";
import { utf8Bytes } from "../protocol/values.js";
import { field, form } from "./dialog.js";
import { fill, h } from "./dom.js";

const PASSWORD_BYTES_MIN = 8;
const NAME = /^[A-Za-z0-9._-]{1,32}$/;

/**
 * @param {HTMLElement} root
 * @param {import("../protocol/client.js").Client} client
 * @param {string} why one is here again, to be read; may be empty
 */
export function showWelcome(root, client, why = "") {
  const fragment = location.hash;
  const found = readInvitation(fragment);
  const invitation = found?.kind === "code" ? null : found;
  const card = h("main.welcome-card", {});
  const showJoin = () =>
    fill(
      card,
      invitation?.kind === "guest"
        ? guestForm(client, invitation, showSignIn)
        : joinForm(client, invitation, fragment, showSignIn),
    );
  const showSignIn = () => fill(card, signInForm(client, why, invitation ? showJoin : null));
  if (invitation) showJoin();
  else showSignIn();
  fill(root, h("div.welcome", {}, brand(), card, footnote()));
  card.querySelector("input")?.focus();
}

function brand() {
  return h(
    "header.brand",
    {},
    h("img", { src: "/icon.svg", alt: "", width: 56, height: 56 }),
    h("h1", {}, "Confab"),
    h("p.muted", {}, location.host),
  );
}

function footnote() {
  return h(
    "footer.footnote",
    {},
    "What you write here is kept on this place's own machine, and nowhere else.",
  );
}

const nameField = () =>
  field(
    "Name",
    { name: "name", autocomplete: "username", required: true, maxlength: 32, spellcheck: "false" },
  );

function signInForm(client, why, join) {
  return [
    h("h2", {}, "Sign in"),
    why && h("p.problem", { role: "alert" }, why),
    form({
      fields: [
        nameField(),
        field("Password", {
          name: "password",
          type: "password",
          autocomplete: "current-password",
          required: true,
        }),
      ],
      action: "Sign in",
      submit: async (data) => {
        const name = String(data.get("name")).trim();
        const password = String(data.get("password"));
        if (!name || !password) throw new Error("Type your name and your password.");
        await client.signIn(name, password);
      },
    }),
    join
      ? h("button.link", { type: "button", onclick: join }, "Use the invitation instead")
      : h("p.muted", {}, "New here? Ask somebody who is here for an invitation, and open its link."),
  ];
}

function guestForm(client, invitation, signIn) {
  return [
    h("h2", {}, "You are invited to a meeting"),
    h("p.muted", {}, "Say who you are. You need no account and no password."),
    form({
      fields: [nameField()],
      action: "Go to the meeting",
      submit: async (data) => {
        const name = String(data.get("name")).trim();
        if (!name) throw new Error("Type your name.");
        await client.signInAsGuest(invitation.secret, name);
        history.replaceState(null, "", location.pathname);
      },
    }),
    h("button.link", { type: "button", onclick: signIn }, "I have an account here"),
  ];
}

function joinForm(client, invitation, fragment, signIn) {
  return [
    h("h2", {}, "You are invited"),
    h("p.muted", {}, "Choose a name that others will see, and a password."),
    form({
      fields: [
        nameField(),
        field(
          "Password",
          { name: "password", type: "password", autocomplete: "new-password", required: true },
          "At least 8 characters. A sentence is good.",
        ),
        field("Password again", {
          name: "again",
          type: "password",
          autocomplete: "new-password",
          required: true,
        }),
      ],
      action: "Join",
      submit: async (data) => {
        const name = String(data.get("name")).trim();
        const password = String(data.get("password"));
        if (!NAME.test(name)) {
          throw new Error("A name has 1 to 32 letters a to z, digits, and - _ . between them.");
        }
        if (utf8Bytes(password) < PASSWORD_BYTES_MIN) {
          throw new Error("The password is too short: at least 8 characters.");
        }
        if (password !== data.get("again")) {
          throw new Error("The two passwords are not the same.");
        }
        await client.join(invitation.secret, name, password);
        // An invitation is used up, and the address stays in the browser's history.
        history.replaceState(null, "", location.pathname);
      },
    }),
    h("button.link", { type: "button", onclick: signIn }, "I have an account already"),
    h(
      "details.terminal",
      {},
      h("summary", {}, "Join from a terminal instead"),
      h("code.copyable", {}, `confab join '${terminalLink(location.host, fragment)}' --name NAME`),
    ),
  ];
}
