// Loading again because something has changed, however often it is told.

/** Times as long as a load took it is left alone afterwards: a burst of news costs a fifth of the time at most. */
const REST = 4;
const LONGEST_MS = 2_000;

/** Loads at once; what is asked for while that goes on, or right after it, is one load more. */
export function paced(load: () => Promise<void>): () => Promise<void> {
  let running: Promise<unknown> | null = null;
  let next: Promise<void> | null = null;
  const run = (): Promise<void> => {
    if (running) return (next ??= running.then(() => ((next = null), run())));
    const began = performance.now();
    const loading = load();
    const rest = () =>
      new Promise((done) => setTimeout(done, Math.min(LONGEST_MS, REST * (performance.now() - began))));
    running = loading.then(rest, rest).finally(() => (running = null));
    return loading;
  };
  return run;
}
