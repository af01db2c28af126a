import { cleanup, fireEvent, render, screen } from '@testing-library/svelte';
import { tick } from 'svelte';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { conversation, FakeService, json, problem } from '../../testing/service';
import type { ChannelRow } from '../../lib/api/types';
import { live } from '../../lib/state/live.svelte';
import { session } from '../../lib/state/session.svelte';
import { toasts } from '../../lib/state/toasts.svelte';
import CustomerPane from './CustomerPane.svelte';

let service: FakeService;

const ada = (change: object = {}) =>
  json({
    id: 'c1',
    name: 'Ada',
    version: 1,
    company: 'Acme',
    language: '',
    notes: '',
    attributes: {},
    identities: [],
    blocks: [],
    segments: [],
    absorbed: [],
    merges: [],
    created_at: 0,
    ...change,
  });

beforeEach(() => {
  service = new FakeService();
  service.install((name, value) => vi.stubGlobal(name, value));
  service.on('GET /customers/c1', () => ada());
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

async function change(what: string, to: string): Promise<void> {
  (await screen.findByTestId(what)).click();
  await tick();
  const field = screen.getByTestId<HTMLInputElement>(`${what}-field`);
  field.value = to;
  field.dispatchEvent(new Event('input', { bubbles: true }));
  field.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', bubbles: true }));
}

it('a customer is said to be in the chat while that is known, and never to be away', async () => {
  render(CustomerPane, { row: conversation('k1', { channel: 'shop', channels: ['shop'] }) });
  await screen.findByText('Acme', { selector: 'p' });
  expect(screen.queryByText(/in the chat/i)).toBeNull();
  const watchers = [{ kind: 'customer', id: 'c1', typing: 'reply', page: '' }] as const;
  service.push({ t: 'watchers', conversation: 'k1', watchers: [...watchers] });
  service.deliverAll();
  await tick();
  screen.getByText('In the chat now');
  service.push({ t: 'watchers', conversation: 'k1', watchers: [] });
  service.deliverAll();
  await tick();
  expect(screen.queryByText(/in the chat/i)).toBeNull();
});

it('a visitor is shown where he has the chat open, and else where he wrote last, as a link and not as an attribute', async () => {
  const last = 'https://shop.example/caf%C3%A9/cart';
  service.on('GET /customers/c1', () => ada({ attributes: { page: last, plan: 'gold' } }));
  render(CustomerPane, { row: conversation('k1', { channel: 'shop', channels: ['shop'] }) });
  await screen.findByText('Last page');
  const shown = () => screen.getByTestId<HTMLAnchorElement>('visitor-page');
  expect([shown().href, shown().textContent]).toEqual([last, '/café/cart']);
  await screen.findByText('plan');
  expect(screen.queryByText('page')).toBeNull();
  const here = { kind: 'customer', id: 'c1', typing: '', page: 'https://shop.example/' };
  service.push({ t: 'watchers', conversation: 'k1', watchers: [here] });
  service.deliverAll();
  await tick();
  screen.getByText('On the page');
  expect([shown().href, shown().textContent]).toEqual(['https://shop.example/', 'shop.example']);
});

it('two changes in a row are both kept, the second on what the first made', async () => {
  const versions: number[] = [];
  service.on('PATCH /customers/c1', (_, init) => {
    const { version } = JSON.parse(String(init?.body)) as { version: number };
    versions.push(version);
    return ada({ version: version + 1, company: 'Kingfisher' });
  });
  render(CustomerPane, { row: conversation('k1') });
  await change('customer-company', 'Kingfisher');
  await change('customer-name', 'Ada L.');
  await vi.waitFor(() => expect(versions).toEqual([1, 2]));
});

it('a change is made on what a colleague has changed meanwhile, and loses nothing', async () => {
  render(CustomerPane, { row: conversation('k1') });
  await screen.findByTestId('customer-company');
  service.on('GET /customers/c1', () => ada({ version: 5, notes: 'Called twice' }));
  service.on('PATCH /customers/c1', (_, init) => {
    const body = JSON.parse(String(init?.body)) as { version: number };
    if (body.version !== 5) return problem(409, 'conflict');
    return ada({ notes: 'Called twice', ...body, version: 6 });
  });
  await change('customer-company', 'Kingfisher');
  await screen.findByText('Kingfisher', { selector: 'p' });
  screen.getByText('Called twice');
  expect(toasts.all.filter(({ kind }) => kind === 'error')).toEqual([]);
});

it('an address that was added never brings back what stood there before', async () => {
  let answer: () => void = () => undefined;
  service.on('POST /customers/c1/identities', async () => {
    await new Promise<void>((resolve) => (answer = resolve));
    return ada({ version: 2 });
  });
  render(CustomerPane, { row: conversation('k1') });
  await fireEvent.click(await screen.findByText('Add an address'));
  const field = screen.getByLabelText('Add an address');
  await fireEvent.input(field, { target: { value: 'ada@example.org' } });
  await fireEvent.submit(field);
  service.on('GET /customers/c1', () => ada({ version: 3, company: 'Kingfisher' }));
  service.push({ t: 'reload', what: 'customers', id: 'c1' });
  service.deliverAll();
  await screen.findByText('Kingfisher', { selector: 'p' });
  answer();
  await vi.waitFor(() => expect(field.isConnected).toBe(false));
  screen.getByText('Kingfisher', { selector: 'p' });
});

it('who was merged is shown as the one that stays, and follows what happens to him', async () => {
  let asked = 0;
  const merge = { id: 'm1', customer: 'c1', name: 'Ada', by: 'mira', at: 0, undone_at: null };
  const stays = {
    id: 'c9',
    name: 'Ada Byron',
    version: 3,
    company: '',
    language: '',
    notes: '',
    attributes: {},
  };
  const rest = { identities: [], blocks: [], segments: [], absorbed: ['c1'], merges: [merge], created_at: 0 };
  service.on('GET /customers/c1', () => json({ ...stays, ...rest, version: 3 + asked++ }));
  render(CustomerPane, { row: conversation('k1') });
  await screen.findByTestId('customer-merge', {}, { timeout: 4000 });
  screen.getByText('Ada Byron');
  service.push({ t: 'reload', what: 'customers', id: 'c9' });
  service.deliverAll();
  await vi.waitFor(() => expect(asked).toBe(2), 4000);
});

it('a change that is saved is not said to have failed because the way back could not be loaded', async () => {
  vi.doMock('./taken-back', () => {
    throw new Error('chunk');
  });
  for (const one of toasts.all) toasts.dismiss(one.id);
  service.on('PATCH /customers/c1', () => ada({ version: 2, company: 'Kingfisher' }));
  render(CustomerPane, { row: conversation('k1') });
  await change('customer-company', 'Kingfisher');
  await screen.findByText('Kingfisher', { selector: 'p' });
  await new Promise((done) => setTimeout(done, 50));
  expect(toasts.all).toEqual([]);
  vi.doUnmock('./taken-back');
});
