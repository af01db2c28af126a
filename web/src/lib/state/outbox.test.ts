import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { conversation, FakeService, json, problem } from '../../testing/service';
import type { Me, SendMessage } from '../api/types';
import { EMPTY } from './drafts.svelte';
import { live } from './live.svelte';
import { outbox } from './outbox.svelte';
import { session } from './session.svelte';

const PATH = '/conversations/c1/messages';
const body = (text: string): SendMessage => ({ kind: 'reply', text, client_id: `id-${text}` });
const content = (text: string) => ({ ...EMPTY, text });
const created = (text: string) =>
  json({ conversation: conversation('c1'), message: { id: text }, duplicate: false }, 201);

let service: FakeService;
const sent: string[] = [];
const back: string[] = [];

const posts = () => service.requests.filter((request) => request.path === PATH);
const states = () => outbox.entries.map((entry) => entry.state);
const tick = () => vi.advanceTimersByTimeAsync(0);

beforeEach(() => {
  vi.useFakeTimers();
  localStorage.clear();
  session.me = { id: 'mira' } as Me;
  service = new FakeService();
  service.install((name, value) => vi.stubGlobal(name, value));
  sent.length = 0;
  back.length = 0;
  outbox.onOutcome({
    sent: ({ message }) => sent.push(message.id),
    guarded: (entry) => back.push(entry.content.text),
  });
  outbox.restore();
});

afterEach(() => {
  for (const entry of outbox.entries) outbox.take(entry.body.client_id);
  outbox.dropGuard('c1');
  live.stop();
  session.me = null;
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe('sending', () => {
  it('shows the message until the service has it', async () => {
    service.on(`POST ${PATH}`, () => created('hello'));
    outbox.send('c1', body('hello'), content('hello'));
    expect(states()).toEqual(['sending']);
    await tick();
    expect(states()).toEqual([]);
    expect(sent).toEqual(['hello']);
  });

  it('tries again by itself while the socket lives on, and at once when the browser is back on line', async () => {
    service.on(`POST ${PATH}`, () => Promise.reject(new TypeError('network')));
    outbox.send('c1', body('hello'), content('hello'));
    await vi.advanceTimersByTimeAsync(5_000);
    expect([states(), outbox.stuck('c1')?.body.client_id]).toEqual([['waiting'], 'id-hello']);
    const tried = posts().length;
    expect(tried).toBeGreaterThan(1);
    await vi.advanceTimersByTimeAsync(300_000);
    expect(posts().length - tried, 'not all the time').toBeLessThan(100);
    service.on(`POST ${PATH}`, () => created('hello'));
    dispatchEvent(new Event('online'));
    await tick();
    expect([sent, states()]).toEqual([['hello'], []]);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(new Set(posts().map(({ key }) => key)).size).toBe(1);
    expect(sent).toEqual(['hello']);
  });

  it('keeps a message that met no network, and sends it under the same ids', async () => {
    service.on(`POST ${PATH}`, () => Promise.reject(new TypeError('network')));
    outbox.send('c1', body('hello'), content('hello'));
    await tick();
    expect(states()).toEqual(['waiting']);
    service.on(`POST ${PATH}`, () => created('hello'));
    outbox.retry('id-hello');
    await tick();
    expect(sent).toEqual(['hello']);
    const [first, second] = posts();
    expect(second?.key).toBe(first?.key);
    expect(second?.body).toEqual(first?.body);
  });

  it('goes on by itself when the connection is back', async () => {
    service.on(`POST ${PATH}`, () => problem(503, 'unavailable'));
    outbox.send('c1', body('hello'), content('hello'));
    await tick();
    service.on(`POST ${PATH}`, () => created('hello'));
    live.start(() => undefined);
    service.deliverAll();
    await tick();
    expect(sent).toEqual(['hello']);
  });

  it('goes on after a reload', async () => {
    service.on(`POST ${PATH}`, () => Promise.reject(new TypeError('network')));
    outbox.send('c1', body('hello'), content('hello'));
    await tick();
    outbox.entries = [];
    service.on(`POST ${PATH}`, () => created('hello'));
    outbox.restore();
    await tick();
    expect(sent).toEqual(['hello']);
    expect(Object.keys(localStorage)).toEqual([]);
  });

  it('leaves what another tab of the browser sends where it is', async () => {
    service.on(`POST ${PATH}`, () => Promise.reject(new TypeError('network')));
    outbox.send('c1', body('theirs'), content('theirs'));
    await tick();
    outbox.entries = []; // as this tab, which knows nothing of it
    outbox.send('c1', body('mine'), content('mine'));
    outbox.take('id-mine');
    await tick();
    service.on(`POST ${PATH}`, () => created('theirs'));
    outbox.restore();
    await tick();
    expect(sent).toEqual(['theirs']);
  });

  it('stops before a newer reply, gives the words back and tells what is new', async () => {
    service.on(`POST ${PATH}`, () =>
      problem(409, 'newer_reply', { newer: [{ id: 'm9', text: 'I was faster' }] }),
    );
    outbox.send('c1', body('mine'), content('mine'));
    await tick();
    expect(states()).toEqual([]);
    expect(back).toEqual(['mine']);
    expect(outbox.guards.get('c1')?.newer.map((message) => message.text)).toEqual(['I was faster']);
  });

  it('goes on with one message after the other, in the order they were written', async () => {
    service.on(`POST ${PATH}`, () => Promise.reject(new TypeError('network')));
    for (const text of ['one', 'two', 'three']) outbox.send('c1', body(text), content(text));
    await tick();
    expect(states()).toEqual(['waiting', 'waiting', 'waiting']);
    const under: (() => void)[] = [];
    const asked: string[] = [];
    service.on(`POST ${PATH}`, async (_, init) => {
      const { text } = JSON.parse(String(init?.body)) as SendMessage;
      asked.push(text);
      await new Promise<void>((resolve) => under.push(resolve));
      return created(text);
    });
    live.start(() => undefined);
    service.deliverAll();
    outbox.retry('id-three');
    for (const text of ['one', 'two', 'three']) {
      await tick();
      expect(asked.at(-1)).toBe(text);
      expect(under).toHaveLength(1);
      under.pop()?.();
    }
    await tick();
    expect(sent).toEqual(['one', 'two', 'three']);
    expect(states()).toEqual([]);
  });

  it('lets what has to wait hold up what was written after it, but nobody else', async () => {
    service.on(`POST ${PATH}`, () => problem(503, 'unavailable'));
    service.on('POST /conversations/c2/messages', () => created('other'));
    outbox.send('c1', body('one'), content('one'));
    outbox.send('c1', body('two'), content('two'));
    outbox.send('c2', body('other'), content('other'));
    await tick();
    expect(posts().map((request) => (request.body as SendMessage).text)).toEqual(['one']);
    expect(sent).toEqual(['other']);
    expect(states()).toEqual(['waiting', 'waiting']);
  });

  it('goes on behind one that is refused', async () => {
    service.on(`POST ${PATH}`, (_, init) => {
      const { text } = JSON.parse(String(init?.body)) as SendMessage;
      return text === 'one' ? problem(422, 'invalid') : created(text);
    });
    outbox.send('c1', body('one'), content('one'));
    outbox.send('c1', body('two'), content('two'));
    await tick();
    expect(sent).toEqual(['two']);
    expect(states()).toEqual(['failed']);
  });

  it('says why the service refused, and does not try again by itself', async () => {
    service.on(`POST ${PATH}`, () => problem(422, 'invalid', { detail: 'to: not an address' }));
    outbox.send('c1', body('hello'), content('hello'));
    await tick();
    expect(outbox.entries[0]).toMatchObject({ state: 'failed', error: 'to: not an address' });
    live.start(() => undefined);
    service.deliverAll();
    await tick();
    expect(posts()).toHaveLength(1);
  });

  it('waits after a logout for the next login of who wrote it', async () => {
    service.on(`POST ${PATH}`, () => Promise.reject(new TypeError('network')));
    outbox.send('c1', body('hello'), content('hello'));
    await tick();
    const [kept, tried] = [Object.keys(localStorage), posts().length];
    session.me = null;
    dispatchEvent(new Event('online'));
    await vi.advanceTimersByTimeAsync(120_000);
    expect(posts()).toHaveLength(tried);
    expect(Object.keys(localStorage)).toEqual(kept);
    session.me = { id: 'mira' } as Me;
    service.on(`POST ${PATH}`, () => created('hello'));
    outbox.restore();
    await tick();
    expect([sent, Object.keys(localStorage)]).toEqual([['hello'], []]);
  });

  it('sends nothing more behind what was under way at the logout, and keeps all of it', async () => {
    let answer: (response: Response) => void = () => undefined;
    service.on(`POST ${PATH}`, () => new Promise((done) => (answer = done)));
    for (const text of ['one', 'two']) outbox.send('c1', body(text), content(text));
    await tick();
    const kept = Object.keys(localStorage);
    session.me = null;
    answer(problem(422, 'invalid'));
    await tick();
    expect(posts()).toHaveLength(1);
    expect(Object.keys(localStorage)).toEqual(kept);
  });
});
