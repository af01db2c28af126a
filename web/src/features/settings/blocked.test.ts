import { cleanup, fireEvent, render, screen } from '@testing-library/svelte';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import '../../lib/i18n/later';
import { toasts } from '../../lib/state/toasts.svelte';
import { FakeService, json, problem } from '../../testing/service';
import Blocked from './Blocked.svelte';

let service: FakeService;
let pages: Record<string, () => Response>;

const block = (id: string) => ({
  id,
  kind: 'email',
  value: `${id}@spam.example`,
  domain: false,
  name: '',
  why: '',
  by_name: 'Mira',
  at: 0,
  stopped: 0,
  last_at: null,
});
const shown = () => screen.queryAllByTestId('blocked').map((row) => row.querySelector('.value')?.textContent);

beforeEach(() => {
  service = new FakeService();
  service.install((name, value) => vi.stubGlobal(name, value));
  pages = { '': () => json({ rows: [block('ada'), block('bob')], next: 'p2' }) };
  service.on(
    'GET /blocked-senders',
    (url) => pages[url.searchParams.get('after') ?? '']?.() ?? problem(404, 'x'),
  );
  service.on('POST /blocked-senders', () => json(block('bob')));
});

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

it('who is blocked before the list is there stays in it, once', async () => {
  service.held = true;
  render(Blocked);
  await vi.waitFor(() => expect(service.pending).toHaveLength(1));
  await fireEvent.click(screen.getByTestId('block-add'));
  await fireEvent.input(screen.getByLabelText(/^Email address/), { target: { value: 'bob@spam.example' } });
  await fireEvent.click(screen.getByRole('button', { name: 'Block' }));
  await vi.waitFor(() => expect(service.pending).toHaveLength(2));
  service.pending[1]?.answer();
  await vi.waitFor(() => expect(shown()).toEqual(['bob@spam.example']));
  service.pending[0]?.answer();
  await vi.waitFor(() => expect(shown()).toEqual(['bob@spam.example', 'ada@spam.example']));
});

it('says that no more could be loaded, and keeps what is there', async () => {
  pages['p2'] = () => problem(500, 'internal');
  render(Blocked);
  await fireEvent.click(await screen.findByRole('button', { name: 'Show more' }));
  await vi.waitFor(() => expect(toasts.all.map((one) => one.kind)).toContain('error'));
  expect(shown()).toHaveLength(2);
  pages['p2'] = () => json({ rows: [block('eve')], next: null });
  await fireEvent.click(screen.getByRole('button', { name: 'Show more' }));
  await vi.waitFor(() => expect(shown()).toHaveLength(3));
});
