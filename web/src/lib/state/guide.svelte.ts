// How far a new workspace is; asked for by the guide, and kept true while it is shown.
import { admin } from '../api/admin';
import type { Beginning } from '../api/types';
import { live } from './live.svelte';

const ASK_EVERY_MS = 1_500;

class Guide {
  steps = $state.raw<Beginning | null>(null);
  /** Whether everything was done when it was last asked. */
  readonly done = $derived(!!this.steps && this.steps.channel && this.steps.colleague && this.steps.answered);
  #followed = 0;
  #asking: ReturnType<typeof setTimeout> | undefined;

  /** Until the function that comes back is called. */
  follow(): () => void {
    this.#followed++;
    void this.#ask();
    const unlisten = live.listen((frame) => {
      if (frame.t === 'reload' || frame.t === 'put' || frame.t === 'ready') this.#soon();
    });
    return () => {
      this.#followed--;
      unlisten();
    };
  }

  /** Many changes at once are one question. */
  #soon(): void {
    this.#asking ??= setTimeout(() => {
      this.#asking = undefined;
      if (this.#followed && !this.done) void this.#ask();
    }, ASK_EVERY_MS);
  }

  async #ask(): Promise<void> {
    this.steps = await admin.beginning().catch(() => this.steps);
  }
}

export const guide = new Guide();
