// Names of customers that were changed: rows and messages carry them, and are not told of it one by one.
import { api } from '../api/client';
import { live } from './live.svelte';

export interface ShowsCustomers {
  /** Whether this customer's name stands there. */
  shows(customer: string): boolean;
  /** What is being fetched may still have the old one. */
  renamed(customer: string, name: string): void;
  /** So many were changed that nobody says which. */
  reload(): void;
}

class Customers {
  #places = new Set<ShowsCustomers>();

  constructor() {
    live.listen((frame) => {
      if (frame.t !== 'reload' || frame.what !== 'customers') return;
      if (frame.id) void this.#ask(frame.id);
      else for (const place of this.#places) place.reload();
    });
  }

  /** Tells this place of new names until the returned function is called. */
  follow(place: ShowsCustomers): () => void {
    this.#places.add(place);
    return () => this.#places.delete(place);
  }

  async #ask(id: string): Promise<void> {
    if (![...this.#places].some((place) => place.shows(id))) return;
    const found = await api.customer(id).catch(() => null);
    if (found) for (const place of this.#places) place.renamed(id, found.name);
  }
}

export const customers = new Customers();
