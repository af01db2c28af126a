// The panel's words: one small file a language, fetched before the panel first shows.
import type en from './words/en.json';

export type Texts = typeof en;
export type Key = keyof Texts;

/** File names by language, put in by the build. */
declare const __WORDS__: Record<string, string>;

/** The words for a language tag, from the server at `base`; English where there are none. Rejects when they cannot be had. */
export async function wordsOf(tag: string, base: string): Promise<Words> {
  const own = __WORDS__[tag.slice(0, 2).toLowerCase()];
  const answer = await fetch(`${base}/widget/${own ?? __WORDS__.en}`, { credentials: 'omit' });
  return words(own ? tag : 'en', (await answer.json()) as Texts);
}

export interface Words {
  language: string;
  t(key: Key, values?: Record<string, string | number>): string;
  unread(count: number): string;
  day(at: number, now: number): string;
  time(at: number): string;
  /** The day and time of what is over. */
  moment(at: number): string;
  /** A day and time to come, such as when somebody is back. */
  when(at: number, now: number): string;
  bytes(size: number): string;
}

const DAY_MS = 86_400_000;

/** Words made of these texts. Days and times are in the browser's zone. */
export function words(language: string, texts: Texts): Words {
  const plural = new Intl.PluralRules(language);
  const clock = new Intl.DateTimeFormat(language, { hour: 'numeric', minute: '2-digit' });
  const later = new Intl.DateTimeFormat(language, { weekday: 'long', hour: 'numeric', minute: '2-digit' });
  const date = new Intl.DateTimeFormat(language, { weekday: 'long', day: 'numeric', month: 'long' });
  const past = new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'short' });
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
    unread(n) {
      const form = `unread_${plural.select(n)}`;
      return n ? t((form in texts ? form : 'unread_other') as Key, { n }) : '';
    },
    day(at, now) {
      const ago = Math.round(
        (new Date(now).setHours(12, 0, 0, 0) - new Date(at).setHours(12, 0, 0, 0)) / DAY_MS,
      );
      return ago <= 1 ? near.format(-ago, 'day') : date.format(at);
    },
    time: (at) => clock.format(at),
    moment: (at) => past.format(at),
    when: (at, now) => (at - now < DAY_MS / 2 ? clock : later).format(at),
    bytes: (size) =>
      size < 1_000_000 ? kilobytes.format(Math.max(1, size / 1000)) : megabytes.format(size / 1_000_000),
  };
}
