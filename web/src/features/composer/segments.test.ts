import { describe, expect, it } from 'vitest';
import { segments } from './segments';

describe('short messages', () => {
  it.each([
    ['', false, 0, 160],
    ['a'.repeat(160), false, 1, 0],
    ['a'.repeat(161), false, 2, 145],
    ['a'.repeat(306), false, 2, 0],
    ['€'.repeat(80), false, 1, 0],
    ['a'.repeat(152) + '€' + 'a'.repeat(10), false, 2, 141],
    ['ż', true, 1, 69],
    ['я'.repeat(70), true, 1, 0],
    ['я'.repeat(71), true, 2, 63],
    ['😀'.repeat(35), true, 1, 0],
    ['я'.repeat(66) + '😀' + 'я'.repeat(3), true, 2, 62],
  ])('%s', (text, unicode, count, left) => {
    expect(segments(text)).toEqual({ unicode, count, left });
  });
});
