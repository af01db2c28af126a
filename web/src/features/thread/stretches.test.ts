import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Block } from './blocks';
import { cut, holding, type Stretch } from './stretches';

const message = (n: number) => ({ kind: 'message', key: `m${n}`, message: {} }) as Block;
const day = (n: number) => ({ kind: 'day', key: `day-m${n}`, text: '' }) as Block;
const thread = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, i) => message(from + i)).flatMap((one, i) =>
    (from + i) % 5 === 0 ? [day(from + i), one] : [one],
  );

describe('stretches', () => {
  it('hold every block once and in order, however the thread grew', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(90), fc.nat(90)), { maxLength: 6 }), (grown) => {
        const starts = new Map<string, Stretch>();
        let [from, to] = [500, 501];
        for (const [older, newer] of grown) {
          [from, to] = [from - older, to + newer];
          const blocks = thread(from, to);
          const made = cut(blocks, starts);
          expect(made.flatMap((one) => one.blocks)).toEqual(blocks);
          expect(new Set(made.map((one) => one.key)).size).toBe(made.length);
        }
      }),
    );
  });

  it('stay as they are when older messages come in front of them or one goes', () => {
    const starts = new Map<string, Stretch>();
    const before = cut(thread(100, 150), starts).map((one) => one.key);
    const grown = cut(thread(50, 150), starts).map((one) => one.key);
    expect(grown.slice(-before.length)).toEqual(before);
    const without = cut(
      thread(50, 150).filter((one) => one.key !== 'm120'),
      starts,
    );
    expect(without.map((one) => one.key)).toEqual(grown);
    expect(holding(without, 'm119')?.blocks.some((one) => one.key === 'm119')).toBe(true);
    expect(holding(without, 'm120')).toBeUndefined();
  });

  it('are the same ones where nothing changed, so that nothing of them is drawn again', () => {
    const before = new Map<string, Stretch>();
    const all = thread(0, 200);
    const first = cut(all.slice(100), before);
    const grown = cut(all, before);
    expect(grown.slice(-first.length).every((one, i) => i === 0 || one === first[i])).toBe(true);
    const edited = cut(
      all.map((block) => (block.key === 'm150' ? { ...block } : block)),
      before,
    );
    expect(edited.filter((one, i) => one !== grown[i])).toHaveLength(1);
  });
});
