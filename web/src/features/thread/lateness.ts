// How late a promise was kept, or is by now, and spans and instants to the second, as a proof has to have them.
import type { ConversationRow, Instant } from '../../lib/api/types';
import { locale } from '../../lib/i18n';

/** Of the promise broken at `due`: from then on, around the clock, as its chip and the reports tell it, and what of that lay in the
 *  hours of the promise once it is kept. Undefined when a newer promise of its kind has begun. */
export function lateBy(clocks: ConversationRow['sla'], metric: string, due: number, now: number) {
  const found = clocks.find((one) => one.metric === metric && one.breached_at === due);
  if (!found) return undefined;
  const { met_at: met, calendar, used = 0, target, over = 0 } = found;
  const span = Math.max(0, (met ?? now) - due);
  const inHours = met && calendar ? Math.min(span, Math.max(0, used - target - over)) : span;
  return { owed: !met, span, inHours };
}

const UNITS = [
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
  ['second', 1],
] as const;

/** "1 hr 4 min 20 sec": spans that add up. */
export function exactly(ms: number): string {
  let left = Math.round(ms / 1000);
  const parts: string[] = [];
  for (const [unit, seconds] of UNITS) {
    const count = Math.floor(left / seconds);
    left -= count * seconds;
    if (count > 0 || (unit === 'second' && parts.length === 0))
      parts.push(new Intl.NumberFormat(locale, { style: 'unit', unit, unitDisplay: 'short' }).format(count));
  }
  return new Intl.ListFormat(locale, { type: 'unit', style: 'narrow' }).format(parts);
}

export const instant = (at: Instant) =>
  new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'medium' }).format(at);
