import { cleanup, fireEvent, render, screen } from '@testing-library/svelte';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { FakeService, json } from '../../testing/service';
import { router } from '../../lib/router.svelte';
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
