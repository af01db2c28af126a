// What the browser keeps: the visitor's token for this site, and for this tab what was being written. Pages may be denied all of it.
import type { Line } from './outbox';

export interface TabState {
  open: boolean;
  draft: string;
  lines: Line[];
}

const EMPTY: TabState = { open: false, draft: '', lines: [] };

export class Memory {
  readonly key: string;
  private fallback: string | null = null;

  constructor(channel: string) {
    this.key = `inbox:${channel}`;
  }

  get token(): string | null {
    return this.attempt(() => localStorage.getItem(this.key)) ?? this.fallback;
  }

  set token(token: string | null) {
    this.fallback = token;
    this.attempt(() => (token ? localStorage.setItem(this.key, token) : localStorage.removeItem(this.key)));
  }

  get muted(): boolean {
    return this.attempt(() => localStorage.getItem(`${this.key}:muted`)) === '1';
  }

  set muted(muted: boolean) {
    this.attempt(() =>
      muted ? localStorage.setItem(`${this.key}:muted`, '1') : localStorage.removeItem(`${this.key}:muted`),
    );
  }

  load(): TabState {
    try {
      return { ...EMPTY, ...(JSON.parse(sessionStorage.getItem(this.key) ?? '{}') as Partial<TabState>) };
    } catch {
      return EMPTY;
    }
  }

  save(state: TabState): void {
    const idle = !state.open && !state.draft && !state.lines.length;
    this.attempt(() =>
      idle ? sessionStorage.removeItem(this.key) : sessionStorage.setItem(this.key, JSON.stringify(state)),
    );
  }

  private attempt<T>(what: () => T): T | null {
    try {
      return what();
    } catch {
      return null;
    }
  }
}
