// Who an answer goes to. Pure. Joining is not trust: who was not accepted is written to only when an agent names him.
import type { Address, ChannelRow, ConversationRow, MessageRow } from '../../lib/api/types';

export interface Recipients {
  to: Address[];
  cc: Address[];
}

export const sameAddress = (a: Address, b: Address) =>
  a.kind === b.kind && a.value.toLowerCase() === b.value.toLowerCase();

/** An address as typed: "Ada <ada@example.org>", "ada@example.org" or, on a phone channel, a number; null when it is none. */
export function parseAddress(typed: string, kind: string): Address | null {
  const text = typed.trim();
  const named = /^(.*?)<([^<>]+)>$/.exec(text);
  const value = (named?.[2] ?? text).trim();
  const name = named?.[1]?.trim().replace(/^"|"$/g, '') ?? '';
  if (kind === 'email' && !/^[^\s@<>,;]+@[^\s@<>,;]+\.[^\s@<>,;]+$/.test(value)) return null;
  if (kind === 'phone' && !/^\+?[\d\s().-]{5,}$/.test(value)) return null;
  if (!value) return null;
  return name ? { kind, value, name } : { kind, value };
}

/** What pasting "a@x.org, Bob <b@x.org>; c@x.org" means; `rest` is what was no address. */
export function parseAddresses(typed: string, kind: string): { found: Address[]; rest: string } {
  const found: Address[] = [];
  const rest: string[] = [];
  for (const part of typed.split(/[,;\n]+/)) {
    if (!part.trim()) continue;
    const address = parseAddress(part, kind);
    if (address) found.push(address);
    else rest.push(part.trim());
  }
  return { found, rest: rest.join(', ') };
}

/** Whom an answer goes to: the sender alone, everybody, or something between. */
export type Reach = 'all' | 'some' | 'sender';

/** How far these recipients reach; null where the sender is everybody, and there is nothing to choose. */
export function reachOf(given: Recipients, everybody: Recipients): Reach | null {
  const all = [...everybody.to, ...everybody.cc];
  if (all.length < 2) return null;
  const chosen = [...given.to, ...given.cc];
  if (all.every((one) => among(one, chosen))) return 'all';
  return chosen.every((one) => among(one, everybody.to)) ? 'sender' : 'some';
}

/** Those of the conversation's people who were not accepted. */
export const strangersOf = (row: ConversationRow) => row.participants.filter((one) => one.accepted === false);

export const among = (address: Address, some: readonly Address[]) =>
  some.some((one) => sameAddress(one, address));

const domainOf = (value: string) => value.toLowerCase().split('@')[1] ?? '';

/** Whom nobody in the conversation has written to or heard of, and who has no address like those of our channels: a slip, perhaps. */
export function outsiders(
  chosen: readonly Address[],
  row: ConversationRow,
  messages: readonly MessageRow[],
  channels: Iterable<ChannelRow>,
): Address[] {
  const own = new Set([...channels].map((channel) => domainOf(channel.address)).filter(Boolean));
  const written = messages.filter((one) => one.state !== 'cancelled');
  const known = [...row.participants, ...written.flatMap((one) => [...one.to, ...one.cc, ...one.bcc])];
  return distinct(chosen.filter((one) => !own.has(domainOf(one.value)) && !among(one, known)));
}

function distinct(addresses: readonly Address[]): Address[] {
  return addresses.filter((one, i) => addresses.findIndex((other) => sameAddress(one, other)) === i);
}

/** The channels' own addresses, so that we do not write to ourselves. */
function isOwn(address: Address, channels: Iterable<ChannelRow>): boolean {
  for (const channel of channels) {
    if (!channel.address) continue;
    const [local = '', domain = ''] = channel.address.toLowerCase().split('@');
    const [theirs = '', theirDomain = ''] = address.value.toLowerCase().split('@');
    if (domain === theirDomain && (theirs === local || theirs.startsWith(`${local}+`))) return true;
  }
  return false;
}

/**
 * The recipients of an answer: the sender of the customers' newest message, or with `all` everybody it went to. A stranger's
 * message is passed over in favour of the newest one of somebody accepted. Where nobody has written yet it is whom we wrote
 * to first; what was forwarded went to somebody who has no part in this. `kind`: what the channel of the answer can write to;
 * what came by another one may have a sender whom it cannot reach. `named`: also those who were copied and not accepted.
 */
export function prefill(
  row: ConversationRow,
  messages: readonly MessageRow[],
  channels: Iterable<ChannelRow>,
  all: boolean,
  kind?: string,
  named = false,
): Recipients {
  const known = [...channels];
  const strangers = strangersOf(row);
  const reachable = (address: Address) => (!kind || address.kind === kind) && !isOwn(address, known);
  const wanted = (address: Address) => reachable(address) && !among(address, strangers);
  const message =
    messages.findLast((one) => one.kind === 'customer' && one.sender && wanted(one.sender)) ??
    messages.find((one) => one.kind === 'reply' && !one.forwards && one.to.some(wanted));
  if (!message) {
    const first = row.participants.find((one) => wanted(one));
    return { to: first ? [plain(first)] : [], cc: [] };
  }
  const main = message.kind === 'customer' && message.sender ? answered(row, message.sender) : message.to;
  const others = message.kind === 'customer' ? [...message.to, ...message.cc] : message.cc;
  const to = distinct(main.filter(wanted));
  const cc = all ? distinct(others.filter(named ? reachable : wanted)).filter((one) => !among(one, to)) : [];
  return { to, cc };
}

/** Where the sender wants answers to go: to himself, or to those he named instead, as far as an agent accepts them. */
function answered(row: ConversationRow, sender: Address): Address[] {
  const asked = row.participants.find((one) => sameAddress(one, sender))?.reply_to ?? [];
  const instead = row.participants.filter(
    (one) => one.kind === sender.kind && one.accepted !== false && asked.includes(one.value),
  );
  return instead.length > 0 ? instead.map(plain) : [sender];
}

function plain(address: Address): Address {
  return address.name
    ? { kind: address.kind, value: address.value, name: address.name }
    : { kind: address.kind, value: address.value };
}

export const label = (address: Address) =>
  address.name ? `${address.name} <${address.value}>` : address.value;
