import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { FakeService, json, problem } from '../../testing/service';
import type { DraftRow } from '../api/types';
import { Draft, EMPTY, SAVE_AFTER_MS } from './drafts.svelte';

const KEY = 'inbox.draft.me.c1.reply';
const PATH = '/conversations/c1/drafts/reply';

let service: FakeService;
let stored: DraftRow | null;
let held: (() => void)[];
let holding: boolean;

const row = (text: string, revision: number): DraftRow => ({
  conversation: 'c1',
  mode: 'reply',
  text,
  to: [],
  cc: [],
  bcc: [],
  files: [],
  subject: '',
  message: null,
  revision,
  updated_at: 0,
});
const draft = () => new Draft('c1', 'reply', KEY, () => undefined);
const saves = () =>
  service.requests
    .filter((request) => request.method === 'PUT')
    .map((request) => (request.body as { text: string }).text);
const kept = () =>
  JSON.parse(localStorage.getItem(KEY) ?? 'null') as { content: { text: string }; dirty: boolean } | null;

beforeEach(() => {
  vi.useFakeTimers();
  localStorage.clear();
  stored = null;
  held = [];
  holding = false;
  service = new FakeService();
  service.install((name, value) => vi.stubGlobal(name, value));
  service.on(`PUT ${PATH}`, async (_, init) => {
    if (holding) await new Promise<void>((resolve) => held.push(resolve));
    const body = JSON.parse(String(init?.body)) as { text: string; base: number };
    if (body.base !== (stored?.revision ?? 0)) return problem(409, 'conflict');
    stored = row(body.text, body.base + 1);
    return json(stored);
  });
  service.on(`DELETE ${PATH}`, () => {
    stored = null;
    return new Response(null, { status: 204 });
  });
  service.on('GET /conversations/c1', () => json({ drafts: stored ? [stored] : [] }));
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe('a draft', () => {
  it('is kept in the browser at once and at the service half a second after the last key', async () => {
    const one = draft();
    one.edit({ text: 'h' });
    expect(kept()?.content.text).toBe('h');
    await vi.advanceTimersByTimeAsync(SAVE_AFTER_MS - 100);
    one.edit({ text: 'hello' });
    await vi.advanceTimersByTimeAsync(SAVE_AFTER_MS - 100);
    expect(saves()).toEqual([]);
    await vi.advanceTimersByTimeAsync(100);
    expect(saves()).toEqual(['hello']);
    expect(kept()?.dirty).toBe(false);
  });

  it('is saved one save at a time, and the last words win', async () => {
    const one = draft();
    holding = true;
    one.edit({ text: 'first' });
    await vi.advanceTimersByTimeAsync(SAVE_AFTER_MS);
    one.edit({ text: 'second' });
    await vi.advanceTimersByTimeAsync(SAVE_AFTER_MS);
    one.edit({ text: 'third' });
    await vi.advanceTimersByTimeAsync(SAVE_AFTER_MS);
    expect(held).toHaveLength(1);
    holding = false;
    held[0]?.();
    await vi.advanceTimersByTimeAsync(0);
    expect(saves()).toEqual(['first', 'third']);
    expect(stored?.text).toBe('third');
  });

  it('stays when an answer comes that is older than its save', async () => {
    const one = draft();
    const asked = performance.now();
    one.edit({ text: 'typed at once' });
    await vi.advanceTimersByTimeAsync(SAVE_AFTER_MS);
    expect(stored?.text).toBe('typed at once');
    one.adopt(null, asked);
    expect(one.content.text).toBe('typed at once');
    one.adopt(null, performance.now());
    expect(one.content.text).toBe('');
  });

  it('survives a reload before it was saved', async () => {
    draft().edit({ text: 'not saved yet' });
    const again = draft();
    expect(again.content.text).toBe('not saved yet');
    await vi.advanceTimersByTimeAsync(SAVE_AFTER_MS);
    expect(stored?.text).toBe('not saved yet');
  });

  it('is gone everywhere once it is sent, even while a save is under way', async () => {
    const one = draft();
    holding = true;
    one.edit({ text: 'sent soon' });
    await vi.advanceTimersByTimeAsync(SAVE_AFTER_MS);
    one.clear();
    holding = false;
    held[0]?.();
    await vi.advanceTimersByTimeAsync(1000);
    expect(stored).toBeNull();
    expect(kept()).toBeNull();
    expect(one.empty).toBe(true);
  });

  it('tries again when the network is away', async () => {
    service.on(`PUT ${PATH}`, () => Promise.reject(new TypeError('network')));
    const one = draft();
    one.edit({ text: 'in a tunnel' });
    await vi.advanceTimersByTimeAsync(SAVE_AFTER_MS);
    service.on(`PUT ${PATH}`, () => json((stored = row('in a tunnel', 1))));
    await vi.advanceTimersByTimeAsync(6000);
    expect(stored?.text).toBe('in a tunnel');
  });

  it('takes over what another window saved while nothing was typed here', async () => {
    const one = draft();
    stored = row('from the other window', 3);
    await one.heard(3);
    expect(one.content.text).toBe('from the other window');
    stored = null;
    await one.heard(0);
    expect(one.empty).toBe(true);
  });

  it('never overwrites other words in silence', async () => {
    const one = draft();
    stored = row('their words', 1);
    one.edit({ text: 'my words' });
    await vi.advanceTimersByTimeAsync(SAVE_AFTER_MS);
    expect(one.conflict?.text).toBe('their words');
    expect(one.content.text).toBe('my words');
    expect(stored.text).toBe('their words');
    one.resolve(true);
    await vi.advanceTimersByTimeAsync(0);
    expect(stored.text).toBe('my words');
    expect(one.conflict).toBeNull();
  });

  it('comes over with its files, recipients, subject and the message it passes on', async () => {
    const one = draft();
    const file = { id: 'f1', name: 'list.txt', type: 'text/plain', size: 6 };
    const carl = { kind: 'email', value: 'carl@example.org', name: 'Carl' };
    const message = { id: 'm1', author_name: 'Anna', text: 'My order' };
    one.adopt(
      {
        ...row('see below', 1),
        to: [carl],
        bcc: [carl],
        files: [file],
        subject: 'Fwd: order',
        message,
      },
      performance.now(),
    );
    expect(one.content).toEqual({
      text: 'see below',
      to: [carl],
      cc: [],
      bcc: [carl],
      files: [file],
      choices: [],
      whisper: false,
      subject: 'Fwd: order',
      message,
    });
    one.adopt({ ...row('see below', 2), to: [] }, performance.now());
    expect(one.content.to).toEqual([]);
  });

  it('is one when only recipients were chosen, but not when only the message to forward was', async () => {
    const one = draft();
    one.edit({ message: { id: 'm1', author_name: 'Anna', text: 'My order' } });
    expect(one.empty).toBe(true);
    one.edit({ to: [] });
    await vi.advanceTimersByTimeAsync(SAVE_AFTER_MS);
    expect(one.empty).toBe(false);
    expect(draft().content.to).toEqual([]);
    expect(stored?.revision).toBe(1);
  });

  it('never loses a file that another window attached', async () => {
    const one = draft();
    stored = { ...row('', 1), files: [{ id: 'f1', name: 'list.txt', type: 'text/plain', size: 6 }] };
    one.edit({ text: 'my words' });
    await vi.advanceTimersByTimeAsync(SAVE_AFTER_MS);
    expect(one.conflict?.files).toHaveLength(1);
  });

  it('goes on by itself when the other words are the beginning of these', async () => {
    const one = draft();
    stored = row('my', 1);
    one.edit({ text: 'my words' });
    await vi.advanceTimersByTimeAsync(6000);
    expect(one.conflict).toBeNull();
    expect(stored.text).toBe('my words');
  });
});

describe('a draft in a conversation that was merged into another', () => {
  const file = (id: string) => ({ id, name: `${id}.txt`, type: 'text/plain', size: 6 });
  const carl = { kind: 'email', value: 'carl@example.org', name: 'Carl' };
  const other = () => new Draft('c0', 'reply', OTHER_KEY, () => undefined);
  const OTHER_KEY = 'inbox.draft.me.c0.reply';

  it('goes on there as it is, with whom it is for', async () => {
    const [one, old] = [draft(), other()];
    old.edit({ text: 'half a sentence', to: [carl], files: [file('f1')] });
    one.gather(old);
    expect(one.content).toEqual({ ...EMPTY, text: 'half a sentence', to: [carl], files: [file('f1')] });
    await vi.advanceTimersByTimeAsync(6000);
    expect(stored?.text).toBe('half a sentence');
    expect(old.empty).toBe(true);
    expect(localStorage.getItem(OTHER_KEY)).toBeNull();
    // By the id of what was merged the service would delete the draft of the other one.
    expect(service.requests.map(({ method, path }) => `${method} ${path}`)).toEqual([`PUT ${PATH}`]);
  });

  it('comes after the words that are there, which keep whom they are for', () => {
    const [one, old] = [draft(), other()];
    one.edit({ text: 'Dear Carl', to: [carl], files: [file('f1')] });
    old.edit({ text: 'half a sentence', to: [], files: [file('f1'), file('f2')] });
    one.gather(old);
    expect(one.content.text).toBe('Dear Carl\n\nhalf a sentence');
    expect(one.content.to).toEqual([carl]);
    expect(one.content.files.map(({ id }) => id)).toEqual(['f1', 'f2']);
  });

  it('is not there twice when the service stored it there after the merge', () => {
    const [one, old] = [draft(), other()];
    old.edit({ text: 'half a sentence' });
    one.adopt(row('half a sentence', 1), performance.now());
    one.gather(old);
    expect(one.content.text).toBe('half a sentence');
    expect(old.empty).toBe(true);
  });
});
