// What can be done about a message that is out, where its channel can. Pure.
import type { ChannelRow, Me, MessageRow } from '../../lib/api/types';

/** Those that every channel with reactions takes. */
export const EMOJI = ['👍', '❤', '😁', '🎉', '🙏', '👌'] as const;

export interface Amends {
  edit: boolean;
  withdraw: boolean;
  /** Reactions to offer, and the one given, which may be taken back. */
  react: readonly string[];
  given: string;
}

const NOTHING: Amends = { edit: false, withdraw: false, react: [], given: '' };
const OUT = new Set(['sent', 'delivered', 'read']);

/** `reader`: supervisors take back what others wrote, too. */
export function amends(message: MessageRow, channel: ChannelRow | undefined, reader: Me | null): Amends {
  const me = reader?.id ?? '';
  const over = reader?.role === 'admin' || reader?.role === 'supervisor';
  const busy = message.amending !== null && !message.amending.failed;
  if (!channel || channel.removed || busy || message.deleted_at !== null) return NOTHING;
  const can = (what: ChannelRow['amends'][number]): boolean => channel.amends.includes(what);
  const given =
    message.reactions.find((one) => one.author.kind === 'agent' && one.author.id === me)?.emoji ?? '';
  if (message.kind === 'customer')
    return can('react') ? { ...NOTHING, react: EMOJI.filter((one) => one !== given), given } : NOTHING;
  if (message.kind !== 'reply' || !OUT.has(message.state ?? '')) return NOTHING;
  const mine = message.author.id === me;
  return {
    ...NOTHING,
    edit: mine && can('edit') && !message.rating,
    withdraw: (mine || over) && can('delete'),
  };
}
