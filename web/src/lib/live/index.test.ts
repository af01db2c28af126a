import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareKeys, LiveIndex, type Key } from './index';

interface Row {
  id: string;
  version: number;
  at: number;
}

const key = (row: Row): Key => [-row.at, row.id];
const row = (id: string, version: number, at: number): Row => ({ id, version, at });

function index(...rows: Row[]): LiveIndex<Row> {
  const made = new LiveIndex<Row>(key);
  made.load(rows, false);
  made.merge();
  return made;
}

describe('a live index', () => {
  it('ignores a row of the same or an older version', () => {
    const rows = index(row('a', 3, 10));
    expect(rows.put(row('a', 3, 99))).toBe(false);
    expect(rows.put(row('a', 2, 99))).toBe(false);
    expect(rows.get('a')?.at).toBe(10);
  });

  it('does not let an older page bring back what is gone', () => {
    const rows = index();
    rows.gone('a', 5);
    rows.load([row('a', 4, 10)], false);
    rows.merge();
    expect(rows.order).toEqual([]);
    rows.put(row('a', 6, 10));
    rows.merge();
    expect(rows.order).toEqual(['a']);
  });

  it('lets a gone of the held version win, as after the answer to a command', () => {
    const rows = index(row('a', 1, 10));
    rows.refresh(row('a', 2, 20));
    rows.gone('a', 2);
    rows.merge();
    expect(rows.order).toEqual([]);
  });

  it('keeps a row that came back before the gone that it overtook', () => {
    const rows = index(row('a', 7, 10));
    expect(rows.gone('a', 6)).toBe(false);
    rows.merge();
    expect(rows.order).toEqual(['a']);
  });

  it('refreshes only rows that are held', () => {
    const rows = index();
    expect(rows.refresh(row('a', 1, 1))).toBe(false);
    rows.merge();
    expect(rows.order).toEqual([]);
  });

  it('moves rows to their new place without touching the others', () => {
    const rows = index(row('a', 1, 30), row('b', 1, 20), row('c', 1, 10));
    rows.put(row('c', 2, 40));
    expect([...rows.merge()]).toEqual(['c']);
    expect(rows.order).toEqual(['c', 'a', 'b']);
  });

  it('holds back what lies beyond the last page, newest version and all', () => {
    const rows = new LiveIndex<Row>(key);
    rows.load([row('a', 1, 30), row('b', 1, 20)], true);
    rows.put(row('z', 2, 5));
    rows.merge();
    expect(rows.order).toEqual(['a', 'b']);
    rows.load([row('c', 1, 10), row('z', 1, 9)], false);
    rows.merge();
    expect(rows.order).toEqual(['a', 'b', 'c', 'z']);
    expect(rows.get('z')).toEqual(row('z', 2, 5));
  });

  it('shows what a sort of all of it would, whatever comes and goes in one go', () => {
    const change = fc.tuple(fc.nat(30), fc.nat(20), fc.boolean());
    fc.assert(
      fc.property(
        fc.array(fc.array(change, { maxLength: 8 }), { maxLength: 8 }),
        fc.boolean(),
        (rounds, more) => {
          const rows = new LiveIndex<Row>(key);
          const all = new Map<string, Row>();
          const first = [row('r3', 0, 15), row('r1', 0, 9), row('r2', 0, 8)];
          for (const one of first) all.set(one.id, one);
          rows.load(first, more);
          let version = 0;
          for (const round of rounds) {
            for (const [n, at, gone] of round) {
              version++;
              if (gone) {
                rows.gone(`r${n}`, version);
                all.delete(`r${n}`);
              } else {
                rows.put(row(`r${n}`, version, at));
                all.set(`r${n}`, row(`r${n}`, version, at));
              }
            }
            rows.merge();
            const { end } = rows;
            const shown = [...all.values()].filter((one) => !end || compareKeys(key(one), end) <= 0);
            const sorted = shown.sort((a, b) => compareKeys(key(a), key(b))).map(({ id }) => id);
            expect(rows.order).toEqual(sorted);
          }
          rows.load(
            [...all.values()].sort((a, b) => compareKeys(key(a), key(b))),
            false,
          );
          rows.merge();
          expect(rows.order).toHaveLength(all.size);
        },
      ),
    );
  });

  it('drops a row from the window when it sinks below its end', () => {
    const rows = new LiveIndex<Row>(key);
    rows.load([row('a', 1, 30), row('b', 1, 20)], true);
    rows.merge();
    rows.put(row('a', 2, 1));
    rows.merge();
    expect(rows.order).toEqual(['b']);
  });
});
