// One list of conversations, live: pages over HTTP, rows over the socket, and an order that holds still under a hand.
import { api, Latest } from '../api/client';
import { ApiError, mayRetry } from '../api/errors';
import type { ConversationPage, ConversationRow, Sort } from '../api/types';
import type { ServerFrame } from '../live/frames';
import { compareKeys, LiveIndex } from '../live/index';
import { sortKey } from '../live/order';
import { clock } from './clock.svelte';
import { drafts } from './drafts.svelte';
import { live } from './live.svelte';
import { customers } from './customers';
import { marks } from './marks';
import { reads } from './reads.svelte';
import { betweenKeys } from './typing';

const PAGE = 50;
const MOST = 100;
const FLUSH_MS = 100;
const FLUSH_HIDDEN_MS = 250;
/** Without a connection by then the list is fetched all the same. */
const PATIENCE_MS = 1500;
const RETRY_AFTER_MS = 4000;

type Index = LiveIndex<ConversationRow>;

export class ConversationList {
  readonly view: string;
  readonly filter: string;
  /** Ids as they stand on the screen. */
  shown = $state.raw<readonly string[]>([]);
  /** Changes since the order was held still. */
  news = $state(0);
  loaded = $state(false);
  loading = $state(false);
  failed = $state(false);
  /** Why the service does not list this: a filter that it does not take. */
  refused = $state('');
  /** There is no such view, or not for this reader. */
  gone = $state(false);
  more = $state(false);

  /** Rows are replaced, never changed: one signal tells that some were. */
  #version = $state(0);
  readonly sort: Sort;
  #index: Index;
  #incoming: Index | null = null;
  #next: string | null = null;
  #held = false;
  #waiting = new Set<string>();
  #queued = new Set<string>();
  /** Rows that left and are still shown: until the order moves again. */
  #leaving = new Map<string, ConversationRow>();
  #flush: (() => void) | undefined;
  #patience: ReturnType<typeof setTimeout> | undefined;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #latest = new Latest();
  #follow: { sub: string; stop: () => void };
  #loadedAt = 0;
  #kept: (() => void)[];

  constructor(view: string, sort: Sort, filter = '') {
    this.view = view;
    this.filter = filter;
    this.sort = sort;
    this.#index = new LiveIndex(sortKey[sort]);
    this.#follow = live.follow(
      { t: 'view', view, ...(filter && { filter }) },
      { frame: (frame) => this.#hear(frame), sync: () => void this.reload() },
    );
    this.#kept = [
      marks.keep(() => this.shown),
      customers.follow({
        shows: (id) => this.shown.some((one) => this.get(one)?.customer.id === id),
        renamed: (id, name) => this.#rename(id, name),
        reload: () => void this.reload(),
      }),
    ];
    this.#patience = setTimeout(() => !this.loaded && !this.loading && void this.reload(), PATIENCE_MS);
  }

  get #asked(): { view: string; filter?: string } {
    return { view: this.view, ...(this.filter && { filter: this.filter }) };
  }

  close(): void {
    this.#follow.stop();
    this.#latest.next();
    this.#flush?.();
    this.#kept.forEach((stop) => stop());
    clearTimeout(this.#patience);
    clearTimeout(this.#retry);
  }

  get(id: string): ConversationRow | undefined {
    void this.#version;
    return this.#index.get(id) ?? this.#leaving.get(id);
  }

  /** Some of them wait in a queue. */
  get queues(): boolean {
    void this.#version;
    return this.#queued.size > 0;
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
    const incoming: Index = new LiveIndex(sortKey[this.sort]);
    this.#incoming = incoming;
    this.loading = true;
    this.failed = false;
    this.refused = '';
    try {
      const limit = Math.min(MOST, Math.max(PAGE, this.shown.length));
      const asked = performance.now();
      const page = await api.conversations({ ...this.#asked, limit });
      if (!current()) return;
      this.#loadedAt = clock.now;
      incoming.load(page.rows, page.next !== null);
      this.#index = incoming;
      this.#incoming = null;
      this.#queued.clear();
      this.#took(page, asked);
      this.loaded = true;
      this.gone = false;
      live.synced(this.#follow.sub);
      this.apply();
    } catch (error) {
      if (!current()) return;
      if (error instanceof ApiError && error.status === 422) {
        this.refused = error.objection;
        this.gone = error.field === 'view';
        return;
      }
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
      const asked = performance.now();
      const page = await api.conversations({ ...this.#asked, after: this.#next, limit: PAGE });
      if (!current()) return;
      index.load(page.rows, page.next !== null);
      this.#took(page, asked);
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

  #took(page: ConversationPage, asked: number): void {
    this.#next = page.next;
    this.more = page.next !== null;
    const ids = page.rows.map((row) => row.id);
    for (const row of page.rows) this.#note(row);
    reads.adopt(page.reads, ids, asked);
    marks.told(page.rows);
    drafts.adoptMarks(page.drafts, ids, asked);
  }

  #note(row: ConversationRow): void {
    if (row.queued_at) this.#queued.add(row.id);
    else this.#queued.delete(row.id);
  }

  #hear(frame: ServerFrame): void {
    if (frame.t === 'put') {
      this.#index.put(frame.row);
      this.#incoming?.put(frame.row);
      this.#note(frame.row);
      if (reads.knows(frame.row.id)) marks.saw(frame.row);
      else this.#learnMark(frame.row);
    } else if (frame.t === 'gone') {
      const row = this.#index.get(frame.id);
      this.#queued.delete(frame.id);
      if (this.#index.gone(frame.id, frame.version) && row) this.#leaving.set(frame.id, row);
      this.#incoming?.gone(frame.id, frame.version);
    } else {
      // Not followed: what the service answers to whoever asks it says why.
      if (frame.t === 'error') void this.reload();
      return;
    }
    this.#later();
  }

  #later(): void {
    this.#flush ??= betweenKeys(() => this.#show(), document.hidden ? FLUSH_HIDDEN_MS : FLUSH_MS);
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

  /** A conversation begun after the page was fetched is new to most; the service says so, or that another window has read it. */
  #learnMark(row: ConversationRow): void {
    if (row.created_at > this.#loadedAt && this.#loadedAt > 0) reads.set(row.id, 0);
    marks.ask([row.id]);
  }

  /** A customer has another name: rows do not get a new version by that. */
  #rename(customer: string, name: string): void {
    const rename = (row: ConversationRow) =>
      row.customer.id === customer ? { ...row, customer: { ...row.customer, name } } : row;
    if (this.loading) void this.reload();
    else if (this.#index.amend(rename)) this.#later();
  }
}
