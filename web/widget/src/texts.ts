// The panel's words. English is built in; another language is one small file, fetched before the panel first shows.
import en from './words/en.json';

export type Texts = typeof en;
export type Key = keyof Texts;

/** File names by language, put in by the build. */
declare const __WORDS__: Record<string, string>;

/** The words for a language tag, from the server at `base`; English where there are none or they cannot be had. */
export async function wordsOf(tag: string, base: string): Promise<Words> {
  const file = __WORDS__[tag.slice(0, 2).toLowerCase()];
  if (!file) return words('en', en);
  try {
    const answer = await fetch(`${base}/widget/${file}`, { credentials: 'omit' });
    return words(tag, { ...en, ...((await answer.json()) as Partial<Texts>) });
  } catch {
    return words('en', en);
  }
}

export interface Words {
  language: string;
  t(key: Key, values?: Record<string, string | number>): string;
  unread(count: number): string;
  day(at: number, now: number): string;
  time(at: number): string;
  bytes(size: number): string;
}

const DAY_MS = 86_400_000;

/** Words made of these texts. Days and times are in the browser's zone. */
export function words(language: string, texts: Texts): Words {
  const plural = new Intl.PluralRules(language);
  const clock = new Intl.DateTimeFormat(language, { hour: 'numeric', minute: '2-digit' });
  const date = new Intl.DateTimeFormat(language, { weekday: 'long', day: 'numeric', month: 'long' });
  const near = new Intl.RelativeTimeFormat(language, { numeric: 'auto' });
  const megabytes = new Intl.NumberFormat(language, {
    style: 'unit',
    unit: 'megabyte',
    maximumFractionDigits: 1,
  });
  const kilobytes = new Intl.NumberFormat(language, {
    style: 'unit',
    unit: 'kilobyte',
    maximumFractionDigits: 0,
  });
  const t: Words['t'] = (key, values = {}) =>
    texts[key].replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
  return {
    language,
    t,
    unread: (n) => (n ? t(plural.select(n) === 'one' ? 'unread_one' : 'unread_other', { n }) : ''),
    day(at, now) {
      const ago = Math.round(
        (new Date(now).setHours(12, 0, 0, 0) - new Date(at).setHours(12, 0, 0, 0)) / DAY_MS,
      );
      return ago <= 1 ? near.format(-ago, 'day') : date.format(at);
    },
    time: (at) => clock.format(at),
    bytes: (size) =>
      size < 1_000_000 ? kilobytes.format(Math.max(1, size / 1000)) : megabytes.format(size / 1_000_000),
  };
}
