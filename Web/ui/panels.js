// What opens beside the conversation: who is in it, and what a search found.

import { visible } from "../text/markup.js";
import { ago, shortTime } from "../text/times.js";
import { confirmThat, field, form, openDialog } from "./dialog.js";
import { avatar, fill, h, iconButton } from "./dom.js";

/** The server marks what was found with these two. */
const [FOUND, FOUND_END] = ["\uE000", "\uE001"];

/** @param {string} title @param {() => void} close @param {...any} content */
export function panel(title, close, ...content) {
  return h(
    "aside.panel",
    { "aria-label": title },
    h("header.panel-header", {}, h("h2", {}, title), iconButton("close", "Close", { onclick: close })),
    h("div.panel-body", {}, content),
  );
}

/**
 * @param {import("../model/place.js").Place} place
 * @param {import("../model/place.js").Channel} channel
 * @param {{write: (name: string) => void, failed: (error: Error) => void}} actions
 * @returns {Promise<Node[]>}
 */
export async function peopleContent(place, channel, actions) {
  const isRoom = channel.kind === "public" || channel.kind === "private";
  const mayChange = isRoom && !channel.closed;
  const owns = channel.owner.toLowerCase() === place.myName.toLowerCase();
  const members = await place.members(channel.id);
  members.sort(
    (a, b) =>
      Number(place.active.has(b.name)) - Number(place.active.has(a.name)) ||
      a.name.localeCompare(b.name),
  );
  const remove = (name) =>
    confirmThat(`Remove ${name} from ${channel.label}?`, "Remove", () =>
      place.client.request("removeMember", { channel: { id: channel.id }, member: name }),
    );
  return [
    mayChange && inviteForm(place, channel),
    h(
      "ul.people",
      {},
      members.map(({ name, owner }) => {
        const presence = place.active.get(name);
        const state = presence ? `active, ${ago(presence.since)}` : "not here now";
        return h(
          "li.person",
          {},
          avatar(name, Boolean(presence)),
          h(
            "div.person-words",
            {},
            h("b", {}, name, owner && h("span.tag", {}, "owner")),
            h("span.muted", {}, state),
          ),
          name !== place.myName &&
            iconButton("send", `Write to ${name}`, { onclick: () => actions.write(name) }),
          mayChange &&
            owns &&
            name !== place.myName &&
            iconButton("close", `Remove ${name}`, { onclick: () => remove(name) }),
        );
      }),
    ),
  ];
}

function inviteForm(place, channel) {
  return form({
    fields: [
      field("Invite", { name: "names", placeholder: "ann, ben", list: "known-people" }),
    ],
    action: "Invite",
    submit: async (data) => {
      const members = splitNames(String(data.get("names")));
      if (members.length === 0) throw new Error("Type the names of those to invite.");
      await place.client.request("inviteMembers", { channel: { id: channel.id }, members });
    },
  });
}

/** @param {string} text names with commas or spaces between them */
export function splitNames(text) {
  return text.split(/[\s,@]+/).filter(Boolean);
}

/**
 * @param {import("../model/place.js").Place} place
 * @param {string} words
 * @param {(channel: string, sequence: number) => void} open
 * @returns {Promise<Node[]>}
 */
export async function searchContent(place, words, open) {
  const answer = await place.client.request("search", { words, limit: 50 });
  const hits = answer.hits ?? [];
  if (hits.length === 0) return [h("p.muted", {}, `Nothing was found for “${words}”.`)];
  return [
    h("p.muted", { role: "status" }, hits.length === 50 ? "The newest 50" : `${hits.length} found`),
    h(
      "ul.hits",
      {},
      hits.map(({ channel, label, message, snippet }) =>
        h(
          "li",
          {},
          h(
            "button.hit",
            { type: "button", onclick: () => open(channel, Number(message.sequence)) },
            h(
              "span.hit-head",
              {},
              h("b", {}, message.from),
              h("span.muted", {}, `${label} · ${shortTime(Number(message.at))}`),
            ),
            h("span.hit-text", {}, marked(snippet ?? "")),
          ),
        ),
      ),
    ),
  ];
}

function marked(snippet) {
  return snippet.split(FOUND).flatMap((part, index) => {
    if (index === 0) return [visible(part)];
    const [found, rest = ""] = part.split(FOUND_END);
    return [h("mark", {}, visible(found)), visible(rest)];
  });
}

// Dialogs about rooms

/** @param {import("../model/place.js").Place} place @param {(id: string) => void} open */
export function createRoomDialog(place, open) {
  const dialog = openDialog("Make a room", [
    form({
      fields: [
        field(
          "Name",
          { name: "name", maxlength: 32, autocomplete: "off", spellcheck: "false" },
          "Letters, digits, and - _ . between them",
        ),
        field(
          "Members",
          { name: "members", placeholder: "ann, ben", autocomplete: "off", list: "known-people" },
          "You are in it yourself. More can be invited later.",
        ),
        h(
          "label.check",
          {},
          h("input", { type: "checkbox", name: "public" }),
          h("span", {}, "Public: everybody may find it, join and read all of it"),
        ),
      ],
      action: "Make the room",
      submit: async (data) => {
        const info = await place.client.request("createRoom", {
          name: String(data.get("name")).trim().replace(/^#/, ""),
          members: splitNames(String(data.get("members"))),
          public: data.has("public"),
        });
        dialog.close();
        open(info.id);
      },
    }),
  ]);
}

/** @param {import("../model/place.js").Place} place @param {(id: string) => void} open */
export async function browseDialog(place, open) {
  const body = h("div", {}, h("p.muted", {}, "Looking…"));
  const dialog = openDialog("Rooms to join", [body]);
  try {
    const rooms = await place.roomsToJoin();
    if (rooms.length === 0) {
      return fill(body, h("p.muted", {}, "There is no public room that you are not in."));
    }
    fill(
      body,
      h(
        "ul.people",
        {},
        rooms.map((room) =>
          h(
            "li.person",
            {},
            h(
              "div.person-words",
              {},
              h("b", {}, room.label),
              h("span.muted", {}, `${room.members} members · ${room.sequence} messages`),
            ),
            h(
              "button.button",
              {
                type: "button",
                "aria-label": `Join ${room.label}`,
                onclick: async () => {
                  await place.client.request("joinRoom", { channel: { id: room.id } });
                  dialog.close();
                  open(room.id);
                },
              },
              "Join",
            ),
          ),
        ),
      ),
    );
  } catch (error) {
    fill(body, h("p.problem", { role: "alert" }, error.message));
  }
}

/** @param {import("../model/place.js").Place} place @param {(name: string) => void} write */
export async function writeDialog(place, write) {
  const list = h("ul.people", {}, h("li.muted", {}, "Looking…"));
  const search = h("input.input", {
    type: "search",
    "aria-label": "Find a person",
    placeholder: "Find a person",
  });
  const dialog = openDialog("Write to somebody", [search, list]);
  try {
    const members = await place.members("1");
    const show = () => {
      const wanted = search.value.trim().toLowerCase();
      const found = members.filter(
        ({ name }) => name !== place.myName && name.toLowerCase().includes(wanted),
      );
      fill(
        list,
        found.map(({ name }) =>
          h(
            "li",
            {},
            h(
              "button.person.is-button",
              {
                type: "button",
                onclick: () => {
                  dialog.close();
                  write(name);
                },
              },
              avatar(name, place.active.has(name)),
              h("b", {}, name),
            ),
          ),
        ),
        found.length === 0 && h("li.muted", {}, "Nobody of this name is here."),
      );
    };
    search.addEventListener("input", show);
    show();
  } catch (error) {
    fill(list, h("li.problem", { role: "alert" }, error.message));
  }
}
