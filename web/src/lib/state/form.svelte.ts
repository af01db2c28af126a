// The one form of a page that lists things: opened for a new one or for one of the list, sent, closed.
import { newKey } from '../api/client';
import { heldFocus } from '../ui/focus';
import { explain } from './actions';
import { toasts } from './toasts.svelte';

interface Opened<T> {
  /** What it changes; null where it makes a new one. */
  readonly about: T | null;
  /** A second try of the same form is the same request. */
  readonly key: string;
}

/** What the service answers to one form leaves another that was opened meanwhile as it is. */
export class Form<T> {
  #opened = $state.raw<Opened<T> | null>(null);
  error = $state('');
  busy = $state(false);

  get isOpen(): boolean {
    return this.#opened !== null;
  }

  get about(): T | null {
    return this.#opened?.about ?? null;
  }

  /** Whether it is open for a new one. */
  get isNew(): boolean {
    return this.#opened !== null && this.#opened.about === null;
  }

  begin(about: T | null = null): void {
    this.#opened = { about, key: newKey() };
    this.error = '';
    this.busy = false;
  }

  /** Tells one that is open from any that was before it. */
  get key(): string {
    return this.#opened?.key ?? '';
  }

  /** By hand, or as it is saved. */
  close = (): void => {
    this.leave();
    this.onclose();
  };

  /** Told when it is closed. */
  onclose: () => void = () => undefined;

  #ended: Opened<T> | null = null;

  /** Whether what it changes is being removed from here. */
  get ending(): boolean {
    return this.#ended !== null && this.#ended === this.#opened;
  }

  /** Runs `work`, which removes what it changes and tells whether that went well, and closes it then: another may be open by now. */
  async end(work: () => Promise<boolean>): Promise<void> {
    const mine = (this.#ended = this.#opened);
    const done = await work();
    if (this.#ended === mine) this.#ended = null;
    if (done && mine && mine === this.#opened) this.close();
  }

  /** Closes it where its page was left. */
  leave(): void {
    this.#opened = null;
  }

  /** Runs `work` for what is open, closes it when that went well, else says why not and keeps what was typed. */
  async send(work: (about: T | null, key: string) => Promise<unknown>): Promise<void> {
    const mine = this.#opened;
    if (!mine || this.busy) return;
    this.busy = true;
    this.error = '';
    const isStill = () => this.#opened === mine;
    const refocus = heldFocus();
    try {
      await work(mine.about, mine.key);
      if (isStill()) this.close();
    } catch (problem) {
      if (isStill()) this.error = explain(problem);
      else toasts.error(explain(problem));
    } finally {
      if (isStill()) {
        this.busy = false;
        void refocus();
      }
    }
  }
}
