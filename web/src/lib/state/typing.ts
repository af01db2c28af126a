// What is drawn beside who types: between two keys, so that no letter has to wait for it.

/** From a key on until its letter is on the screen. */
const LETTER_MS = 40;
/** After a letter, for what starts right then: the next key has not come yet, at whatever pace one types. */
const BETWEEN_MS = 20;
/** Without a key for so long nobody types. */
const PAUSE_MS = 250;

const waiting = new Set<() => void>();
let typed = -Infinity;
let slot: ReturnType<typeof setTimeout> | undefined;
let slotAt = Infinity;

globalThis.addEventListener?.(
  'keydown',
  () => {
    typed = performance.now();
    if (waiting.size > 0) plan(LETTER_MS);
  },
  { capture: true, passive: true },
);

/** Does it after so many milliseconds and not while a letter is awaited: a quarter of a second later at most. Returns what calls it off. */
export function betweenKeys(work: () => void, ms: number): () => void {
  const timer = setTimeout(() => {
    const since = performance.now() - typed;
    if (since >= PAUSE_MS || (since >= LETTER_MS && since < LETTER_MS + BETWEEN_MS)) return work();
    waiting.add(work);
    plan(since < LETTER_MS ? LETTER_MS - since : PAUSE_MS - since);
  }, ms);
  return () => {
    clearTimeout(timer);
    waiting.delete(work);
  };
}

function plan(ms: number): void {
  const at = performance.now() + ms;
  if (at >= slotAt) return;
  clearTimeout(slot);
  slotAt = at;
  slot = setTimeout(() => {
    slotAt = Infinity;
    const due = [...waiting];
    waiting.clear();
    for (const work of due) work();
  }, ms);
}
