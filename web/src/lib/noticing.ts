// How a notice is made known in this browser: on the screen, by a sound, by the desktop. Pure.
import type { NoticeRow } from './api/types';

export type Way = 'screen' | 'sound' | 'desktop';
export const WAYS: readonly Way[] = ['screen', 'sound', 'desktop'];
/** The service's kinds; an answer in a chat is a kind of its own, as somebody sits and waits. */
export const NOTICE_KINDS = [
  'reply_live',
  'reply',
  'followed',
  'assigned',
  'mention',
  'offer',
  'whisper',
  'sla_warning',
  'sla_breach',
  'send_failed',
  'send_cancelled',
] as const;
export type NoticeKind = (typeof NOTICE_KINDS)[number];
export type Chosen = Partial<Record<NoticeKind, readonly Way[]>>;

const ALL: readonly Way[] = ['screen', 'sound', 'desktop'];
const GIVEN: Record<NoticeKind, readonly Way[]> = {
  reply_live: ALL,
  reply: ['screen', 'desktop'],
  followed: ['screen', 'desktop'],
  assigned: ['screen', 'desktop'],
  mention: ALL,
  offer: ALL,
  whisper: ALL,
  sla_warning: ['screen'],
  sla_breach: ALL,
  send_failed: ['screen', 'desktop'],
  send_cancelled: ['screen', 'desktop'],
};

export const waysOf = (kind: NoticeKind, chosen: Chosen): readonly Way[] => chosen[kind] ?? GIVEN[kind];

export function kindOf(row: Pick<NoticeRow, 'kind'>, conversational: boolean): NoticeKind {
  if (row.kind === 'reply' && conversational) return 'reply_live';
  return NOTICE_KINDS.find((kind) => kind === row.kind) ?? 'reply';
}

export interface Quiet {
  /** No sound and no desktop notice while the availability is away. */
  away: boolean;
  hours: boolean;
  /** Minutes of the day in the browser's zone; the end may be on the next day. */
  from: number;
  to: number;
}

/** Whether sounds and the desktop are silent at a minute of the day. */
export function isQuiet(quiet: Quiet, away: boolean, minute: number): boolean {
  if (quiet.away && away) return true;
  if (!quiet.hours || quiet.from === quiet.to) return false;
  if (quiet.from < quiet.to) return minute >= quiet.from && minute < quiet.to;
  return minute >= quiet.from || minute < quiet.to;
}
