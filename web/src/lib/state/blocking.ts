// Blocking senders and letting them in again, each with its undo.
import { api, newKey } from '../api/client';
import type { BlockParticipant, BlockRow, ConversationRow } from '../api/types';
import { t } from '../i18n';
import { attempt, setStatus } from './actions';
import { toasts } from './toasts.svelte';
import { workspace } from './workspace.svelte';

/** What a block is called: the domain, the address, or the name where the address is only a provider's number. */
export function blockName(block: Pick<BlockRow, 'kind' | 'value' | 'name'>): string {
  const readable = block.kind === 'email' || block.kind === 'phone';
  return readable || !block.name ? block.value : block.name;
}

/** Throws what the service refuses, for the dialog to say. */
export async function blockIn(row: ConversationRow, body: BlockParticipant): Promise<void> {
  const made = await api.blockIn(row.id, body, newKey());
  workspace.take(made.conversation);
  const turned = made.conversation.category === 'spam' && row.category !== 'spam';
  toasts.done(t('block.done', { address: blockName(made.block) }), async () => {
    if (!(await attempt(() => api.unblock(made.block.id)))) return;
    if (turned) await attempt(async () => workspace.take(await api.edit(row.id, { status: 'open' })));
  });
}

/** Lets somebody in again; tells whether it went well. */
export async function unblock(block: BlockRow): Promise<boolean> {
  const done = await attempt(() => api.unblock(block.id));
  if (done) toasts.done(t('block.undone', { address: blockName(block) }));
  return done;
}

/** Spam becomes open again, everything else spam. */
export function turnSpam(row: ConversationRow): Promise<void> {
  return setStatus(row, row.category === 'spam' ? 'open' : 'spam');
}
