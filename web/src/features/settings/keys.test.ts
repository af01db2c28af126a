import { cleanup, fireEvent, render, screen, within } from '@testing-library/svelte';
import { afterEach, expect, it, vi } from 'vitest';
import '../../lib/i18n/later';
import { own } from '../../lib/keys/own.svelte';
import { FakeService, json } from '../../testing/service';
import Keys from './Keys.svelte';

afterEach(() => {
  cleanup();
  own.keys = {};
  vi.unstubAllGlobals();
});

it('of two changes right after each other both are kept', async () => {
  const service = new FakeService();
  service.install((name, value) => vi.stubGlobal(name, value));
  service.on('PATCH /me', (_, init) => json({ id: 'me', language: 'en', ...JSON.parse(String(init?.body)) }));
  service.held = true;
  render(Keys);
  for (const id of ['reply', 'note'])
    await fireEvent.click(within(screen.getByTestId(`key-${id}`)).getByRole('button', { name: /: off$/ }));
  await vi.waitFor(() => {
    service.pending.shift()?.answer();
    expect(service.requests).toHaveLength(2);
  });
  while (service.pending.length > 0) service.pending.shift()?.answer();
  await vi.waitFor(() => expect(own.keys).toEqual({ reply: '', note: '' }));
});
