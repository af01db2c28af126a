// The markup that agents write: what a button or key does to the text of a field, and the blocks a text is drawn in. Pure.

export type Mark = 'bold' | 'italic' | 'code' | 'link' | 'list' | 'quote';

/** Put `words` in place of `start` to `end`, then select `select`. */
export interface Change {
  start: number;
  end: number;
  words: string;
  select: [number, number];
}

const AROUND = { bold: '**', italic: '_', code: '`' } as const;
const BEFORE = { list: '- ', quote: '> ' } as const;
const FENCE = '```';

/** What `mark` does to the selection of `text`: put there, or taken away where it is already. */
export function change(text: string, start: number, end: number, mark: Mark): Change {
  if (mark === 'list' || mark === 'quote') return lines(text, start, end, BEFORE[mark]);
  if (mark === 'link') return link(text, start, end);
  return around(text, start, end, mark);
}

function around(text: string, from: number, to: number, mark: keyof typeof AROUND): Change {
  const [start, end] = trimmed(text, from, to);
  const chosen = text.slice(start, end);
  if (mark === 'code' && chosen.includes('\n')) {
    const words = `${FENCE}\n${chosen}\n${FENCE}`;
    return {
      start,
      end,
      words,
      select: [start + FENCE.length + 1, start + FENCE.length + 1 + chosen.length],
    };
  }
  const sign = AROUND[mark];
  const wide = sign.length;
  if (text.slice(start - wide, start) === sign && text.slice(end, end + wide) === sign)
    return { start: start - wide, end: end + wide, words: chosen, select: [start - wide, end - wide] };
  return { start, end, words: sign + chosen + sign, select: [start + wide, end + wide] };
}

/** Blanks at the ends of a selection stay outside: ** bold ** is no markup. */
function trimmed(text: string, start: number, end: number): [number, number] {
  while (start < end && /\s/.test(text[start] ?? '')) start++;
  while (end > start && /\s/.test(text[end - 1] ?? '')) end--;
  return [start, end];
}

function link(text: string, start: number, end: number): Change {
  const chosen = text.slice(start, end);
  if (/^https?:\/\/\S+$/.test(chosen)) {
    return { start, end, words: `[](${chosen})`, select: [start + 1, start + 1] };
  }
  const at = start + chosen.length + 3;
  return { start, end, words: `[${chosen}](https://)`, select: [at, at + 'https://'.length] };
}

function lines(text: string, from: number, to: number, sign: string): Change {
  const start = text.lastIndexOf('\n', from - 1) + 1;
  const next = text.indexOf('\n', to);
  const end = next < 0 ? text.length : next;
  const all = text.slice(start, end).split('\n');
  const has = all.every((line) => line.startsWith(sign));
  const words = all.map((line) => (has ? line.slice(sign.length) : sign + line)).join('\n');
  return { start, end, words, select: [start + words.length, start + words.length] };
}

export type Block =
  | { kind: 'text' | 'code' | 'quote' | 'head'; text: string }
  | { kind: 'list'; ordered: boolean; items: string[] };

const ITEM = /^ {0,3}(?:([-*+])|\d{1,9}[.)])[ \t]+(?=\S)/;
const QUOTED = /^ {0,3}> ?/;
const HEAD = /^#{1,6}[ \t]+(?=\S)/;

/** A text as its blocks, in order; what is no block stays as it was written. */
export function blocksOf(text: string): Block[] {
  const blocks: Block[] = [];
  const rest = text.split('\n');
  while (rest.length > 0) blocks.push(next(rest));
  return blocks.filter((block) => block.kind !== 'text' || block.text.trim() !== '');
}

function next(rest: string[]): Block {
  const first = rest[0] ?? '';
  if (first.startsWith(FENCE)) return fenced(rest);
  if (QUOTED.test(first)) {
    const inner = take(rest, (line) => QUOTED.test(line)).map((line) => line.replace(QUOTED, ''));
    return { kind: 'quote', text: inner.join('\n') };
  }
  if (ITEM.test(first)) return list(rest);
  if (HEAD.test(first)) return { kind: 'head', text: (rest.shift() ?? '').replace(HEAD, '') };
  const plain = (line: string) =>
    !line.startsWith(FENCE) && !QUOTED.test(line) && !ITEM.test(line) && !HEAD.test(line);
  return {
    kind: 'text',
    text: take(rest, plain)
      .join('\n')
      .replace(/^\n+|\n+$/g, ''),
  };
}

function fenced(rest: string[]): Block {
  rest.shift();
  const inner = take(rest, (line) => !line.startsWith(FENCE));
  rest.shift();
  return { kind: 'code', text: inner.join('\n') };
}

function list(rest: string[]): Block {
  const ordered = (line: string) => !ITEM.exec(line)?.[1];
  const kind = ordered(rest[0] ?? '');
  const items = take(rest, (line) => ITEM.test(line) && ordered(line) === kind);
  return { kind: 'list', ordered: kind, items: items.map((line) => line.replace(ITEM, '')) };
}

function take(rest: string[], fits: (line: string) => boolean): string[] {
  const until = rest.findIndex((line) => !fits(line));
  return rest.splice(0, until < 0 ? rest.length : until);
}
