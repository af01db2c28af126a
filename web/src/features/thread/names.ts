import type { ConversationRow } from '../../lib/api/types';
import { session } from '../../lib/state/session.svelte';
import { t } from '../../lib/i18n';
import type { Names } from './reasons';

/** The names a conversation's reasons may need, as this reader may see them. */
export function names(row: ConversationRow): Names {
  return {
    me: session.id,
    agent: (id) => session.agentName(id),
    team: (id) => session.teams.get(id)?.name ?? '',
    customer: row.customer.name || t('customer.unnamed'),
  };
}
