// For the owner of the place: people, invitations, sessions, rooms, the disk, and what happened.

import { number } from "../protocol/values.js";
import { ago, shortTime } from "../text/times.js";
import { copyable } from "./copyable.js";
import { actionButton, confirmThat, field, form, openDialog } from "./dialog.js";
import { avatar, fill, h } from "./dom.js";
import { showSessions } from "./settings.js";

const DAY_MS = 86_400_000;

/**
 * @param {import("../protocol/client.js").Client} client
 * @param {string} [first] the tab that is open at first
 */
export function ownerDialog(client, first = "People") {
  const content = h("div.tab-content", { role: "tabpanel", id: "owner-tab", tabindex: 0 });
  const tabs = [
    { name: "People", show: showPeople },
    { name: "Invitations", show: showInvitations },
    { name: "Sessions", show: showAllSessions },
    { name: "Rooms", show: showRooms },
    { name: "Disk", show: showDisk },
    { name: "Audit", show: showAudit },
  ];
  const buttons = tabs.map(({ name, show }, index) =>
    h(
      "button.tab",
      {
        type: "button",
        role: "tab",
        "aria-controls": "owner-tab",
        onclick: () => choose(index, show),
      },
      name,
    ),
  );
  const choose = (index, show) => {
    buttons.forEach((button, at) => {
      button.setAttribute("aria-selected", String(at === index));
      button.tabIndex = at === index ? 0 : -1;
    });
    content.setAttribute("aria-label", tabs[index].name);
    fill(content, h("p.muted", {}, "Looking…"));
    show(content, client).catch((error) =>
      fill(content, h("p.problem", { role: "alert" }, error.message)),
    );
  };
  const list = h("div.tabs", { role: "tablist", "aria-label": "This place" }, buttons);
  list.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const next = (buttons.indexOf(document.activeElement) + step + buttons.length) % buttons.length;
    buttons[next].focus();
    buttons[next].click();
  });
  openDialog("This place", [list, content], { wide: true });
  const begin = Math.max(0, tabs.findIndex(({ name }) => name === first));
  choose(begin, tabs[begin].show);
}

// People

async function showPeople(content, client) {
  const accounts = await client.requestAll("listAccounts", {}, "accounts", (last) => ({
    after: last.name,
  }));
  const again = () => showPeople(content, client);
  fill(
    content,
    h("p.muted", {}, `${accounts.length} accounts`),
    h("ul.people", {}, accounts.map((account) => accountItem(account, client, again))),
  );
}

function accountItem(account, client, again) {
  const { name } = account;
  const isLocked = number(account.lockedUntil) > Date.now();
  const act = (action) => () =>
    client.request("setAccount", { name, action: `ACCOUNT_ACTION_${action}` }).then(again);
  const button = (label, action) => actionButton(label, `${label} ${name}`, async () => action());
  return h(
    "li.person",
    {},
    avatar(name, account.active),
    h(
      "div.person-words",
      {},
      h(
        "b",
        {},
        name,
        account.role === "ROLE_OWNER" && h("span.tag", {}, "owner"),
        account.disabled && h("span.tag.is-warning", {}, "disabled"),
        isLocked && h("span.tag.is-warning", {}, "locked"),
      ),
      h("span.muted", {}, `since ${shortTime(number(account.createdAt))}`),
    ),
    isLocked && button("Unlock", act("UNLOCK")),
    name !== client.me?.name && [
      account.disabled
        ? button("Enable", act("ENABLE"))
        : button("Disable", () =>
            confirmThat(
              `Disable ${name}? They are signed out and cannot sign in until you enable them.`,
              "Disable",
              act("DISABLE"),
            ),
          ),
      button("Sign out", act("SIGN_OUT")),
      account.role === "ROLE_OWNER"
        ? button("Make a member", act("MAKE_MEMBER"))
        : account.role !== "ROLE_GUEST" &&
          button("Make an owner", () =>
            confirmThat(
              `Make ${name} an owner? Owners do everything that you see here.`,
              "Make an owner",
              act("MAKE_OWNER"),
            ),
          ),
    ],
    button("Password", () => resetDialog(name, client)),
  );
}

function resetDialog(name, client) {
  const dialog = openDialog(`A new password for ${name}`, [
    form({
      fields: [
        field(
          "The new password",
          { name: "password", type: "password", autocomplete: "new-password" },
          "Tell it to them in person. Their sessions end.",
        ),
      ],
      action: "Set the password",
      submit: async (data) => {
        await client.request("resetPassword", { name, password: String(data.get("password")) });
        dialog.close();
      },
    }),
  ]);
}

// Invitations

async function showInvitations(content, client) {
  const made = h("div", { role: "status" });
  const open = h("ul.people");
  const list = async () => {
    const invitations = await client.requestAll("listInvitations", {}, "invitations", (last) => ({
      after: last.id,
    }));
    fill(open, ...invitations.map((invitation) => invitationItem(invitation, client, list)));
  };
  fill(
    content,
    form({
      fields: [
        field("For how many people", { name: "uses", type: "number", min: 1, max: 1000, value: 1 }),
        field("Good for how many days", {
          name: "days",
          type: "number",
          min: 1,
          max: 365,
          value: 7,
        }),
      ],
      action: "Make an invitation",
      submit: async (data) => {
        const invitation = await client.request("createInvitation", {
          uses: Number(data.get("uses")) || 1,
          expiresInMs: String((Number(data.get("days")) || 7) * DAY_MS),
        });
        fill(
          made,
          h("p", {}, "Send one of these; whoever has it can join until it is used up or over."),
          copyable("For a browser", invitation.webLink),
          copyable("For the program confab", `confab join '${invitation.link}' --name NAME`),
          h("p.muted", {}, `Good until ${shortTime(number(invitation.expiresAt))}.`),
        );
        await list();
      },
    }),
    made,
    h("h3", {}, "Still open"),
    open,
  );
  await list();
}

function invitationItem(invitation, client, again) {
  const purpose = invitation.label ? `Guests of ${invitation.label}` : "Members";
  const words = [
    `${invitation.usesLeft} left`,
    number(invitation.expiresAt) > 0 && `until ${shortTime(number(invitation.expiresAt))}`,
    invitation.by && `by ${invitation.by}`,
  ];
  return h(
    "li.person",
    {},
    h(
      "div.person-words",
      {},
      h("b", {}, `${purpose} (${invitation.id})`),
      h("span.muted", {}, words.filter(Boolean).join(", ")),
    ),
    actionButton("Take back", `Take back invitation ${invitation.id}`, () =>
      client.request("revokeInvitation", { id: invitation.id }).then(again),
    ),
  );
}

// Sessions, rooms, audit

async function showAllSessions(content, client) {
  await showSessions(content, client, { kind: "listAllSessions", withName: true });
}

async function showRooms(content, client) {
  const rooms = await client.requestAll("listAllRooms", {}, "channels", (last) => ({
    after: last.id,
  }));
  const cell = (...children) => h("td", {}, ...children);
  fill(
    content,
    table(
      ["Room", "Kind", "Owner", "Members", "Messages", "Last"],
      rooms.map((room) =>
        h(
          "tr",
          {},
          cell(room.label),
          cell((room.kind ?? "").replace("CHANNEL_KIND_", "").toLowerCase()),
          cell(room.owner ?? ""),
          cell(room.members ?? 0),
          cell(number(room.sequence)),
          cell(ago(number(room.at))),
        ),
      ),
    ),
  );
}

const UNITS = ["bytes", "KB", "MB", "GB", "TB"];

/** @param {number} bytes @returns {string} as people say it: 4.7 GB */
export function sizeText(bytes) {
  let unit = 0;
  while (bytes >= 999.5 && unit < UNITS.length - 1) {
    bytes /= 1000;
    unit += 1;
  }
  return `${unit === 0 || bytes >= 99.5 ? Math.round(bytes) : bytes.toFixed(1)} ${UNITS[unit]}`;
}

async function showDisk(content, client) {
  const use = await client.request("readDiskUse");
  const rows = [
    ["Messages and all that happened", use.journalBytes],
    ["Certificates, archives and the rest", use.otherBytes],
    ["Free on the disk", use.freeBytes],
    ["The disk", use.diskBytes],
  ];
  fill(
    content,
    table(
      ["What", "Size"],
      rows.map(([what, bytes]) => h("tr", {}, h("td", {}, what), h("td", {}, sizeText(number(bytes))))),
    ),
    h("p.muted", {}, "Files go from device to device, and sound and pictures through: neither is kept here."),
  );
}

const AUDIT_PAGE = 200;

async function showAudit(content, client) {
  const verdict = h("p", { role: "status" });
  const rows = h("tbody", {});
  const more = h("button.button", { type: "button", hidden: true }, "Older ones");
  const days = h(
    "select.input",
    { "aria-label": "From when on" },
    [1, 7, 30, 365].map((count) =>
      h("option", { value: count }, count === 1 ? "The last day" : `The last ${count} days`),
    ),
  );
  let last = "0";
  const load = async (isFirst) => {
    if (isFirst) last = "0";
    const since = String(Date.now() - Number(days.value) * DAY_MS);
    const page = await client.request("readAudit", {
      since,
      afterEntry: last,
      limit: AUDIT_PAGE,
      newestFirst: true,
    });
    const entries = page.entries ?? [];
    last = entries.at(-1)?.entry ?? last;
    if (isFirst) rows.replaceChildren();
    rows.append(...entries.map(auditRow));
    more.hidden = !page.more;
  };
  days.addEventListener("change", () => load(true));
  more.addEventListener("click", () => load(false));
  const verify = async () => {
    verdict.textContent = "Computing the chain…";
    const { intact, entries, brokenAt } = await client.request("verifyAudit");
    verdict.textContent = intact
      ? `The chain is intact: ${number(entries)} entries, none changed or missing.`
      : `The chain is broken at entry ${number(brokenAt)}: the journal was changed from outside.`;
  };
  fill(
    content,
    h(
      "div.audit-bar",
      {},
      days,
      h("button.button", { type: "button", onclick: verify }, "Verify the chain"),
    ),
    verdict,
    table(["Entry", "When", "Who", "What", ""], [], rows),
    more,
  );
  await load(true);
}

function auditRow(entry) {
  const cells = [
    number(entry.entry),
    shortTime(number(entry.at)),
    entry.by ?? "",
    entry.event ?? "",
    entry.detail ?? "",
  ];
  return h("tr", {}, cells.map((cell) => h("td", {}, cell)));
}

function table(heads, rows, body = h("tbody", {})) {
  body.append(...rows);
  return h(
    "div.table-wrap",
    { tabindex: 0 },
    h("table", {}, h("thead", {}, h("tr", {}, heads.map((head) => h("th", {}, head)))), body),
  );
}
