// Answers between the decision to send and their leaving: what is said of them, and how their words come back.
import { ApiError } from '../api/errors';
import type { ConversationRow, MessageRow } from '../api/types';
import { t } from '../i18n';
import { soon } from '../i18n/time';
import { clock } from './clock.svelte';
import type { Content } from './drafts.svelte';
import { toasts } from './toasts.svelte';

/** Whether it waits for the time its author chose. */
export function isScheduled(message: MessageRow): boolean {
  return message.state === 'pending' && message.scheduled_for !== null && !message.error;
}

/** Until when it can be taken back; 0 for one that is on its way, or put off by trouble. `now` may be a second old: one that is due at
 *  once is never held. */
export function heldUntil(message: MessageRow, now: number): number {
  const due = message.due_at ?? 0;
  return message.state === 'pending' && !message.error && due > Math.max(now, message.at) ? due : 0;
}

/** Tells that an answer waits, with an undo for as long as it can be taken back. */
export function left(
  row: ConversationRow,
  message: MessageRow,
  takeBack: (message: MessageRow) => Promise<void>,
): void {
  const until = heldUntil(message, clock.now);
  if (!until) return;
  const undo = () => takeBack(message).catch(tooLate);
  const number = `#${row.number}`;
  if (message.scheduled_for !== null) {
    const time = soon(message.scheduled_for, clock.now);
    toasts.done(t('done.scheduled', { number, time }), undo, undefined, undefined, message.id);
  } else {
    const count = Math.ceil((until - clock.now) / 1000);
    toasts.done(t('done.held', { number, count }), undo, undefined, until - clock.now, message.id);
  }
}

function tooLate(error: unknown): void {
  const late = error instanceof ApiError && error.code === 'conflict';
  toasts.error(late ? t('delivery.too_late') : t('error.network'));
}

/** What the composer holds for a message that was taken back. */
export function contentOf(message: MessageRow): Content {
  const { text, to, cc, bcc, subject, choices } = message;
  const files = message.attachments.map(({ file, name, type, size }) => ({ id: file, name, type, size }));
  return { text, to, cc, bcc, subject, files, choices, whisper: false, message: null };
}
