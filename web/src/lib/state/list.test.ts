import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ConversationRow } from '../api/types';
import { conversation, FakeService, json } from '../../testing/service';
import { drafts } from './drafts.svelte';
import { ConversationList } from './list.svelte';
import { live } from './live.svelte';
import { reads } from './reads.svelte';

let service: FakeService;
let list: ConversationList;

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  list.close();
  live.stop();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

function open(seeded: number): void {
  service = new FakeService();
  service.install((name, value) => vi.stubGlobal(name, value));
  for (let i = 0; i < seeded; i++)
    service.seed(conversation(`k${i}`, { number: 1000 + i, updated_at: 100 - i }));
  live.start(() => undefined);
  list = new ConversationList('all', 'activity');
}

/** Lets everything arrive: answers, frames, retries. */
async function settle(): Promise<void> {
  service.held = false;
  for (let round = 0; round < 12; round++) {
    for (const request of service.pending.splice(0)) request.answer();
    await vi.advanceTimersByTimeAsync(5000);
    service.deliverAll();
  }
}

describe('a list of conversations', () => {
  it('asks at once why the service does not follow it', async () => {
    open(0);
    service.deliverAll();
    service.refuse('invalid');
    const reload = vi.spyOn(list, 'reload');
    service.deliverAll();
    expect(reload).toHaveBeenCalledTimes(1);
  });

  it('shows the first page and follows what changes', async () => {
    open(3);
    await settle();
    expect(list.shown).toEqual(['k0', 'k1', 'k2']);
    service.change('k2', { updated_at: 500 });
    service.change('new', { updated_at: 400, category: 'open' });
    await settle();
    expect(list.shown).toEqual(['k2', 'new', 'k0', 'k1']);
  });

  it('loads further pages by key', async () => {
    open(7);
    service.pageSize = 3;
    await settle();
    expect(list.shown).toHaveLength(3);
    expect(list.more).toBe(true);
    await list.loadMore();
    await list.loadMore();
    expect(list.shown).toEqual(service.truth());
    expect(list.more).toBe(false);
  });

  it('holds still under a hand, and says how much is new', async () => {
    open(3);
    await settle();
    list.hold(true);
    service.change('k2', { updated_at: 500, subject: 'Changed' });
    service.change('new', { updated_at: 600, category: 'open' });
    await settle();
    expect(list.shown).toEqual(['k0', 'k1', 'k2']);
    expect(list.get('k2')?.subject).toBe('Changed');
    expect(list.news).toBe(2);
    list.hold(false);
    expect(list.shown).toEqual(['new', 'k2', 'k0', 'k1']);
    expect(list.news).toBe(0);
  });

  it('keeps a row in its place while it is held, though it left', async () => {
    open(2);
    await settle();
    list.hold(true);
    service.change('k0', { category: 'resolved' });
    await settle();
    expect(list.shown).toEqual(['k0', 'k1']);
    expect(list.isLeaving('k0')).toBe(true);
    list.apply();
    expect(list.shown).toEqual(['k1']);
  });

  it('knows every row it shows, also one that has just left', async () => {
    open(3);
    await settle();
    service.change('k1', { category: 'resolved' });
    service.deliverAll();
    expect(list.shown).toEqual(['k0', 'k1', 'k2']);
    expect(list.shown.map((id) => list.get(id)?.number)).toEqual([1000, 1001, 1002]);
    await settle();
    expect(list.shown).toEqual(['k0', 'k2']);
  });

  it("asks for its reader's marks of a row that came over the socket, once", async () => {
    open(1);
    await settle();
    service.change('k0', { category: 'resolved' });
    service.change('old', { updated_at: 500, category: 'open', created_at: -1 });
    service.change('old', { updated_at: 501 });
    await settle();
    expect(service.said.filter((frame) => frame.t === 'marks')).toEqual([
      { t: 'marks', conversations: ['old'] },
    ]);
    service.push({ t: 'read', conversation: 'old', inbound: 1 });
    service.change('old', { updated_at: 502, inbound: 3 });
    await settle();
    expect(service.said.filter((frame) => frame.t === 'marks')).toHaveLength(1);
    expect(reads.unread(list.get('old') as ConversationRow)).toBe(2);
  });

  it('asks for the marks of everything it shows when the connection is back, for no journal holds them', async () => {
    open(2);
    await settle();
    service.cut();
    await settle();
    expect(service.said.filter((frame) => frame.t === 'marks')).toEqual([
      { t: 'marks', conversations: ['k0', 'k1'] },
    ]);
    service.push({ t: 'marked', reads: { k0: 1, k1: 0 }, drafts: { k1: { note: 2 } } });
    await settle();
    expect(['k0', 'k1'].map((id) => reads.unread(list.get(id) as ConversationRow))).toEqual([0, 1]);
    expect(['k0', 'k1'].map((id) => drafts.has(id))).toEqual([false, true]);
  });

  it('asks also for a conversation that began while the connection was away: another window may have read it', async () => {
    open(1);
    await settle();
    service.cut();
    service.change('new', { category: 'open', created_at: Date.now() + 1, inbound: 2, updated_at: 900 });
    await settle();
    service.push({ t: 'marked', reads: { new: 2 }, drafts: {} });
    await settle();
    expect(service.said.some((frame) => frame.t === 'marks' && frame.conversations.includes('new'))).toBe(
      true,
    );
    expect(reads.unread(list.get('new') as ConversationRow)).toBe(0);
  });

  it('asks for the mark anew when others were merged into a conversation, for each of them has its own', async () => {
    open(2);
    await settle();
    service.change('k0', { inbound: 4, absorbed: ['k9'] });
    service.change('k1', { inbound: 2 });
    await settle();
    expect(service.said.filter((frame) => frame.t === 'marks')).toEqual([
      { t: 'marks', conversations: ['k0'] },
    ]);
  });

  it('believes what it is told while a page is under way, not the page', async () => {
    open(1);
    await settle();
    service.held = true;
    void list.reload();
    await vi.advanceTimersByTimeAsync(1);
    service.push({ t: 'read', conversation: 'k0', inbound: 1 });
    service.deliverAll();
    await settle();
    expect(reads.unread(list.get('k0') as ConversationRow)).toBe(0);
  });

  it('forgets the mark of a draft that a fetched page does not name', async () => {
    open(1);
    await settle();
    service.push({ t: 'draft', conversation: 'k0', mode: 'note', revision: 3 });
    await settle();
    expect(drafts.has('k0')).toBe(true);
    await list.reload();
    expect(drafts.has('k0')).toBe(false);
  });

  it('calls a customer by his new name in every row, though no row has a new version', async () => {
    open(2);
    await settle();
    service.on('GET /customers/c1', () => json({ id: 'c1', name: 'Ada King' }));
    service.push({ t: 'reload', what: 'customers', id: 'c1' });
    await settle();
    expect(list.shown.map((id) => list.get(id)?.customer.name)).toEqual(['Ada King', 'Ada King']);
  });

  it('asks nothing about a customer whom it does not show', async () => {
    open(1);
    await settle();
    service.push({ t: 'reload', what: 'customers', id: 'somebody' });
    await settle();
    expect(service.requests.filter(({ path }) => path.startsWith('/customers'))).toEqual([]);
  });

  it('misses nothing that changed between an early fetch and the connection', async () => {
    open(3);
    service.held = true;
    await vi.advanceTimersByTimeAsync(2000);
    service.change('k0', { category: 'resolved' });
    for (const frame of ['hello', 'ready']) expect(service.deliver(), frame).toBe(true);
    service.pending.shift()?.answer();
    await vi.advanceTimersByTimeAsync(0);
    await settle();
    expect(list.shown).toEqual(['k1', 'k2']);
  });

  it('goes on by itself after a failed fetch', async () => {
    open(2);
    service.held = true;
    await vi.advanceTimersByTimeAsync(0);
    service.deliverAll();
    service.pending.shift()?.fail();
    await vi.advanceTimersByTimeAsync(0);
    expect(list.failed).toBe(true);
    await settle();
    expect(list.failed).toBe(false);
    expect(list.shown).toEqual(['k0', 'k1']);
  });
});

type Op =
  | { op: 'change'; id: number; at: number; open: boolean }
  | { op: 'frame'; count: number }
  | { op: 'answer'; which: number; fails: boolean }
  | { op: 'cut' | 'trim' | 'more' | 'resync' }
  | { op: 'wait'; ms: number };

const OPS: fc.Arbitrary<Op> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      op: fc.constant('change' as const),
      id: fc.nat(11),
      at: fc.integer({ min: 1, max: 60 }),
      open: fc.boolean(),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({ op: fc.constant('frame' as const), count: fc.integer({ min: 1, max: 4 }) }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ op: fc.constant('answer' as const), which: fc.nat(3), fails: fc.boolean() }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ op: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 9000 }) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      op: fc.constantFrom('cut' as const, 'trim' as const, 'more' as const, 'resync' as const),
    }),
  },
);

async function play(op: Op): Promise<void> {
  switch (op.op) {
    case 'change':
      return service.change(`k${op.id}`, { updated_at: op.at, category: op.open ? 'open' : 'resolved' });
    case 'frame':
      for (let i = 0; i < op.count; i++) service.deliver();
      return;
    case 'answer': {
      const [request] = service.pending.splice(op.which % Math.max(1, service.pending.length), 1);
      if (op.fails) request?.fail();
      else request?.answer();
      break;
    }
    case 'cut':
      return service.cut();
    case 'trim':
      return service.trim();
    case 'more':
      void list.loadMore();
      return;
    case 'resync':
      return service.push({ t: 'resync', sub: null });
    case 'wait':
      break;
  }
  await vi.advanceTimersByTimeAsync(op.op === 'wait' ? op.ms : 0);
}

describe('snapshot plus frames', () => {
  it('equals a fresh snapshot, whatever was lost, late or out of order', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(OPS, { minLength: 5, maxLength: 60 }),
        fc.integer({ min: 2, max: 6 }),
        async (ops, pageSize) => {
          open(8);
          service.pageSize = pageSize;
          service.held = true;
          try {
            for (const op of ops) await play(op);
            await settle();
            list.apply();
            const truth = service.truth();
            const shown = [...list.shown];
            expect(shown).toEqual(truth.slice(0, shown.length));
            expect(list.more || shown.length === truth.length).toBe(true);
            expect(shown.map((id) => list.get(id)?.version)).toEqual(
              shown.map((id) => service.rows.get(id)?.version),
            );
          } finally {
            list.close();
            live.stop();
            await vi.advanceTimersByTimeAsync(0);
          }
        },
      ),
      { numRuns: 120 },
    );
  });
});
