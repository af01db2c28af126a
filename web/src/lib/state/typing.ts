// Whether somebody types just now: what can wait for a moment is not drawn between a key and its letter.
const CALM_MS = 70;
/** However long it has waited: the letter of the last key is on the screen by then, and the next key has not come yet. */
const BETWEEN_MS = 40;
const MOST_MS = 400;

let typed = -Infinity;
globalThis.addEventListener?.('keydown', () => (typed = performance.now()), { capture: true, passive: true });

/** For how many milliseconds to wait yet with what has waited since `since`; 0 in a pause, and once it has waited long enough between two keys. */
export function untilCalm(since: number, now = performance.now()): number {
  const pause = now - since >= MOST_MS ? BETWEEN_MS : CALM_MS;
  return Math.max(0, Math.ceil(typed + pause - now));
}
