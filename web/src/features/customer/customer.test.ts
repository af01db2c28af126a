import { cleanup, render, screen } from '@testing-library/svelte';
import { tick } from 'svelte';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { conversation, FakeService, json } from '../../testing/service';
import type { ChannelRow } from '../../lib/api/types';
import { live } from '../../lib/state/live.svelte';
import { session } from '../../lib/state/session.svelte';
import CustomerPane from './CustomerPane.svelte';

let service: FakeService;

beforeEach(() => {
  service = new FakeService();
  service.install((name, value) => vi.stubGlobal(name, value));
  service.on('GET /customers/c1', () =>
    json({
      id: 'c1',
      name: 'Ada',
      version: 1,
      company: 'Acme',
      language: '',
      notes: '',
      attributes: {},
      identities: [],
      created_at: 0,
    }),
  );
  session.channels = new Map([['shop', { id: 'shop', conversational: true } as ChannelRow]]);
  live.start(() => undefined);
  service.deliverAll();
});

afterEach(() => {
  cleanup();
  live.stop();
  session.channels = new Map();
  vi.unstubAllGlobals();
});

it('a customer is said to be in the chat while that is known, and never to be away', async () => {
  render(CustomerPane, { row: conversation('k1', { channel: 'shop', channels: ['shop'] }) });
  await screen.findByText('Acme', { selector: 'p' });
  expect(screen.queryByText(/in the chat/i)).toBeNull();
  const watchers = [{ kind: 'customer', id: 'c1', typing: 'reply' }] as const;
  service.push({ t: 'watchers', conversation: 'k1', watchers: [...watchers] });
  service.deliverAll();
  await tick();
  screen.getByText('In the chat now');
  service.push({ t: 'watchers', conversation: 'k1', watchers: [] });
  service.deliverAll();
  await tick();
  expect(screen.queryByText(/in the chat/i)).toBeNull();
});
