import { cleanup, fireEvent, render, screen } from '@testing-library/svelte';
import { afterEach, expect, it, vi } from 'vitest';
import { notices } from '../../lib/state/notices.svelte';
import { toasts } from '../../lib/state/toasts.svelte';
import { FakeService, json, problem } from '../../testing/service';
import NoticePanel from './NoticePanel.svelte';

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

it('says that older notices could not be loaded', async () => {
  const service = new FakeService();
  service.install((name, value) => vi.stubGlobal(name, value));
  const row = { id: 'n1', kind: 'mention', at: 1, conversation: 'k1', number: 1, read_at: 1, subject: '' };
  const told = { ...row, customer: { id: 'c1', name: 'Ada' }, actor: { kind: 'agent', id: 'sam' } };
  service.on('GET /me/notices', ({ searchParams }) =>
    searchParams.has('after') ? problem(500, 'internal') : json({ notices: [told], next: 'n1', unread: 0 }),
  );
  render(NoticePanel);
  await vi.waitFor(() => expect(notices.next).toBe('n1'));
  await fireEvent.click(await screen.findByRole('button', { name: 'Show more' }));
  await vi.waitFor(() => expect(toasts.all.map((one) => one.kind)).toEqual(['error']));
});
