// The keys of every field that takes markup.
import type { Mark } from '../markup';
import { lookUp } from './bind';

/** What a press does to the chosen words, as `spell` writes it; undefined for none of these keys. */
export function markOf(pressed: string | undefined): Mark | undefined {
  const found = pressed && lookUp(pressed, null, true);
  return found ? (found.replace('mark-', '') as Mark) : undefined;
}
