import { cleanup, fireEvent, render, screen } from '@testing-library/svelte';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ChannelRow, Me } from '../../lib/api/types';
import { bind } from '../../lib/keys/bind';
import { router } from '../../lib/router.svelte';
import { drafts } from '../../lib/state/drafts.svelte';
import { replies } from '../../lib/state/replies.svelte';
import { session } from '../../lib/state/session.svelte';
import { workspace } from '../../lib/state/workspace.svelte';
import { conversation, FakeService, json } from '../../testing/service';
import Palette from './Palette.svelte';

let service: FakeService;

const field = () => screen.getByTestId<HTMLInputElement>('palette-input');
const options = () => screen.getAllByRole('option', { hidden: true });
const marked = () => options().findIndex((one) => one.getAttribute('aria-selected') === 'true');
const settle = () => vi.advanceTimersByTimeAsync(1000);

async function type(words: string): Promise<void> {
  field().value = words;
  await fireEvent.input(field());
}

beforeEach(() => {
  vi.useFakeTimers();
  service = new FakeService();
  service.install((name, value) => vi.stubGlobal(name, value));
  service.on('GET /customers', () =>
    json({
      rows: [
        { id: 'c1', name: 'Zoe Zimmer' },
        { id: 'c2', name: '' },
      ],
      next: null,
    }),
  );
  render(Palette, { onclose: () => undefined });
});

afterEach(() => {
  cleanup();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

it('customers who come while one chooses do not move what is marked', async () => {
  await type('zoe');
  const words = () => options()[marked()]?.textContent;
  const before = words();
  expect(before).toContain('zoe');
  await settle();
  expect(options().some((one) => one.textContent?.includes('Zoe Zimmer'))).toBe(true);
  expect(words()).toBe(before);
  await fireEvent.keyDown(field(), { key: 'Enter' });
  await settle();
  expect(router.route).toMatchObject({ name: 'search', q: 'zoe' });
});

it('those who were found for other words are not offered any more', async () => {
  await type('zoe');
  await settle();
  await type('zoe b');
  expect(options().some((one) => one.textContent?.includes('Zoe Zimmer'))).toBe(false);
});

it.each([
  ['Zoe Zimmer', 'customer:"Zoe Zimmer"'],
  ['Unnamed customer', 'customer:"c2"'],
])('%s is searched for by what finds him', async (label, q) => {
  await type('zoe');
  await settle();
  const option = options().find((one) => one.textContent?.includes(label));
  expect(option).toBeDefined();
  if (option) await fireEvent.click(option);
  await settle();
  expect(router.route).toMatchObject({ name: 'search', q });
});

describe('with a conversation open', () => {
  const row = conversation('k1', {
    reply_channel: 'shop',
    customer: { id: 'c1', name: 'Ada Ames' },
  } as object);
  const started = vi.fn();
  let unbind = () => undefined as unknown;

  /** The palette anew, over a conversation of this channel. */
  async function over(channel: object): Promise<void> {
    cleanup();
    session.channels = new Map([['shop', { id: 'shop', ...channel } as ChannelRow]]);
    const thread = { id: 'k1', number: '1', row, close: () => undefined };
    workspace.thread = thread as unknown as typeof workspace.thread;
    render(Palette, { onclose: () => undefined });
    await settle();
  }

  beforeEach(() => {
    session.me = { id: 'me', name: 'Mira', permissions: ['reply', 'assign'] } as unknown as Me;
    const people = [
      { id: 'me', name: 'Mira', role: 'agent' },
      { id: 'a2', name: 'Amina Diallo', role: 'agent' },
    ];
    session.agents = new Map(people.map((one) => [one.id, one])) as unknown as typeof session.agents;
    const greeting = {
      id: 'r1',
      name: 'Greeting',
      version: 1,
      text: 'Hello {{customer.first_name}},',
      files: [],
    };
    service.on('GET /saved-replies', () => json([greeting]));
    service.on('GET /saved-replies/uses', () => json([]));
    service.on('POST /saved-replies/r1/use', () => json({ files: [] }));
    unbind = bind({ reply: started, forward: () => undefined, 'reply-all': () => undefined });
  });

  afterEach(() => {
    unbind();
    drafts.of('k1', 'reply').clear();
    session.me = workspace.thread = null;
    session.agents = session.channels = new Map();
  });

  it('colleagues are given it, and what they hold is gone to', async () => {
    const patched: unknown[] = [];
    service.on('PATCH /conversations/k1', (_, init) => {
      patched.push(JSON.parse(String(init?.body)));
      return json(row);
    });
    await over({ recipients: true });
    expect(options().some((one) => one.textContent?.includes('Amina'))).toBe(false);
    await type('amina');
    expect(options()[0]?.textContent).toContain('Assign to Amina Diallo');
    await fireEvent.keyDown(field(), { key: 'Enter' });
    await settle();
    expect(patched).toMatchObject([{ assignee: 'a2' }]);
    await over({ recipients: true });
    await type('of amina');
    await fireEvent.keyDown(field(), { key: 'Enter' });
    await settle();
    expect(router.route).toMatchObject({ name: 'inbox', view: 'all', filter: 'assignee:a2' });
  });

  it('a saved reply is put behind what the answer says already, with its names filled in', async () => {
    drafts.of('k1', 'reply').edit({ text: 'Good news.' });
    await over({ recipients: true });
    await type('greet');
    expect(options()[0]?.textContent).toContain('Greeting');
    await fireEvent.keyDown(field(), { key: 'Enter' });
    await settle();
    expect(drafts.of('k1', 'reply').content.text).toBe('Good news.\n\nHello Ada,');
    expect(started).toHaveBeenCalled();
  });

  it('a saved reply that is loaded after the last key is offered too, and moves nothing that is marked', async () => {
    let answer: () => void = () => undefined;
    const greeting = { id: 'r2', name: 'Greeting of Zoe', version: 1, text: 'Hello', files: [] };
    service.on('GET /saved-replies', () => new Promise((done) => (answer = () => done(json([greeting])))));
    await over({ recipients: true });
    replies.all = [];
    void replies.refresh();
    await settle();
    await type('zoe');
    await settle();
    await fireEvent.keyDown(field(), { key: 'ArrowUp' });
    const words = options()[marked()]?.textContent;
    answer();
    await settle();
    expect(options().at(-1)?.textContent).toContain('Greeting of Zoe');
    expect(options()[marked()]?.textContent).toBe(words);
  });

  it('only mail is forwarded, and answered to all', async () => {
    const found = () => options().map((one) => one.textContent?.trim() ?? '');
    const offers = (words: string) => found().some((one) => one.startsWith(words));
    await over({ recipients: true });
    expect([offers('Forward'), offers('Reply to all')]).toEqual([true, true]);
    await over({ recipients: false });
    expect([offers('Forward'), offers('Reply to all'), offers('Reply')]).toEqual([false, false, true]);
  });
});
