// Where what waits stands in its queue, for the rows of the list that is looked at: asked again a moment after one of them changed,
// or the service says that places moved.
import { api } from '../api/client';
import type { Place } from '../api/types';
import { live } from './live.svelte';

const AFTER_MS = 700;

class Line {
  of = $state.raw<Readonly<Record<string, Place>>>({});
  #asked: { view: string; filter?: string } | undefined;
  #later: ReturnType<typeof setTimeout> | undefined;

  constructor() {
    live.listen((frame) => {
      if (frame.t === 'reload' && frame.what === 'places' && this.#asked) this.#soon();
    });
  }

  /** No row of the list waits. */
  rest(): void {
    this.#asked = undefined;
  }

  /** Some rows of this list wait, and one of them is new or changed. */
  ask(view: string, filter: string): void {
    this.#asked = { view, ...(filter && { filter }) };
    this.#soon();
  }

  #soon(): void {
    this.#later ??= setTimeout(() => void this.#fetch(), AFTER_MS);
  }

  async #fetch(): Promise<void> {
    this.#later = undefined;
    const asked = this.#asked;
    if (!asked) return;
    try {
      const { places } = await api.places(asked);
      if (asked === this.#asked) this.of = places;
    } catch {
      // That they wait is true all the same.
    }
  }
}

export const line = new Line();
