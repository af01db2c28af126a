// When a snoozed conversation may come back, in local time. Pure.
import type { Key } from './i18n';

export interface Preset {
  label: Key;
  at: number;
}

const HOUR = 3_600_000;
const ROUND = 300_000;

/** Local wall-clock time, `days` from the day of `now`; the calendar does the daylight saving. */
export function wall(now: number, days: number, hour: number): number {
  const day = new Date(now);
  return new Date(day.getFullYear(), day.getMonth(), day.getDate() + days, hour).getTime();
}

/** The choices that lie ahead of `now`, soonest first and without two of the same instant. */
export function presets(now: number): Preset[] {
  const weekday = new Date(now).getDay();
  const toSaturday = (6 - weekday + 7) % 7;
  const toMonday = (8 - weekday) % 7 || 7;
  const later = Math.ceil((now + 3 * HOUR) / ROUND) * ROUND;
  const sameDay = new Date(later).getDate() === new Date(now).getDate();
  const all: Preset[] = [
    { label: sameDay ? 'snooze.later' : 'snooze.hours', at: later },
    { label: 'snooze.afternoon', at: wall(now, 0, 13) },
    { label: 'snooze.evening', at: wall(now, 0, 19) },
    { label: 'snooze.tomorrow', at: wall(now, 1, 8) },
    { label: 'snooze.weekend', at: wall(now, toSaturday, 10) },
    { label: 'snooze.next_week', at: wall(now, toMonday, 8) },
  ];
  const ahead = all.filter((preset) => preset.at > now).sort((a, b) => a.at - b.at);
  return ahead.filter((preset, i) => preset.at !== ahead[i - 1]?.at);
}

/** The value of a `datetime-local` field for an instant, and back; both in local time. */
export function toField(at: number): string {
  const day = new Date(at);
  return new Date(at - day.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

export function fromField(value: string): number | null {
  const at = new Date(value).getTime();
  return Number.isNaN(at) ? null : at;
}
