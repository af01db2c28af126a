// A service in memory for tests: conversations with versions, a journal, HTTP answers and socket frames that the test hands
// out one by one, so that every order of arrival can be played through.
import type { ConversationRow } from '../lib/api/types';
import type { ClientFrame, ServerFrame } from '../lib/live/frames';

export function conversation(id: string, change: Partial<ConversationRow> = {}): ConversationRow {
  return {
    t: 'conversation',
    id,
    number: 1,
    version: 1,
    subject: 'Broken zip',
    customer: { id: 'c1', name: 'Ada' },
    channel: 'mail',
    channels: ['mail'],
    status: 'open',
    category: 'open',
    priority: 'normal',
    tags: [],
    tag_colours: {},
    new_tags: true,
    created_at: 0,
    updated_at: 0,
    messages: 1,
    inbound: 1,
    team: null,
    assignee: null,
    assign_reason: null,
    bot: null,
    queued_at: null,
    waiting_since: null,
    snoozed_until: null,
    sort_due: null,
    sla: [],
    last: null,
    participants: [],
    followers: [],
    related: [],
    merged_into: null,
    absorbed: [],
    ...change,
  } as ConversationRow;
}

interface Entry {
  before: ConversationRow;
  after: ConversationRow;
}

type Reply = (url: URL, init: RequestInit | undefined) => Response | Promise<Response>;

const WRITER = 1;
const inView = (row: ConversationRow) => row.category === 'open';

export function json(body: unknown, status = 200): Response {
  return new Response(JSON.stringify(body), { status, headers: { 'Content-Type': 'application/json' } });
}

export function problem(status: number, code: string, more: object = {}): Response {
  return json({ type: 'about:blank', title: code, status, code, ...more }, status);
}

/** The socket as the page sees it; the service is at its other end. */
class FakeSocket {
  static readonly OPEN = 1;
  static service: FakeService;
  readyState = 1;
  onmessage: ((event: { data: string }) => void) | null = null;
  onclose: ((event: { code: number }) => void) | null = null;
  /** Frames on the way to the page. */
  readonly wire: ServerFrame[] = [];
  readonly subs = new Set<string>();
  heard = false;

  constructor(readonly url: string) {
    FakeSocket.service.connected(this);
  }

  send(data: string): void {
    FakeSocket.service.hear(this, JSON.parse(data) as ClientFrame);
  }

  close(): void {
    this.readyState = 3;
    FakeSocket.service.left(this);
  }
}

export class FakeService {
  readonly rows = new Map<string, ConversationRow>();
  readonly said: ClientFrame[] = [];
  /** Requests in the order they came. */
  readonly requests: { method: string; path: string; body: unknown; key: string | null }[] = [];
  /** Answers that are not handed out yet. */
  readonly pending: { answer: () => void; fail: () => void }[] = [];
  /** Whether answers wait for the test. */
  held = false;
  pageSize = 50;
  #journal: Entry[] = [];
  #trimmed = 0;
  #socket: FakeSocket | null = null;
  #replies = new Map<string, Reply>();

  install(stub: (name: 'WebSocket' | 'fetch', value: unknown) => void): void {
    FakeSocket.service = this;
    stub('WebSocket', FakeSocket);
    stub('fetch', (input: string, init?: RequestInit) => this.#fetch(input, init));
  }

  /** Answers this call, named "METHOD /path" without the prefix, in its own way. */
  on(call: string, reply: Reply): void {
    this.#replies.set(call, reply);
  }

  seed(row: ConversationRow): void {
    this.rows.set(row.id, row);
  }

  /** Changes a conversation and journals it. */
  change(id: string, change: Partial<ConversationRow>): void {
    const before = this.rows.get(id) ?? conversation(id, { category: 'spam', version: 0 });
    const after = { ...before, ...change, version: before.version + 1 };
    this.rows.set(id, after);
    this.#journal.push({ before, after });
    if (this.#socket?.heard) this.#tell(this.#socket, this.#journal.length - 1, false);
  }

  /** Forgets the journal, so that a resume is refused. */
  trim(): void {
    this.#trimmed = this.#journal.length;
  }

  /** Ends what the page follows, for a reason. */
  refuse(code: string): void {
    for (const sub of this.#socket?.subs ?? [])
      this.#socket?.wire.push({ t: 'error', code, message: code, sub, fatal: false });
  }

  /** Delivers the next frame; tells whether there was one. */
  deliver(): boolean {
    const frame = this.#socket?.wire.shift();
    if (!frame) return false;
    this.#socket?.onmessage?.({ data: JSON.stringify(frame) });
    return true;
  }

  deliverAll(): void {
    while (this.deliver());
  }

  push(frame: ServerFrame): void {
    this.#socket?.wire.push(frame);
  }

  /** Cuts the connection; what was on the wire is lost. */
  cut(code = 1006): void {
    const socket = this.#socket;
    this.#socket = null;
    socket?.onclose?.({ code });
  }

  get connections(): number {
    return this.#socket ? 1 : 0;
  }

  /** What the whole view looks like now. */
  truth(): string[] {
    return this.#sorted().map((row) => row.id);
  }

  #sorted(): ConversationRow[] {
    return [...this.rows.values()]
      .filter(inView)
      .sort((a, b) => b.updated_at - a.updated_at || (a.id < b.id ? -1 : 1));
  }

  connected(socket: FakeSocket): void {
    this.#socket = socket;
    socket.wire.push({ t: 'hello', version: 1, heartbeat: 30_000 });
  }

  left(socket: FakeSocket): void {
    if (this.#socket === socket) this.#socket = null;
  }

  hear(socket: FakeSocket, frame: ClientFrame): void {
    this.said.push(frame);
    if (frame.t === 'identify') this.#identify(socket, frame);
    else if (frame.t === 'view' || frame.t === 'thread' || frame.t === 'counts') {
      socket.subs.add(frame.sub);
      socket.wire.push({ t: 'subscribed', sub: frame.sub });
    } else if (frame.t === 'unsubscribe') socket.subs.delete(frame.sub);
    else if (frame.t === 'beat') socket.wire.push({ t: 'beaten', cursor: this.#head(), now: Date.now() });
  }

  #identify(socket: FakeSocket, frame: Extract<ClientFrame, { t: 'identify' }>): void {
    const from = frame.cursor?.[WRITER];
    const resumed = from !== undefined && from >= this.#trimmed;
    socket.heard = true;
    socket.wire.push({ t: 'ready', agent: 'me', cursor: this.#head(), now: Date.now(), resumed });
    for (const { sub } of frame.subs ?? []) {
      socket.subs.add(sub);
      socket.wire.push({ t: 'subscribed', sub });
    }
    if (!resumed) return;
    for (let n = from; n < this.#journal.length; n++) this.#tell(socket, n, true);
    socket.wire.push({ t: 'beaten', cursor: this.#head(), now: Date.now() });
  }

  #head(): Record<string, number> {
    return { [WRITER]: this.#journal.length };
  }

  /** A frame's position is the entry before it; frames of a replay do not move the position. */
  #tell(socket: FakeSocket, n: number, replay: boolean): void {
    const { before, after } = this.#journal[n] as Entry;
    const c: [number, number] = [WRITER, replay ? 0 : n];
    for (const sub of socket.subs) {
      if (!sub.startsWith('view')) continue;
      if (inView(after))
        socket.wire.push({ t: 'put', sub, row: after, c, event: 'conversation.status_changed' });
      else if (inView(before)) socket.wire.push({ t: 'gone', sub, id: after.id, version: after.version, c });
    }
  }

  #fetch(input: string, init?: RequestInit): Promise<Response> {
    const url = new URL(input, 'http://127.0.0.1');
    const method = init?.method ?? 'GET';
    const path = url.pathname.replace('/api/v1', '');
    const headers = new Headers(init?.headers);
    const body: unknown = typeof init?.body === 'string' ? JSON.parse(init.body) : undefined;
    this.requests.push({ method, path, body, key: headers.get('Idempotency-Key') });
    // The state answered is that of the moment of asking; the answer may come much later.
    const reply = this.#replies.get(`${method} ${path}`) ?? this.#standard(method, path, url);
    if (!reply) return Promise.resolve(problem(404, 'not_found'));
    if (!this.held) return Promise.resolve(reply(url, init));
    return new Promise((resolve, reject) => {
      const answer = Promise.resolve(reply(url, init));
      this.pending.push({
        answer: () => void answer.then(resolve, reject),
        fail: () => reject(new TypeError('network')),
      });
    });
  }

  #standard(method: string, path: string, url: URL): Reply | undefined {
    if (method !== 'GET' || path !== '/conversations') return undefined;
    return () => {
      const limit = Math.min(this.pageSize, Number(url.searchParams.get('limit') ?? '50'));
      const [at, id] = (url.searchParams.get('after') ?? '').split('|');
      const all = this.#sorted();
      const rest = at
        ? all.filter(
            (row) => row.updated_at < Number(at) || (row.updated_at === Number(at) && row.id > (id ?? '')),
          )
        : all;
      const rows = rest.slice(0, limit);
      const last = rows.at(-1);
      const next = rest.length > rows.length && last ? `${last.updated_at}|${last.id}` : null;
      return json({ rows, reads: {}, drafts: {}, next });
    };
  }
}
