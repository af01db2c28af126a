// A window of a sorted list, kept equal to what a fresh page would show by rows that carry versions. Pure.

export interface Versioned {
  readonly id: string;
  readonly version: number;
}

/** Ascending keys are the order on the screen; the id comes last and makes the order total. */
export type Key = readonly (number | string)[];

export function compareKeys(a: Key, b: Key): number {
  for (let i = 0; i < a.length; i++) {
    const x = a[i] as number | string;
    const y = b[i] as number | string;
    if (x < y) return -1;
    if (x > y) return 1;
  }
  return 0;
}

const MAX_TOMBSTONES = 5000;

/**
 * Rows by id, and the ids in order up to the end of what was loaded. Pages fetched over HTTP and frames of the socket may
 * come in any order: the newer version wins, and `gone` outlives an older row that arrives after it. Rows beyond the end
 * are held but not shown, so that the page that brings them may be older than they are.
 */
export class LiveIndex<Row extends Versioned> {
  readonly #key: (row: Row) => Key;
  readonly #rows = new Map<string, Row>();
  readonly #absent = new Map<string, number>();
  readonly #moved = new Set<string>();
  /** Held and not shown, because they lie beyond the end. */
  readonly #beyond = new Set<string>();
  #order: string[] = [];
  #end: Key | null = null;

  constructor(key: (row: Row) => Key) {
    this.#key = key;
  }

  get order(): readonly string[] {
    return this.#order;
  }

  /** The key of the last row of the last page, null once everything is loaded. */
  get end(): Key | null {
    return this.#end;
  }

  get(id: string): Row | undefined {
    return this.#rows.get(id);
  }

  keyOf(id: string): Key | undefined {
    const row = this.#rows.get(id);
    return row && this.#key(row);
  }

  /** Takes a row of this list unless the same or a newer version is known; tells whether it was taken. */
  put(row: Row): boolean {
    const held = this.#rows.get(row.id);
    if (held && held.version >= row.version) return false;
    const left = this.#absent.get(row.id);
    if (left !== undefined && left >= row.version) return false;
    this.#absent.delete(row.id);
    this.#rows.set(row.id, row);
    if (!held || compareKeys(this.#key(held), this.#key(row)) !== 0) this.#moved.add(row.id);
    return true;
  }

  /** Takes a newer version of a row that is held, without claiming that it belongs here; a `gone` of that version still counts. */
  refresh(row: Row): boolean {
    return this.#rows.has(row.id) && this.put(row);
  }

  /** Changes what no version tells of, as the name of a customer, without moving anything; tells whether anything was. */
  amend(change: (row: Row) => Row): boolean {
    let changed = false;
    for (const [id, row] of this.#rows) {
      const amended = change(row);
      if (amended === row) continue;
      this.#rows.set(id, amended);
      changed = true;
    }
    return changed;
  }

  /** The row left the list as of `version`; tells whether that was news. */
  gone(id: string, version: number): boolean {
    const held = this.#rows.get(id);
    if (held && held.version > version) return false;
    const known = this.#absent.get(id);
    if (known !== undefined && known >= version) return false;
    this.#absent.delete(id);
    this.#absent.set(id, version);
    this.#rows.delete(id);
    this.#beyond.delete(id);
    this.#moved.add(id);
    if (this.#absent.size > MAX_TOMBSTONES) this.#absent.delete(this.#absent.keys().next().value as string);
    return held !== undefined;
  }

  /** Takes a page; `more` tells that further pages follow. */
  load(page: readonly Row[], more: boolean): void {
    for (const row of page) this.put(row);
    const last = page.at(-1);
    const before = this.#end;
    this.#end = more && last ? this.#key(last) : null;
    // Further down than before, as a rule: then what is shown stays so.
    const nearer = this.#end !== null && (before === null || compareKeys(this.#end, before) < 0);
    for (const id of nearer ? this.#rows.keys() : this.#beyond) this.#moved.add(id);
  }

  /** Merges what moved since the last call into the order; returns the ids that moved. */
  merge(): ReadonlySet<string> {
    const moved = new Set(this.#moved);
    if (moved.size === 0) return moved;
    this.#moved.clear();
    const arriving: [Key, string][] = [];
    for (const id of moved) {
      const row = this.#rows.get(id);
      if (!row) continue;
      const key = this.#key(row);
      const shown = this.#end === null || compareKeys(key, this.#end) <= 0;
      if (shown) arriving.push([key, id]);
      if (shown) this.#beyond.delete(id);
      else this.#beyond.add(id);
    }
    arriving.sort(([a], [b]) => compareKeys(a, b));
    const staying = this.#order.filter((id) => !moved.has(id));
    this.#order = this.#inserted(staying, arriving);
    return moved;
  }

  /** Both in order; looks at as few of those that stay as it can. */
  #inserted(staying: readonly string[], arriving: readonly [Key, string][]): string[] {
    const merged: string[] = [];
    let from = 0;
    for (const [key, id] of arriving) {
      const at = this.#placeOf(key, staying, from);
      for (; from < at; from++) merged.push(staying[from] as string);
      merged.push(id);
    }
    for (; from < staying.length; from++) merged.push(staying[from] as string);
    return merged;
  }

  /** How many of these come before `key`, where those up to `from` do: looked for in steps that double, then between two of them. */
  #placeOf(key: Key, order: readonly string[], from: number): number {
    let low = from;
    let step = 1;
    while (low + step <= order.length && this.#isBefore(order[low + step - 1] as string, key)) {
      low += step;
      step *= 2;
    }
    let high = Math.min(order.length, low + step - 1);
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#isBefore(order[middle] as string, key)) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #isBefore(id: string, key: Key): boolean {
    return compareKeys(this.#key(this.#rows.get(id) as Row), key) < 0;
  }
}
