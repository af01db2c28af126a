import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { MessageRow } from '../src/frames';
import { places, Thread } from '../src/thread';

const row = (id: string, at: number, more: Partial<MessageRow> = {}): MessageRow => ({
  id,
  version: 1,
  who: 'agent',
  name: 'Sam',
  text: id,
  at,
  files: [],
  client_id: '',
  seen: false,
  choices: [],
  comment_until: null,
  comment: '',
  face: '',
  ...more,
});

describe('thread', () => {
  it('orders by arrival, whatever order rows come in', () => {
    const thread = new Thread();
    for (const each of [row('b', 2), row('c', 2), row('a', 1)]) thread.put(each);
    expect(thread.rows.map((each) => each.id)).toEqual(['a', 'b', 'c']);
  });

  it('ends the same from any order of the same versions', () => {
    const rows = [
      row('a', 1),
      row('a', 1, { version: 2, seen: true }),
      row('b', 2),
      row('b', 2, { version: 3, text: 'new' }),
    ];
    fc.assert(
      fc.property(fc.shuffledSubarray(rows, { minLength: rows.length }), (shuffled) => {
        const thread = new Thread();
        for (const each of [...shuffled, ...shuffled]) thread.put(each);
        expect(thread.rows.map(({ id, version, text }) => [id, version, text])).toEqual([
          ['a', 2, 'a'],
          ['b', 3, 'new'],
        ]);
      }),
    );
  });

  it('forgets what it held when it gets the whole, and adds what was missed otherwise', () => {
    const thread = new Thread();
    thread.load([row('a', 1), row('b', 2)], true);
    thread.load([row('c', 3)], false);
    expect(thread.have).toEqual({ a: 1, b: 1, c: 1 });
    thread.load([row('z', 9)], true);
    expect(thread.have).toEqual({ z: 1 });
  });

  it('counts what others wrote and nobody saw', () => {
    const thread = new Thread();
    thread.load(
      [
        row('a', 1),
        row('b', 2, { seen: true }),
        row('c', 3, { who: 'visitor' }),
        row('d', 4, { who: 'bot' }),
      ],
      true,
    );
    expect(thread.unread.map((each) => each.id)).toEqual(['a', 'd']);
  });

  it('keeps the id of a line it wrote when a later version does not name it', () => {
    const thread = new Thread();
    thread.put(row('a', 1, { who: 'visitor', client_id: 'line-1' }));
    thread.put(row('a', 1, { who: 'visitor', version: 2, seen: true }));
    expect(thread.rows[0]).toMatchObject({ client_id: 'line-1', seen: true });
  });

  it('puts a fresh address on a file', () => {
    const thread = new Thread();
    const file = { id: 'f', name: 'a.png', type: 'image/png', size: 1, url: '/old' };
    thread.load([row('a', 1, { files: [file] }), row('b', 2)], true);
    thread.relink('f', '/new');
    expect(thread.rows[0]?.files[0]?.url).toBe('/new');
  });
});

describe('places', () => {
  const day = (at: number) => String(Math.floor(at / 1000_000));

  it('groups a run of one author and breaks it at another, a pause or a new day', () => {
    const rows = [
      row('a', 0),
      row('b', 1000),
      row('c', 2000, { who: 'visitor', name: '' }),
      row('d', 3000),
      row('e', 400_000),
      row('f', 1_000_000),
    ];
    expect(places(rows, day).map(({ day: d, first, last }) => [d, first, last])).toEqual([
      [true, true, false],
      [false, false, true],
      [false, true, true],
      [false, true, true],
      [false, true, true],
      [true, true, true],
    ]);
  });
});
