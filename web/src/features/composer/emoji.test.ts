import '../../lib/i18n/later';
import { describe, expect, it } from 'vitest';
import { t } from '../../lib/i18n';
import { found, listed, remembered } from './emoji';

const all = listed(t('emoji.list'));

describe('emoji', () => {
  it('are each there once and have words', () => {
    expect(all.length).toBeGreaterThan(100);
    expect(new Set(all.map((one) => one.sign)).size).toBe(all.length);
    expect(all.filter((one) => !one.words)).toEqual([]);
  });

  it('are found by the beginnings of words, the first word first', () => {
    expect(found(all, 'thumb up').map((one) => one.sign)).toEqual(['👍']);
    expect(found(all, 'heart')[0]?.sign).toBe('❤️');
    expect(found(all, 'zzz')).toEqual([]);
    expect(found(all, '')).toHaveLength(all.length);
  });

  it('used last come first, once', () => {
    expect(remembered(['a', 'b', 'c'], 'b', 3)).toEqual(['b', 'a', 'c']);
    expect(remembered(['a', 'b', 'c'], 'd', 3)).toEqual(['d', 'a', 'b']);
  });
});
