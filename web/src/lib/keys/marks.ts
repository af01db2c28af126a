// The keys of every field that takes markup. They are those of other editors, and stay.
import type { Mark } from '../markup';

export const MARK_KEYS: Readonly<Partial<Record<Mark, string>>> = {
  bold: 'mod+b',
  italic: 'mod+i',
  code: 'mod+e',
  list: 'mod+shift+8',
  quote: 'mod+shift+9',
};

/** What a layout may make of them. */
const SHIFTED: Readonly<Record<string, Mark>> = { 'mod+*': 'list', 'mod+(': 'quote' };

/** What a press does to the chosen words, as `spell` writes it; undefined for none of these keys. */
export function markOf(pressed: string | undefined): Mark | undefined {
  if (!pressed) return undefined;
  const found = (Object.keys(MARK_KEYS) as Mark[]).find((mark) => MARK_KEYS[mark] === pressed);
  return found ?? SHIFTED[pressed];
}
