// Where the page begins: a person is signed in, or asked to.

import { Place } from "./model/place.js";
import { Client } from "./protocol/client.js";
import { readInvitation } from "./protocol/invitation.js";
import { fill, h } from "./ui/dom.js";
import { applyTheme } from "./ui/preferences.js";
import { Shell } from "./ui/shell.js";
import { showWelcome } from "./ui/welcome.js";

applyTheme();

/** Why somebody was signed out, for the page that comes after. */
const WHY = "confab.why";

const root = /** @type {HTMLElement} */ (document.getElementById("app"));
const client = new Client(`wss://${location.host}/socket`, localStorage);
const place = new Place(client);
let shell = /** @type {Shell | null} */ (null);

client.on("phase", (phase) => {
  if (phase !== "catchingUp" || shell) return;
  shell = new Shell(place);
  fill(root, shell.element);
});

client.on("signedOut", (why) => {
  if (!shell) return showWelcome(root, client, why);
  // What was shown is of somebody who is not here any more; a new page knows nothing of it.
  sessionStorage.setItem(WHY, why);
  location.replace("/");
});

const invitation = readInvitation(location.hash);
if (invitation?.kind === "code") {
  // Good once and for a minute; still, it has no place in the browser's history.
  history.replaceState(null, "", location.pathname);
  client.signInWithCode(invitation.secret).catch((error) => showWelcome(root, client, error.message));
} else if (client.canResume && !invitation) {
  fill(root, h("p.loading", { role: "status" }, "Connecting…"));
  client.resume();
} else {
  showWelcome(root, client, sessionStorage.getItem(WHY) ?? "");
  sessionStorage.removeItem(WHY);
}
