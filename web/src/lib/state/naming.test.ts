import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { conversation } from '../../testing/service';
import type { ChannelRow, ConversationRow } from '../api/types';
import { addressName, customerName, isProved, placeOf, subjectOf } from './naming';
import { session } from './session.svelte';

const channel = (id: string, change: Partial<ChannelRow>) => [id, { id, ...change } as ChannelRow] as const;

beforeEach(() => {
  session.channels = new Map([
    channel('mail', { name: 'Support mail', subject: true, kind: 'email', typing: false }),
    channel('shop', { name: 'Shop chat', subject: false, kind: 'webchat', typing: true }),
    channel('line', { name: 'Our LINE', subject: false, kind: 'line', typing: false }),
  ]);
});

afterEach(() => {
  session.channels = new Map();
});

const nameless = (change: Partial<ConversationRow>) =>
  conversation('k1', { customer: { id: 'c1', name: '' }, ...change });

describe('a customer without a name', () => {
  it('is called by the own mail address or phone number, not by that of somebody in copy', () => {
    const participants = [
      { kind: 'email', value: 'copy@example.org', customer: 'c2' },
      { kind: 'email', value: 'ada@example.org', customer: 'c1' },
    ];
    expect(customerName(nameless({ participants }))).toBe('ada@example.org');
    const phone = [{ kind: 'phone', value: '+44 20 7946 0018', customer: 'c1' }];
    expect(customerName(nameless({ participants: phone }))).toBe('+44 20 7946 0018');
  });

  it('is called by an address known from elsewhere when this conversation has none', () => {
    const participants = [{ kind: 'webchat', value: 'v-83a1', customer: 'c1' }];
    const row = nameless({ channel: 'shop', participants });
    expect(customerName(row)).toBe('Unnamed visitor');
    expect(customerName(row, [{ kind: 'email', value: 'ada@example.org' }])).toBe('ada@example.org');
  });

  it('is a visitor only in a chat', () => {
    expect(customerName(nameless({ channel: 'mail' }))).toBe('Unnamed customer');
    expect(customerName(nameless({ channel: 'line' }))).toBe('Unnamed customer');
  });

  it('writes from where he writes, when his address says nothing', () => {
    expect(placeOf('line')).toBe('Our LINE');
    expect(placeOf('webchat')).toBe('Visitor on the website');
  });
});

describe('an address', () => {
  const browser = {
    id: 'i1',
    customer: 'c1',
    kind: 'webchat',
    value: 'v-83a1',
    name: 'The CEO',
    verified: true,
    how: 'seen',
    since: 0,
  };

  it('is never proved by what somebody typed into the chat, nor called so', () => {
    expect(isProved(browser)).toBe(false);
    expect(addressName(browser)).toBe('Visitor on the website');
    expect(isProved({ ...browser, how: 'signed' })).toBe(true);
    expect(addressName({ ...browser, how: 'signed' })).toBe('The CEO');
  });

  it('is called by itself, or by the name that its channel tells', () => {
    const ada = { ...browser, kind: 'line', name: 'Ada' };
    expect([isProved(ada), addressName(ada)]).toEqual([true, 'Ada']);
    expect(addressName({ ...ada, kind: 'email', value: 'ada@example.org' })).toBe('ada@example.org');
  });
});

describe('a conversation without a subject', () => {
  it('says so where there could be one, and names the channel where there is none', () => {
    expect(subjectOf(conversation('k1', { channel: 'mail', subject: '' }))).toBe('No subject');
    expect(subjectOf(conversation('k1', { channel: 'shop', subject: '' }))).toBe('Shop chat');
    expect(subjectOf(conversation('k1', { channel: 'mail', subject: 'Zip' }))).toBe('Zip');
  });
});
