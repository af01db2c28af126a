import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { conversation, FakeService, json, problem } from '../../testing/service';
import type { AgentRow, ConversationRow, EditConversation } from '../api/types';
import { assign, setPriority, snooze } from './actions';
import { session } from './session.svelte';
import { toasts } from './toasts.svelte';

let service: FakeService;
let stored: ConversationRow;
/** Whether somebody has changed the same since, which the service alone knows. */
let changed: boolean;

const changes = () =>
  service.requests.filter((one) => one.method === 'PATCH').map((one) => one.body as EditConversation);
const undo = async () => {
  const last = toasts.all.at(-1);
  expect(last?.undo).toBeDefined();
  await last?.undo?.();
};

beforeEach(() => {
  changed = false;
  service = new FakeService();
  service.install((name, value) => vi.stubGlobal(name, value));
  session.agents = new Map(['amina', 'kenji'].map((id) => [id, { id, name: id } as AgentRow]));
  stored = conversation('k1', { assignee: 'jonas', priority: 'low' });
  service.on('PATCH /conversations/k1', (_, init) => {
    const { status, until, left, ...fields } = JSON.parse(String(init?.body)) as EditConversation;
    if (left && changed) return problem(409, 'conflict');
    const slept = status && { category: status, snoozed_until: until ?? null };
    stored = { ...stored, ...(fields as Partial<ConversationRow>), ...slept };
    return json(stored);
  });
});

afterEach(() => {
  for (const one of toasts.all) toasts.dismiss(one.id);
  session.agents = new Map();
  vi.unstubAllGlobals();
});

it('what was given away comes back in one call, by how it was left and nothing else', async () => {
  await assign(stored, 'amina');
  await undo();
  expect(stored.assignee).toBe('jonas');
  expect(service.requests.map((one) => one.method)).toEqual(['PATCH', 'PATCH']);
  expect(changes().at(-1)).toEqual({ assignee: 'jonas', left: { assignee: 'amina' } });
});

it('what somebody has changed since stays, and that is said', async () => {
  await assign(stored, 'amina');
  changed = true;
  await undo();
  expect(stored.assignee).toBe('amina');
  expect(toasts.all.at(-1)).toMatchObject({ kind: 'error', text: expect.stringContaining('#1') as string });
});

it('each act is taken back by the fields it was about', async () => {
  await setPriority(stored, 'high');
  await undo();
  expect(changes().at(-1)).toEqual({ priority: 'low', left: { priority: 'high' } });
  const until = Date.now() + 3_600_000;
  await snooze(stored, until);
  await undo();
  expect(changes().at(-1)).toEqual({ status: 'open', left: { category: 'snoozed', snoozed_until: until } });
});
