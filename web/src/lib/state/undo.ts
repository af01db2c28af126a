// Takes one change back, where nobody has changed the same since.
import '../i18n/later';
import { api } from '../api/client';
import type { ConversationRow, EditConversation } from '../api/types';
import { t } from '../i18n';
import { toasts } from './toasts.svelte';
import { workspace } from './workspace.svelte';

/** Why somebody has what nobody gave him. */
const BY_ITSELF = new Set(['preferred', 'least_loaded', 'round_robin', 'longest_idle', 'manual']);

/** `left`: the conversation as the change has left it; `back` takes that back. */
export async function takeBack(
  left: ConversationRow,
  change: EditConversation,
  back: EditConversation,
): Promise<void> {
  const { row } = await api.conversation(left.id);
  if (isAsLeft(row, left, change)) workspace.take(await api.edit(left.id, back));
  else refuse(`#${left.number}`);
}

/** Somebody's change since then stays. */
export function refuse(what: string): void {
  toasts.error(t('undo.changed_since', { what }));
}

function isAsLeft(row: ConversationRow, left: ConversationRow, change: EditConversation): boolean {
  if (row.id !== left.id) return false; // it was merged into another one
  const same = (name: keyof ConversationRow) => row[name] === left[name];
  const why = row.assign_reason;
  const given = left.assignee === null && BY_ITSELF.has(why?.code ?? '') && !why?.numbers?.accepted;
  return (
    (!('status' in change) || (same('category') && same('snoozed_until'))) &&
    (!('assignee' in change) || same('assignee') || given) &&
    (!('bot' in change) || same('bot')) &&
    (!('team' in change) || same('team')) &&
    (!('queue' in change) || same('queue')) &&
    (!('priority' in change) || same('priority')) &&
    (!('subject' in change) || same('subject'))
  );
}
