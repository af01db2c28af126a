import type { ConversationRow } from '../../lib/api/types';
import { customerName } from '../../lib/state/naming';
import { session } from '../../lib/state/session.svelte';
import type { Names } from './reasons';

/** The names a conversation's reasons may need, as this reader may see them. */
export function names(row: ConversationRow): Names {
  return {
    me: session.id,
    agent: (id) => session.agentName(id),
    team: (id) => session.teams.get(id)?.name ?? '',
    customer: customerName(row),
  };
}
