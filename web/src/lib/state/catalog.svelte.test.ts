import { flushSync } from 'svelte';
import { expect, test } from 'vitest';
import { Entries } from './catalog.svelte';

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
  expect(asked).toBe(2);
  end();
});
