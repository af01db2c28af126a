// The order of a list as a term of its filter: "is:open sort:due". Pure.
import type { Sort } from './api/types';
import { NAMED } from './suggest';

export const SORTS: readonly Sort[] = ['activity', 'waiting', 'due', 'priority'];
const isSort = (operator: string | undefined) => operator?.toLowerCase() === 'sort';

/** The order that a filter asks for, the last one where there are several. */
export function sortOf(filter: string): Sort | undefined {
  const asked = [...filter.matchAll(NAMED)].filter(([, operator]) => isSort(operator)).at(-1);
  const value = (asked?.[2] ?? asked?.[3])?.toLowerCase();
  return SORTS.find((one) => one === value);
}

/** The filter with this order, or with none of its own. */
export function withSort(filter: string, sort?: Sort): string {
  const rest = filter.replace(NAMED, (term: string, operator: string) => (isSort(operator) ? '' : term));
  return [rest.trim().replace(/ {2,}/g, ' '), sort && `sort:${sort}`].filter(Boolean).join(' ');
}
