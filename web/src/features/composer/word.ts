// What is being typed at the cursor that a list can complete: a colleague behind an @, an emoji behind a colon. Pure.
import type { AgentRow } from '../../lib/api/types';
import { folded } from '../../lib/text';

export interface Word {
  sign: '@' | ':';
  start: number;
  query: string;
}

const LONGEST = 40;
// Behind letters it is an address or a time, and a colon before anything but letters is a face or nothing at all.
const BEGUN = new RegExp(
  `(?<![^\\s(])(?:(@)([\\p{L}\\p{M}\\p{N}.'_-]{0,${LONGEST}})|(:)([\\p{L}\\p{M}_]{0,${LONGEST}}))$`,
  'u',
);

/** The word that ends at the cursor; undefined where none is to be completed. */
export function begun(text: string, cursor: number): Word | undefined {
  // One sign more than the longest, so that what stands before it is seen.
  const match = BEGUN.exec(text.slice(Math.max(0, cursor - LONGEST - 2), cursor));
  if (!match) return undefined;
  const query = match[2] ?? match[4] ?? '';
  return { sign: match[1] ? '@' : ':', start: cursor - query.length - 1, query };
}

/** Those of whose names a word begins so, first names first; neither bots nor the one who asks. */
export function colleagues(agents: Iterable<AgentRow>, me: string, query: string): AgentRow[] {
  const typed = folded(query);
  const fits = [...agents].filter(
    ({ id, name, role }) => role !== 'bot' && id !== me && ` ${folded(name)}`.includes(` ${typed}`),
  );
  const rank = (agent: AgentRow): number => (folded(agent.name).startsWith(typed) ? 0 : 1);
  return fits.sort((a, b) => rank(a) - rank(b) || a.name.localeCompare(b.name));
}
