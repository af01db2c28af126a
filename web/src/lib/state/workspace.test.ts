import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { conversation, FakeService, json } from '../../testing/service';
import type { MessageRow } from '../api/types';
import { drafts, EMPTY } from './drafts.svelte';
import { live } from './live.svelte';
import { workspace } from './workspace.svelte';

const CONVERSATIONS = [
  conversation('k1', { number: 7, absorbed: ['k0'] }),
  conversation('k2', { number: 8, customer: { id: 'c2', name: 'Bob' } }),
];

let service: FakeService;
let answer: () => void;
const shown: string[] = [];

const said = (of: string) =>
  ({
    t: 'message',
    id: 'm1',
    version: 1,
    arrived_at: 5,
    conversation: of,
    kind: 'reply',
    state: 'pending',
    text: 'Too early',
    to: null,
    cc: [],
    bcc: [],
    subject: '',
    choices: [],
    attachments: [],
    cards: [],
    forwards: null,
    author: { kind: 'agent', id: 'me' },
    author_name: 'Me',
  }) as unknown as MessageRow;

const settle = () => vi.advanceTimersByTimeAsync(50);
const words = (of: string) => drafts.of(of, 'reply').content.text;

async function open(number: string): Promise<void> {
  workspace.openThread(number);
  await settle();
  service.deliverAll();
  await settle();
}

beforeEach(() => {
  vi.useFakeTimers();
  localStorage.clear();
  service = new FakeService();
  service.install((name, value) => vi.stubGlobal(name, value));
  for (const row of CONVERSATIONS) {
    const timeline = { items: row.id === 'k1' ? [said('k1')] : [], before: null, after: null };
    const detail = () => json({ row, timeline, read: 0, drafts: [] });
    for (const name of [row.id, String(row.number)]) service.on(`GET /conversations/${name}`, detail);
  }
  service.on('POST /messages/m1/cancel', async () => {
    await new Promise<void>((resolve) => (answer = resolve));
    return json({ ...said('k1'), version: 2, state: 'cancelled' });
  });
  shown.length = 0;
  workspace.onTakenBack = (mode) => shown.push(mode);
  live.start(() => undefined);
});

afterEach(() => {
  for (const id of ['k0', 'k1', 'k2']) drafts.of(id, 'reply').edit(EMPTY);
  workspace.close();
  live.stop();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe('an answer that is taken back', () => {
  it('puts its words into the composer of its conversation, and shows them', async () => {
    await open('7');
    const taken = workspace.takeBack(said('k1'));
    await settle();
    answer();
    await taken;
    expect(words('k1')).toBe('Too early');
    expect(shown).toEqual(['reply']);
    expect(workspace.thread?.find('m1')?.state).toBe('cancelled');
  });

  it('leaves the composer of another customer alone', async () => {
    await open('8');
    const taken = workspace.takeBack(said('k1'));
    await settle();
    answer();
    await taken;
    expect(words('k1')).toBe('Too early');
    expect(words('k2')).toBe('');
    expect(shown).toEqual([]);
  });

  it('does not open the composer of whoever one has gone on to meanwhile', async () => {
    await open('7');
    const taken = workspace.takeBack(said('k1'));
    await settle();
    await open('8');
    answer();
    await taken;
    expect(words('k1')).toBe('Too early');
    expect(shown).toEqual([]);
  });

  it('goes on in what its conversation was merged into, where it can be written', async () => {
    await open('7');
    await workspace.takeBack({ ...said('k0'), state: 'cancelled' });
    expect(words('k1')).toBe('Too early');
    expect(words('k0')).toBe('');
    expect(shown).toEqual(['reply']);
  });
});
