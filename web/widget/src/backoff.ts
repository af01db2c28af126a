// How long to wait before the next attempt.

const FIRST_MS = 500;
const LONGEST_MS = 30_000;
const SHORTEST_MS = 100;

/** Full jitter: anywhere up to a bound that doubles with each failure, so that a thousand tabs do not return together. */
export function backoff(failures: number, random: number): number {
  const bound = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(failures, 10));
  return Math.max(SHORTEST_MS, Math.round(random * bound));
}
