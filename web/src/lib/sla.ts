// Which service-level clock a conversation shows, and in which words. Pure.
import type { ConversationRow, Instant, SlaClock } from './api/types';
import type { IconName } from './icons/icons';
import { t, tCode } from './i18n';
import { full, span, spanWords } from './i18n/time';

export type Tone = 'calm' | 'soon' | 'late' | 'met' | 'paused';

export interface Chip {
  tone: Tone;
  icon: IconName;
  label: string;
  /** For tooltip and screen reader: names the promise. */
  title: string;
  /** The label shows seconds, so it has to be drawn every second. */
  ticking: boolean;
  /** Nothing runs any more or just now: of interest in the conversation, not in a list. */
  settled: boolean;
}

const SOON_MS = 15 * 60_000;
const SOON_SHARE = 0.25;
const SECONDS_UNDER_MS = 10 * 60_000;

const owed = (clock: SlaClock) => clock.state === 'running' || (clock.state === 'breached' && !clock.met_at);

/** The clock that matters most: the earliest deadline still owed, else a paused one, else one that was met. */
export function leading(clocks: readonly SlaClock[]): SlaClock | undefined {
  const due = clocks.filter((clock) => owed(clock) && clock.due_at);
  if (due.length > 0) return due.reduce((a, b) => ((b.due_at ?? 0) < (a.due_at ?? 0) ? b : a));
  return clocks.find((clock) => clock.state === 'paused') ?? clocks.find((clock) => clock.met_at);
}

const promise = (clock: SlaClock) => tCode(`sla.metric.${clock.metric}`) ?? clock.metric;

/** What to show of a conversation's clocks at `now`; undefined when there is no promise. */
export function chip(row: Pick<ConversationRow, 'sla'>, now: Instant): Chip | undefined {
  const clock = leading(row.sla);
  if (!clock) return undefined;
  const what = promise(clock);
  if (owed(clock) && clock.due_at) return running(clock, clock.due_at, now, what);
  if (clock.state === 'paused') {
    return {
      tone: 'paused',
      icon: 'pause',
      label: t('sla.paused'),
      title: pausedTitle(clock, what),
      ticking: false,
      settled: true,
    };
  }
  if (clock.state === 'breached') {
    return {
      tone: 'late',
      icon: 'due',
      label: t('sla.missed'),
      title: t('sla.missed_title', { what }),
      ticking: false,
      settled: true,
    };
  }
  return {
    tone: 'met',
    icon: 'check',
    label: t('sla.met'),
    title: t('sla.met_title', { what }),
    ticking: false,
    settled: true,
  };
}

function pausedTitle(clock: SlaClock, what: string): string {
  const why = clock.pauses?.at(-1)?.why ?? '';
  return tCode(`sla.paused_why.${why}`, { what }) ?? t('sla.paused_title', { what });
}

/** The hours that count, where these are not all. */
const inHours = (clock: SlaClock) => (clock.calendar ? ` ${t('sla.in_hours')}` : '');

function running(clock: SlaClock, dueAt: Instant, now: Instant, what: string): Chip {
  const left = dueAt - now;
  const at = full(dueAt);
  const ticking = Math.abs(left) < SECONDS_UNDER_MS + 60_000;
  if (left < 0) {
    const title = t('sla.late_title', { what, span: spanWords(left), at });
    return {
      tone: 'late',
      icon: 'due',
      label: t('sla.late', { span: span(left) }),
      title,
      ticking,
      settled: false,
    };
  }
  const calm = left > SOON_MS || left > clock.target * SOON_SHARE;
  const title = t('sla.due_title', { what, span: spanWords(left), at }) + inHours(clock);
  return {
    tone: calm ? 'calm' : 'soon',
    icon: calm ? 'clock' : 'queue',
    label: span(left),
    title,
    ticking,
    settled: false,
  };
}
