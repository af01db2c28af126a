import type { Author, ConversationRow } from '../../lib/api/types';
import { customerName } from '../../lib/state/naming';
import { queues } from '../../lib/state/queues.svelte';
import { session } from '../../lib/state/session.svelte';
import { t } from '../../lib/i18n';
import { authorName, type Names } from './reasons';

/** The names a conversation's reasons may need, as this reader may see them. */
export function names(row: ConversationRow): Names {
  return {
    me: session.id,
    agent: (id) => session.agentName(id),
    team: (id) => session.teamName(id),
    queue: (id) => queues.nameOf(id),
    customer: customerName(row),
  };
}

/** What somebody of a conversation with several people is called. */
export function personName(author: Author, row: ConversationRow): string {
  if (author.kind !== 'customer' || author.id === row.customer.id) return authorName(author, names(row));
  const found = row.participants.find((one) => one.customer === author.id);
  return found?.name || found?.value || t('actor.somebody');
}
