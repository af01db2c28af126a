import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { conversation, FakeService, json } from '../../testing/service';
import type { AgentRow, ConversationRow } from '../api/types';
import { assign, setPriority } from './actions';
import { session } from './session.svelte';
import { toasts } from './toasts.svelte';

let service: FakeService;
let stored: ConversationRow;

const changes = () => service.requests.filter((one) => one.method === 'PATCH').map((one) => one.body);
const undo = async () => {
  const last = toasts.all.at(-1);
  expect(last?.undo).toBeDefined();
  await last?.undo?.();
};

beforeEach(() => {
  service = new FakeService();
  service.install((name, value) => vi.stubGlobal(name, value));
  session.agents = new Map(['amina', 'kenji'].map((id) => [id, { id, name: id } as AgentRow]));
  stored = conversation('k1', { assignee: 'jonas', priority: 'low' });
  service.on('GET /conversations/k1', () => json({ row: stored, timeline: { items: [] } }));
  service.on('PATCH /conversations/k1', (_, init) => {
    stored = { ...stored, ...(JSON.parse(String(init?.body)) as Partial<ConversationRow>) };
    return json(stored);
  });
});

afterEach(() => {
  for (const one of toasts.all) toasts.dismiss(one.id);
  session.agents = new Map();
  vi.unstubAllGlobals();
});

it('what was given away comes back by the undo, though more was written meanwhile', async () => {
  await assign(stored, 'amina');
  stored = { ...stored, version: 9, priority: 'urgent' };
  await undo();
  expect([stored.assignee, stored.priority]).toEqual(['jonas', 'urgent']);
});

it('what a colleague has given to somebody else since stays there, and that is said', async () => {
  await assign(stored, 'amina');
  stored = { ...stored, assignee: 'kenji' };
  await undo();
  expect(stored.assignee).toBe('kenji');
  expect(changes()).toHaveLength(1);
  expect(toasts.all.at(-1)).toMatchObject({ kind: 'error', text: expect.stringContaining('#1') as string });
});

it('what routing has given on meanwhile comes back, what somebody took stays with him', async () => {
  const given = { code: 'least_loaded', ids: ['kenji'], numbers: {} };
  await assign(stored, null);
  stored = { ...stored, assignee: 'kenji', assign_reason: given };
  await undo();
  expect(stored.assignee).toBe('jonas');
  await assign(stored, null);
  stored = { ...stored, assignee: 'kenji', assign_reason: { ...given, numbers: { accepted: 1 } } };
  await undo();
  expect(stored.assignee).toBe('kenji');
});

it('a priority that somebody has changed since stays', async () => {
  await setPriority(stored, 'high');
  stored = { ...stored, priority: 'urgent' };
  await undo();
  expect(stored.priority).toBe('urgent');
});
