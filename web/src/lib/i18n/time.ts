// Instants and spans in words. Instants are milliseconds UTC; what is shown is in the browser's zone.
import type { Instant } from '../api/types';
import { locale, t } from './index';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const formats = new Map<string, Intl.DateTimeFormat>();

function format(at: Instant, options: Intl.DateTimeFormatOptions): string {
  const key = locale + JSON.stringify(options);
  let made = formats.get(key);
  if (!made) formats.set(key, (made = new Intl.DateTimeFormat(locale, options)));
  return made.format(at);
}

function midnight(at: Instant): number {
  const day = new Date(at);
  return new Date(day.getFullYear(), day.getMonth(), day.getDate()).getTime();
}

/** The local day of an instant: from when to, not including, when. */
export function dayOf(at: Instant): [Instant, Instant] {
  const day = new Date(at);
  const start = new Date(day.getFullYear(), day.getMonth(), day.getDate());
  return [start.getTime(), new Date(day.getFullYear(), day.getMonth(), day.getDate() + 1).getTime()];
}

/** Whole local days from `a` to `b`; daylight saving makes some of them 23 or 25 hours long. */
export function daysBetween(a: Instant, b: Instant): number {
  return Math.round((midnight(b) - midnight(a)) / DAY);
}

/** The shortest form for a list: "now", "5m", "3h", "Tue", "4 Mar", "4 Mar 2024". */
export function short(at: Instant, now: Instant): string {
  const ago = now - at;
  if (ago < MINUTE) return t('time.now');
  if (ago < HOUR) return t('time.minutes', { n: Math.floor(ago / MINUTE) });
  if (ago < 12 * HOUR || daysBetween(at, now) === 0) return t('time.hours', { n: Math.floor(ago / HOUR) });
  if (daysBetween(at, now) < 7) return format(at, { weekday: 'short' });
  const sameYear = new Date(at).getFullYear() === new Date(now).getFullYear();
  return format(at, { day: 'numeric', month: 'short', ...(sameYear ? {} : { year: 'numeric' }) });
}

export const clockTime = (at: Instant) => format(at, { hour: 'numeric', minute: '2-digit' });

export const full = (at: Instant) => format(at, { dateStyle: 'full', timeStyle: 'short' });

export const dateOnly = (at: Instant) => format(at, { dateStyle: 'medium' });

/** As it stands in a sentence: "14:05" today, "tomorrow 08:00", "Mon, 08:00" within a week, else the date too. */
export function soon(at: Instant, now: Instant): string {
  const days = daysBetween(now, at);
  if (days === 0) return clockTime(at);
  if (days === 1) return t('time.tomorrow_at', { time: clockTime(at) });
  if (days > 1 && days < 7) return format(at, { weekday: 'short', hour: 'numeric', minute: '2-digit' });
  return format(at, { day: 'numeric', month: 'short', hour: 'numeric', minute: '2-digit' });
}

/** The same where nothing stands before it: "Tomorrow 08:00". */
export function soonAlone(at: Instant, now: Instant): string {
  const said = soon(at, now);
  return said[0]!.toLocaleUpperCase(locale) + said.slice(1);
}

/** The heading over a day's messages. */
export function day(at: Instant, now: Instant): string {
  const ago = daysBetween(at, now);
  if (ago === 0) return t('time.today');
  if (ago === 1) return t('time.yesterday');
  const sameYear = new Date(at).getFullYear() === new Date(now).getFullYear();
  return format(at, {
    weekday: 'long',
    day: 'numeric',
    month: 'long',
    ...(sameYear ? {} : { year: 'numeric' }),
  });
}

/** A span for a countdown: "5:32" under ten minutes, then "14m", "1h 07m", "2d 3h". */
export function span(ms: number): string {
  const seconds = Math.floor(Math.abs(ms) / 1000);
  const minutes = Math.floor(seconds / 60);
  const hours = Math.floor(minutes / 60);
  const pad = (value: number) => String(value).padStart(2, '0');
  if (minutes < 10) return `${minutes}:${pad(seconds % 60)}`;
  if (hours < 1) return t('time.minutes', { n: minutes });
  if (hours < 24) return t('time.hours_minutes', { h: hours, m: pad(minutes % 60) });
  return t('time.days_hours', { d: Math.floor(hours / 24), h: hours % 24 });
}

type SpanUnit = 'day' | 'hour' | 'minute' | 'second';
const inWords = (count: number, unit: SpanUnit) =>
  new Intl.NumberFormat(locale, { style: 'unit', unit, unitDisplay: 'long' }).format(count);

/** A span in whole words for screen readers: "5 minutes", "2 hours", "3 days". */
export function spanWords(ms: number): string {
  const minutes = Math.max(1, Math.round(Math.abs(ms) / MINUTE));
  if (minutes < 60) return inWords(minutes, 'minute');
  if (minutes < 48 * 60) return inWords(Math.round(minutes / 60), 'hour');
  return inWords(Math.round(minutes / 60 / 24), 'day');
}

const UNITS: readonly [SpanUnit, number][] = [
  ['day', 24 * HOUR],
  ['hour', HOUR],
  ['minute', MINUTE],
  ['second', 1000],
];

/** A span to the second, for what is promised or proved: "1 hour 30 minutes", "33 seconds"; of a long one the first three parts. */
export function exactly(ms: number): string {
  let left = Math.max(1000, Math.abs(ms));
  const parts: string[] = [];
  for (const [unit, size] of UNITS) {
    const count = Math.floor(left / size);
    left -= count * size;
    if (count > 0) parts.push(inWords(count, unit));
  }
  return new Intl.ListFormat(locale, { type: 'unit', style: 'narrow' }).format(parts.slice(0, 3));
}

/** A file's size: "812 bytes", "14 kB", "3.2 MB". */
export function bytes(size: number): string {
  const units = ['byte', 'kilobyte', 'megabyte', 'gigabyte'];
  let value = size;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  const digits = value < 10 && unit > 1 ? 1 : 0;
  return new Intl.NumberFormat(locale, {
    style: 'unit',
    unit: units[unit],
    unitDisplay: unit === 0 ? 'long' : 'short', // bytes have no plural where they are short
    maximumFractionDigits: digits,
  }).format(value);
}
