// The visitor's thread as this tab holds it: rows by id, newest version wins, in the order they arrived at the server.
import type { MessageRow } from './frames';

const HELD = 50;

export class Thread {
  rows: MessageRow[] = [];

  /** What the server sent at opening: all of it, or only what was missed. */
  load(rows: readonly MessageRow[], whole: boolean): void {
    if (whole) this.rows = [];
    for (const row of rows) this.put(row);
  }

  put(row: MessageRow): void {
    const held = this.rows.find((each) => each.id === row.id);
    if (held && held.version >= row.version) return;
    const client_id = row.client_id || held?.client_id || '';
    const others = this.rows.filter((each) => each.id !== row.id);
    this.rows = [...others, { ...row, client_id }].sort((a, b) => a.at - b.at || (a.id < b.id ? -1 : 1));
  }

  /** A file's address was renewed. */
  relink(file: string, url: string): void {
    this.rows = this.rows.map((row) => ({
      ...row,
      files: row.files.map((each) => (each.id === file ? { ...each, url } : each)),
    }));
  }

  /** What the server need not send again. */
  get have(): Record<string, number> {
    return Object.fromEntries(this.rows.slice(-HELD).map((row) => [row.id, row.version]));
  }

  get unread(): MessageRow[] {
    return this.rows.filter((row) => row.who !== 'visitor' && !row.seen);
  }
}

export interface Place {
  /** The row begins a new local day. */
  day: boolean;
  /** The row begins a run of lines by one author. */
  first: boolean;
  /** The row ends such a run. */
  last: boolean;
}

const RUN_MS = 5 * 60_000;

/** How rows sit among each other; `zoneDay` maps an instant to its local day. */
export function places(rows: readonly MessageRow[], zoneDay: (at: number) => string): Place[] {
  const breaks = rows.map((row, i) => {
    const before = rows[i - 1];
    const day = !before || zoneDay(before.at) !== zoneDay(row.at);
    const same = before && before.who === row.who && before.name === row.name && row.at - before.at < RUN_MS;
    return { day, first: day || !same };
  });
  return breaks.map(({ day, first }, i) => ({ day, first, last: breaks[i + 1]?.first ?? true }));
}
