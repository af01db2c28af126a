// Loading again because something has changed, however often it is told and whether or not the service can be reached just then.
import { mayRetry } from '../api/errors';

/** Times as long as a load took it is left alone afterwards: a burst of news costs a fifth of the time at most. */
const REST = 4;
const LONGEST_MS = 2_000;
const AGAIN_MS = 1_000;
const AGAIN_LONGEST_MS = 30_000;

/**
 * Loads at once; what is asked for while that goes on, or right after it, is one load more. A load that met no service is made
 * again until it meets one, as what it was for is told only once. The promise ends with the load and never rejects.
 */
export function paced(load: () => Promise<void>): () => Promise<void> {
  let running: Promise<unknown> | null = null;
  let next: Promise<void> | null = null;
  let failures = 0;
  let again: ReturnType<typeof setTimeout> | undefined;
  const failed = (error: unknown) => {
    if (mayRetry(error))
      again = setTimeout(() => void run(), Math.min(AGAIN_LONGEST_MS, AGAIN_MS * 2 ** failures++));
  };
  const run = (): Promise<void> => {
    if (running) return (next ??= running.then(() => ((next = null), run())));
    clearTimeout(again);
    const began = performance.now();
    const loading = load().then(() => void (failures = 0), failed);
    const rest = () =>
      new Promise((done) => setTimeout(done, Math.min(LONGEST_MS, REST * (performance.now() - began))));
    running = loading.then(rest).finally(() => (running = null));
    return loading;
  };
  return run;
}
