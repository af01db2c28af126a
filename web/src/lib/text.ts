// Message text as pieces to draw: links, and the small markup agents write. Never HTML, so nothing in it can run.

export interface Piece {
  kind: 'text' | 'link' | 'bold' | 'italic' | 'code';
  text: string;
  href?: string;
}

const LINK = /\bhttps?:\/\/[^\s<>"'`]+|\b[\w.+-]+@[\w-]+(?:\.[\w-]+)+/gi;
const MARKUP =
  /`([^`\n]+)`|\*\*([^*\n]+)\*\*|(?<![\w*])[*_](?=\S)([^*_\n]*[^*_\s])[*_](?![\w*])|\[([^\]\n]+)\]\((https?:\/\/[^\s)]+)\)/g;
const AFTER_SENTENCE = /[.,;:!?)\]}'"»]+$/;

/** Splits plain text at addresses; a closing bracket belongs to the link only when the link opened one. */
export function links(text: string): Piece[] {
  const pieces: Piece[] = [];
  let at = 0;
  for (const match of text.matchAll(LINK)) {
    const address = trimmed(match[0]);
    if (match.index > at) pieces.push({ kind: 'text', text: text.slice(at, match.index) });
    pieces.push({
      kind: 'link',
      text: address,
      href: address.includes('://') ? address : `mailto:${address}`,
    });
    at = match.index + address.length;
  }
  if (at < text.length) pieces.push({ kind: 'text', text: text.slice(at) });
  return pieces;
}

function trimmed(address: string): string {
  const short = address.replace(AFTER_SENTENCE, '');
  const opens = short.split('(').length;
  const closes = short.split(')').length;
  return opens > closes && address[short.length] === ')' ? `${short})` : short;
}

/** Like `links`, and with **bold**, *italic*, `code` and [words](address) as agents type them. */
export function marked(text: string): Piece[] {
  const pieces: Piece[] = [];
  let at = 0;
  for (const match of text.matchAll(MARKUP)) {
    const [whole, code, bold, italic, words, href] = match;
    if (match.index > at) pieces.push(...links(text.slice(at, match.index)));
    if (code) pieces.push({ kind: 'code', text: code });
    else if (bold) pieces.push({ kind: 'bold', text: bold });
    else if (italic) pieces.push({ kind: 'italic', text: italic });
    else if (words && href) pieces.push({ kind: 'link', text: words, href });
    at = match.index + whole.length;
  }
  pieces.push(...links(text.slice(at)));
  return pieces;
}

/** What two spellings of a word have in common: neither case nor accents. */
export const folded = (text: string): string => text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();

/** Up to two letters that stand for a name. */
export function initials(name: string): string {
  const words = name
    .trim()
    .split(/[\s@._-]+/u)
    .filter((word) => /^[\p{L}\p{N}]/u.test(word));
  const letters = [words[0], words.length > 1 ? words.at(-1) : undefined].map((word) =>
    word ? [...word][0] : '',
  );
  return letters.join('').toUpperCase() || '?';
}

/** A stable colour number for an id, 0 to 5. */
export function hue(id: string): number {
  let sum = 0;
  for (const ch of id) sum = (sum * 31 + (ch.codePointAt(0) ?? 0)) >>> 0;
  return sum % 6;
}
