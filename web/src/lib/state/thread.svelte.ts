// One open conversation, live: its head, its messages and quiet lines, what was seen of it.
import { api, Latest } from '../api/client';
import { ApiError, mayRetry } from '../api/errors';
import type { ConversationDetail, ConversationRow, MessageRow, TimelineItem } from '../api/types';
import type { ServerFrame } from '../live/frames';
import { drafts } from './drafts.svelte';
import { customers } from './customers';
import { live } from './live.svelte';
import { marks } from './marks';
import { t } from '../i18n';
import { reads } from './reads.svelte';
import { session } from './session.svelte';
import { toasts } from './toasts.svelte';
import { versioned, Window, type Item } from './window';

const OLDER = 50;
const MARK_AFTER_MS = 600;
const PATIENCE_MS = 1500;
const RETRY_AFTER_MS = 4000;
/** What is out of sight may come back; nobody tells who does not see it. */
const LOOK_AGAIN_MS = 10_000;

export type ThreadState = 'loading' | 'ready' | 'missing' | 'failed';

export class Thread {
  readonly number: string;
  row = $state.raw<ConversationRow | null>(null);
  state = $state<ThreadState>('loading');
  /** Oldest first. */
  items = $state.raw<readonly TimelineItem[]>([]);
  more = $state(false);
  loadingOlder = $state(false);
  /** What is shown ends before the newest messages, because a link led to an older one. */
  apart = $state(false);
  /** The message that a link led to, for as long as it is marked. */
  sought = $state('');
  /** The first message that was not read when the conversation was opened. */
  firstUnread = $state<string | null>(null);

  #now = new Window();
  #incoming: Window | null = null;
  #past: Window | null = null;
  #wanted = '';
  #looked = '';
  #loadingNewer = false;
  #latest = new Latest();
  #follow: { sub: string; stop: () => void } | null = null;
  #frame = 0;
  #divided = false;
  #keptUnread = false;
  #marked = '';
  #marking: ReturnType<typeof setTimeout> | undefined;
  #told: Promise<void> | undefined;
  #patience: ReturnType<typeof setTimeout> | undefined;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #lastSeen = '';
  /** What was seen when a colleague's answer came while one wrote: whoever looks at his own words has not read it. */
  #readBefore: string | undefined;
  #kept: (() => void)[];

  /** `known` is the row of the list, shown until the conversation itself has come. */
  constructor(number: string, known?: ConversationRow) {
    this.number = number;
    this.#kept = [
      marks.keep(() => (this.row ? [this.row.id] : [])),
      customers.follow({
        shows: (id) => this.row?.customer.id === id || this.messages.some(({ author }) => author.id === id),
        renamed: (id, name) => this.#rename(id, name),
        reload: () => void this.#fetch(),
      }),
      live.listen((frame) => this.#mayReturn(frame)),
    ];
    if (known) {
      this.row = known;
      this.#begin(known.id);
      this.#patience = setTimeout(() => this.state === 'loading' && void this.#fetch(), PATIENCE_MS);
    } else {
      void this.#fetch();
    }
  }

  close(): void {
    this.#latest.next();
    this.#unfollow();
    this.#kept.forEach((stop) => stop());
    cancelAnimationFrame(this.#frame);
    clearTimeout(this.#marking);
    clearTimeout(this.#patience);
    clearTimeout(this.#retry);
  }

  get id(): string {
    return this.row?.id ?? '';
  }

  /** The newest message that was really read; the service compares it with what has come since. */
  get seen(): string {
    return drafts.of(this.id, 'reply').empty ? this.#lastSeen : (this.#readBefore ?? this.#lastSeen);
  }

  /** The messages that are shown. */
  readonly messages: readonly MessageRow[] = $derived(
    this.items.filter((item): item is MessageRow => item.t === 'message'),
  );

  /** What is shown under this id. */
  find(id: string): MessageRow | undefined {
    const item = (this.#past ?? this.#now).index.get(id);
    return item?.t === 'message' ? item : undefined;
  }

  /** The newest messages, oldest first, whatever is shown. */
  get latest(): readonly MessageRow[] {
    void this.items;
    if (!this.apart) return this.messages;
    return this.#now.rows
      .filter((item): item is MessageRow & { version: number } => item.t === 'message')
      .reverse();
  }

  get newest(): MessageRow | undefined {
    return this.apart
      ? this.latest.at(-1)
      : this.items.findLast((item): item is MessageRow => item.t === 'message');
  }

  async reload(): Promise<void> {
    await this.#fetch();
  }

  async loadOlder(): Promise<void> {
    const window = this.#past ?? this.#now;
    if (this.loadingOlder || window.before === null || !this.row) return;
    this.loadingOlder = true;
    try {
      const page = await api.timeline(this.row.id, { before: window.before, limit: OLDER });
      if (window !== (this.#past ?? this.#now)) return;
      window.addOlder(page);
      this.#show();
    } catch {
      // The next scroll to the top asks again.
    } finally {
      this.loadingOlder = false;
    }
  }

  /** Brings a window of the past nearer to the newest messages; where they meet it is part of them. */
  async loadNewer(): Promise<void> {
    const window = this.#past;
    if (this.#loadingNewer || !window || !this.row) return;
    this.#loadingNewer = true;
    try {
      if (window.after !== null) {
        const page = await api.timeline(this.row.id, { later: window.after, limit: OLDER });
        if (window !== this.#past) return;
        window.addNewer(page);
      }
      if (window.after === null) {
        this.#now.join(window);
        this.#past = null;
      }
      this.#show();
    } catch {
      // The next scroll to the end asks again.
    } finally {
      this.#loadingNewer = false;
    }
  }

  /** Shows a message, however far back it is. Raises what the service answers, such as that it is not here. */
  async seek(message: string): Promise<void> {
    this.#wanted = message;
    if (this.state !== 'ready' || !this.row) return;
    this.#wanted = '';
    if (!this.items.some((item) => item.id === message)) {
      const [now, { id }] = [this.#now, this.row];
      const page = await api.timeline(id, { around: message, limit: OLDER });
      if (this.row?.id !== id) return;
      if (now !== this.#now) return this.seek(message); // loaded anew meanwhile, as when the socket came up
      this.#past = new Window(page);
      this.#show();
      if (this.#past.after === null) await this.loadNewer();
    }
    this.sought = message;
  }

  /** Back to the newest messages. */
  toPresent(): void {
    if (!this.#past) return;
    this.#past = null;
    this.#show();
  }

  /** Takes a row that came as an answer to a command. */
  take(row: ConversationRow): void {
    if (this.row && row.id === this.row.id && row.version >= this.row.version) this.row = row;
  }

  takeMessage(message: MessageRow): void {
    if (this.#put(message)) this.#show();
  }

  /** This message was on the screen long enough to be read. */
  saw(message: MessageRow): void {
    this.#looked = message.id;
    if (this.#past) return;
    this.#lastSeen = this.#now.newer(this.#lastSeen, message);
    if (this.#keptUnread || !this.row || reads.unread(this.row) === 0) return;
    if (this.#marked === this.#lastSeen || this.#lastSeen !== this.newest?.id) return;
    clearTimeout(this.#marking);
    this.#marking = setTimeout(() => (this.#told = this.#mark(this.#lastSeen)), MARK_AFTER_MS);
  }

  /** Others' answers that were shown above one's own words, instead of sending over them, are read by that. */
  acknowledge(newer: readonly MessageRow[]): void {
    this.#readBefore = undefined;
    for (const message of newer) this.#lastSeen = this.#now.newer(this.#lastSeen, message);
  }

  /** Leaves it unread until it is opened again. */
  async markUnread(): Promise<void> {
    if (!this.row) return;
    clearTimeout(this.#marking);
    this.#keptUnread = true;
    this.#marked = '';
    await this.#told; // a mark that is on its way would undo this one
    const mark = await api.markRead(this.row.id, '');
    reads.set(mark.conversation, mark.inbound);
  }

  async #mark(message: string): Promise<void> {
    if (!this.row || this.#keptUnread) return;
    this.#marked = message;
    try {
      const mark = await api.markRead(this.row.id, message);
      reads.set(mark.conversation, mark.inbound);
    } catch {
      this.#marked = '';
    }
  }

  #begin(conversation: string): void {
    const follower = { frame: (frame: ServerFrame) => this.#hear(frame), sync: () => void this.#fetch() };
    this.#follow = live.follow({ t: 'thread', conversation }, follower);
  }

  #unfollow(): void {
    this.#follow?.stop();
    this.#follow = null;
  }

  /** It is out of this agent's sight, and the service has ended its subscription. It may come back, so it is looked for. */
  #lose(): void {
    this.state = 'missing';
    this.#unfollow();
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => this.#lookAgain(), LOOK_AGAIN_MS);
  }

  #lookAgain(): void {
    if (document.visibilityState === 'visible') void this.#fetch();
    else this.#retry = setTimeout(() => this.#lookAgain(), LOOK_AGAIN_MS);
  }

  /** What this agent may see is another, or the connection is back. */
  #mayReturn(frame: ServerFrame): void {
    if ((frame.t === 'ready' || frame.t === 'resync') && this.state === 'missing') void this.#fetch();
  }

  /** A customer has another name: nothing gets a new version by that. */
  #rename(customer: string, name: string): void {
    const { row } = this;
    if (row?.customer.id === customer) this.row = { ...row, customer: { ...row.customer, name } };
    const rename = (item: Item) =>
      item.t === 'message' && item.author.id === customer ? { ...item, author_name: name } : item;
    if (this.#incoming) return void this.#fetch();
    const past = this.#past?.index.amend(rename);
    if (this.#now.index.amend(rename) || past) this.#soon();
  }

  async #fetch(): Promise<void> {
    const current = this.#latest.next();
    clearTimeout(this.#retry);
    const incoming = new Window();
    this.#incoming = incoming;
    try {
      const asked = performance.now();
      const detail = await api.conversation(this.row?.id ?? this.number);
      if (!current()) return;
      this.#take(detail, incoming, asked);
    } catch (error) {
      if (!current()) return;
      this.#incoming = null;
      const missing = error instanceof ApiError && (error.status === 404 || error.status === 403);
      if (missing) this.#lose();
      else if (this.state === 'loading') this.state = 'failed';
      if (mayRetry(error)) this.#retry = setTimeout(() => void this.#fetch(), RETRY_AFTER_MS);
    }
  }

  #take(detail: ConversationDetail, incoming: Window, asked: number): void {
    const { row, timeline } = detail;
    incoming.addOlder(timeline);
    this.#now = incoming;
    this.#incoming = null;
    if (this.#past) this.#wanted ||= this.#looked;
    this.#past = null;
    if (!this.row || this.row.id !== row.id || row.version >= this.row.version) this.row = row;
    reads.adopt({ [row.id]: detail.read }, [row.id], asked);
    drafts.adopt(row.id, detail.drafts, asked);
    drafts.gather(row.absorbed, row.id);
    this.#show();
    this.#divide(detail);
    this.state = 'ready';
    if (this.#wanted) void this.seek(this.#wanted).catch(() => toasts.error(t('thread.not_here')));
    if (this.#follow) live.synced(this.#follow.sub);
    else this.#begin(row.id);
  }

  /** Where the reader left off; stays in place while the conversation is open. */
  #divide(detail: ConversationDetail): void {
    if (this.#divided) return;
    this.#divided = true;
    let unread = detail.row.inbound - detail.read;
    if (unread <= 0 || detail.read === 0) return;
    for (const message of this.messages.toReversed()) {
      if (message.kind !== 'customer') continue;
      unread--;
      if (unread === 0) this.firstUnread = message.id;
    }
  }

  #hear(frame: ServerFrame): void {
    if (frame.t === 'put') {
      this.take(frame.row);
      return;
    }
    if (frame.t === 'gone') {
      if (frame.id === this.row?.id && frame.version >= this.row.version) this.#lose();
      return;
    }
    if (frame.t === 'error') {
      if (frame.code === 'not_found') this.#lose();
      return;
    }
    if (frame.t !== 'message' && frame.t !== 'event') return;
    if (frame.row.t === 'message') {
      this.#tell(frame.row);
      this.#cameWhileWriting(frame.row);
    }
    if (this.#put(frame.row)) this.#soon();
  }

  /** What one planned to send was called back because the customer wrote. */
  #tell(row: MessageRow): void {
    if (row.state === 'cancelled') toasts.withdraw(row.id);
    const before = this.#now.index.get(row.id);
    if (row.error !== 'customer_wrote' || row.state !== 'cancelled' || row.author.id !== session.id) return;
    if (before?.t === 'message' && before.state === 'pending')
      toasts.done(t('done.called_back', { number: `#${this.row?.number}` }));
  }

  /** A colleague's answer keeps what was read before it, until one's own answer or an empty field. */
  #cameWhileWriting(row: MessageRow): void {
    if (row.kind !== 'reply' || this.#now.index.get(row.id)) return;
    if (row.author.id === session.id || drafts.of(this.id, 'reply').empty) this.#readBefore = undefined;
    else this.#readBefore ??= this.#lastSeen;
  }

  /** A message that was moved to another conversation comes with that one's id. */
  #put(row: TimelineItem): boolean {
    const item = versioned(row);
    if (row.t === 'message' && this.row && ![this.row.id, ...this.row.absorbed].includes(row.conversation)) {
      this.#incoming?.index.gone(item.id, item.version);
      const left = this.#past?.index.gone(item.id, item.version);
      return this.#now.index.gone(item.id, item.version) || left === true;
    }
    this.#incoming?.index.put(item);
    const shown = this.#past?.index.refresh(item);
    return this.#now.index.put(item) || shown === true;
  }

  #soon(): void {
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0;
      this.#show();
    });
  }

  #show(): void {
    const window = this.#past ?? this.#now;
    this.#now.index.merge();
    window.index.merge();
    this.apart = this.#past !== null;
    this.more = window.before !== null;
    this.items = window.rows.reverse();
  }
}
