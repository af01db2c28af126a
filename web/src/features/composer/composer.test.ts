import { cleanup, fireEvent, render, screen } from '@testing-library/svelte';
import { tick } from 'svelte';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { ChannelRow, Me, MessageRow } from '../../lib/api/types';
import { drafts } from '../../lib/state/drafts.svelte';
import { outbox } from '../../lib/state/outbox.svelte';
import { session } from '../../lib/state/session.svelte';
import { toasts } from '../../lib/state/toasts.svelte';
import { Thread } from '../../lib/state/thread.svelte';
import { conversation, FakeService, json } from '../../testing/service';
import Composer from './Composer.svelte';

let service: FakeService;

const address = (name: string) => ({ kind: 'email', value: `${name}@example.org` });
const row = conversation('k1', {
  reply_channel: 'mail',
  participants: [{ ...address('ada'), accepted: true }],
} as object);
const message = {
  t: 'message',
  id: 'm1',
  version: 1,
  kind: 'customer',
  arrived_at: 5,
  conversation: 'k1',
  author: { kind: 'customer', id: 'c1' },
  author_name: 'Ada',
  sender: address('ada'),
  to: [address('bob')],
  cc: [address('cy')],
  bcc: [],
} as unknown as MessageRow;

beforeEach(() => {
  service = new FakeService();
  service.install((name, value) => vi.stubGlobal(name, value));
  service.on('GET /conversations/k1', () => {
    const timeline = { items: [message], before: null, after: null };
    return json({ row, timeline, read: 1, drafts: [] });
  });
  session.me = { id: 'me', permissions: ['reply'], keys: {} } as unknown as Me;
});

afterEach(() => {
  cleanup();
  drafts.of('k1', 'reply').clear();
  for (const entry of outbox.entries) outbox.take(entry.body.client_id);
  session.me = null;
  session.channels = new Map();
  vi.unstubAllGlobals();
});

function open(channel: object): Thread {
  const given = {
    id: 'mail',
    name: 'Mail',
    kind: 'email',
    address: '',
    window: null,
    stickers: [],
    ...channel,
  };
  session.channels = new Map([['mail', given as unknown as ChannelRow]]);
  const thread = new Thread('1', row);
  render(Composer, { thread, row, onsent: () => undefined });
  drafts.of('k1', 'reply').edit({ text: 'Hello' });
  return thread;
}

const sends = () => screen.getByTestId<HTMLButtonElement>('send');

it('an answer waits until it is known who all get it', async () => {
  const thread = open({ recipients: true });
  await tick();
  expect(sends().disabled).toBe(true);
  await thread.reload();
  await tick();
  await fireEvent.click(sends());
  const sent = outbox.of('k1')[0]?.body;
  expect([sent?.to, sent?.cc]).toEqual([[address('ada')], [address('bob'), address('cy')]]);
  thread.close();
});

it('an answer in a chat waits for nothing', async () => {
  const thread = open({ recipients: false });
  await tick();
  await fireEvent.click(sends());
  expect(outbox.of('k1')[0]?.body.text).toBe('Hello');
  thread.close();
});

it('who wants to forward a chat is told that it cannot be, and does not find himself answering', async () => {
  session.channels = new Map([
    [
      'mail',
      {
        id: 'mail',
        name: 'Chat',
        kind: 'webchat',
        recipients: false,
        address: '',
        window: null,
        stickers: [],
      } as unknown as ChannelRow,
    ],
  ]);
  const { component } = render(Composer, { thread: new Thread('1', row), row, onsent: () => undefined });
  for (const time of [1, 2]) {
    component.start('forward');
    await vi.waitFor(() =>
      expect(toasts.all.filter(({ text }) => text === 'A chat cannot be forwarded.')).toHaveLength(time),
    );
  }
  expect(document.activeElement).toBe(document.body);
});
