// What can follow where the cursor stands in a filter or a search: operators first, then what each of them takes. Pure.
import { folded } from './text';

export interface Choice {
  /** What the service is told. */
  value: string;
  /** What a human reads. */
  name: string;
}

export interface Suggestion {
  /** The whole text with this one taken, and where the cursor stands then. */
  text: string;
  at: number;
  label: string;
  detail?: string;
  /** Nothing is to be added: taken, it is sent. */
  whole?: true;
}

export type Operators = Readonly<Record<string, { hint: string; choices: readonly Choice[] }>>;

const MOST = 8;
const TERM = /([a-z]+):(?:"([^"]*)"?|(\S*))$/i;
/** An operator with its value, which may be quoted. */
export const NAMED = /([a-z]+):(?:"([^"]*)"|(\S+))/gi;

const quoted = (text: string) => (/[\s"]/.test(text) || text === '' ? `"${text.replaceAll('"', '')}"` : text);

/** Suggestions for the word before the cursor. */
export function suggest(text: string, at: number, operators: Operators): Suggestion[] {
  const before = text.slice(0, at);
  const rest = text.slice(at).replace(/^\S*/, '');
  const take = (start: string, word: string, tail: string, label: string, detail?: string): Suggestion => {
    const head = `${start}${word}${tail}`;
    return { text: head + rest.trimStart(), at: head.length, label, ...(detail !== undefined && { detail }) };
  };
  const term = TERM.exec(before);
  if (term) {
    const operator = (term[1] ?? '').toLowerCase();
    const typed = folded(term[2] ?? term[3] ?? '');
    const found = operators[operator]?.choices.filter(
      ({ name, value }) => folded(name).includes(typed) || folded(value).startsWith(typed),
    );
    const start = before.slice(0, term.index);
    return (found ?? [])
      .slice(0, MOST)
      .map(({ name }) => take(start, `${operator}:${quoted(name)}`, ' ', name, `${operator}:`));
  }
  const word = /\S*$/.exec(before)?.[0] ?? '';
  const start = before.slice(0, before.length - word.length);
  return Object.entries(operators)
    .filter(([name]) => name.startsWith(word.toLowerCase()))
    .slice(0, MOST + 4)
    .map(([name, { hint }]) => take(start, `${name}:`, '', `${name}:`, hint));
}

/** Names become what the service knows them by; what is no name stays. */
export function toWire(text: string, operators: Operators): string {
  return rewrite(text, operators, (choice, typed) => folded(choice.name) === folded(typed), 'value');
}

/** And back, for reading. */
export function toWords(text: string, operators: Operators): string {
  return rewrite(text, operators, (choice, typed) => choice.value === typed, 'name');
}

function rewrite(
  text: string,
  operators: Operators,
  fits: (choice: Choice, typed: string) => boolean,
  to: 'value' | 'name',
): string {
  return text.trim().replace(NAMED, (whole, operator: string, inQuotes?: string, plain?: string) => {
    const typed = inQuotes ?? plain ?? '';
    const choice = operators[operator.toLowerCase()]?.choices.find((one) => fits(one, typed));
    return choice ? `${operator.toLowerCase()}:${quoted(choice[to])}` : whole;
  });
}
