// What the variables of a saved reply stand for in a conversation.
import type { ConversationRow } from '../../lib/api/types';
import { session } from '../../lib/state/session.svelte';
import type { Values } from './variables';

const first = (name: string) => name.trim().split(/\s+/)[0] ?? '';

/** What is known here. Only what is known of somebody is a name: an address or "Visitor" would be none to greet him by. */
export function valuesFor(customer: string, number: string, subject: string, channel: string): Values {
  const agent = session.me?.name ?? '';
  return {
    'customer.first_name': first(customer),
    'customer.name': customer.trim(),
    'agent.first_name': first(agent),
    'agent.name': agent,
    'conversation.number': number,
    'conversation.subject': subject,
    'channel.name': session.channels.get(channel)?.name ?? '',
  };
}

export const valuesOf = (row: ConversationRow): Values =>
  valuesFor(row.customer.name, `#${row.number}`, row.subject, row.reply_channel);
