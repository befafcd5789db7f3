// What those hear who do not look at a meeting's people.

/**
 * @param {Map<number, any>} before
 * @param {Map<number, any>} now
 * @returns {{words: string[], knocking: any[]}} who came, went or raised a hand, and who began to wait
 */
export function rosterNews(before, now) {
  const words = [];
  const knocking = [];
  for (const person of now.values()) {
    const known = before.get(person.participant);
    if (person.waiting && !known) knocking.push(person);
    else if (!person.waiting && (!known || known.waiting)) words.push(`${person.name} joined.`);
    if (person.handRaisedAt && !known?.handRaisedAt) words.push(`${person.name} raised a hand.`);
  }
  for (const [id, { name, waiting }] of before) {
    if (!now.has(id) && !waiting) words.push(`${name} left.`);
  }
  return { words, knocking };
}
