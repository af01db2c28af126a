// Words of the screen. Keys are checked at compile time; files are i18next v4 JSON, plurals by Intl.PluralRules.
import en from './en.json';

type Raw = keyof typeof en;
type PluralEnding = 'zero' | 'one' | 'two' | 'few' | 'many' | 'other';
type Stem<K> = K extends `${infer Base}_${PluralEnding}` ? Base : K;
export type Key = Stem<Raw>;
export type Values = Record<string, string | number>;

const RTL = new Set(['ar', 'fa', 'he', 'ur']);

let words: Record<string, string> = en;
export let language = 'en';
let plural = new Intl.PluralRules(language);

/** Takes the words of another language; what it lacks stays English. */
export function useLanguage(tag: string, translated: Record<string, string>): void {
  words = { ...en, ...translated };
  language = tag;
  plural = new Intl.PluralRules(tag);
  document.documentElement.lang = tag;
  document.documentElement.dir = RTL.has(tag.split('-')[0] ?? '') ? 'rtl' : 'ltr';
}

function pattern(key: string, values: Values): string | undefined {
  if (typeof values.count !== 'number') return words[key];
  return words[`${key}_${plural.select(values.count)}`] ?? words[`${key}_other`] ?? words[key];
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
    return typeof value === 'number' ? number(value) : value;
  });
}

export function number(value: number): string {
  return new Intl.NumberFormat(language).format(value);
}

/** A counter that stops counting: 1000 stands for "more than 999". */
export function capped(value: number, most = 999): string {
  return value > most ? `${number(most)}+` : number(value);
}
