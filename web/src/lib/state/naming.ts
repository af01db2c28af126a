// What a conversation and its customer are called, with the same words wherever they are shown.
import type { Address, ConversationRow, CustomerRow, LastMessage } from '../api/types';
import { t, tCode } from '../i18n';
import { session } from './session.svelte';

/** What people know each other by; an id that a channel made up says nothing to anybody. */
const SPEAKING = new Set(['email', 'phone']);

/** The kind of an address that is a browser with the website's chat. */
export const BROWSER = 'webchat';

type Identity = CustomerRow['identities'][number];

/** The customer's name, or the mail address or phone number, in `known` too where more is known than the row tells. */
export function customerName(row: ConversationRow, known: readonly Address[] = []): string {
  if (row.customer.name) return row.customer.name;
  const own = row.participants.filter((one) => one.customer === row.customer.id);
  const address = [...own, ...known].find((one) => SPEAKING.has(one.kind));
  if (address) return address.value;
  return t(session.channels.get(row.channel)?.typing ? 'customer.unnamed' : 'customer.unknown');
}

/** Whether the address is known to be his. A browser is the same one, but whose it is only the website can tell. */
export const isProved = ({ kind, verified, how }: Identity) =>
  verified && (kind !== BROWSER || how === 'signed');

/** What an address is called: itself where it speaks, else by the name that came with it, unless anybody may have typed that. */
export const addressName = (one: Identity): string =>
  SPEAKING.has(one.kind)
    ? one.value
    : ((one.kind !== BROWSER || isProved(one)) && one.name) || placeOf(one.kind);

/** Where somebody writes from whose address says nothing: the website's chat, where customers are seen typing, or a channel by its name. */
export function placeOf(kind: string): string {
  const channel = [...session.channels.values()].find((one) => one.kind === kind);
  return channel && !channel.typing ? channel.name : t('identity.kind.visitor');
}

/** The subject. Where messages have none, the channel says more than "no subject". */
export function subjectOf(row: ConversationRow): string {
  const channel = session.channels.get(row.channel);
  return row.subject || (channel && !channel.subject ? channel.name : t('subject.none'));
}

/** What the newest message says; where it has no text, what it is: "Location: Main station", "Message taken back". */
export function previewOf(last: LastMessage | null): string {
  if (!last) return '';
  const what = last.content ? (tCode(`card.${last.content}`) ?? t('card.unsupported')) : '';
  if (!what || last.preview.toLowerCase() === what.toLowerCase()) return last.preview || what;
  return last.preview ? t('preview.card', { what, words: last.preview }) : what;
}
