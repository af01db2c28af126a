import { expect, it } from 'vitest';
import { sortOf, withSort } from './sorting';

it('reads and writes the order among the other terms of a filter', () => {
  expect(sortOf('is:open tag:vip')).toBeUndefined();
  expect(sortOf('sort:due is:open')).toBe('due');
  expect(sortOf('is:open SORT:Waiting sort:nothing')).toBeUndefined();
  expect(sortOf('tag:"resort:due"')).toBeUndefined();
  expect(withSort('is:open sort:due tag:vip', 'priority')).toBe('is:open tag:vip sort:priority');
  expect(withSort('sort:due')).toBe('');
  expect(sortOf('tag:"a sort:due b"')).toBeUndefined();
  expect(withSort('tag:"a sort:due b" sort:"due"', 'priority')).toBe('tag:"a sort:due b" sort:priority');
  expect(withSort('', 'waiting')).toBe('sort:waiting');
});
