// Variables of saved replies: found, filled in, and said where one has no value. Pure, and linear in the length of the text.
import type { ReplyUses, SavedReply } from '../../lib/api/types';

export const VARIABLES = [
  'customer.first_name',
  'customer.name',
  'agent.first_name',
  'agent.name',
  'conversation.number',
  'conversation.subject',
  'channel.name',
] as const;
export type Variable = (typeof VARIABLES)[number];
export type Values = Readonly<Record<Variable, string>>;

const MARK = /\{\{ {0,5}([a-z_]{1,30}\.[a-z_]{1,30}) {0,5}\}\}/g;
const isVariable = (name: string): name is Variable => (VARIABLES as readonly string[]).includes(name);

export interface Part {
  text: string;
  /** Stands for something that has no value here: it has to be typed. */
  missing: boolean;
}

/** The text in parts, each variable by its value; one without a value, or that is none, stays as it was written. */
export function parts(text: string, values: Values): Part[] {
  const found: Part[] = [];
  let from = 0;
  for (const match of text.matchAll(MARK)) {
    const name = match[1] ?? '';
    const value = isVariable(name) ? values[name] : '';
    if (match.index > from) found.push({ text: text.slice(from, match.index), missing: false });
    found.push(value ? { text: value, missing: false } : { text: match[0], missing: true });
    from = match.index + match[0].length;
  }
  if (from < text.length) found.push({ text: text.slice(from), missing: false });
  return found;
}

export const filled = (text: string, values: Values): string =>
  parts(text, values)
    .map((part) => part.text)
    .join('');

/** Where the first variable stands that was not filled in; undefined when there is none. */
export function firstMissing(text: string): { start: number; end: number; text: string } | undefined {
  for (const match of text.matchAll(MARK))
    return { start: match.index, end: match.index + match[0].length, text: match[0] };
  return undefined;
}

/** What is typed behind a slash that begins a word, up to the cursor; undefined where no reply is looked for. */
export function slashed(text: string, cursor: number): { start: number; query: string } | undefined {
  const before = text.slice(Math.max(0, cursor - 60), cursor);
  const match = /(^|[\s])\/([^\s/]{0,40})$/.exec(before);
  if (!match) return undefined;
  const query = match[2] ?? '';
  const start = cursor - query.length - 1;
  // Cut in the middle of a longer word, the beginning of the piece is no beginning of a word.
  if (match[1] === '' && start > 0) return undefined;
  return { start, query };
}

/** Those that hold every word of the query, names before folders before texts, then those used most; at most `most`. */
export function matching(
  replies: readonly SavedReply[],
  uses: ReadonlyMap<string, ReplyUses>,
  query: string,
  most: number,
): SavedReply[] {
  const used = (reply: SavedReply): number => uses.get(reply.id)?.uses ?? 0;
  const words = query
    .toLocaleLowerCase()
    .split(/[\s_-]+/)
    .filter(Boolean);
  const rank = (reply: SavedReply): number => {
    const name = reply.name.toLocaleLowerCase();
    if (words.every((word) => name.includes(word))) return name.startsWith(words[0] ?? '') ? 0 : 1;
    const more = `${name} ${reply.folder.toLocaleLowerCase()}`;
    if (words.every((word) => more.includes(word))) return 2;
    const all = `${more} ${reply.text.slice(0, 2_000).toLocaleLowerCase()}`;
    return words.every((word) => all.includes(word)) ? 3 : 4;
  };
  return replies
    .map((reply) => ({ reply, rank: rank(reply) }))
    .filter((one) => one.rank < 4)
    .sort(
      (a, b) => a.rank - b.rank || used(b.reply) - used(a.reply) || a.reply.name.localeCompare(b.reply.name),
    )
    .slice(0, most)
    .map((one) => one.reply);
}
