// The conversations chosen in the list for what is done to many at once.

class Selection {
  ids = $state.raw<ReadonlySet<string>>(new Set());
  /** All of the view, also what is not loaded; the service finds them. */
  whole = $state(false);
  /** Boxes are shown though nothing is chosen yet, for screens without a hovering pointer. */
  begun = $state(false);
  #anchor = '';

  get active(): boolean {
    return this.ids.size > 0;
  }

  has(id: string): boolean {
    return this.whole || this.ids.has(id);
  }

  toggle(id: string): void {
    const ids = new Set(this.ids);
    if (!ids.delete(id)) ids.add(id);
    this.#set(ids);
    this.#anchor = id;
  }

  /** Everything from the one chosen last to `id`, in the order shown. */
  extend(id: string, shown: readonly string[]): void {
    const from = shown.indexOf(this.#anchor);
    const to = shown.indexOf(id);
    if (to < 0) return;
    const range = from < 0 ? [id] : shown.slice(Math.min(from, to), Math.max(from, to) + 1);
    this.#set(new Set([...this.ids, ...range]));
    if (from < 0) this.#anchor = id;
  }

  all(shown: readonly string[]): void {
    this.#set(new Set(shown));
  }

  clear(): void {
    this.#set(new Set());
    this.begun = false;
    this.#anchor = '';
  }

  #set(ids: ReadonlySet<string>): void {
    this.ids = ids;
    this.whole = false;
  }
}

export const selection = new Selection();
