import { flushSync } from 'svelte';
import { afterEach, expect, test, vi } from 'vitest';
import { FakeService, json } from '../../testing/service';
import { Entries } from './catalog.svelte';

afterEach(() => vi.unstubAllGlobals());

test('a list that cannot be loaded is asked for once by who opens it, and again when told to', async () => {
  let asked = 0;
  const entries = new Entries('things', () => {
    asked += 1;
    return Promise.reject(new Error('away'));
  });
  const end = $effect.root(() => {
    $effect(() => entries.open());
  });
  flushSync();
  await expect.poll(() => entries.state).toBe('failed');
  flushSync();
  await Promise.resolve();
  flushSync();
  expect(asked).toBe(1);
  entries.open();
  // After a slow load it rests first.
  await expect.poll(() => asked, { timeout: 5_000 }).toBe(2);
  end();
});

test('what was removed is called what it was called last, asked for once and only when somebody names it', async () => {
  const service = new FakeService();
  service.install((name, value) => vi.stubGlobal(name, value));
  service.on('GET /removed', () =>
    json([{ id: 'things:old', kind: 'things', entry: 'old', name: 'Billing', removed_at: 1, version: 1 }]),
  );
  const asked = () => service.requests.filter((one) => one.path.endsWith('/removed')).length;
  const entries = new Entries('things', () => Promise.resolve([{ id: 'new', name: 'Refunds', version: 1 }]));
  let said = '';
  let known = '';
  const end = $effect.root(() => {
    $effect(() => void (known = entries.nameOf('new')));
  });
  flushSync();
  await expect.poll(() => known).toBe('Refunds');
  expect(asked()).toBe(0);
  const later = $effect.root(() => {
    const derived = $derived([entries.nameOf('old'), entries.nameOf('never')].join());
    $effect(() => void (said = derived));
  });
  flushSync();
  await expect.poll(() => said).toBe('Billing (removed),');
  expect(asked()).toBe(1);
  end();
  later();
});
