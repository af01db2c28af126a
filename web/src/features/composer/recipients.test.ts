import { describe, expect, it } from 'vitest';
import type { Address, ChannelRow, ConversationRow, MessageRow } from '../../lib/api/types';
import { outsiders, parseAddress, parseAddresses, prefill, reachOf } from './recipients';

const mail = (value: string, name = ''): Address =>
  name ? { kind: 'email', value, name } : { kind: 'email', value };
const ADA = mail('ada@example.org', 'Ada');
const BOB = mail('bob@example.org');
const EVE = mail('eve@example.org');
const US = mail('support@northwind.example');
const CHANNELS = [{ id: 'm', address: 'support@northwind.example' } as ChannelRow];

const row = (participants: object[]) => ({ participants }) as unknown as ConversationRow;
const message = (kind: string, more: object) =>
  ({ kind, sender: null, to: [], cc: [], ...more }) as unknown as MessageRow;
const values = (some: Address[]) => some.map((one) => one.value);

describe('who an answer goes to', () => {
  const everybody = row([ADA, BOB]);
  const newest = [message('customer', { sender: ADA, to: [US, BOB], cc: [mail('Ada@example.org')] })];

  it('is the sender, and with all those he wrote to, but never ourselves or anybody twice', () => {
    const all = prefill(everybody, newest, CHANNELS, true);
    expect([values(all.to), values(all.cc)]).toEqual([['ada@example.org'], ['bob@example.org']]);
    expect(prefill(everybody, newest, CHANNELS, false).cc).toEqual([]);
  });

  it('leaves out our own address with a reply token in it', () => {
    const tokened = [message('customer', { sender: ADA, to: [mail('support+abc123@northwind.example')] })];
    expect(prefill(everybody, tokened, CHANNELS, true).cc).toEqual([]);
  });

  it('is nobody who was not accepted, not even when he wrote last', () => {
    const stranger = row([ADA, { ...EVE, accepted: false }]);
    const thread = [...newest, message('customer', { sender: EVE, to: [US], cc: [ADA] })];
    const all = prefill(stranger, thread, CHANNELS, true);
    expect(values([...all.to, ...all.cc])).not.toContain('eve@example.org');
    expect(values(all.to)).toEqual(['ada@example.org']);
  });

  it('names whom the customer copied only when everybody is asked for', () => {
    const stranger = row([ADA, { ...BOB, accepted: false }]);
    expect(prefill(stranger, newest, CHANNELS, true)).toEqual({ to: [ADA], cc: [] });
    expect(prefill(stranger, newest, CHANNELS, true, 'email', true)).toEqual({ to: [ADA], cc: [BOB] });
  });

  it('warns of who is new here and none of us', () => {
    const colleague = mail('jonas@northwind.example');
    const told = message('reply', { state: 'sent', to: [BOB], bcc: [mail('carl@example.org')] });
    const slip = message('reply', { state: 'cancelled', to: [EVE], bcc: [] });
    const found = (...some: Address[]) => values(outsiders(some, row([ADA]), [told, slip], CHANNELS));
    expect(found(mail('ADA@example.org'), BOB, mail('carl@example.org'), colleague)).toEqual([]);
    expect(found(ADA, EVE, colleague, mail('Eve@example.org'))).toEqual(['eve@example.org']);
    const number = { kind: 'phone', value: '+4930123' };
    expect(values(outsiders([number], row([]), [], [{ address: '+49301' } as ChannelRow]))).toEqual([
      '+4930123',
    ]);
  });

  it('reaches the sender, some or all of those it could', () => {
    const all = { to: [ADA], cc: [BOB, EVE] };
    const reach = (to: Address[], cc: Address[]) => reachOf({ to, cc }, all);
    expect(reach([ADA], [BOB, EVE])).toBe('all');
    expect(reach([ADA, EVE, US], [BOB])).toBe('all');
    expect(reach([ADA], [BOB])).toBe('some');
    expect(reach([ADA], [])).toBe('sender');
    expect(reachOf({ to: [ADA], cc: [] }, { to: [ADA], cc: [] })).toBeNull();
  });

  it('is whom the sender asked us to answer, once he is accepted', () => {
    const asked = { ...ADA, reply_to: ['bob@example.org'] };
    const to = (bob: object) => values(prefill(row([asked, bob]), newest, CHANNELS, true).to);
    expect(to(BOB)).toEqual(['bob@example.org']);
    expect(to({ ...BOB, accepted: false })).toEqual(['ada@example.org']);
  });

  it('goes on with whom we wrote to first when nobody has answered', () => {
    const thread = [message('reply', { to: [ADA], cc: [BOB] }), message('reply', { to: [EVE] })];
    const all = prefill(everybody, thread, CHANNELS, true);
    expect([values(all.to), values(all.cc)]).toEqual([['ada@example.org'], ['bob@example.org']]);
  });

  it('is only whom the channel of the answer can reach', () => {
    const visitor = { kind: 'webchat', value: 'v-83a1' };
    const chat = message('customer', { sender: visitor });
    const to = (messages: MessageRow[], people: Address[]) =>
      values(prefill(row(people), messages, CHANNELS, true, 'email').to);
    expect(to([...newest, chat], [ADA])).toEqual(['ada@example.org']);
    expect(to([chat, message('reply', { to: [visitor] })], [visitor, ADA])).toEqual(['ada@example.org']);
    expect(to([chat], [visitor])).toEqual([]);
  });

  it('is never whom a message was forwarded to', () => {
    const all = prefill(everybody, [...newest, message('reply', { to: [EVE] })], CHANNELS, true);
    expect(values(all.to)).toEqual(['ada@example.org']);
  });

  it('is the first participant when there is no message yet', () => {
    expect(values(prefill(everybody, [], CHANNELS, true).to)).toEqual(['ada@example.org']);
  });
});

describe('typed addresses', () => {
  it('may carry a name', () => {
    expect(parseAddress('"Ada L." <ada@example.org>', 'email')).toEqual(mail('ada@example.org', 'Ada L.'));
    expect(parseAddress('+49 170 1234567', 'phone')?.value).toBe('+49 170 1234567');
  });

  it('are refused when they are none', () => {
    for (const wrong of ['ada', 'ada@', '@example.org', 'a b@example.org', '<>', ''])
      expect(parseAddress(wrong, 'email')).toBeNull();
  });

  it('come many at a time, and what is no address is left', () => {
    const { found, rest } = parseAddresses(
      'ada@example.org, Bob <bob@example.org>; nonsense\neve@example.org',
      'email',
    );
    expect(values(found)).toEqual(['ada@example.org', 'bob@example.org', 'eve@example.org']);
    expect(rest).toBe('nonsense');
  });
});
