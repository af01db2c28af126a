import { describe, expect, it } from 'vitest';
import { packsOf, stepTo } from './stickers';

describe('arrows in the list of stickers', () => {
  it('go by one across and by two down, and stay inside', () => {
    expect(stepTo('ArrowRight', 0, 5, false)).toBe(1);
    expect(stepTo('ArrowDown', 1, 5, false)).toBe(3);
    expect(stepTo('ArrowUp', 1, 5, false)).toBe(0);
    expect(stepTo('ArrowDown', 4, 5, false)).toBe(4);
    expect(stepTo('End', 0, 5, false)).toBe(4);
    expect(stepTo('Home', 3, 5, false)).toBe(0);
  });

  it('follow the reading direction', () => {
    expect(stepTo('ArrowRight', 2, 5, true)).toBe(1);
    expect(stepTo('ArrowLeft', 2, 5, true)).toBe(3);
    expect(stepTo('ArrowDown', 2, 5, true)).toBe(4);
  });

  it('leave other keys alone', () => {
    expect(stepTo('a', 2, 5, false)).toBeUndefined();
    expect(stepTo('ArrowDown', 0, 0, false)).toBeUndefined();
  });
});

it('lists them by pack and by the language of their words', () => {
  const sticker = (id: string, words?: string) => ({ id, sign: '👌', name: 'ok', pack: 'Phrases', words });
  const packs = packsOf([sticker('1'), sticker('2', 'ja'), sticker('3', 'zh-TW'), sticker('4', 'ja')], 'en');
  expect(packs.map(([name, all]) => [name, all.map((one) => one.id)])).toEqual([
    ['Phrases', ['1']],
    ['Phrases: Japanese', ['2', '4']],
    ['Phrases: Chinese (Taiwan)', ['3']],
  ]);
});
