// Follows a conversation, or no more. Loaded with the first time that somebody does.
import '../i18n/later';
import { api } from '../api/client';
import { ApiError } from '../api/errors';
import type { ConversationRow } from '../api/types';
import { t } from '../i18n';
import { explain, undoable } from './actions';
import { session } from './session.svelte';
import { toasts } from './toasts.svelte';
import { workspace } from './workspace.svelte';

export async function turn({ id, number, followers }: ConversationRow): Promise<void> {
  const follow = !followers.includes(session.id);
  const values = { number: `#${number}` };
  try {
    workspace.take(await api.edit(id, { follow }));
  } catch (error) {
    const full = error instanceof ApiError && error.field === 'follow';
    toasts.error(full ? t('followed.full', values) : explain(error));
    return;
  }
  const said = t(follow ? 'followed.done' : 'followed.undone', values);
  undoable(said, { do: 'edit', id, number, left: {}, back: { follow: !follow } });
}
