// What a person chose for this browser.

const THEMES = /** @type {const} */ (["system", "light", "dark"]);

function read(key, fallback) {
  try {
    return JSON.parse(localStorage.getItem(`confab.${key}`) ?? "null") ?? fallback;
  } catch {
    return fallback;
  }
}

function write(key, value) {
  try {
    localStorage.setItem(`confab.${key}`, JSON.stringify(value));
  } catch {
    // Then it holds until the page is closed.
  }
}

/** @returns {"system" | "light" | "dark"} */
export function theme() {
  const chosen = read("theme", "system");
  return THEMES.includes(chosen) ? chosen : "system";
}

/** @param {string} chosen */
export function setTheme(chosen) {
  write("theme", chosen);
  applyTheme();
}

export function applyTheme() {
  const chosen = theme();
  if (chosen === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = chosen;
}

export function isDark() {
  const chosen = theme();
  return chosen === "system" ? matchMedia("(prefers-color-scheme: dark)").matches : chosen === "dark";
}

/** @param {string} place @param {string} channel */
export function isMuted(place, channel) {
  return read(`muted.${place}`, []).includes(channel);
}

/** @param {string} place @param {string} channel @param {boolean} muted */
export function setMuted(place, channel, muted) {
  const others = read(`muted.${place}`, []).filter((each) => each !== channel);
  write(`muted.${place}`, muted ? [...others, channel] : others);
}

export const wantsNotices = () => read("notices", false);

/** @param {boolean} wanted */
export const setWantsNotices = (wanted) => write("notices", wanted);
