// What the variables of a saved reply stand for in a conversation.
import type { ConversationRow } from '../../lib/api/types';
import { session } from '../../lib/state/session.svelte';
import type { Values } from './variables';

const first = (name: string) => name.trim().split(/\s+/)[0] ?? '';

/** Only what is known of somebody is a name: an address or "Visitor" would be none to greet him by. */
export function valuesOf(row: ConversationRow): Values {
  const customer = row.customer.name.trim();
  const agent = session.me?.name ?? '';
  return {
    'customer.first_name': first(customer),
    'customer.name': customer,
    'agent.first_name': first(agent),
    'agent.name': agent,
    'conversation.number': `#${row.number}`,
    'conversation.subject': row.subject,
    'channel.name': session.channels.get(row.reply_channel)?.name ?? '',
  };
}
