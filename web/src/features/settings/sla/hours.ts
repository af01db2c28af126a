// Opening hours as people type them, "9-12, 13:30-17" or "22-6", their zone, and spans of time such as "1d 4h 30m". Pure.
import type { Instant, Interval } from '../../../lib/api/types';
import { locale } from '../../../lib/i18n';

const DAY = 1440;
const RANGE = /^(\d{1,2})(?::(\d{2}))?\s*(?:-|–|to)\s*(\d{1,2})(?::(\d{2}))?$/i;

const minutes = (hour: string, minute = '0') => Number(hour) * 60 + Number(minute);

/** The intervals of a day; undefined for what cannot be understood. An end at or before its beginning is on the next day. */
export function parseHours(text: string): Interval[] | undefined {
  const found: Interval[] = [];
  for (const part of text.split(/[,;]/).map((one) => one.trim())) {
    if (!part) continue;
    const match = RANGE.exec(part);
    if (!match) return undefined;
    const start = minutes(match[1] ?? '', match[2]);
    const until = minutes(match[3] ?? '', match[4]);
    const wrong = start >= DAY || until > DAY || Number(match[2] ?? 0) > 59 || Number(match[4] ?? 0) > 59;
    if (wrong) return undefined;
    found.push({ start, end: until > start ? until : until + DAY });
  }
  found.sort((a, b) => a.start - b.start);
  return found.every((one, i) => i === 0 || (found[i - 1]?.end ?? 0) <= one.start) ? found : undefined;
}

const two = (value: number) => String(value).padStart(2, '0');

const time = (minute: number) => `${two(Math.floor(minute / 60))}:${two(minute % 60)}`;

export function writeHours(intervals: readonly Interval[]): string {
  return intervals.map(({ start, end }) => `${time(start)}–${time(end > DAY ? end - DAY : end)}`).join(', ');
}

/** The time zone that is meant, as it is written; undefined where there is none. `zones` are those that are offered. */
export function zoneNamed(typed: string, zones: readonly string[]): string | undefined {
  const said = typed.trim();
  const offered = zones.find((one) => one.toLowerCase() === said.toLowerCase());
  if (offered) return offered;
  // The browser minds no capitals, the service does.
  const isSmall = said.includes('/') && /(^|\/)[a-z]/.test(said);
  const name = isSmall ? said.toLowerCase().replace(/(?<![a-z])[a-z]/g, (one) => one.toUpperCase()) : said;
  if (!/^[A-Z]/.test(name)) return undefined;
  try {
    // Also what is not offered as it has another name today.
    new Intl.DateTimeFormat('en', { timeZone: name });
    return name;
  } catch {
    return undefined;
  }
}

/** The day that it is in a zone, or else here, as Swedes write it: "2026-11-23". */
export function dayIn(timeZone: string | undefined, at: Instant): string {
  return new Intl.DateTimeFormat('sv', { timeZone }).format(at);
}

/** An instant by the clocks of a zone, which is named: "Monday, November 23, 2026 at 9:00 AM (America/New_York)". */
export function fullIn(timeZone: string, at: Instant): string {
  const said = new Intl.DateTimeFormat(locale, { dateStyle: 'full', timeStyle: 'short', timeZone });
  return `${said.format(at)} (${timeZone})`;
}

const UNITS = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1000 } as const;

/** Milliseconds; null for nothing, undefined for what cannot be understood. A bare number is minutes. */
export function parseSpan(text: string): number | null | undefined {
  const typed = text.trim().toLowerCase();
  if (!typed) return null;
  if (/^\d+$/.test(typed)) return Number(typed) * UNITS.m || undefined;
  if (!/^(\d+\s*[dhms]\s*)+$/.test(typed)) return undefined;
  let sum = 0;
  for (const [, count, unit] of typed.matchAll(/(\d+)\s*([dhms])/g))
    sum += Number(count) * UNITS[unit as keyof typeof UNITS];
  return sum || undefined;
}

export function writeSpan(ms: number | null | undefined): string {
  let left = ms ?? 0;
  const parts: string[] = [];
  for (const [unit, size] of Object.entries(UNITS)) {
    const count = Math.floor(left / size);
    left -= count * size;
    if (count) parts.push(`${count}${unit}`);
  }
  return parts.join(' ');
}
