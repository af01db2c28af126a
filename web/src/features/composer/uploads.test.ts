import { cleanup, fireEvent, render, screen } from '@testing-library/svelte';
import { tick } from 'svelte';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { conversation, FakeService, json } from '../../testing/service';
import type { ChannelRow, Me } from '../../lib/api/types';
import { drafts, EMPTY } from '../../lib/state/drafts.svelte';
import { session } from '../../lib/state/session.svelte';
import { Thread } from '../../lib/state/thread.svelte';
import Composer from './Composer.svelte';

/** What is being uploaded, in the order it was begun. */
const under: Upload[] = [];
class Upload {
  status = 0;
  response: unknown;
  aborted = false;
  readonly upload = {};
  onload: () => void = () => undefined;
  readonly open = () => undefined;
  readonly setRequestHeader = () => undefined;
  readonly send = () => void under.push(this);
  readonly abort = () => (this.aborted = true);
  end(id: string): void {
    this.status = 201;
    this.response = { id, name: `${id}.txt`, type: 'text/plain', size: 3 };
    this.onload();
  }
}

let service: FakeService;
const open: Thread[] = [];

const row = (id: string, number: number) => conversation(id, { number, reply_channel: 'mail' });
const files = (of: string) => drafts.of(of, 'reply').content.files.map(({ id }) => id);
function compose(id: string, number: number) {
  const thread = new Thread(String(number), row(id, number));
  open.push(thread);
  return render(Composer, { thread, row: row(id, number), onsent: () => undefined });
}
const settle = async () => {
  await new Promise((resolve) => setTimeout(resolve));
  await tick();
};

beforeEach(() => {
  localStorage.clear();
  service = new FakeService();
  service.install((name, value) => vi.stubGlobal(name, value));
  vi.stubGlobal('XMLHttpRequest', Upload);
  for (const [id, number] of [
    ['k1', 7],
    ['k2', 8],
  ] as const)
    service.on(`GET /conversations/${id}`, () =>
      json({ row: row(id, number), timeline: { items: [], before: null, after: null }, read: 0, drafts: [] }),
    );
  session.me = { id: 'me', permissions: ['reply', 'note'] } as unknown as Me;
  session.channels = new Map([
    ['mail', { id: 'mail', kind: 'chat', window: null, stickers: [] } as unknown as ChannelRow],
  ]);
  under.length = 0;
});

afterEach(() => {
  cleanup();
  for (const id of ['k1', 'k2']) drafts.of(id, 'reply').edit(EMPTY);
  for (const thread of open.splice(0)) thread.close();
  session.me = null;
  vi.unstubAllGlobals();
});

it('a file that is still on its way gets into its draft though one has gone on to another conversation', async () => {
  const { unmount } = compose('k1', 7);
  await fireEvent.drop(screen.getByTestId('composer'), { dataTransfer: { files: [new File(['abc'], 'a')] } });
  expect(under).toHaveLength(1);
  unmount();
  compose('k2', 8);
  under[0]?.end('f1');
  await settle();
  expect(under[0]?.aborted).toBe(false);
  expect(files('k1')).toEqual(['f1']);
  expect(files('k2')).toEqual([]);
});

it('whoever comes back before a file is there finds it on its way, and cannot send without it', async () => {
  drafts.of('k1', 'reply').edit({ text: 'See the list', files: [] });
  const { unmount } = compose('k1', 7);
  const send = () => screen.getByTestId<HTMLButtonElement>('send');
  expect(send().disabled).toBe(false);
  await fireEvent.drop(screen.getByTestId('composer'), { dataTransfer: { files: [new File(['abc'], 'a')] } });
  unmount();
  compose('k1', 7);
  screen.getByRole('progressbar');
  expect(send().disabled).toBe(true);
  under[0]?.end('f2');
  await settle();
  expect(files('k1')).toEqual(['f2']);
  expect(send().disabled).toBe(false);
});
