// Where the page begins: a person is signed in, or asked to.

import { Place } from "./model/place.js";
import { Client } from "./protocol/client.js";
import { readInvitation } from "./protocol/invitation.js";
import { askToBecome } from "./ui/dialog.js";
import { fill, h } from "./ui/dom.js";
import { applyTheme } from "./ui/preferences.js";
import { Shell } from "./ui/shell.js";
import { showWelcome } from "./ui/welcome.js";

applyTheme();

/** Why somebody was signed out, for the page that comes after. */
const WHY = "confab.why";

const root = /** @type {HTMLElement} */ (document.getElementById("app"));
const client = new Client(`wss://${location.host}/socket`, localStorage, WebSocket, sessionStorage);
const place = new Place(client);
let shell = /** @type {Shell | null} */ (null);

client.on("phase", (phase) => {
  if (phase !== "catchingUp" || shell) return;
  shell = new Shell(place);
  fill(root, shell.element);
});

/** In the page's address; who is signed in may be somebody else. */
let code = "";

client.on("caughtUp", async () => {
  if (!code) return;
  const found = code;
  code = "";
  try {
    const me = client.me?.name ?? "";
    if (await client.takeCode(found, (name) => askToBecome(me, name))) location.reload();
  } catch (error) {
    shell?.say(error.message);
  }
});

/** Nobody else is signed in, which the page shows all the same. */
async function signIn(code) {
  try {
    await client.signInWithCode(code);
    shell?.say(`You are signed in as ${client.me?.name}.`);
  } catch (error) {
    showWelcome(root, client, error.message);
  }
}

client.on("signedOut", (why) => {
  if (code) {
    const found = code;
    code = "";
    return signIn(found);
  }
  if (!shell) return showWelcome(root, client, why);
  // What was shown is of somebody who is not here any more; a new page knows nothing of it.
  sessionStorage.setItem(WHY, why);
  location.replace("/");
});

const invitation = readInvitation(location.hash);
if (invitation?.kind === "code") {
  // Good once and for a minute; still, it has no place in the browser's history.
  history.replaceState(null, "", location.pathname);
  if (client.canResume) {
    code = invitation.secret;
    client.resume();
  } else {
    signIn(invitation.secret);
  }
} else if (client.canResume && !invitation) {
  fill(root, h("p.loading", { role: "status" }, "Connecting…"));
  client.resume();
} else {
  showWelcome(root, client, sessionStorage.getItem(WHY) ?? "");
  sessionStorage.removeItem(WHY);
}
