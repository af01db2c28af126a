// How well typed letters fit a name: all must be there in order; beginnings of words and unbroken runs count most. Pure.

import { folded } from './text';

/** So many letters may be any of a name: one types them for what one knows well. */
const SHORT = 4;

/** Higher is better; null where a letter is missing. An empty text fits everything alike. */
export function fit(typed: string, name: string): number | null {
  const wanted = folded(typed).replace(/\s+/g, ' ').trim();
  const there = folded(name);
  if (wanted === '') return 0;
  const whole = there.indexOf(wanted);
  if (whole >= 0) return 1000 - whole - there.length / 100 + (begins(there, whole) ? 500 : 0);
  let score = 0;
  let at = -1;
  let led = 0;
  const letters = wanted.replaceAll(' ', '');
  for (let i = 0; i < letters.length; i++) {
    const letter = letters[i] ?? '';
    const next = there.indexOf(letter, at + 1);
    if (next < 0) return null;
    // The beginning of a word is what one types for it, if the rest still follows.
    const word = wordStart(there, letter, at + 1);
    const start = word >= 0 && follows(letters.slice(i + 1), there, word + 1) ? word : -1;
    const to = next === at + 1 ? next : start >= 0 ? start : next;
    const gain = to === at + 1 ? 8 : begins(there, to) ? 6 : 0;
    if (gain > 0) led++;
    score += gain;
    score -= Math.min(3, to - at - 1) / 10;
    at = to;
  }
  // Of a long word somebody typed, letters strewn over a long name are no sign that he meant it.
  return letters.length > SHORT && led * 4 < letters.length * 3 ? null : score - there.length / 100;
}

function follows(letters: string, text: string, from: number): boolean {
  let at = from;
  for (const letter of letters) {
    at = text.indexOf(letter, at) + 1;
    if (at === 0) return false;
  }
  return true;
}

const begins = (text: string, at: number) => at === 0 || !/[\p{L}\p{N}]/u.test(text[at - 1] ?? '');

function wordStart(text: string, letter: string, from: number): number {
  for (let at = text.indexOf(letter, from); at >= 0; at = text.indexOf(letter, at + 1))
    if (begins(text, at)) return at;
  return -1;
}

/** Those that fit, best first; equals keep their order. */
export function ranked<T>(typed: string, all: readonly T[], name: (one: T) => string): T[] {
  return all
    .map((one, i) => ({ one, i, score: fit(typed, name(one)) }))
    .filter((entry): entry is { one: T; i: number; score: number } => entry.score !== null)
    .sort((a, b) => b.score - a.score || a.i - b.i)
    .map(({ one }) => one);
}
