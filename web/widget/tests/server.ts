// A chat and the server's end of its sockets, for tests.
import { vi } from 'vitest';
import { Chat } from '../src/chat.svelte';
import type { ClientFrame, MessageRow, ServerFrame, WidgetConfig } from '../src/frames';
import type { Host } from '../src/host';
import { words } from '../src/texts';
import en from '../src/words/en.json';

/** The server's end of the sockets that the chat opens. */
export class Server {
  static all: Server[] = [];
  sent: ClientFrame[] = [];
  closed = false;
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: string }) => void) | null = null;
  onclose: ((event: { code: number }) => void) | null = null;

  constructor(readonly url: string) {
    Server.all.push(this);
  }
  send(data: string): void {
    this.sent.push(JSON.parse(data) as ClientFrame);
  }
  close(): void {
    this.closed = true;
  }
  static get last(): Server {
    const server = Server.all.at(-1);
    if (!server) throw new Error('nothing has connected');
    return server;
  }
  says(frame: ServerFrame): void {
    this.onmessage?.({ data: JSON.stringify(frame) });
  }
  ready(more: Partial<Extract<ServerFrame, { t: 'ready' }>> = {}): void {
    this.onopen?.();
    this.welcomes(more);
  }
  welcomes(more: Partial<Extract<ServerFrame, { t: 'ready' }>> = {}): void {
    const ready = {
      t: 'ready',
      now: 1,
      heartbeat: 25_000,
      online: true,
      back: null,
      visitor: 'unknown',
      whole: true,
      messages: [],
    } as const;
    this.says({ ...ready, ...more } as ServerFrame);
  }
  takes<T extends ClientFrame['t']>(t: T): Extract<ClientFrame, { t: T }>[] {
    return this.sent.filter((frame): frame is Extract<ClientFrame, { t: T }> => frame.t === t);
  }
}

const config: WidgetConfig = {
  title: '',
  greeting: '',
  accent: '#2257bf',
  position: 'right',
  prechat: 'optional',
  identity_required: false,
  files: true,
  file_types: ['image/png'],
  file_limit: 1000,
  text_limit: 10_000,
  theme: 'auto',
  language: 'auto',
  launcher: '',
  agents: 'faces',
  sound: false,
  answer_time: 'minutes',
  online_text: '',
  offline_text: '',
  greetings: [],
  greeting_days: 7,
  transcript: true,
};

export const row = (id: string, more: Partial<MessageRow> = {}): MessageRow => ({
  id,
  version: 1,
  who: 'agent',
  name: 'Sam',
  text: id,
  at: 1,
  files: [],
  client_id: '',
  seen: false,
  choices: [],
  comment_until: null,
  comment: '',
  face: '',
  ...more,
});

export const badges: number[] = [];
export const events: [string, unknown][] = [];

/** A chat of this page, with what its host was told kept in `badges` and `events`. */
export function chat(more: Partial<Host> = {}): Chat {
  const host: Host = {
    base: 'https://inbox.example',
    channel: 'shop',
    config,
    language: 'en',
    identity: null,
    attributes: {},
    embedded: false,
    contrast: () => 21,
    place: document.createElement('div'),
    badge: (count) => badges.push(count),
    opened: () => {},
    emit: (event, detail) => events.push([event, detail]),
    ...more,
  };
  const made = new Chat(host, words('en', en));
  made.begin();
  return made;
}

/** Before each test: nothing is left of the one before. */
export function afresh(): void {
  Server.all = [];
  badges.length = 0;
  events.length = 0;
  localStorage.clear();
  sessionStorage.clear();
  vi.useFakeTimers();
  vi.stubGlobal('WebSocket', Server);
}

/** After each test. */
export function undone(): void {
  vi.useRealTimers();
  vi.unstubAllGlobals();
}
