// The one owner of the panel's state: what the server says and what the visitor does both end here, and the components only show it.
import { later, newId, socket } from './browser';
import { Connection, type Line as LineState } from './connection';
import { sent, type Attached } from './files';
import type { ClientFrame, MessageRow, PlaceInLine, Refused, ServerFrame, SlowDown } from './frames';
import type { Attributes, Host, Panel } from './host';
import { page, visible, watch } from './looking';
import { Memory } from './memory';
import { Outbox, type Line } from './outbox';
import { Outgoing } from './outgoing';
import { Receipts } from './receipts';
import type { Words } from './texts';
import { Thread } from './thread';
import { Uploads } from './uploads';

const TYPING_VOID_MS = 10_000;
const TYPING_EVERY_MS = 3_000;
const LONG_WAIT_MS = 60_000;
const AT_ONCE = 50;

export type Notice = '' | 'slow' | 'tooMany' | 'login' | 'expired';

export class Chat implements Panel {
  shown = $state(false);
  line = $state<LineState>('off');
  /** Whether the line was up before and is being mended. */
  broken = $state(false);
  online = $state(true);
  /** Where the conversation waits for an agent. */
  place = $state.raw<PlaceInLine | null>(null);
  /** When business hours begin again. */
  back = $state<number | null>(null);
  /** Whether the visitor wants no sound. */
  muted = $state(false);
  known = $state(false);
  /** Whether the host site has said who its user is. */
  proved = $state(false);
  ready = $state(false);
  typing = $state('');
  /** Whether it is too late to say more beside a score. */
  late = $state(false);
  notice = $state<Notice>('');
  draft = $state('');
  rows = $state.raw<MessageRow[]>([]);
  lines = $state.raw<Line[]>([]);
  attached = $state.raw<Attached[]>([]);
  /** Hears what the server says of earlier conversations, while they are looked at. */
  past: ((frame: ServerFrame) => void) | undefined;

  private readonly thread = new Thread();
  private readonly memory: Memory;
  private readonly connection: Connection;
  private readonly uploads: Uploads;
  private readonly outgoing: Outgoing;
  private readonly receipts = new Receipts();
  private identity: string | null;
  private attributes: Attributes;
  private typedAt = 0;
  private stopTyping = (): void => {};

  constructor(
    readonly host: Host,
    readonly words: Words,
  ) {
    this.identity = host.identity;
    this.attributes = host.attributes;
    this.proved = !!this.identity;
    this.memory = new Memory(host.channel);
    this.connection = new Connection(
      { connect: () => socket(host.base, host.channel), random: Math.random, later },
      {
        opening: () => this.opening(),
        received: (frame) => this.received(frame),
        changed: (line) => this.lineChanged(line),
      },
    );
    this.uploads = new Uploads(host, (attached) => (this.attached = attached));
    this.outgoing = new Outgoing(this.connection, this.uploads, {
      standing: () => ({ line: this.line, known: this.known, barred: this.notice === 'login' }),
      changed: () => this.sync(),
      stalled: () => this.reconnect(),
    });
  }

  /** Take up what this tab was left with, and listen to the page. */
  begin(): void {
    const { open, draft, lines } = this.memory.load();
    this.draft = draft;
    this.muted = this.memory.muted;
    this.outgoing.outbox = new Outbox(lines.filter((line) => line.state !== 'stored'));
    this.sync();
    addEventListener('storage', (event) => {
      if (event.key === this.memory.key && event.newValue && !this.known) this.reconnect();
    });
    watch(() => this.wake());
    if (open) this.open();
    else this.connect();
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
    if (!this.shown || this.host.embedded) return;
    this.shown = false;
    this.host.opened(false);
    this.tellSeen();
    if (!this.known && !this.outgoing.outbox.pending.length && !this.identity) this.connection.stop();
    this.keep();
  }

  identify(token: string): void {
    if (token === this.identity) return;
    this.identity = token;
    this.proved = true;
    this.notice = '';
    if (!this.connection.send({ t: 'identify', identity: token })) this.connection.start();
  }

  setAttributes(attributes: Attributes): void {
    this.attributes = attributes;
    this.tellAbout();
  }

  mute(muted: boolean): void {
    this.muted = this.memory.muted = muted;
  }

  /** The next person at this browser starts afresh. */
  logout(): void {
    this.identity = this.memory.token = null;
    this.attributes = {};
    this.proved = false;
    this.draft = '';
    this.outgoing.outbox = new Outbox();
    this.uploads.clear();
    this.forgetThread();
    this.notice = '';
    this.reconnect();
  }

  /** Whether nobody has proved, or had the occasion to tell, who is writing. */
  get stranger(): boolean {
    return !this.proved && !this.rows.length && !this.lines.length;
  }

  /** One of the offered answers; what is being typed stays. */
  choose(text: string): void {
    this.leave(text, '', '');
  }

  say(text: string, name: string, email: string): void {
    const done = this.uploads.take();
    this.draft = '';
    this.typed('');
    this.leave(text, name, email, done);
  }

  private leave(text: string, name: string, email: string, done: readonly Attached[] = []): void {
    this.outgoing.outbox.add({ client_id: newId(), text, name, email, ...sent(done) });
    this.sync();
    if (this.line === 'waiting') this.connection.start();
    this.outgoing.pump();
  }

  retry(client_id: string): void {
    this.outgoing.outbox.retry(client_id);
    this.sync();
    this.outgoing.pump();
  }

  discard(client_id: string): void {
    this.outgoing.outbox.discard(client_id);
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

  ask(frame: ClientFrame): void {
    this.connection.send(frame);
  }

  attach(list: Iterable<File>): void {
    this.uploads.add(list);
    this.outgoing.pump();
  }

  detach(client_id: string): void {
    this.uploads.remove(client_id);
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
      pending: this.outgoing.outbox.pending.slice(0, AT_ONCE),
      page: page(),
      language: navigator.language,
    };
  }

  private lineChanged(line: LineState): void {
    this.line = line;
    if (line === 'up') this.broken = false;
    else if (line === 'waiting') this.broken = true;
    if (line === 'up' || line === 'connecting') return;
    this.outgoing.disconnected();
    this.typing = '';
    this.place = null;
    this.sync();
  }

  private reconnect(): void {
    this.connection.stop();
    this.connect();
  }

  private connect(): void {
    if (this.shown || this.memory.token || this.identity) this.connection.start();
  }

  /** Somebody looks at the page again, or the network is back. */
  private wake(): void {
    if (visible()) this.connect();
    this.tellSeen();
  }

  private received(frame: ServerFrame): void {
    switch (frame.t) {
      case 'ready':
        this.known = frame.visitor === 'known';
        this.online = frame.online;
        this.back = frame.back;
        this.tellAbout();
        if (!this.known) this.memory.token = null;
        this.thread.load(frame.messages, frame.whole);
        for (const row of frame.messages) this.outgoing.outbox.arrived(row);
        this.receipts.clear();
        this.outgoing.starting = false;
        this.sync();
        this.ready = true;
        this.tellSeen();
        this.past?.(frame);
        return this.outgoing.pump();
      case 'visitor':
        if (frame.token) this.memory.token = frame.token;
        this.known = true;
        this.outgoing.starting = false;
        return this.outgoing.pump();
      case 'identified':
        return this.identified(frame.ok, frame.reason);
      case 'said':
        this.outgoing.outbox.said(frame.client_id);
        this.notice = '';
        this.sync();
        return this.outgoing.pump();
      case 'message':
        return this.arrived(frame.row);
      case 'typing':
        return this.somebodyTypes(frame.on ? frame.name : '');
      case 'place':
        this.place = frame;
        return;
      case 'online':
        this.online = frame.online;
        this.back = frame.back;
        return;
      case 'ticket':
        return void this.uploads.send(frame);
      case 'linked':
        this.thread.relink(frame.file, frame.url);
        return this.sync();
      case 'earlier':
      case 'look':
      case 'transcript':
        return this.past?.(frame);
      case 'slow_down':
        return this.slowDown(frame);
      case 'refused':
        return this.refused(frame);
    }
  }

  private arrived(row: MessageRow): void {
    const isNew = !this.thread.rows.some((each) => each.id === row.id);
    this.thread.put(row);
    this.outgoing.outbox.arrived(row);
    this.sync();
    if (isNew && row.who !== 'visitor') {
      this.somebodyTypes('');
      if (this.host.config.sound && !this.muted) void import('./sound').then(({ chime }) => chime());
      this.host.emit('message', { id: row.id, from: row.who, name: row.name, text: row.text, at: row.at });
    }
    this.tellSeen();
  }

  /** What the page says of the visitor goes before his next line. */
  private tellAbout(): void {
    if (Object.keys(this.attributes).length)
      this.connection.send({ t: 'about', attributes: this.attributes });
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
    if (!this.uploads.has(frame.client_id))
      this.notice = this.outgoing.starting && frame.after > LONG_WAIT_MS ? 'tooMany' : 'slow';
    this.outgoing.slowDown(frame);
  }

  private refused(frame: Refused): void {
    if (this.uploads.has(frame.client_id)) return this.uploads.refused(frame.client_id, frame.code);
    if (frame.code === 'comment') this.late = true;
    if (frame.code === 'conversation') return this.past?.(frame);
    if (frame.code === 'identify_first') this.notice = 'login';
    if (frame.code === 'start_first') this.known = false;
    // Of all that is sent, only the page's attributes can be.
    if (frame.code === 'malformed') console.warn('Inbox: attributes refused');
    this.outgoing.refused(frame);
  }

  /** Tell the server whether the panel is looked at, and which answers were seen, or at least got; each once per connection. */
  private tellSeen(): void {
    const on = this.shown && visible();
    const here = on ? page() : null;
    if (here !== this.receipts.here && this.connection.send({ t: 'here', page: here }))
      this.receipts.here = here;
    const how = on ? 'seen' : 'got';
    const messages = this.receipts.due(this.thread.unread, how).slice(-AT_ONCE);
    if (!messages.length || !this.connection.send({ t: how, messages })) return;
    this.receipts.tell(messages, how);
    this.sync();
  }

  private forgetThread(): void {
    this.known = false;
    this.thread.load([], true);
    this.receipts.clear();
    this.sync();
  }

  /** Show what changed, and keep it. */
  private sync(): void {
    this.rows = this.thread.rows;
    this.lines = this.outgoing.outbox.lines;
    const unread = this.receipts.unseen(this.thread.unread);
    this.host.badge(unread, this.shown ? '' : this.words.unread(unread));
    this.keep();
  }

  private keep(): void {
    this.memory.save({ open: this.shown, draft: this.draft, lines: this.outgoing.outbox.lines });
  }
}
