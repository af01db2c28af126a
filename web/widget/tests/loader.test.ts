import { afterEach, expect, it, vi } from 'vitest';
import type { Panel } from '../src/host';

afterEach(() => vi.unstubAllGlobals());

it('what the page said of one person goes with him when he logs out', async () => {
  const told: unknown[] = [];
  const panel = { setAttributes: (given: unknown) => told.push(given), logout() {}, open() {}, close() {} };
  vi.stubGlobal('__IMPORT__', () => Promise.resolve({ mount: () => panel as unknown as Panel }));
  vi.stubGlobal('fetch', () =>
    Promise.resolve(Response.json({ greetings: [], accent: '#2257bf', theme: 'light', language: 'en' })),
  );
  const tag = document.createElement('script');
  tag.dataset.channel = 'shop';
  Object.defineProperty(tag, 'src', { value: 'https://inbox.example/widget.js' });
  Object.defineProperty(document, 'currentScript', { value: tag, configurable: true });
  await import('../src/loader');
  const chat = (window as unknown as { inboxChat: Record<string, (given?: unknown) => void> }).inboxChat;
  await vi.waitFor(() => expect(document.querySelector('inbox-chat')).not.toBeNull());
  chat.open?.();
  chat.setAttributes?.({ plan: 'gold', company: 'Acme' });
  await vi.waitFor(() => expect(told).toHaveLength(1));
  chat.logout?.();
  chat.setAttributes?.({ plan: 'free' });
  await vi.waitFor(() => expect(told).toHaveLength(2));
  expect(told).toEqual([{ plan: 'gold', company: 'Acme' }, { plan: 'free' }]);
});
