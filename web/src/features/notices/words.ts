// A notice in words.
import type { NoticeRow } from '../../lib/api/types';
import { t, tCode } from '../../lib/i18n';
import type { IconName } from '../../lib/icons/icons';
import type { Route } from '../../lib/router.svelte';
import { session } from '../../lib/state/session.svelte';

export const NOTICE_ICONS: Record<string, IconName> = {
  reply: 'chat',
  followed: 'star',
  assigned: 'user',
  mention: 'users',
  offer: 'queue',
  whisper: 'lock',
  sla_warning: 'clock',
  sla_breach: 'due',
  send_failed: 'failed',
  send_cancelled: 'undo',
  alert: 'bell',
};

/** The kinds of notices about a conversation. */
export const NOTICE_WORDS: readonly string[] = Object.keys(NOTICE_ICONS).filter((kind) => kind !== 'alert');

export const customerOf = (row: NoticeRow) => row.customer.name || t('customer.unknown');

/** Where it leads: an alert is about no conversation, what it watches is on the board. */
export const target = (row: NoticeRow): Route =>
  row.conversation === null
    ? { name: 'board', wall: false }
    : { name: 'inbox', view: 'mine', number: String(row.number) };

/** What happened, without the conversation's name. */
export function saying(row: NoticeRow): string {
  const by = row.actor.kind === 'agent' ? session.agentName(row.actor.id) : '';
  if (row.kind === 'alert') return t('notice.alert', { name: row.subject });
  const values = { name: by || customerOf(row), number: `#${row.number}` };
  return (by && tCode(`notice.by.${row.kind}`, values)) || (tCode(`notice.${row.kind}`, values) ?? row.kind);
}
