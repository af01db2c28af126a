import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { conversation, FakeService, json, problem } from '../../testing/service';
import type { MessageRow } from '../api/types';
import { drafts } from './drafts.svelte';
import { live } from './live.svelte';
import { Thread } from './thread.svelte';

let service: FakeService;
let thread: Thread;
let visible: boolean;
let asked: number;

const words = { t: 'message', id: 'm1', version: 1, arrived_at: 5, conversation: 'k1' };
const message = { ...words, author: { kind: 'customer', id: 'c1' }, author_name: 'Ada' } as MessageRow;

function answer(): Response {
  asked++;
  if (!visible) return problem(404, 'not_found');
  const timeline = { items: [message], before: null, after: null };
  return json({ row: conversation('k1', { number: 7 }), timeline, read: 1, drafts: [] });
}

/** Lets everything arrive. */
async function settle(ms = 3000): Promise<void> {
  for (let round = 0; round < 6; round++) {
    await vi.advanceTimersByTimeAsync(ms / 6);
    service.deliverAll();
  }
}

beforeEach(async () => {
  vi.useFakeTimers();
  service = new FakeService();
  service.install((name, value) => vi.stubGlobal(name, value));
  visible = true;
  asked = 0;
  for (const name of ['7', 'k1']) service.on(`GET /conversations/${name}`, answer);
  live.start(() => undefined);
  thread = new Thread('7');
  await settle();
});

afterEach(() => {
  thread.close();
  live.stop();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

/** The name under which the conversation is followed now. */
function sub(): string {
  const all = service.said.flatMap((frame) => (frame.t === 'identify' ? (frame.subs ?? []) : [frame]));
  return all.findLast((frame) => frame.t === 'thread')?.sub ?? '';
}

describe('an open conversation', () => {
  it('is shown no longer when the service says after a break that it may not be seen', async () => {
    expect(thread.state).toBe('ready');
    const followed = sub();
    service.cut();
    visible = false;
    await vi.advanceTimersByTimeAsync(3000);
    service.push({ t: 'error', code: 'not_found', message: '', sub: followed, fatal: false });
    await settle();
    expect(thread.state).toBe('missing');
  });

  it('comes back when it may be seen again, and is followed then', async () => {
    const first = sub();
    service.push({ t: 'gone', sub: first, id: 'k1', version: 2, c: [1, 0] });
    visible = false;
    await settle();
    expect(thread.state).toBe('missing');
    visible = true;
    await settle(12_000);
    expect(thread.state).toBe('ready');
    expect(sub()).not.toBe(first);
    service.push({
      t: 'put',
      sub: sub(),
      row: conversation('k1', { version: 3, subject: 'New' }),
      c: [1, 0],
      event: '',
    });
    await settle();
    expect(thread.row?.subject).toBe('New');
  });

  it('goes on with what was being written in a conversation that was merged into it', async () => {
    drafts.of('k0', 'note').edit({ text: 'Refund him' });
    service.on('GET /conversations/k1', () => {
      const timeline = { items: [], before: null, after: null };
      return json({
        row: conversation('k1', { version: 2, absorbed: ['k0'] }),
        timeline,
        read: 0,
        drafts: [],
      });
    });
    await thread.reload();
    expect(drafts.of('k1', 'note').content.text).toBe('Refund him');
    expect(drafts.of('k0', 'note').empty).toBe(true);
  });

  it('is looked for at once when what the agent may see changed', async () => {
    service.push({ t: 'gone', sub: sub(), id: 'k1', version: 2, c: [1, 0] });
    visible = false;
    await settle(500);
    visible = true;
    service.push({ t: 'resync', sub: null });
    await settle(500);
    expect(thread.state).toBe('ready');
  });

  it('calls its customer by a new name, above it and beside his words', async () => {
    service.on('GET /customers/c1', () => json({ id: 'c1', name: 'Ada King' }));
    const before = asked;
    service.push({ t: 'reload', what: 'customers', id: 'c1' });
    await settle();
    expect(thread.row?.customer.name).toBe('Ada King');
    expect(thread.messages[0]?.author_name).toBe('Ada King');
    expect(asked).toBe(before);
  });

  it("counts a colleague's answer that comes while one writes as not read, though it is in sight", async () => {
    thread.saw(message);
    const colleague = { kind: 'agent', id: 'jonas' };
    const reply = { ...message, id: 'm2', kind: 'reply', arrived_at: 6, author: colleague } as MessageRow;
    const draft = drafts.of('k1', 'reply');
    draft.edit({ text: 'On its way' });
    service.push({ t: 'message', sub: sub(), row: reply, c: [1, 0] });
    await settle();
    thread.saw(reply);
    expect(thread.seen).toBe('m1');
    draft.clear();
    expect(thread.seen).toBe('m2');
  });

  it('goes to the message of a link though it is loaded anew meanwhile', async () => {
    const old = { ...message, id: 'm0', arrived_at: 1 };
    let times = 0;
    service.on('GET /conversations/k1/timeline', async () => {
      if (times++ === 0) await thread.reload();
      return json({ items: [old], before: null, after: 'newer' });
    });
    const seeking = thread.seek('m0');
    await settle();
    await seeking;
    expect(thread.sought).toBe('m0');
    expect(thread.messages.map((one) => one.id)).toContain('m0');
  });
});
