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

  /** The row left the list as of `version`; tells whether that was news. */
  gone(id: string, version: number): boolean {
    const held = this.#rows.get(id);
    if (held && held.version > version) return false;
    const known = this.#absent.get(id);
    if (known !== undefined && known >= version) return false;
    this.#absent.delete(id);
    this.#absent.set(id, version);
    this.#rows.delete(id);
    this.#moved.add(id);
    if (this.#absent.size > MAX_TOMBSTONES) this.#absent.delete(this.#absent.keys().next().value as string);
    return held !== undefined;
  }

  /** Takes a page; `more` tells that further pages follow. */
  load(page: readonly Row[], more: boolean): void {
    for (const row of page) this.put(row);
    const last = page.at(-1);
    this.#end = more && last ? this.#key(last) : null;
    const shown = new Set(this.#order);
    for (const id of this.#rows.keys()) if (this.#isShown(id) !== shown.has(id)) this.#moved.add(id);
  }

  /** Merges what moved since the last call into the order; returns the ids that moved. */
  merge(): ReadonlySet<string> {
    const moved = new Set(this.#moved);
    if (moved.size === 0) return moved;
    this.#moved.clear();
    const arriving = [...moved].filter((id) => this.#isShown(id)).sort((a, b) => this.#compare(a, b));
    const staying = this.#order.filter((id) => !moved.has(id));
    this.#order = mergeSorted(staying, arriving, (a, b) => this.#compare(a, b));
    return moved;
  }

  #isShown(id: string): boolean {
    const row = this.#rows.get(id);
    return row !== undefined && (this.#end === null || compareKeys(this.#key(row), this.#end) <= 0);
  }

  #compare(a: string, b: string): number {
    return compareKeys(this.#key(this.#rows.get(a) as Row), this.#key(this.#rows.get(b) as Row));
  }
}

function mergeSorted(a: readonly string[], b: readonly string[], compare: (a: string, b: string) => number) {
  const merged: string[] = [];
  let i = 0;
  let j = 0;
  while (i < a.length && j < b.length) {
    merged.push(compare(a[i] as string, b[j] as string) <= 0 ? (a[i++] as string) : (b[j++] as string));
  }
  while (i < a.length) merged.push(a[i++] as string);
  while (j < b.length) merged.push(b[j++] as string);
  return merged;
}
