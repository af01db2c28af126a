// An approved template while it is being filled in: its variables, what the customer will read, and what is still missing. Pure.
import type { FileRow, TemplateRow, UseTemplate } from './api/types';

export type Values = Readonly<Record<string, string>>;

/** A template somebody has chosen, as far as it is filled in. */
export interface Filled {
  row: TemplateRow;
  values: Values;
  files: readonly FileRow[];
}

/** A stretch of the text; `missing` is the name of a variable that has no value yet. */
export interface Piece {
  text: string;
  missing: boolean;
}

const VARIABLE = /\{\{ *(\w+) *\}\}/g;
const FILE_KINDS: Record<string, string> = { image: 'image/', video: 'video/', document: '' };

export const wantsFile = (row: TemplateRow) => row.header_kind in FILE_KINDS;
export const line = (value: string) => value.trim().replace(/\s+/g, ' ');

/** The text of `place` with what is filled in so far. */
export function pieces(text: string, place: 'header' | 'body', values: Values): Piece[] {
  const made: Piece[] = [];
  let end = 0;
  for (const found of text.matchAll(VARIABLE)) {
    const value = line(values[`${place}.${found[1]}`] ?? '');
    made.push({ text: text.slice(end, found.index), missing: false });
    made.push({ text: value || `{{${found[1]}}}`, missing: value === '' });
    end = found.index + found[0].length;
  }
  made.push({ text: text.slice(end), missing: false });
  return made.filter((piece) => piece.text !== '');
}

const words = (text: string, place: 'header' | 'body', values: Values) =>
  pieces(text, place, values)
    .map((piece) => piece.text)
    .join('');

/** What the customer will read, as the service stores it. */
export function preview({ row, values }: Filled): string {
  const lines = [words(row.header, 'header', values), words(row.body, 'body', values), row.footer];
  return lines.filter((one) => one !== '').join('\n\n');
}

/** The customer's name where a variable seems to ask for it: by what it is called, or as the first of the text. */
export function prefill(row: TemplateRow, customer: string): Values {
  const name = line(customer);
  if (!name) return {};
  const values: Record<string, string> = {};
  for (const slot of row.slots) {
    const called = slot.name.toLowerCase();
    if (slot.place === 'button') continue;
    if (/^(first_?name|vorname|prenom)$/.test(called)) values[slot.key] = name.split(' ')[0] ?? name;
    else if (/^((customer|full|user|contact)_?)?name$/.test(called)) values[slot.key] = name;
    else if (slot.place === 'body' && called === '1') values[slot.key] = name;
  }
  return values;
}

/** Whether a file can be the heading. */
export const fits = (row: TemplateRow, file: FileRow) =>
  file.type.startsWith(FILE_KINDS[row.header_kind] ?? '');

/** Whether nothing is missing any more. */
export function complete({ row, values, files }: Filled): boolean {
  const file = files[0];
  const headed = wantsFile(row)
    ? files.length === 1 && file !== undefined && fits(row, file)
    : files.length === 0;
  return headed && row.problem === '' && row.slots.every((slot) => line(values[slot.key] ?? '') !== '');
}

/** As the service wants to be told. */
export function use({ row, values }: Filled): UseTemplate {
  return {
    template: row.id,
    values: Object.fromEntries(row.slots.map((slot) => [slot.key, line(values[slot.key] ?? '')])),
  };
}

/** Those that hold every word of `query` in their name or text, in `language` if one is chosen; what can be sent comes first. */
export function matching(rows: readonly TemplateRow[], query: string, language: string): TemplateRow[] {
  const wanted = query.toLowerCase().split(/\s+/).filter(Boolean);
  const hit = (row: TemplateRow) => {
    const text = `${row.name} ${row.header} ${row.body} ${row.category}`.toLowerCase();
    return wanted.every((word) => text.includes(word));
  };
  return rows
    .filter((row) => (!language || row.language === language) && hit(row))
    .sort((a, b) => Number(a.problem !== '') - Number(b.problem !== ''));
}

export const languages = (rows: readonly TemplateRow[]) =>
  [...new Set(rows.map((row) => row.language))].sort();

/** What a language is called in the reader's own; its code where nobody knows. */
export function languageName(code: string, reader: string): string {
  try {
    return new Intl.DisplayNames([reader], { type: 'language' }).of(code.replace('_', '-')) ?? code;
  } catch {
    return code;
  }
}
