// What concerns oneself: how it looks, notifications, password, where one is signed in.

import { utf8Bytes } from "../protocol/values.js";
import { shortTime } from "../text/times.js";
import { actionButton, field, form, openDialog } from "./dialog.js";
import { fill, h } from "./dom.js";
import { noticesAllowed, turnNoticesOn } from "./notices.js";
import { setTheme, setWantsNotices, theme, wantsNotices } from "./preferences.js";

/** @param {import("../protocol/client.js").Client} client */
export function settingsDialog(client) {
  const sessions = h("div", {}, h("p.muted", {}, "Looking…"));
  const dialog = openDialog("Settings", [
    themeChoice(),
    noticesChoice(),
    h("section.block", {}, h("h3", {}, "Password"), passwordForm(client)),
    h("section.block", {}, h("h3", {}, "Where you are signed in"), sessions),
    h(
      "p.actions",
      {},
      h(
        "button.button.is-danger",
        {
          type: "button",
          onclick: async () => {
            dialog.close();
            await client.signOut();
          },
        },
        "Sign out",
      ),
    ),
  ]);
  showSessions(sessions, client, { kind: "listSessions", withName: false });
}

function themeChoice() {
  const options = { system: "Like the system", light: "Day", dark: "Night" };
  return h(
    "fieldset.block.segmented",
    {},
    h("legend", {}, "Colours"),
    Object.entries(options).map(([value, label]) =>
      h(
        "label",
        {},
        h("input", {
          type: "radio",
          name: "theme",
          value,
          checked: theme() === value,
          onchange: () => setTheme(value),
        }),
        h("span", {}, label),
      ),
    ),
  );
}

function noticesChoice() {
  const problem = h("p.problem", { role: "alert", hidden: true });
  const box = h("input", {
    type: "checkbox",
    checked: wantsNotices() && noticesAllowed(),
    onchange: async () => {
      problem.hidden = true;
      if (!box.checked) return setWantsNotices(false);
      const why = await turnNoticesOn();
      if (!why) return;
      box.checked = false;
      problem.textContent = why;
      problem.hidden = false;
    },
  });
  return h(
    "section.block",
    {},
    h("h3", {}, "Notifications"),
    h("label.check", {}, box, h("span", {}, "Tell me of mentions and direct messages")),
    h("p.hint", {}, "Each conversation can be muted by the bell above it."),
    problem,
  );
}

function passwordForm(client) {
  const done = h("p.success", { role: "status", hidden: true }, "The password was changed.");
  return h(
    "div",
    {},
    form({
      fields: [
        field("The password now", {
          name: "old",
          type: "password",
          autocomplete: "current-password",
        }),
        field(
          "The new one",
          { name: "new", type: "password", autocomplete: "new-password" },
          "At least 8 characters",
        ),
      ],
      action: "Change the password",
      submit: async (data) => {
        const newPassword = String(data.get("new"));
        if (utf8Bytes(newPassword) < 8) throw new Error("The new password is too short.");
        await client.request("changePassword", {
          oldPassword: String(data.get("old")),
          newPassword,
        });
        done.hidden = false;
      },
    }),
    done,
  );
}

/**
 * @param {HTMLElement} element
 * @param {import("../protocol/client.js").Client} client
 * @param {{kind: "listSessions" | "listAllSessions", withName: boolean}} options
 */
export async function showSessions(element, client, { kind, withName }) {
  try {
    const sessions =
      kind === "listSessions"
        ? ((await client.request(kind)).sessions ?? [])
        : await client.requestAll(kind, {}, "sessions", (last) => ({ after: last.id }));
    fill(
      element,
      h(
        "ul.people",
        {},
        sessions.map((session) => sessionItem(session, element, client, { kind, withName })),
      ),
    );
  } catch (error) {
    fill(element, h("p.problem", { role: "alert" }, error.message));
  }
}

function sessionItem(session, element, client, options) {
  const title = options.withName ? session.name : session.deviceName || "A browser";
  const details = [session.address, `since ${shortTime(Number(session.openedAt))}`];
  if (options.withName && session.deviceName) details.unshift(session.deviceName);
  return h(
    "li.person",
    {},
    h(
      "div.person-words",
      {},
      h(
        "b",
        {},
        title,
        session.current && h("span.tag", {}, "this one"),
        session.active && !session.current && h("span.tag", {}, "active"),
      ),
      h("span.muted", {}, details.filter(Boolean).join(" · ")),
    ),
    !session.current &&
      actionButton("End", `End the session of ${title}`, async () => {
        await client.request("revokeSession", { session: session.id });
        await showSessions(element, client, options);
      }),
  );
}
