// Long lists of settings: what the typed words find, and as much of it as is shown at once. Pure.
import { folded } from '../../lib/text';

/** How many rows are shown at once, and how many each "more" adds. */
export const STEP = 100;

/** Those of whom every word that was typed is known, in any order, whatever the case and accents; `words` says what is known. */
export function matching<Row>(
  rows: readonly Row[],
  typed: string,
  words: (row: Row) => string,
): readonly Row[] {
  const parts = folded(typed).split(/\s+/).filter(Boolean);
  if (parts.length === 0) return rows;
  return rows.filter((row) => {
    const text = folded(words(row));
    return parts.every((part) => text.includes(part));
  });
}

/** The first `most` of what was found, and before them the row whose form is open. */
export function listed<Row>(found: readonly Row[], most: number, open: Row | undefined): readonly Row[] {
  const few = found.slice(0, most);
  return open === undefined || few.includes(open) ? few : [open, ...few];
}
