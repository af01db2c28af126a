// Queues that overflow into each other.
import type { Queue } from '../../lib/api/types';

/** The last of the queues that `to` leads through before it comes back to `id`; undefined where it never does. */
export function leadsBack(id: string, to: string, queues: readonly Queue[]): Queue | undefined {
  const passed = new Set<string>();
  let at = queues.find((one) => one.id === to);
  while (at && !passed.has(at.id)) {
    passed.add(at.id);
    if (!at.overflow_ms && !at.overflow_empty) return undefined;
    const next = at.overflow;
    if (next === id) return at;
    at = queues.find((one) => one.id === next);
  }
  return undefined;
}
