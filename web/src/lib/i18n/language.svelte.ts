// Which language the screen speaks: the account's, else the one last used in this browser, else the browser's own.
import { readJson, writeJson } from '../state/storage';
import { useLanguage } from './index';

const KEY = 'inbox.language';

/** What there is, each by its own name. Portuguese is Brazilian. */
export const LANGUAGES = {
  en: 'English',
  de: 'Deutsch',
  fr: 'Français',
  es: 'Español',
  pt: 'Português (Brasil)',
  ar: 'العربية',
} as const;
export type Language = keyof typeof LANGUAGES;

const TAGS: Partial<Record<Language, string>> = { pt: 'pt-BR' };

type File = Promise<{ default: Record<string, string> }>;
/** Both parts at once, so that a part which is loaded later never begins in English. */
const FILES: Record<Exclude<Language, 'en'>, () => [File, File]> = {
  de: () => [import('./de.json'), import('./later.de.json')],
  fr: () => [import('./fr.json'), import('./later.fr.json')],
  es: () => [import('./es.json'), import('./later.es.json')],
  pt: () => [import('./pt.json'), import('./later.pt.json')],
  ar: () => [import('./ar.json'), import('./later.ar.json')],
};

/** `language` is undefined until its words are there; the screen is drawn anew when it changes. */
export const spoken = $state({ language: undefined as Language | undefined });

const base = (tag: string) => (tag.split('-')[0] ?? '').toLowerCase();

/** The first of the reader's languages that there is. */
export function preferred(wanted: readonly string[]): Language {
  return (wanted.map(base).find((tag) => tag in LANGUAGES) as Language | undefined) ?? 'en';
}

/** The language with the region of the reader's own, such as de-CH. Digits are one kind everywhere: ids and times have no other. */
export function localeOf(language: Language, wanted: readonly string[]): string {
  const tag = wanted.find((one) => base(one) === language && one.includes('-')) ?? TAGS[language] ?? language;
  return language === 'ar' ? `${tag}-u-nu-latn` : tag;
}

let asked = 0;

/** Changes to `language`, '' for the browser's. When its words cannot be loaded, the present ones stay. */
export async function speak(language: string): Promise<void> {
  const mine = ++asked;
  const chosen = preferred(language ? [language] : navigator.languages);
  if (chosen === spoken.language) return;
  try {
    const files = chosen === 'en' ? [] : await Promise.all(FILES[chosen]());
    if (chosen !== 'en') await import('./when');
    if (mine !== asked) return;
    const words = Object.assign({}, ...files.map((file) => file.default)) as Record<string, string>;
    useLanguage(TAGS[chosen] ?? chosen, words, localeOf(chosen, navigator.languages));
    spoken.language = chosen;
  } catch {
    if (mine === asked) spoken.language ??= 'en';
  }
}

/** Speaks the account's language and remembers it for the next start of this browser. */
export async function speakFor(account: string): Promise<void> {
  writeJson(KEY, account);
  await speak(account);
}

/** Before anybody is known here. */
export const speakFirst = () => speak(readJson<string>(KEY, ''));
