// What can be undone outlives the page being loaded again, in this tab and for this account.
import { undoing } from '../../lib/state/actions';
import { session } from '../../lib/state/session.svelte';
import { REMEMBERED_MS, SHOWN_MS, toasts } from '../../lib/state/toasts.svelte';
import { plain, type Act } from '../../lib/state/undo';

const KEPT = 'inbox.undo';

/** Their ids come before all that the page gives. */
const KNOWN = 1_000;

interface Kept {
  by: string;
  at: number;
  text: string;
  act: Act;
}

function read(): Kept[] {
  try {
    return JSON.parse(sessionStorage.getItem(KEPT) ?? '[]') as Kept[];
  } catch {
    return []; // storage is blocked, or holds what an older version wrote
  }
}

function write(all: readonly Kept[]): void {
  try {
    sessionStorage.setItem(KEPT, JSON.stringify(all));
  } catch {
    // Blocked or full: then it lasts as long as the page.
  }
}

let kept = false;

/** Brings back what the page before knew, and keeps what can be undone from then on, wherever it is done. */
export function keepUndos(): void {
  if (kept) return;
  kept = true;
  read().forEach(({ by, at, text, act }, n) => {
    const left = at + SHOWN_MS + REMEMBERED_MS - Date.now();
    const known = { id: n - KNOWN, text, kind: 'done', undo: undoing(act), act, at, by } as const;
    if (by === session.id && left > 0) toasts.remember(known, left);
  });
  $effect.root(() => {
    $effect(() => {
      const all = [...toasts.remembered, ...toasts.all].flatMap(({ by, text, act, at }) =>
        act && at && by === session.id ? [{ by, at, text, act: plain(act) }] : [],
      );
      write(all);
    });
  });
}
