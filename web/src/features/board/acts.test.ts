import '../../lib/i18n/later';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { AgentRow, Queue } from '../../lib/api/types';
import type { BoardAgent, QueueState } from '../../lib/state/board.svelte';
import { queues } from '../../lib/state/queues.svelte';
import { session } from '../../lib/state/session.svelte';
import { toasts } from '../../lib/state/toasts.svelte';
import { FakeService, json, problem } from '../../testing/service';
import { agentItems, heldItems, queueItems } from './acts';

afterEach(() => (session.agents = new Map()));

it('a conversation can be given to everybody, however many they are', () => {
  const agents = Array.from({ length: 80 }, (_, n) => ({ id: `a${n}`, name: `Agent ${n}`, role: 'agent' }));
  session.agents = new Map(agents.map((one) => [one.id, one as AgentRow]));
  const given = heldItems({ id: 'k1', number: 1 }, 'a7').filter((one) => one.id.startsWith('to-'));
  expect(given).toHaveLength(79);
});

describe('undo', () => {
  let service: FakeService;
  const sent = () => service.requests.filter((one) => one.method === 'PUT').map((one) => one.body);
  const undo = async () => {
    await vi.waitFor(() => expect(toasts.all.at(-1)?.undo).toBeDefined());
    await toasts.all.at(-1)?.undo?.();
  };
  const act = (items: { id: string; run: () => void }[], id: string) => {
    items.find((one) => one.id === id)?.run();
  };

  beforeEach(() => {
    service = new FakeService();
    service.install((name, value) => vi.stubGlobal(name, value));
  });
  afterEach(() => {
    for (const one of toasts.all) toasts.dismiss(one.id);
    vi.unstubAllGlobals();
  });

  it.each([
    ['as it was set', 200, 0],
    ['that was set to something else since', 409, 1],
  ])("an agent's state, %s", async (_, status, errors) => {
    const row = { id: 'a1', name: 'Ada', state: 'busy', break_reason: '' };
    service.on('PUT /agents/a1/availability', (_, init) =>
      String(init?.body).includes('left') && status === 409 ? problem(409, 'conflict') : json(row),
    );
    const board = { id: 'a1', state: 'online', break_reason: '', holds: 0 } as unknown as BoardAgent;
    act(agentItems(board), 'busy');
    await undo();
    expect(sent().at(-1)).toEqual({
      availability: 'online',
      break_reason: '',
      left: { availability: 'busy', break_reason: '' },
    });
    expect(toasts.all.filter((one) => one.kind === 'error')).toHaveLength(errors);
  });

  it('a queue that somebody changed since stays as it is', async () => {
    const queue = { id: 'q1', name: 'Chats', version: 3, paused: false } as Queue;
    queues.take(queue);
    service.on('PUT /queues/q1', () => json({ ...queue, version: 4, paused: true }));
    const board = { queue: 'q1', team: null, waiting: 0 } as unknown as QueueState;
    act(queueItems(board), 'pause');
    await vi.waitFor(() => expect(toasts.all.at(-1)?.undo).toBeDefined());
    service.on('PUT /queues/q1', () => problem(409, 'conflict'));
    await undo();
    expect(sent().at(-1)).toMatchObject({ version: 4, paused: false });
    expect(toasts.all.at(-1)).toMatchObject({
      kind: 'error',
      text: expect.stringContaining('Chats') as string,
    });
  });
});
