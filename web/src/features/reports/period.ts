// What is asked of a report, as the page's address has it; days are those of the reports' own zone, written 2026-11-22.
import type { Figures, ReportBy } from '../../lib/api/types';

export interface Asked {
  first: string;
  last: string;
  by: ReportBy;
  channel: string;
  team: string;
  agent: string;
  queue: string;
  tag: string;
}

export const ROWS: readonly ReportBy[] = [
  'agent',
  'team',
  'queue',
  'channel',
  'tag',
  'policy',
  'hour',
  'state',
];
export const CONDITIONS = ['channel', 'team', 'agent', 'queue', 'tag'] as const;
export const SPANS = [7, 30, 90, 365] as const;

/** Whether a row of this kind can be narrowed so: promises and tags are counted over everything, time in states by person. */
export function narrows(by: ReportBy, name: (typeof CONDITIONS)[number]): boolean {
  if (by === 'state') return name === 'agent';
  return by === 'tag' ? name === 'tag' : by !== 'policy';
}

/** Whether a figure is counted of a row at all: what begins and what nobody answered is nobody's. */
export function counted(what: string, by: ReportBy, key: string, person: string): boolean {
  return !['started', 'abandoned'].includes(what) || !(person || (by === 'agent' && key));
}

const DAY = 86_400_000;
const A_DAY = /^\d{4}-\d{2}-\d{2}$/;

const written = (at: number) => new Date(at).toISOString().slice(0, 10);

/** `days` whole days up to and with today, which is another one elsewhere. */
export function lastDays(days: number, now: number, zone: string): { first: string; last: string } {
  const last = new Date(now).toLocaleDateString('en-CA', { timeZone: zone });
  return { first: written(Date.parse(last) - (days - 1) * DAY), last };
}

export function daysOf({ first, last }: { first: string; last: string }): number {
  return Math.round((Date.parse(last) - Date.parse(first)) / DAY) + 1;
}

/** How finely time is shown, so that a chart has neither three bars nor three hundred. */
export function grain(asked: { first: string; last: string }): ReportBy {
  const days = daysOf(asked);
  if (days <= 45) return 'day';
  return days <= 200 ? 'week' : 'month';
}

/** Reads an address; what makes no sense in it is left out. */
export function read(query: string, now: number, zone: string): Asked {
  const given = new URLSearchParams(query);
  const usual = lastDays(30, now, zone);
  const day = (name: string, instead: string) => {
    const text = given.get(name) ?? '';
    return A_DAY.test(text) && !Number.isNaN(Date.parse(text)) ? text : instead;
  };
  const last = day('last', usual.last);
  const first = day('first', last === usual.last ? usual.first : last);
  const by = given.get('by') as ReportBy | null;
  const rows = by && ROWS.includes(by) ? by : 'agent';
  const words = Object.fromEntries(
    CONDITIONS.map((name) => [name, narrows(rows, name) ? (given.get(name) ?? '') : '']),
  );
  return {
    ...(words as Omit<Asked, 'first' | 'last' | 'by'>),
    first: first <= last ? first : last,
    last,
    by: rows,
  };
}

/** The conditions and days as the service is asked; a tag goes with no other condition. */
export function asked(by: ReportBy, from: Asked): Record<string, string> {
  const conditions = CONDITIONS.filter(
    (name) => from[name] && narrows(by, name) && (name === 'tag') === Boolean(from.tag),
  );
  return {
    first: from.first,
    last: from.last,
    by: from.tag && !['all', 'day', 'week', 'month', 'hour'].includes(by) ? 'all' : by,
    ...Object.fromEntries(conditions.map((name) => [name, from[name]])),
  };
}

/** The query of the list behind one row's figure; a row without a key holds what has none of its kind. */
export function behind(by: ReportBy, key: string, from: Asked): Record<string, string> {
  const all = { ...asked(by, from), by: 'all' };
  switch (by) {
    case 'day':
    case 'week':
    case 'month':
      return { ...all, ...spanOf(by, key, from) };
    case 'agent':
    case 'team':
    case 'queue':
    case 'channel':
      return key ? { ...all, [by]: key } : { ...all, none: by };
    case 'tag':
    case 'policy':
    case 'hour':
      return { ...all, [by]: key };
    default:
      return all;
  }
}

/** The days of a row that the report covers; a week is told by its Monday, a month as 2026-11. */
function spanOf(by: 'day' | 'week' | 'month', key: string, from: Asked): { first: string; last: string } {
  const first = by === 'month' ? `${key}-01` : key;
  const start = new Date(Date.parse(first));
  const ends = { day: start.getTime(), week: start.getTime() + 6 * DAY };
  const last = written(
    by === 'month' ? Date.UTC(start.getUTCFullYear(), start.getUTCMonth() + 1, 0) : ends[by],
  );
  return { first: first < from.first ? from.first : first, last: last > from.last ? from.last : last };
}

export function address(from: Asked): string {
  const query = new URLSearchParams({ first: from.first, last: from.last, by: from.by });
  for (const name of CONDITIONS) if (from[name] && narrows(from.by, name)) query.set(name, from[name]);
  return query.toString();
}

/** The change from before in percent; undefined when there was nothing to compare with. */
export function change(now: number | undefined, before: number | undefined): number | undefined {
  if (now === undefined || !before) return undefined;
  return Math.round(((now - before) / before) * 100);
}

/** How many promises were kept or missed. */
export const promised = (counts: Record<string, number>) =>
  (counts.sla_met ?? 0) + (counts.sla_breached ?? 0);

/** The share of promises kept, in percent. */
export function kept(counts: Record<string, number>): number | undefined {
  const all = promised(counts);
  return all ? Math.round(((counts.sla_met ?? 0) / all) * 100) : undefined;
}

/** What was open when the last row ended, or is now where some of them are to come; undefined where nothing is known yet. */
export const backlogAtEnd = (rows: readonly Pick<Figures, 'backlog'>[]): number | undefined =>
  rows.findLast((row) => row.backlog !== null)?.backlog ?? undefined;
