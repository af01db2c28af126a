// Names and numbers of reports in words.
import type { ReportBy, Satisfaction, Spread } from '../../lib/api/types';
import { locale, number, t, tCode } from '../../lib/i18n';
import { breaks } from '../../lib/state/breaks.svelte';
import { policies } from '../../lib/state/promises.svelte';
import { queues } from '../../lib/state/queues.svelte';
import { session } from '../../lib/state/session.svelte';

/** "34 s", "12 min", "3.4 h", "2.1 d": a duration to compare by, not to count down. */
export function duration(ms: number): string {
  const units = [
    ['second', 1000],
    ['minute', 60_000],
    ['hour', 3_600_000],
    ['day', 86_400_000],
  ] as const;
  const [unit, size] = [...units].reverse().find(([, size]) => ms >= size) ?? units[0];
  const value = ms / size;
  const digits = unit === 'second' || value >= 10 ? 0 : 1;
  const options = { style: 'unit', unit, unitDisplay: 'short', maximumFractionDigits: digits } as const;
  return new Intl.NumberFormat(locale, options).format(value);
}

export const median = (spread: Spread | undefined) => (spread ? duration(spread.p50) : '–');
export const count = (value: number | undefined) => (value === undefined ? '–' : number(value));

export const SATISFACTION = ['csat', 'nps'] as const;

/** "87 %" of content customers, or a net promoter score such as "+31". */
export function score(kind: (typeof SATISFACTION)[number], rated: Satisfaction): string {
  if (rated.score === null) return '–';
  return kind === 'csat' ? `${rated.score} %` : (rated.score > 0 ? '+' : '') + number(rated.score);
}

/** Of those who were asked in these days, how many in a hundred have answered. */
export const returned = (rated: Satisfaction) =>
  rated.asked ? Math.round((rated.returned / rated.asked) * 100) : 0;

/** What a row stands for. */
export function rowName(by: ReportBy, key: string): string {
  switch (by) {
    case 'agent':
      return session.agentName(key) || (key ? t('reports.gone') : t('reports.nobody'));
    case 'team':
      return session.teamName(key) || key || t('team.none');
    case 'queue':
      return queues.nameOf(key) || t(key ? 'reports.removed' : 'reports.no_queue');
    case 'policy':
      return key === 'default' ? t('reports.default_policy') : policies.nameOf(key) || t('reports.removed');
    case 'channel':
      return session.channels.get(key)?.name ?? key;
    case 'day':
    case 'week':
      return new Intl.DateTimeFormat(locale, { day: 'numeric', month: 'short', timeZone: 'UTC' }).format(
        Date.parse(key),
      );
    case 'month':
      return new Intl.DateTimeFormat(locale, { month: 'short', year: 'numeric', timeZone: 'UTC' }).format(
        Date.parse(`${key}-01`),
      );
    default:
      return key || t('reports.all');
  }
}

/** Days of the week from Monday on, in the shortest form. */
export function weekdays(): string[] {
  const monday = Date.UTC(2024, 0, 1);
  const format = new Intl.DateTimeFormat(locale, { weekday: 'short', timeZone: 'UTC' });
  return Array.from({ length: 7 }, (_, day) => format.format(monday + day * 86_400_000));
}

/** A state of an agent as reports tell it: `online`, or `break:REASON`. */
export function stateName(name: string): string {
  const reason = name.split(':')[1];
  if (!reason) return t(`state.${name as 'online' | 'busy' | 'break' | 'away' | 'offline'}`);
  return t('state.break_for', { reason: breaks.nameOf(reason) || t('reports.removed') });
}

export const kindName = (kind: string) => tCode(`reports.kind.${kind}`) ?? kind;
