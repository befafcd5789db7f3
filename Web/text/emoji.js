// The emoji that can be picked and typed by name. Any other works too, typed as itself.

/** Rows of "emoji name name…", the first name being the one that is shown. */
const ROWS = `
😀 grinning smile happy|😄 laugh|😅 sweat|😂 joy tears|🙂 slight_smile|😉 wink|😊 blush|😍 heart_eyes love
😘 kiss|😎 cool sunglasses|🤔 thinking hmm|🤨 raised_eyebrow|😐 neutral|🙄 eye_roll|😏 smirk|😴 sleeping
😢 cry sad|😭 sob|😡 angry|😱 scream|🤯 mind_blown|🥳 party_face|🤗 hug|🤝 handshake deal
👍 +1 thumbs_up yes|👎 -1 thumbs_down no|👏 clap|🙌 raised_hands hooray|🙏 pray thanks please|💪 strong muscle|👀 eyes look|👋 wave hello bye
✌️ victory|🤞 fingers_crossed|👌 ok|☝️ point_up|✋ hand stop|🫡 salute|🤷 shrug|🤦 facepalm
❤️ heart|🧡 orange_heart|💛 yellow_heart|💚 green_heart|💙 blue_heart|💜 purple_heart|🖤 black_heart|💔 broken_heart
🎉 tada party congratulations|🎊 confetti|🎂 cake birthday|🎁 gift|🏆 trophy|🥇 gold first|⭐ star|✨ sparkles
🔥 fire hot|💯 hundred 100|✅ check done|❌ x cross|⚠️ warning|❓ question|❗ exclamation|💡 idea bulb
🚀 rocket ship launch|🐛 bug|🔧 wrench fix|🔨 hammer|⚙️ gear|🔒 lock|🔑 key|📌 pin
📎 paperclip|📝 memo note|📅 calendar date|⏰ alarm clock|⏳ hourglass wait|📈 chart up|📉 chart_down down|📦 package box
☕ coffee|🍵 tea|🍺 beer|🍷 wine|🍕 pizza|🍎 apple|🥗 salad lunch|🍪 cookie
☀️ sun sunny|🌧️ rain|❄️ snow cold|🌈 rainbow|🌱 seedling plant|🌍 earth world|🐱 cat|🐶 dog
🦆 duck|🐢 turtle slow|🦊 fox|🐧 penguin linux|🦉 owl|🐝 bee|🦄 unicorn|🐙 octopus
🏠 house home|🚲 bike|🚆 train|✈️ plane|🎵 music|📷 camera|💻 laptop computer|📞 phone call
`;

/** @type {{emoji: string, names: string[]}[]} */
export const EMOJI = ROWS.trim()
  .split(/[\n|]/)
  .map((row) => row.trim().split(" "))
  .map(([emoji, ...names]) => ({ emoji, names }));

const byName = new Map(EMOJI.flatMap(({ emoji, names }) => names.map((name) => [name, emoji])));

/** @param {string} name without colons @returns {string | undefined} */
export function emojiNamed(name) {
  return byName.get(name.toLowerCase());
}

/** @param {string} emoji @returns {string} its name in words, for those who hear it */
export function emojiName(emoji) {
  const known = EMOJI.find((each) => each.emoji === emoji);
  return known ? known.names[0].replaceAll("_", " ") : emoji;
}

/** @param {string} start of a name @param {number} limit */
export function emojiStartingWith(start, limit = 8) {
  const wanted = start.toLowerCase();
  return EMOJI.filter(({ names }) => names.some((name) => name.startsWith(wanted))).slice(0, limit);
}

/** What stands ready beside a message. */
export const QUICK = ["👍", "❤️", "😂", "🎉", "👀"];
