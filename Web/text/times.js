// Times and days in the reader's own language and zone.

const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const full = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "short" });
const short = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
const weekday = new Intl.DateTimeFormat(undefined, { weekday: "long" });
const day = new Intl.DateTimeFormat(undefined, { weekday: "long", day: "numeric", month: "long" });
const year = new Intl.DateTimeFormat(undefined, { dateStyle: "long" });

const DAY_MS = 86_400_000;

/** @param {number} at milliseconds since 1970 */
export const clockTime = (at) => clock.format(at);

/** @param {number} at */
export const fullTime = (at) => full.format(at);

/** @param {number} at */
export const shortTime = (at) => short.format(at);

/** @param {number} a @param {number} b */
export function isSameDay(a, b) {
  return new Date(a).toDateString() === new Date(b).toDateString();
}

/**
 * @param {number} at
 * @param {number} [now]
 * @returns {string} as a line between messages says it: "Today", "Monday", "Sunday, 2 June"
 */
export function dayName(at, now = Date.now()) {
  if (isSameDay(at, now)) return "Today";
  if (isSameDay(at, now - DAY_MS)) return "Yesterday";
  if (at < now && now - at < 6 * DAY_MS) return weekday.format(at);
  return new Date(at).getFullYear() === new Date(now).getFullYear()
    ? day.format(at)
    : year.format(at);
}

/** @param {number} at @param {number} [now] @returns {string} "just now", "5 min", "3 h", "2 days" */
export function ago(at, now = Date.now()) {
  const minutes = Math.max(0, Math.floor((now - at) / 60_000));
  if (minutes < 1) return "just now";
  if (minutes < 60) return `${minutes} min`;
  if (minutes < 24 * 60) return `${Math.floor(minutes / 60)} h`;
  const days = Math.floor(minutes / (24 * 60));
  return days === 1 ? "1 day" : `${days} days`;
}
