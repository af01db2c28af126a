// The one owner of the panel's state: what the server says and what the visitor does both end here, and the components only show it.
import { Connection, type Line as LineState, type Wire } from './connection';
import * as files from './files';
import type { ClientFrame, MessageRow, Refused, ServerFrame, SlowDown } from './frames';
import type { Host, Panel } from './host';
import { Memory } from './memory';
import { Outbox, type Line } from './outbox';
import type { Words } from './texts';
import { Thread } from './thread';

const TYPING_VOID_MS = 10_000;
const TYPING_EVERY_MS = 3_000;
const START_AGAIN_MS = 2_000;
const LONG_WAIT_MS = 60_000;
const AT_ONCE = 50;
const SAID_WITHIN_MS = 20_000;

export type Notice = '' | 'slow' | 'tooMany' | 'login' | 'expired';

export class Chat implements Panel {
  shown = $state(false);
  line = $state<LineState>('off');
  /** Whether the line was up before and is being mended. */
  broken = $state(false);
  online = $state(true);
  known = $state(false);
  /** Whether the host site has said who its user is. */
  proved = $state(false);
  ready = $state(false);
  typing = $state('');
  notice = $state<Notice>('');
  draft = $state('');
  rows = $state.raw<MessageRow[]>([]);
  lines = $state.raw<Line[]>([]);
  attached = $state.raw<files.Attached[]>([]);

  private readonly thread = new Thread();
  private readonly memory: Memory;
  private readonly connection: Connection;
  private outbox = new Outbox();
  private identity: string | null;
  private starting = false;
  private told = new Map<string, 'got' | 'seen'>();
  private sources = new Map<string, { blob: Blob; abort: AbortController; asked: boolean }>();
  private typedAt = 0;
  private stopTyping = (): void => {};
  private stopPump = (): void => {};
  private stopPatience = (): void => {};

  constructor(
    readonly host: Host,
    readonly words: Words,
  ) {
    this.identity = host.identity;
    this.proved = !!this.identity;
    this.memory = new Memory(host.channel);
    this.connection = new Connection(
      { connect: () => socket(host), random: Math.random, later },
      {
        opening: () => this.opening(),
        received: (frame) => this.received(frame),
        changed: (line) => this.lineChanged(line),
      },
    );
  }

  /** Take up what this tab was left with, and listen to the page. */
  begin(): void {
    const { open, draft, lines } = this.memory.load();
    this.draft = draft;
    this.outbox = new Outbox(lines.filter((line) => line.state !== 'stored'));
    this.sync();
    addEventListener('online', () => this.wake());
    addEventListener('storage', (event) => {
      if (event.key === this.memory.key && event.newValue && !this.known) this.reconnect();
    });
    document.addEventListener('visibilitychange', () => this.wake());
    addEventListener('focus', () => this.wake());
    if (open) this.open();
    else if (this.memory.token || this.identity) this.connection.start();
  }

  open(): void {
    if (this.shown) return;
    this.shown = true;
    this.connection.start();
    this.host.opened(true);
    this.tellSeen();
    this.keep();
  }

  close(): void {
    if (!this.shown) return;
    this.shown = false;
    this.host.opened(false);
    if (!this.known && !this.outbox.pending.length && !this.identity) this.connection.stop();
    this.keep();
  }

  identify(token: string): void {
    if (token === this.identity) return;
    this.identity = token;
    this.proved = true;
    this.notice = '';
    if (!this.connection.send({ t: 'identify', identity: token })) this.connection.start();
  }

  /** The next person at this browser starts afresh. */
  logout(): void {
    this.identity = this.memory.token = null;
    this.proved = false;
    this.draft = '';
    this.outbox = new Outbox();
    for (const { client_id } of this.attached) this.detach(client_id);
    this.forgetThread();
    this.notice = '';
    this.reconnect();
  }

  /** Whether nobody has proved, or had the occasion to tell, who is writing. */
  get stranger(): boolean {
    return !this.proved && !this.rows.length && !this.lines.length;
  }

  say(text: string, name: string, email: string): void {
    const done = this.attached.filter((each) => each.ref);
    this.outbox.add({
      client_id: newId(),
      text,
      refs: done.map((each) => each.ref),
      files: done.flatMap((each) => (each.file ? [each.file] : [])),
      name,
      email,
    });
    this.attached = this.attached.filter((each) => !each.ref);
    this.draft = '';
    this.typed('');
    this.sync();
    if (this.line === 'waiting') this.connection.start();
    this.pump();
  }

  retry(client_id: string): void {
    this.outbox.retry(client_id);
    this.sync();
    this.pump();
  }

  discard(client_id: string): void {
    this.outbox.discard(client_id);
    this.sync();
  }

  /** The composer's text changed. */
  typed(text: string): void {
    this.draft = text;
    this.keep();
    if (!this.known) return;
    const now = Date.now();
    if (text && now - this.typedAt < TYPING_EVERY_MS) return;
    if (!text && !this.typedAt) return;
    this.typedAt = text ? now : 0;
    this.connection.send({ t: 'typing', on: !!text });
  }

  attach(list: Iterable<File>): void {
    for (const file of list) {
      const client_id = newId();
      const code = files.refusal(file, this.host.config);
      const entry = {
        client_id,
        name: file.name,
        size: file.size,
        type: file.type,
        progress: 0,
        ref: '',
        file: null,
        code,
      };
      this.attached = [...this.attached, entry];
      if (code) continue;
      this.sources.set(client_id, { blob: file, abort: new AbortController(), asked: false });
    }
    this.pump();
  }

  detach(client_id: string): void {
    this.sources.get(client_id)?.abort.abort();
    this.sources.delete(client_id);
    this.attached = this.attached.filter((each) => each.client_id !== client_id);
  }

  /** A picture's address has expired. */
  relink(file: string): void {
    this.connection.send({ t: 'link', file });
  }

  url(path: string): string {
    return this.host.base + path;
  }

  // The line

  private opening(): ClientFrame {
    return {
      t: 'open',
      token: this.memory.token,
      identity: this.identity,
      have: this.thread.have,
      pending: this.outbox.pending.slice(0, AT_ONCE),
      page: location.origin + location.pathname,
      language: navigator.language,
    };
  }

  private lineChanged(line: LineState): void {
    this.line = line;
    if (line === 'up') this.broken = false;
    else if (line === 'waiting') this.broken = true;
    if (line === 'up' || line === 'connecting') return;
    this.stopPatience();
    this.starting = false;
    this.typing = '';
    for (const source of this.sources.values()) source.asked = false;
    this.outbox.disconnected();
    this.sync();
  }

  private reconnect(): void {
    this.connection.stop();
    if (this.shown || this.memory.token || this.identity) this.connection.start();
  }

  /** Somebody looks at the page again, or the network is back. */
  private wake(): void {
    if (document.visibilityState !== 'visible') return;
    if (this.line !== 'up' && (this.shown || this.memory.token || this.identity)) this.connection.start();
    this.tellSeen();
  }

  private received(frame: ServerFrame): void {
    switch (frame.t) {
      case 'ready':
        this.known = frame.visitor === 'known';
        this.online = frame.online;
        if (!this.known) this.memory.token = null;
        this.thread.load(frame.messages, frame.whole);
        for (const row of frame.messages) this.outbox.arrived(row);
        this.told.clear();
        this.starting = false;
        this.sync();
        this.ready = true;
        this.tellSeen();
        return this.pump();
      case 'visitor':
        if (frame.token) this.memory.token = frame.token;
        this.known = true;
        this.starting = false;
        return this.pump();
      case 'identified':
        return this.identified(frame.ok, frame.reason);
      case 'said':
        this.outbox.said(frame.client_id);
        this.notice = '';
        this.sync();
        return this.pump();
      case 'message':
        return this.arrived(frame.row);
      case 'typing':
        return this.somebodyTypes(frame.on ? frame.name : '');
      case 'online':
        this.online = frame.online;
        return;
      case 'ticket':
        return void this.upload(frame);
      case 'linked':
        this.thread.relink(frame.file, frame.url);
        return this.sync();
      case 'slow_down':
        return this.slowDown(frame);
      case 'refused':
        return this.refused(frame);
    }
  }

  private arrived(row: MessageRow): void {
    const isNew = !this.thread.rows.some((each) => each.id === row.id);
    this.thread.put(row);
    this.outbox.arrived(row);
    this.sync();
    if (isNew && row.who !== 'visitor') {
      this.somebodyTypes('');
      this.host.emit('message', { id: row.id, from: row.who, name: row.name, text: row.text, at: row.at });
    }
    this.tellSeen();
  }

  private somebodyTypes(name: string): void {
    this.stopTyping();
    this.typing = name;
    if (name) this.stopTyping = later(TYPING_VOID_MS, () => (this.typing = ''));
  }

  private identified(ok: boolean, reason: string): void {
    this.proved = ok;
    if (!ok) {
      this.identity = null;
      if (reason === 'expired') {
        this.notice = 'expired';
        this.forgetThread();
      }
    } else this.notice = '';
    this.host.emit('identity', { ok, reason });
  }

  private slowDown(frame: SlowDown): void {
    const now = Date.now();
    const source = this.sources.get(frame.client_id);
    if (source) {
      later(frame.after, () => {
        source.asked = false;
        this.pump();
      });
      return;
    }
    this.notice = this.starting && frame.after > LONG_WAIT_MS ? 'tooMany' : 'slow';
    if (frame.client_id) this.outbox.slowDown(frame.client_id, frame.after, now);
    if (this.starting) this.startAgain(frame.after);
    this.sync();
    this.pump();
  }

  private startAgain(after: number): void {
    later(after, () => {
      this.starting = false;
      this.pump();
    });
  }

  private refused(frame: Refused): void {
    if (this.sources.has(frame.client_id)) return this.mark(frame.client_id, { code: frame.code });
    if (frame.code === 'identify_first') this.notice = 'login';
    if (frame.code === 'start_first') this.known = false;
    if (frame.code === 'unavailable' && this.starting) this.startAgain(START_AGAIN_MS);
    const again = frame.again || frame.code === 'start_first' || frame.code === 'identify_first';
    if (frame.client_id) this.outbox.refused(frame.client_id, frame.code, again, Date.now());
    this.sync();
    if (frame.code !== 'identify_first') this.pump();
  }

  // What goes out

  /** Send what can be sent now: who he is first, then files, then lines in their order. */
  private pump(): void {
    this.stopPump();
    if (!this.lines.some((line) => line.state === 'sending')) this.stopPatience();
    if (this.line !== 'up')
      return this.line === 'off' && this.outbox.pending.length ? this.connection.start() : undefined;
    if (!this.known) return this.startIfNeeded();
    for (const client_id of this.sources.keys()) this.askUpload(client_id);
    const next = this.outbox.next(Date.now());
    if (typeof next === 'number') this.stopPump = later(next, () => this.pump());
    else if (next && this.connection.send(next)) {
      this.stopPatience = later(SAID_WITHIN_MS, () => this.reconnect());
      this.sync();
    }
  }

  private startIfNeeded(): void {
    if (this.starting || this.notice === 'login' || !(this.sources.size || this.outbox.pending.length))
      return;
    this.starting = this.connection.send({ t: 'start' });
  }

  private askUpload(client_id: string): void {
    const entry = this.attached.find((each) => each.client_id === client_id);
    const source = this.sources.get(client_id);
    if (!entry || entry.code || !source || source.asked) return;
    const { name, type, size } = entry;
    source.asked = this.connection.send({
      t: 'upload',
      client_id,
      name: name.slice(0, 200) || 'file',
      type,
      size,
    });
  }

  private async upload(ticket: Extract<ServerFrame, { t: 'ticket' }>): Promise<void> {
    const { client_id } = ticket;
    const source = this.sources.get(client_id);
    const entry = this.attached.find((each) => each.client_id === client_id);
    if (!source || !entry || entry.progress) return;
    const { base } = this.host;
    this.mark(client_id, { progress: 0.01 });
    try {
      const progressed = (progress: number): void =>
        this.mark(client_id, { progress: Math.max(0.01, progress) });
      const { ref, file } = await files.send(base, ticket, source.blob, progressed, source.abort.signal);
      this.mark(client_id, { ref, file, progress: 1 });
    } catch (failure) {
      this.mark(client_id, { code: (failure as Error).message });
    } finally {
      this.sources.delete(client_id);
    }
  }

  private mark(client_id: string, change: Partial<files.Attached>): void {
    this.attached = this.attached.map((each) =>
      each.client_id === client_id ? { ...each, ...change } : each,
    );
  }

  /** Tell the server which answers were seen, or at least got; each once per connection. */
  private tellSeen(): void {
    const how = this.shown && document.visibilityState === 'visible' ? 'seen' : 'got';
    const news = this.thread.unread.filter(
      ({ id }) => this.told.get(id) !== 'seen' && this.told.get(id) !== how,
    );
    const messages = news.slice(-AT_ONCE).map(({ id }) => id);
    if (!messages.length || !this.connection.send({ t: how, messages })) return;
    for (const id of messages) this.told.set(id, how);
    this.sync();
  }

  private forgetThread(): void {
    this.known = false;
    this.thread.load([], true);
    this.told.clear();
    this.sync();
  }

  /** Show what changed, and keep it. */
  private sync(): void {
    this.rows = this.thread.rows;
    this.lines = this.outbox.lines;
    const unread = this.thread.unread.filter(({ id }) => this.told.get(id) !== 'seen').length;
    this.host.badge(unread, this.shown ? '' : this.words.unread(unread));
    this.keep();
  }

  private keep(): void {
    this.memory.save({ open: this.shown, draft: this.draft, lines: this.outbox.lines });
  }
}

function socket(host: Host): Wire {
  return new WebSocket(`${host.base.replace(/^http/, 'ws')}/chat/${host.channel}/ws`) as unknown as Wire;
}

function later(ms: number, what: () => void): () => void {
  const timer = setTimeout(what, ms);
  return () => clearTimeout(timer);
}

/** 128 random bits; `crypto.randomUUID` is missing on pages without TLS. */
function newId(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) =>
    byte.toString(16).padStart(2, '0'),
  ).join('');
}
