import { cleanup, fireEvent, render, screen } from '@testing-library/svelte';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { conversation, FakeService, json, problem } from '../../testing/service';
import type { AgentRow, Me } from '../../lib/api/types';
import { drafts, EMPTY } from '../../lib/state/drafts.svelte';
import { outbox } from '../../lib/state/outbox.svelte';
import { session } from '../../lib/state/session.svelte';
import { Thread } from '../../lib/state/thread.svelte';
import { workspace } from '../../lib/state/workspace.svelte';
import Composer from './Composer.svelte';

const held = conversation('k1', { number: 7, assignee: 'sam' });
const given = { ...held, assignee: null, version: 2 };
const note = () => drafts.of('k1', 'note');
const box = () => screen.queryByTestId<HTMLInputElement>('whisper');
const HEARD = 'Only Sam and supervisors see this';

let service: FakeService;
let thread: Thread;

const compose = () => render(Composer, { thread, row: held, onsent: () => undefined });

beforeEach(() => {
  localStorage.clear();
  service = new FakeService();
  service.install((name, value) => vi.stubGlobal(name, value));
  service.on('GET /conversations/k1', () =>
    json({ row: held, timeline: { items: [], before: null, after: null }, read: 0, drafts: [] }),
  );
  session.me = { id: 'ines', permissions: ['note', 'supervise'] } as unknown as Me;
  session.agents = new Map([['sam', { id: 'sam', name: 'Sam' } as AgentRow]]);
  note().edit({ ...EMPTY, text: 'Offer him a refund' });
  thread = new Thread('7', held);
});

afterEach(() => {
  cleanup();
  thread.close();
  note().edit(EMPTY);
  for (const entry of outbox.entries) outbox.take(entry.body.client_id);
  session.me = null;
  session.agents = new Map();
  vi.unstubAllGlobals();
});

it('a whisper stays one when its listener gives the conversation away, until its author says otherwise', async () => {
  const { rerender } = compose();
  await fireEvent.click(screen.getByLabelText(HEARD));
  await rerender({ row: given });
  const alone = screen.getByLabelText<HTMLInputElement>(/Nobody else is assigned now/);
  expect(alone.checked).toBe(true);
  await fireEvent.click(alone);
  expect(box()).toBeNull();
});

it('a whisper stays one when its author looks at another conversation meanwhile', async () => {
  const { unmount } = compose();
  await fireEvent.click(screen.getByLabelText(HEARD));
  unmount();
  compose();
  expect(box()?.checked).toBe(true);
});

it('a whisper that was refused comes back as one, and the next note is one for everybody', async () => {
  const sent: unknown[] = [];
  service.on('POST /conversations/k1/messages', (_, init) => {
    sent.push((JSON.parse(String(init?.body)) as { whisper?: boolean }).whisper);
    return problem(422, 'invalid');
  });
  compose();
  await fireEvent.click(screen.getByLabelText(HEARD));
  await fireEvent.click(screen.getByTestId('send'));
  await vi.waitFor(() => expect(outbox.entries[0]?.state).toBe('failed'));
  expect(sent).toEqual([true]);
  expect(box()?.checked).toBe(false);
  const entry = outbox.take(outbox.entries[0]?.body.client_id ?? '');
  if (entry) workspace.giveBack(entry);
  await vi.waitFor(() => expect(box()?.checked).toBe(true));
  expect(note().content.text).toBe('Offer him a refund');
});
