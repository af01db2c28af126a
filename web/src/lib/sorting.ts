// The order of a list as a term of its filter: "is:open sort:due". Pure.
import type { Sort } from './api/types';

export const SORTS: readonly Sort[] = ['activity', 'waiting', 'due', 'priority'];
const TERM = /(?:^|\s+)sort:(\S*)/gi;

/** The order that a filter asks for, the last one where there are several. */
export function sortOf(filter: string): Sort | undefined {
  const asked = [...filter.matchAll(TERM)].at(-1)?.[1]?.toLowerCase();
  return SORTS.find((one) => one === asked);
}

/** The filter with this order, or with none of its own. */
export function withSort(filter: string, sort?: Sort): string {
  return [filter.replace(TERM, '').trim(), sort && `sort:${sort}`].filter(Boolean).join(' ');
}
