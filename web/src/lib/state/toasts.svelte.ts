// Short messages at the edge of the screen; what changed something carries its undo.

import type { Done } from './undo';

export interface Toast {
  id: number;
  text: string;
  kind: 'done' | 'error';
  undo?: () => Promise<void> | void;
  open?: { label: string; href: string };
  /** For how long it shows, in milliseconds. */
  shown?: number;
  /** It stands until this instant, says how long that is, and makes room for no other. */
  until?: number;
  /** The id of what it tells of. */
  about?: string;
  /** What `undo` takes back, where that outlives the page, and since when it can be. */
  act?: Done;
  at?: number;
  /** The account that did it. */
  by?: string;
}

export const SHOWN_MS = 6000;
const MOST = 3;
/** For how long what is shown no more can still be undone. */
export const REMEMBERED_MS = 60_000;

class Toasts {
  all = $state.raw<readonly Toast[]>([]);
  /** Said to screen readers at once; only for what needs attention now. */
  alarm = $state('');
  /** What is shown no more and can still be undone, each for its minute, in the order in which it was done; screens with room show it. */
  remembered = $state.raw<readonly Toast[]>([]);
  #next = 1;
  /** Somebody is at them: none goes by itself, nor does one that comes meanwhile. */
  #held = false;
  #timers = new Map<number, ReturnType<typeof setTimeout>>();

  done(text: string, undo?: Toast['undo'], open?: Toast['open'], shown = SHOWN_MS, about?: string): number {
    const id = this.#next++;
    this.#add({ id, text, kind: 'done', undo, open, shown, about });
    return id;
  }

  /** What `undo` takes back is `act`: the board keeps it over the page. */
  acted(text: string, undo: Toast['undo'], act: Done, by: string): void {
    this.#add({ id: this.#next++, text, kind: 'done', undo, act, at: Date.now(), by });
  }

  /** For what lasts as long as it can be answered. */
  until(text: string, until: number, open: Toast['open']): number {
    const id = this.#next++;
    this.#add({ id, text, kind: 'done', open, until });
    return id;
  }

  /** Errors stay until they are dismissed. */
  error(text: string): void {
    if (this.all.some((toast) => toast.kind === 'error' && toast.text === text)) return;
    this.alarm = text;
    this.#add({ id: this.#next++, text, kind: 'error' });
  }

  dismiss(id: number): void {
    clearTimeout(this.#timers.get(id));
    this.#timers.delete(id);
    const gone = this.all.find((toast) => toast.id === id);
    this.all = this.all.filter((toast) => toast.id !== id);
    // What goes from under the pointer is never left by it.
    if (this.all.length === 0) this.#held = false;
    if (gone?.undo) this.remember(gone, REMEMBERED_MS);
  }

  /** It can be undone for so long. */
  remember(toast: Toast, ms: number): void {
    this.remembered = [...this.remembered, toast].sort((a, b) => a.id - b.id);
    setTimeout(() => this.#forget(toast), ms);
  }

  #forget(gone: Toast): void {
    this.remembered = this.remembered.filter((one) => one !== gone);
  }

  /** What was said of this does not hold any more, and nothing is left of it to undo. */
  withdraw(about: string): void {
    for (const one of this.all) if (one.about === about) this.dismiss(one.id);
    this.remembered = this.remembered.filter((one) => one.about !== about);
  }

  undo(toast: Toast): void {
    this.dismiss(toast.id);
    this.#forget(toast);
    void toast.undo?.();
  }

  /** Undoes the newest thing that can be undone, also one that is shown no more; tells whether there was one. */
  undoLast(): boolean {
    const toast = this.all.findLast((one) => one.undo) ?? this.remembered.at(-1);
    if (toast) this.undo(toast);
    return !!toast;
  }

  pause(): void {
    this.#held = true;
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
  }

  resume(): void {
    this.#held = false;
    for (const toast of this.all) if (toast.kind === 'done') this.#expire(toast);
  }

  #add(toast: Toast): void {
    const passing = this.all.filter((one) => !one.until);
    for (const old of passing.slice(0, Math.max(0, passing.length + 1 - MOST))) this.dismiss(old.id);
    this.all = [...this.all, toast];
    if (toast.kind === 'done') this.#expire(toast);
  }

  #expire({ id, shown, until }: Toast): void {
    if (this.#held) return;
    clearTimeout(this.#timers.get(id));
    this.#timers.set(
      id,
      setTimeout(() => this.dismiss(id), until ? until - Date.now() : (shown ?? SHOWN_MS)),
    );
  }
}

export const toasts = new Toasts();
