// From "tomorrow 9", "in 3 hours" or "fri 14:30" to an instant, in the zone of this browser. Words of a language are data, taught with
// the language (i18n/when.ts) and written without accents, which nobody needs to type; names of days and months come from Intl.

export interface Vocabulary {
  /** Before a span: "in 3 hours". */
  readonly in: readonly string[];
  /** Words that mean nothing here: "at", "on", "the". */
  readonly filler: readonly string[];
  readonly next: readonly string[];
  readonly noon: readonly string[];
  readonly midnight: readonly string[];
  readonly am: readonly string[];
  readonly pm: readonly string[];
  /** Days from today. */
  readonly days: Readonly<Record<string, number>>;
  /** Hours of the day. */
  readonly parts: Readonly<Record<string, number>>;
  /** Minutes, or months as a negative number. */
  readonly units: Readonly<Record<string, number>>;
  readonly weekend: readonly string[];
  readonly week: readonly string[];
  readonly month: readonly string[];
  readonly one: readonly string[];
  /** Letters by which a day is known at least; three unless told. */
  readonly least?: number;
}

export const ENGLISH: Vocabulary = {
  in: ['in'],
  filler: ['at', 'on', 'the', 'this', 'of', 'until', 'till', 'by', "o'clock", 'oclock'],
  next: ['next'],
  noon: ['noon'],
  midnight: ['midnight'],
  am: ['am', 'a.m.'],
  pm: ['pm', 'p.m.'],
  days: { today: 0, tomorrow: 1, tmr: 1, tom: 1 },
  parts: { morning: 8, afternoon: 13, evening: 19, tonight: 19, night: 19 },
  units: {
    m: 1,
    min: 1,
    mins: 1,
    minute: 1,
    minutes: 1,
    h: 60,
    hr: 60,
    hrs: 60,
    hour: 60,
    hours: 60,
    d: 1440,
    day: 1440,
    days: 1440,
    w: 10080,
    wk: 10080,
    week: 10080,
    weeks: 10080,
    month: -1,
    months: -1,
  },
  weekend: ['weekend'],
  week: ['week'],
  month: ['month'],
  one: ['a', 'an', 'one'],
};

const LANGUAGES: Record<string, Vocabulary> = { en: ENGLISH };
const MORNING = 8;
const LONGEST_DAYS = 366 * 5;
const MINUTE = 60_000;

/** Makes `when` understand another language. */
export function teach(language: string, words: Vocabulary): void {
  LANGUAGES[language] = words;
}

const plain = (text: string) => text.toLowerCase().normalize('NFD').replace(/\p{M}/gu, '');

interface Names {
  weekdays: readonly string[];
  months: readonly string[];
}

function names(language: string): Names {
  const of = (options: Intl.DateTimeFormatOptions, at: (i: number) => Date, count: number) =>
    Array.from({ length: count }, (_, i) =>
      plain(new Intl.DateTimeFormat(language, { ...options, timeZone: 'UTC' }).format(at(i))).replace(
        '.',
        '',
      ),
    );
  return {
    weekdays: of({ weekday: 'long' }, (i) => new Date(Date.UTC(2023, 0, 1 + i)), 7),
    months: of({ month: 'long' }, (i) => new Date(Date.UTC(2023, i, 1)), 12),
  };
}

/** The place of the name that `word` begins, `least` letters of it or more; -1 for none. */
const named = (all: readonly string[], word: string, least = 3) =>
  word.length < least ? -1 : all.findIndex((name) => name.startsWith(word));

interface Meant {
  day?: { year: number; month: number; date: number };
  minutes?: number;
  /** Said so that an hour that has passed means the next day. */
  floating: boolean;
}

/** The instant that is meant, in words of `language` or English; null when they mean none that lies ahead. */
export function when(text: string, now: number, language = 'en'): number | null {
  const tag = language.split('-')[0] ?? 'en';
  const own = LANGUAGES[tag];
  return (own && own !== ENGLISH ? read(text, now, tag, own) : null) ?? read(text, now, 'en', ENGLISH);
}

function read(text: string, now: number, tag: string, words: Vocabulary): number | null {
  const tokens = plain(text)
    .replace(/(\d)\s*(a\.?m\.?|p\.?m\.?)(?=\s|$)/g, '$1$2')
    .replace(/[,،]/g, ' ')
    .split(/\s+/)
    .filter((token) => token !== '' && !words.filler.includes(token));
  if (tokens.length === 0 || tokens.length > 6) return null;
  const onTheHour = tokens.filter((token) => words.units[token] !== 60);
  const at = span(tokens, now, words) ?? point(onTheHour, now, words, names(tag));
  return at !== null && at > now && at - now < LONGEST_DAYS * 24 * 60 * MINUTE ? at : null;
}

function span(tokens: readonly string[], now: number, words: Vocabulary): number | null {
  const rest = words.in.includes(tokens[0] ?? '') ? tokens.slice(1) : tokens;
  const joined = rest.map((token) => (words.one.includes(token) ? '1' : token)).join(' ');
  if (!/^(?:\d+(?:[.]5)?\s*\p{L}+\s*)+$/u.test(joined)) return null;
  let at = now;
  for (const [, count, unit] of joined.matchAll(/(\d+(?:[.]5)?)\s*(\p{L}+)/gu)) {
    const minutes = words.units[unit ?? ''];
    if (minutes === undefined) return null;
    at = later(at, Number(count), minutes);
  }
  return at;
}

/** Whole days and longer keep the time of the day, whatever the clocks do in between. */
function later(from: number, count: number, minutes: number): number {
  if (minutes > 0 && minutes < 1440) return from + count * minutes * MINUTE;
  const day = new Date(from);
  if (minutes < 0) day.setMonth(day.getMonth() + count);
  else day.setDate(day.getDate() + (count * minutes) / 1440);
  return day.getTime();
}

function point(tokens: readonly string[], now: number, words: Vocabulary, known: Names): number | null {
  const today = new Date(now);
  const meant: Meant = { floating: false };
  let part: number | undefined;
  const next = tokens.some((token) => words.next.includes(token));
  for (let i = 0; i < tokens.length; i++) {
    const token = tokens[i] ?? '';
    const following = tokens[i + 1] ?? '';
    const days = words.days[token] ?? calendarDays(token, next, today, words, known);
    const date = writtenDate(token, following, today, known);
    if (words.next.includes(token)) continue;
    else if (days !== undefined) meant.day = dayOf(today, days);
    else if (next && words.month.includes(token))
      meant.day = { year: today.getFullYear(), month: today.getMonth() + 1, date: 1 };
    else if (words.parts[token] !== undefined) part = words.parts[token];
    else if (date) {
      meant.day = date.day;
      i += date.used - 1;
    } else {
      const minutes = clockTime(token, words);
      if (minutes === undefined || meant.minutes !== undefined) return null;
      meant.minutes = minutes;
    }
  }
  return resolve(meant, part, today, now);
}

function resolve(meant: Meant, part: number | undefined, today: Date, now: number): number | null {
  let minutes = meant.minutes;
  // "tomorrow afternoon 3" is three in the afternoon.
  if (minutes !== undefined && part !== undefined && part >= 13 && minutes < 12 * 60) minutes += 12 * 60;
  minutes ??= (part ?? MORNING) * 60;
  if (!meant.day && meant.minutes === undefined && part === undefined) return null;
  const day = meant.day ?? dayOf(today, 0);
  const at = (ahead: number) => new Date(day.year, day.month, day.date + ahead, 0, minutes).getTime();
  return meant.day || at(0) > now ? at(0) : at(1);
}

const dayOf = (today: Date, ahead: number) => {
  const day = new Date(today.getFullYear(), today.getMonth(), today.getDate() + ahead);
  return { year: day.getFullYear(), month: day.getMonth(), date: day.getDate() };
};

/** Days until a weekday, the weekend or next week; a day named today is the one in a week. */
function calendarDays(
  token: string,
  next: boolean,
  today: Date,
  words: Vocabulary,
  known: Names,
): number | undefined {
  const until = (weekday: number) => (weekday - today.getDay() + 7) % 7 || 7;
  if (words.weekend.includes(token)) return until(6);
  if (next && words.week.includes(token)) return until(1);
  const weekday = named(known.weekdays, token, words.least);
  return weekday < 0 ? undefined : until(weekday);
}

/** "2026-12-01", "1 dec", "dec 1st", "1.12." and "24/12" (day first). */
function writtenDate(token: string, following: string, today: Date, known: Names) {
  const iso = /^(\d{4})-(\d{1,2})-(\d{1,2})$/.exec(token);
  if (iso) return checked(Number(iso[1]), Number(iso[2]) - 1, Number(iso[3]), 1);
  const ordinal = (text: string) => /^(\d{1,2})(?:st|nd|rd|th|\.)?$/.exec(text)?.[1];
  const dotted = /^(\d{1,2})[./](\d{1,2})[./]?$/.exec(token);
  const [first, second] = [ordinal(token), ordinal(following)];
  const date = Number(dotted?.[1] ?? (named(known.months, following) >= 0 ? first : undefined) ?? second);
  const month = dotted
    ? Number(dotted[2]) - 1
    : named(known.months, named(known.months, token) >= 0 ? token : following);
  if (!date || month < 0 || month > 11) return undefined;
  if (!dotted && named(known.months, token) < 0 && first === undefined) return undefined;
  const past = new Date(today.getFullYear(), month, date + 1).getTime() <= today.getTime();
  return checked(today.getFullYear() + (past ? 1 : 0), month, date, dotted ? 1 : 2);
}

function checked(year: number, month: number, date: number, used: number) {
  const day = new Date(year, month, date);
  return day.getMonth() === month && day.getDate() === date
    ? { day: { year, month, date }, used }
    : undefined;
}

/** Minutes of the day: "9", "14:30", "9.15", "2pm", "noon". */
function clockTime(token: string, words: Vocabulary): number | undefined {
  if (words.noon.includes(token)) return 12 * 60;
  if (words.midnight.includes(token)) return 24 * 60;
  const found = /^(\d{1,2})(?:[:.h](\d{2}))?\s*(\D*)$/.exec(token);
  if (!found) return undefined;
  let hour = Number(found[1]);
  const minute = Number(found[2] ?? 0);
  const half = found[3] ?? '';
  const [am, pm] = [words.am.includes(half), words.pm.includes(half)];
  if ((half !== '' && half !== 'h' && !am && !pm) || minute > 59 || hour > 24) return undefined;
  if ((am || pm) && (hour < 1 || hour > 12)) return undefined;
  if (pm && hour < 12) hour += 12;
  if (am && hour === 12) hour = 0;
  return hour * 60 + minute;
}
