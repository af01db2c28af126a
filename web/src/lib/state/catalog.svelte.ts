// The lists that people make by hand, each loaded when a page first asks for it and again when the service says that it changed.
import { untrack } from 'svelte';
import { api } from '../api/client';
import type { Removed } from '../api/types';
import { t } from '../i18n';
import { live } from './live.svelte';
import { paced } from './paced';

export interface Entry {
  id: string;
  name: string;
  version: number;
}

/** One list, kept true: `noun` is its name in `reload` frames, `load` fetches it. */
export class Entries<E extends Entry> {
  all = $state.raw<readonly E[]>([]);
  state = $state<'idle' | 'loading' | 'ready' | 'failed'>('idle');
  readonly #noun: string;
  readonly #load: () => Promise<readonly E[]>;

  constructor(noun: string, load: () => Promise<readonly E[]>) {
    this.#noun = noun;
    this.#load = load;
    live.listen((frame) => {
      const changed = frame.t === 'reload' && frame.what === 'catalog' && (!frame.id || frame.id === noun);
      if ((changed || (frame.t === 'ready' && !frame.resumed)) && this.state !== 'idle') void this.refresh();
    });
  }

  /** Loads it unless that was done; what was loaded stays at hand. An effect that opens it does not run again because that failed. */
  open(): void {
    const state = untrack(() => this.state);
    if (state === 'idle' || state === 'failed') void this.refresh();
  }

  get(id: string): E | undefined {
    return this.all.find((one) => one.id === id);
  }

  /** What it is called; marked where it was removed, and '' as long as nobody knows. Whoever shows it is told when that is known. */
  nameOf(id: string): string {
    if (this.state === 'idle') queueMicrotask(() => this.open()); // what is derived changes no state itself
    return this.get(id)?.name ?? (this.state === 'ready' ? removedName(this.#noun, id) : '');
  }

  /** The answer to a change is shown at once; the frame that follows brings nothing newer. */
  take(entry: E): void {
    const known = this.get(entry.id);
    if (known && known.version > entry.version) return;
    const others = this.all.filter((one) => one.id !== entry.id);
    this.all = [...others, entry].sort((a, b) => a.name.localeCompare(b.name));
  }

  drop(id: string): void {
    this.all = this.all.filter((one) => one.id !== id);
  }

  refresh = paced(async () => {
    if (untrack(() => this.state) !== 'ready') this.state = 'loading';
    try {
      this.all = await this.#load();
      this.state = 'ready';
    } catch (error) {
      if (this.state !== 'ready') this.state = 'failed';
      throw error;
    }
  });
}

const removed = new Entries<Removed>('removed', () => api.removed());

/** What an entry of a list was called that is not there any more; asked for when there is one that nobody knows. */
export const lastName = (noun: string, id: string): string =>
  !id || noun === 'removed' ? '' : removed.nameOf(`${noun}:${id}`);

/** The same, marked as removed. */
export function removedName(noun: string, id: string): string {
  const name = lastName(noun, id);
  return name && t(noun === 'agents' ? 'removed.person' : 'removed.name', { name });
}

/** Somebody has left, which no list of the catalog tells. */
export function askAgain(): void {
  if (removed.state !== 'idle') void removed.refresh();
}
