// What the fragment of a link says to a browser; no log sees it.
//
//     https://HOST:PORT/#pin=PIN&invite=SECRET                 an invitation
//     https://HOST:PORT/room/3/meeting#pin=PIN&guest=SECRET    comes to a meeting without an account
//     https://HOST:PORT/room/3/meeting#pin=PIN&code=CODE       another client of the same person opened it

import { base64ForURL, base64FromURL } from "./values.js";

/** @typedef {{kind: "invite" | "guest" | "code", secret: string}} Invitation the secret in base64 */

/**
 * @param {string} fragment of the page's address, with or without `#`
 * @returns {Invitation | null} null when it says nothing of the kind
 */
export function readInvitation(fragment) {
  const parameters = new URLSearchParams(fragment.replace(/^#/, ""));
  for (const kind of /** @type {const} */ (["code", "guest", "invite"])) {
    const secret = parameters.get(kind);
    if (!secret) continue;
    try {
      return { kind, secret: base64FromURL(secret) };
    } catch {
      return null;
    }
  }
  return null;
}

/**
 * The same invitation for the terminal.
 * @param {string} host with its port
 * @param {string} fragment
 * @returns {string}
 */
export function terminalLink(host, fragment) {
  return `confab://${host}/?${fragment.replace(/^#/, "")}`;
}

/**
 * The page of a meeting at another server, which the browser opens as the same person.
 * @param {{webAddress: string, pin?: string, code: string}} code
 * @param {string} path of the page
 * @returns {string}
 */
export function linkWithCode({ webAddress, pin, code }, path) {
  const parameters = [...(pin ? [`pin=${pin}`] : []), `code=${base64ForURL(code)}`];
  return `${webAddress}${path}#${parameters.join("&")}`;
}
