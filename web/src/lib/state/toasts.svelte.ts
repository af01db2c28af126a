// Short messages at the edge of the screen; what changed something carries its undo.

export interface Toast {
  id: number;
  text: string;
  kind: 'done' | 'error';
  undo?: () => Promise<void> | void;
  open?: { label: string; href: string };
}

const SHOWN_MS = 6000;
const MOST = 3;

class Toasts {
  all = $state.raw<readonly Toast[]>([]);
  /** Said to screen readers at once; only for what needs attention now. */
  alarm = $state('');
  #next = 1;
  #timers = new Map<number, ReturnType<typeof setTimeout>>();

  done(text: string, undo?: Toast['undo'], open?: Toast['open']): void {
    this.#add({ id: this.#next++, text, kind: 'done', undo, open });
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
    this.all = this.all.filter((toast) => toast.id !== id);
  }

  /** Undoes the newest thing that can be undone; tells whether there was one. */
  undoLast(): boolean {
    const toast = this.all.findLast((one) => one.undo);
    if (!toast) return false;
    this.dismiss(toast.id);
    void toast.undo?.();
    return true;
  }

  pause(): void {
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
  }

  resume(): void {
    for (const toast of this.all) if (toast.kind === 'done') this.#expire(toast.id);
  }

  #add(toast: Toast): void {
    for (const old of this.all.slice(0, Math.max(0, this.all.length + 1 - MOST))) this.dismiss(old.id);
    this.all = [...this.all, toast];
    if (toast.kind === 'done') this.#expire(toast.id);
  }

  #expire(id: number): void {
    this.#timers.set(
      id,
      setTimeout(() => this.dismiss(id), SHOWN_MS),
    );
  }
}

export const toasts = new Toasts();
