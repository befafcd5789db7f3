// Making elements. Text goes in as text and nothing else does.

/**
 * @param {string} tag as `button`, or with classes as `div.message.own`
 * @param {Record<string, any>} [attributes] `on…` are listeners; false and null are left out
 * @param {...(Node | string | number | null | undefined | false | any[])} children
 * @returns {any} the element
 */
export function h(tag, attributes = {}, ...children) {
  const [name, ...classes] = tag.split(".");
  const element = document.createElement(name);
  if (classes.length > 0) element.className = classes.join(" ");
  setAttributes(element, attributes);
  append(element, children);
  return element;
}

const SVG = "http://www.w3.org/2000/svg";

const PATHS = {
  plus: "M12 5v14M5 12h14",
  search: "M11 4a7 7 0 1 1 0 14 7 7 0 0 1 0-14m9 16-4-4",
  people: "M9 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7M2.5 20c0-3.6 2.9-6 6.5-6s6.5 2.4 6.5 6M16 4.3a3.5 3.5 0 0 1 0 6.4M18 14.4c2.1.9 3.5 2.9 3.5 5.6",
  bell: "M6 16V11a6 6 0 1 1 12 0v5l1.5 2h-15zM10 21h4",
  bellOff: "M6 16V11c0-1 .2-1.9.6-2.7M9 5.8A6 6 0 0 1 18 11v3M4.5 18H17M10 21h4M3 3l18 18",
  send: "M4 12 20 4l-5 16-3.5-6.5z",
  smile: "M12 3a9 9 0 1 1 0 18 9 9 0 0 1 0-18M8.5 14.5c1.9 2.3 5.1 2.3 7 0M9 9.5v.01M15 9.5v.01",
  reply: "M9 7 4 12l5 5M4 12h9a7 7 0 0 1 7 7",
  edit: "M4 20h4L19 9l-4-4L4 16zM13 7l4 4",
  trash: "M5 7h14M10 7V4h4v3M7 7l1 13h8l1-13",
  close: "M6 6l12 12M18 6 6 18",
  back: "M15 5l-7 7 7 7",
  down: "M6 9l6 6 6-6",
  more: "M6 11.2a.8.8 0 1 1 0 1.6.8.8 0 0 1 0-1.6M12 11.2a.8.8 0 1 1 0 1.6.8.8 0 0 1 0-1.6M18 11.2a.8.8 0 1 1 0 1.6.8.8 0 0 1 0-1.6",
  video: "M4 7h11v10H4zM15 10.5 20.5 7v10L15 13.5",
  videoOff: "M4 7h11v10H4zM15 10.5 20.5 7v10L15 13.5M3 3l18 18",
  microphone: "M12 3a3 3 0 0 1 3 3v5a3 3 0 0 1-6 0V6a3 3 0 0 1 3-3M5.5 11a6.5 6.5 0 0 0 13 0M12 17.5V21",
  microphoneOff: "M12 3a3 3 0 0 1 3 3v5a3 3 0 0 1-6 0V6a3 3 0 0 1 3-3M5.5 11a6.5 6.5 0 0 0 13 0M12 17.5V21M3 3l18 18",
  screen: "M3 5h18v11H3zM8 20h8M12 13V8M9.5 10.5 12 8l2.5 2.5",
  hand: "M8 12V6a1.5 1.5 0 0 1 3 0v5M11 10V4.5a1.5 1.5 0 0 1 3 0V11M14 11V6a1.5 1.5 0 0 1 3 0v8a6.5 6.5 0 0 1-12 3.5L3.5 13.5A1.5 1.5 0 0 1 6 12l2 2.5z",
  grid: "M4 5h7v6H4zM13 5h7v6h-7zM4 13h7v6H4zM13 13h7v6h-7z",
  chat: "M4 5h16v11H10l-5 4v-4H4z",
  small: "M3 5h18v14H3zM12 12h6v4h-6z",
  large: "M4 9V4h5M20 9V4h-5M4 15v5h5M20 15v5h-5",
  lock: "M7 11V8a5 5 0 0 1 10 0v3M5.5 11h13v9h-13z",
  hash: "M9 4 7 20M17 4l-2 16M4.5 9h16M3.5 15h16",
  sun: "M12 8a4 4 0 1 1 0 8 4 4 0 0 1 0-8M12 2v2M12 20v2M2 12h2M20 12h2M5 5l1.5 1.5M17.5 17.5 19 19M5 19l1.5-1.5M17.5 6.5 19 5",
  gear: "M12 9a3 3 0 1 1 0 6 3 3 0 0 1 0-6M12 3v3M12 18v3M3 12h3M18 12h3M5.6 5.6l2.2 2.2M16.2 16.2l2.2 2.2M5.6 18.4l2.2-2.2M16.2 7.8l2.2-2.2",
  shield: "M12 3l8 3v6c0 4.5-3.3 7.7-8 9-4.7-1.3-8-4.5-8-9V6z",
  leave: "M10 4H5v16h5M14 8l4 4-4 4M18 12H9",
  file: "M6 3h8l4 4v14H6zM14 3v4h4",
  copy: "M9 9h11v11H9zM5 15H4V4h11v1",
};

/** @param {keyof typeof PATHS} name @returns {SVGElement} decoration: the control has a name of its own */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", PATHS[name]);
  svg.append(path);
  return svg;
}

/** A button with a picture; its name is what a screen reader says and what hovering shows. */
export function iconButton(name, label, attributes = {}) {
  return h(
    "button.icon-button",
    { type: "button", "aria-label": label, title: label, ...attributes },
    icon(name),
  );
}

function setAttributes(element, attributes) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "value" || name === "checked") element[name] = value;
    else element.setAttribute(name, value === true ? "" : String(value));
  }
}

function append(element, children) {
  for (const child of children.flat(Infinity)) {
    if (child === null || child === undefined || child === false) continue;
    element.append(child instanceof Node ? child : String(child));
  }
}

/** @param {Element} element @param {...any} children in place of all that was there */
export function fill(element, ...children) {
  element.replaceChildren();
  append(element, children);
}

/**
 * What has the focus within something of the page, by what it stands for: to find it again when it was made
 * anew.
 * @param {string} selector of what carries the mark
 * @param {string} mark a name in `dataset`
 * @returns {string | undefined}
 */
export function focusedMark(selector, mark) {
  const element = document.activeElement?.closest(selector);
  return element instanceof HTMLElement ? element.dataset[mark] : undefined;
}

/** Says something to those who do not see it. @param {string} words */
export function announce(words) {
  const live = document.getElementById("live");
  if (live) live.textContent = words;
}

/** A person's letters in a colour of their own. @param {string} name @param {boolean} [active] */
export function avatar(name, active = false) {
  let hash = 7;
  for (const character of name.toLowerCase()) hash = (hash * 31 + character.charCodeAt(0)) % 3_600;
  const element = h("span.avatar", { "aria-hidden": "true" }, name.slice(0, 2));
  element.style.setProperty("--hue", String(hash % 360));
  if (active) element.classList.add("is-active");
  return element;
}
