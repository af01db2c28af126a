import { describe, expect, it } from 'vitest';
import type { ChannelRow, Me, MessageRow } from '../../lib/api/types';
import { amends, EMOJI } from './amends';

const channel = { amends: ['edit', 'delete', 'react'], removed: false } as unknown as ChannelRow;
const reply = {
  kind: 'reply',
  author: { kind: 'agent', id: 'mira' },
  state: 'sent',
  reactions: [],
  deleted_at: null,
  rating: null,
  amending: null,
} as unknown as MessageRow;
const question = {
  ...reply,
  kind: 'customer',
  author: { kind: 'customer', id: 'x' },
  state: null,
} as MessageRow;
const mira = { id: 'mira', role: 'agent' } as Me;
const ravi = { id: 'ravi', role: 'agent' } as Me;
const chief = { id: 'ravi', role: 'supervisor' } as Me;
const nothing = { edit: false, withdraw: false, react: [], given: '' };

describe('what can be done about a message that is out', () => {
  it('is reworded by its author, and taken back by a supervisor, too', () => {
    expect(amends(reply, channel, mira)).toEqual({ ...nothing, edit: true, withdraw: true });
    expect(amends(reply, channel, chief)).toEqual({ ...nothing, withdraw: true });
    expect(amends(reply, channel, ravi)).toEqual(nothing);
  });

  it('is nothing where the channel cannot, before it is out, or while a change is under way', () => {
    expect(amends(reply, { ...channel, amends: [] }, chief)).toEqual(nothing);
    expect(amends(reply, { ...channel, removed: true }, chief)).toEqual(nothing);
    expect(amends(reply, undefined, chief)).toEqual(nothing);
    expect(amends({ ...reply, state: 'pending' }, channel, chief)).toEqual(nothing);
    expect(amends({ ...reply, deleted_at: 1 }, channel, chief)).toEqual(nothing);
    const amending = { kind: 'edit', text: 'x', failed: false, error: '' } as const;
    expect(amends({ ...reply, amending }, channel, chief)).toEqual(nothing);
    expect(amends({ ...reply, amending: { ...amending, failed: true } }, channel, mira).edit).toBe(true);
  });

  it('is a reaction to what the customer wrote, one of one person', () => {
    expect(amends(question, channel, mira)).toEqual({ ...nothing, react: EMOJI, given: '' });
    const reactions = [{ author: { kind: 'agent', id: 'mira' }, emoji: '👍', at: 1 }];
    const shown = amends({ ...question, reactions }, channel, mira);
    expect(shown.given).toBe('👍');
    expect(shown.react).not.toContain('👍');
  });
});
