// One list of conversations, live: pages over HTTP, rows over the socket, and an order that holds still under a hand.
import { api, Latest } from '../api/client';
import { mayRetry } from '../api/errors';
import type { ConversationPage, ConversationRow, Sort } from '../api/types';
import type { ServerFrame } from '../live/frames';
import { compareKeys, LiveIndex } from '../live/index';
import { sortKey } from '../live/order';
import { clock } from './clock.svelte';
import { drafts } from './drafts.svelte';
import { live } from './live.svelte';
import { reads } from './reads.svelte';

const PAGE = 50;
const MOST = 100;
const FLUSH_MS = 100;
const FLUSH_HIDDEN_MS = 250;
/** Without a connection by then the list is fetched all the same. */
const PATIENCE_MS = 1500;
const MARKS_AFTER_MS = 1000;
const MARKS_AT_ONCE = 100;
const RETRY_AFTER_MS = 4000;

type Index = LiveIndex<ConversationRow>;

export class ConversationList {
  readonly view: string;
  /** Ids as they stand on the screen. */
  shown = $state.raw<readonly string[]>([]);
  /** Changes since the order was held still. */
  news = $state(0);
  loaded = $state(false);
  loading = $state(false);
  failed = $state(false);
  more = $state(false);

  /** Rows are replaced, never changed: one signal tells that some were. */
  #version = $state(0);
  readonly #sort: Sort;
  #index: Index;
  #incoming: Index | null = null;
  #next: string | null = null;
  #held = false;
  #waiting = new Set<string>();
  /** Rows that left and are still shown: until the order moves again. */
  #leaving = new Map<string, ConversationRow>();
  #flush: ReturnType<typeof setTimeout> | undefined;
  #marks: ReturnType<typeof setTimeout> | undefined;
  #markless = new Set<string>();
  #patience: ReturnType<typeof setTimeout> | undefined;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #latest = new Latest();
  #follow: { sub: string; stop: () => void };
  #loadedAt = 0;

  constructor(view: string, sort: Sort) {
    this.view = view;
    this.#sort = sort;
    this.#index = new LiveIndex(sortKey[sort]);
    this.#follow = live.follow(
      { t: 'view', view },
      { frame: (frame) => this.#hear(frame), sync: () => void this.reload() },
    );
    this.#patience = setTimeout(() => !this.loaded && !this.loading && void this.reload(), PATIENCE_MS);
  }

  close(): void {
    this.#follow.stop();
    this.#latest.next();
    clearTimeout(this.#flush);
    clearTimeout(this.#marks);
    clearTimeout(this.#patience);
    clearTimeout(this.#retry);
  }

  get(id: string): ConversationRow | undefined {
    void this.#version;
    return this.#index.get(id) ?? this.#leaving.get(id);
  }

  /** Left the list and is still shown; it goes when the order moves again. */
  isLeaving(id: string): boolean {
    void this.#version;
    return this.#leaving.has(id);
  }

  byNumber(number: string): ConversationRow | undefined {
    const id = this.shown.find((one) => String(this.get(one)?.number) === number);
    return id === undefined ? undefined : this.get(id);
  }

  /** Fetches the first page anew; what is shown stays until it has come. */
  async reload(): Promise<void> {
    const current = this.#latest.next();
    clearTimeout(this.#retry);
    const incoming: Index = new LiveIndex(sortKey[this.#sort]);
    this.#incoming = incoming;
    this.loading = true;
    this.failed = false;
    try {
      const limit = Math.min(MOST, Math.max(PAGE, this.shown.length));
      const page = await api.conversations({ view: this.view, limit });
      if (!current()) return;
      this.#loadedAt = clock.now;
      incoming.load(page.rows, page.next !== null);
      this.#index = incoming;
      this.#incoming = null;
      this.#took(page);
      this.loaded = true;
      live.synced(this.#follow.sub);
      this.apply();
    } catch (error) {
      if (!current()) return;
      this.failed = true;
      if (mayRetry(error)) this.#retry = setTimeout(() => void this.reload(), RETRY_AFTER_MS);
    } finally {
      if (current()) this.loading = false;
    }
  }

  async loadMore(): Promise<void> {
    if (this.loading || this.#next === null) return;
    const current = this.#latest.next();
    const index = this.#index;
    const end = index.end;
    this.loading = true;
    try {
      const page = await api.conversations({ view: this.view, after: this.#next, limit: PAGE });
      if (!current()) return;
      index.load(page.rows, page.next !== null);
      this.#took(page);
      for (const id of index.merge()) this.#waiting.add(id);
      this.#append(end);
    } catch {
      if (current()) this.failed = true;
    } finally {
      if (current()) this.loading = false;
    }
  }

  /** Holds the order still while a pointer or the keyboard is in the list, and lets it move again. */
  hold(held: boolean): void {
    this.#held = held;
    if (!held) this.apply();
  }

  /** Shows the order as it really is. */
  apply(): void {
    this.#index.merge();
    this.#waiting.clear();
    this.#leaving.clear();
    this.news = 0;
    this.shown = this.#index.order;
    this.#version++;
  }

  /** A newer version of a row came by another way, as the answer to a command. */
  refresh(row: ConversationRow): void {
    if (this.#index.refresh(row)) this.#later();
    this.#incoming?.refresh(row);
  }

  #took(page: ConversationPage): void {
    this.#next = page.next;
    this.more = page.next !== null;
    reads.adopt(
      page.reads,
      page.rows.map((row) => row.id),
    );
    drafts.adoptMarks(page.drafts);
  }

  #hear(frame: ServerFrame): void {
    if (frame.t === 'put') {
      this.#index.put(frame.row);
      this.#incoming?.put(frame.row);
      if (!reads.knows(frame.row.id)) this.#learnMark(frame.row);
    } else if (frame.t === 'gone') {
      const row = this.#index.get(frame.id);
      if (this.#index.gone(frame.id, frame.version) && row) this.#leaving.set(frame.id, row);
      this.#incoming?.gone(frame.id, frame.version);
    } else {
      return;
    }
    this.#later();
  }

  #later(): void {
    this.#flush ??= setTimeout(() => this.#show(), document.hidden ? FLUSH_HIDDEN_MS : FLUSH_MS);
  }

  #show(): void {
    this.#flush = undefined;
    if (!this.#held || !this.loaded) return this.apply();
    for (const id of this.#index.merge()) {
      this.#waiting.add(id);
      if (this.#index.get(id)) this.#leaving.delete(id);
    }
    const place = new Map(this.#index.order.map((id, i) => [id, i]));
    const shown = new Map(this.shown.map((id, i) => [id, i]));
    this.news = [...this.#waiting].filter((id) => place.has(id) && place.get(id) !== shown.get(id)).length;
    this.#version++;
  }

  /** Puts a fetched page under what is shown without moving that. */
  #append(end: readonly (number | string)[] | null): void {
    if (!this.#held || !end) return this.apply();
    const shown = new Set(this.shown);
    const below = this.#index.order.filter((id) => {
      const key = this.#index.keyOf(id);
      return !shown.has(id) && key !== undefined && compareKeys(key, end) > 0;
    });
    for (const id of below) this.#waiting.delete(id);
    this.shown = [...this.shown, ...below];
    this.#version++;
  }

  /** A conversation begun after the page was fetched was never read; of an older one the service has to tell. */
  #learnMark(row: ConversationRow): void {
    if (row.created_at > this.#loadedAt && this.#loadedAt > 0) {
      reads.set(row.id, 0);
      return;
    }
    this.#markless.add(row.id);
    this.#marks ??= setTimeout(() => this.#askMarks(), MARKS_AFTER_MS);
  }

  /** What is lost on the way is asked for again with the row's next change. */
  #askMarks(): void {
    this.#marks = undefined;
    const conversations = [...this.#markless].filter((id) => !reads.knows(id));
    this.#markless.clear();
    for (let i = 0; i < conversations.length; i += MARKS_AT_ONCE)
      live.say({ t: 'marks', conversations: conversations.slice(i, i + MARKS_AT_ONCE) });
  }
}
