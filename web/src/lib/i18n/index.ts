// Words of the screen. Keys are checked at compile time; files are i18next v4 JSON, plurals by Intl.PluralRules.
import en from './en.json';
import type later from './later.json';

type Raw = keyof typeof en | keyof typeof later;
type PluralEnding = 'zero' | 'one' | 'two' | 'few' | 'many' | 'other';
type Stem<K> = K extends `${infer Base}_${PluralEnding}` ? Base : K;
export type Key = Stem<Raw>;
export type Values = Record<string, string | number>;

const RTL_LETTERS = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]/;

let english: Record<string, string> = en;
let translated: Record<string, string> = {};
/** The language of the words. */
export let language = 'en';
/** How numbers and dates are written: the language as it is written where this browser lives. */
export let locale = 'en';
export let rightToLeft = false;
let plural = new Intl.PluralRules(language);
let numbers = new Intl.NumberFormat(locale);

/** Takes the words of a language; what it lacks stays English. `region`: its tag with the reader's region, if known. */
export function useLanguage(tag: string, words: Record<string, string>, region = tag): void {
  translated = words;
  language = tag;
  locale = region;
  rightToLeft = tag === 'ar';
  plural = new Intl.PluralRules(tag);
  numbers = new Intl.NumberFormat(region);
  document.documentElement.lang = tag;
  document.documentElement.dir = rightToLeft ? 'rtl' : 'ltr';
}

/** The English words of parts that are loaded later; `later.ts` brings them with the first such part. */
export function addWords(more: Record<string, string>): void {
  english = { ...english, ...more };
}

/** A plural that a language does not have yet is the English one, by English rules: "other" would be wrong for one. */
function pattern(key: string, { count }: Values): string | undefined {
  const plain = translated[key] ?? english[key];
  if (typeof count !== 'number') return plain;
  const own = translated[`${key}_${plural.select(count)}`] ?? translated[`${key}_other`];
  return own ?? english[`${key}_${count === 1 ? 'one' : 'other'}`] ?? english[`${key}_other`] ?? plain;
}

/** The words of `key` with `{{name}}` replaced; a numeric `count` chooses the plural form. */
export function t(key: Key, values: Values = {}): string {
  return fill(pattern(key, values) ?? key, values);
}

/** Like `t` for a key that comes from the service, such as the code of a reason; undefined when there are no words for it. */
export function tCode(key: string, values: Values = {}): string | undefined {
  const found = pattern(key, values);
  return found === undefined ? undefined : fill(found, values);
}

function fill(text: string, values: Values): string {
  return text.replace(/\{\{(\w+)\}\}/g, (whole, name: string) => {
    const value = values[name];
    if (value === undefined) return whole;
    return typeof value === 'number' ? number(value) : isolated(value);
  });
}

/** A name that reads the other way must not turn the sentence around it (Unicode UAX #9, first strong isolate). */
export function isolated(value: string): string {
  return rightToLeft || RTL_LETTERS.test(value) ? `\u2068${value}\u2069` : value;
}

export function number(value: number): string {
  return numbers.format(value);
}

/** Where counters stop counting. */
export const COUNTED = 999;

/** What a counter says: 1000 stands for "more than 999". */
export function capped(value: number, most = COUNTED): string {
  return value > most ? `${number(most)}+` : number(value);
}
