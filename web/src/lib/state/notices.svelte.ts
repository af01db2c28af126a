// What one was told personally: kept by the service, the same on every device, counted until it is seen.
import { api } from '../api/client';
import type { NoticeRow } from '../api/types';
import type { ServerFrame } from '../live/frames';
import { Latest } from '../api/client';
import { live } from './live.svelte';

const PAGE = 30;
/** The most that the service gives at once. */
const MOST = 100;
const SPREAD_MS = 2000;

class Notices {
  rows = $state.raw<readonly NoticeRow[]>([]);
  unread = $state(0);
  next = $state<string | null>(null);
  state = $state<'loading' | 'ready' | 'failed'>('loading');
  #asked = new Latest();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor() {
    live.listen((frame) => this.#hear(frame));
  }

  /** The newest of them, as many as are shown; frames missed while the connection was away are in it. */
  async load(): Promise<void> {
    const isNewest = this.#asked.next();
    try {
      const page = await api.notices({ limit: Math.min(MOST, Math.max(PAGE, this.rows.length)) });
      if (!isNewest()) return;
      this.rows = page.notices;
      this.next = page.next;
      this.unread = page.unread;
      this.state = 'ready';
    } catch {
      if (isNewest() && this.state === 'loading') this.state = 'failed';
    }
  }

  async more(): Promise<void> {
    if (!this.next) return;
    const page = await api.notices({ limit: PAGE, after: this.next });
    const known = new Set(this.rows.map((row) => row.id));
    this.rows = [...this.rows, ...page.notices.filter((row) => !known.has(row.id))];
    this.next = page.next;
  }

  /** Seen by its reader; the service tells his other windows. */
  async see(row: NoticeRow): Promise<void> {
    if (row.read_at === null) await this.#mark({ ids: [row.id] });
  }

  async seeAll(): Promise<void> {
    const newest = this.rows[0];
    if (newest) await this.#mark({ until: newest.at });
  }

  async #mark(what: { ids: string[] } | { until: number }): Promise<void> {
    await api.readNotices(what).then(
      ({ unread }) => (this.unread = unread),
      () => undefined,
    );
    await this.load();
  }

  #hear(frame: ServerFrame): void {
    if (frame.t === 'notice') {
      if (this.rows.some((row) => row.id === frame.row.id)) return;
      this.rows = [frame.row, ...this.rows];
      this.unread++;
      this.#soon(); // a page that was under way may have counted it, or not
    } else if (frame.t === 'reload' && frame.what === 'notices' && frame.id) this.#soon();
    else if (
      frame.t === 'ready' ||
      frame.t === 'resync' ||
      (frame.t === 'reload' && frame.what === 'notices')
    )
      void this.load();
  }

  /** Not at once: a conversation that comes into sight or leaves it does so for many. */
  #soon(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      void this.load();
    }, SPREAD_MS * Math.random());
  }
}

export const notices = new Notices();
