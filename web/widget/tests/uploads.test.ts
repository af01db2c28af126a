import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { Attached } from '../src/files';
import type { ClientFrame, WidgetConfig } from '../src/frames';
import { Uploads } from '../src/uploads';

/** The server's end of the requests that carry the bytes. */
class Request {
  static all: Request[] = [];
  url = '';
  status = 0;
  responseText = '';
  upload: { onprogress?: (event: { loaded: number; total: number }) => void } = {};
  onload = (): void => {};
  onabort = (): void => {};

  constructor() {
    Request.all.push(this);
  }
  open(_method: string, url: string): void {
    this.url = url;
  }
  setRequestHeader(): void {}
  send(): void {}
  abort(): void {
    this.onabort();
  }
  answers(status: number, body: unknown = {}): void {
    this.status = status;
    this.responseText = JSON.stringify(body);
    this.onload();
  }
}

const config = { files: true, file_types: ['image/png'], file_limit: 1000 } as WidgetConfig;
const stored = { ref: 'r1', file: { id: 'f1', name: 'a.png', type: 'image/png', size: 1, url: '/f1' } };

let shown: Attached[] = [];
let asked: ClientFrame[] = [];

const ask = (uploads: Uploads, up = true): void =>
  uploads.ask((frame) => {
    if (up) asked.push(frame);
    return up;
  });

function picked(): { uploads: Uploads; id: string; leave: () => Promise<void> } {
  const uploads = new Uploads({ base: 'https://inbox.example', config }, (attached) => (shown = attached));
  uploads.add([new File(['x'], 'a.png', { type: 'image/png' })]);
  const id = shown[0]?.client_id ?? '';
  const leave = (): Promise<void> =>
    uploads.send({ t: 'ticket', client_id: id, url: '/chat/shop/files', ticket: 't' });
  return { uploads, id, leave };
}

beforeEach(() => {
  Request.all = [];
  shown = [];
  asked = [];
  vi.stubGlobal('XMLHttpRequest', Request);
});

afterEach(() => {
  vi.unstubAllGlobals();
});

it('asks once per connection, and again when told to', () => {
  const { uploads, id } = picked();
  ask(uploads, false);
  ask(uploads);
  ask(uploads);
  expect(asked).toEqual([{ t: 'upload', client_id: id, name: 'a.png', type: 'image/png', size: 1 }]);
  uploads.disconnected();
  ask(uploads);
  uploads.askAgain(id);
  ask(uploads);
  expect(asked).toHaveLength(3);
});

it('sends the bytes once, shows how far they are, and gives the file to the next line', async () => {
  const { uploads, leave } = picked();
  const sent = leave();
  await leave();
  expect(Request.all.map((request) => request.url)).toEqual(['https://inbox.example/chat/shop/files']);
  Request.all[0]?.upload.onprogress?.({ loaded: 1, total: 2 });
  expect(shown[0]?.progress).toBe(0.5);
  Request.all[0]?.answers(200, stored);
  await sent;
  expect(uploads.waiting).toBe(false);
  expect(uploads.take()).toMatchObject([{ ...stored, progress: 1, code: '' }]);
  expect(shown).toEqual([]);
});

it('says why the bytes were not taken', async () => {
  const { uploads, leave } = picked();
  const sent = leave();
  Request.all[0]?.answers(422);
  await sent;
  expect(shown[0]?.code).toBe('file_type');
  uploads.add([
    new File(['y'], 'b.png', { type: 'image/png' }),
    new File(['z'], 'c.txt', { type: 'text/plain' }),
  ]);
  expect(uploads.take()).toEqual([]);
  // Told is told; what is still on its way goes with the next line.
  expect(shown.map((each) => each.name)).toEqual(['b.png']);
});

it('neither asks for nor sends a file that was refused or taken away', async () => {
  const { uploads, id, leave } = picked();
  uploads.refused(id, 'file_type');
  ask(uploads);
  expect([asked, shown[0]?.code]).toEqual([[], 'file_type']);
  const sent = leave();
  uploads.clear();
  await sent;
  await leave();
  expect([shown, uploads.has(id), Request.all.length]).toEqual([[], false, 1]);
});
