// What the board says of its rows, and where they lead.
import { t } from '../../lib/i18n';
import { soon, span } from '../../lib/i18n/time';
import { href } from '../../lib/router.svelte';
import type { BoardAgent, QueueState } from '../../lib/state/board.svelte';

/** The name of a queue's row; `nameOf` knows queues and teams by id. */
export function titleOf(
  row: QueueState,
  queue: (id: string) => string,
  team: (id: string) => string,
): string {
  if (row.id === 'all') return t('board.all');
  if (row.queue) return queue(row.queue) || t('board.gone_queue', { id: row.queue.slice(0, 6) });
  return row.team ? team(row.team) || row.team : t('board.no_queue');
}

const LEVEL = { late: 0, soon: 1, calm: 2 } as const;

/** How much a queue needs somebody: late, near it or nobody there, calm. */
export function mood(row: QueueState): keyof typeof LEVEL {
  if (row.late > 0) return 'late';
  return row.soon > 0 || (row.waiting > 0 && row.on_duty === 0) ? 'soon' : 'calm';
}

/** What needs somebody most goes first; what is alike stays in the order of its name. */
export function byNeed(a: QueueState, b: QueueState, title: (row: QueueState) => string): number {
  return LEVEL[mood(a)] - LEVEL[mood(b)] || b.waiting - a.waiting || title(a).localeCompare(title(b));
}

const ORDER = { online: 0, busy: 1, break: 2, away: 3, offline: 4 } as const;

export function byPresence(a: BoardAgent, b: BoardAgent, name: (id: string) => string): number {
  const of = (row: BoardAgent) => (ORDER[row.state as keyof typeof ORDER] ?? 5) + (row.off_duty ? 0.5 : 0);
  return of(a) - of(b) || name(a.id).localeCompare(name(b.id));
}

/** Somebody's state, and that it is outside his working hours, until when. */
export function onDuty(row: BoardAgent, state: string, now: number): string {
  if (!row.off_duty) return state;
  if (row.duty_from === null || row.duty_from === undefined) return t('board.off_duty', { state });
  return t('board.off_duty_until', { state, when: soon(row.duty_from, now) });
}

/** Whose row it is, as a filter: what is in a queue is not counted with its team. */
export function whose(row: QueueState): string {
  if (row.id === 'all') return '';
  return row.queue ? `queue:${row.queue}` : `team:${row.team || 'none'} queue:none`;
}

/** The list behind a number of a row: what waits there, is with somebody, is late or will be. */
export function listOf(row: QueueState, what: 'waiting' | 'served' | 'late' | 'soon'): string {
  if (row.queue && what === 'waiting') return href({ name: 'inbox', view: `queue:${row.queue}`, number: '' });
  const state = what === 'served' ? 'is:assigned' : what === 'waiting' ? '' : `is:${what}`;
  const filter = [whose(row), state].filter(Boolean).join(' ');
  const view = what === 'waiting' ? 'queue' : 'all';
  return href({ name: 'inbox', view, number: '', ...(filter && { filter }) });
}

export const heldBy = (agent: string) =>
  href({ name: 'inbox', view: 'all', number: '', filter: `assignee:${agent}` });

const GAP = 24;
/** How wide a tile is in the sizes of scale 1: with its four numbers in a line, and in two. */
const WIDE = 460;
const TALL = 340;
const LARGEST = 3;
const LEAST = 0.5;
/** On a screen that has no room for one tile beside another, which is scrolled all the same. */
const NARROW = 0.75;

/** What stands in a tile; the smallest words shrink no further than can be read. */
function tileHeight(scale: number, tall: boolean): number {
  const words = Math.max(16, 24 * scale);
  const flat = 56 + Math.max(28, 32 * scale) + 128 * scale + 2 * words;
  return tall ? flat + 8 + 40 * scale + 2 * words : flat;
}

export interface Wall {
  columns: number;
  scale: number;
  /** The numbers of a tile stand in two lines instead of one. */
  tall: boolean;
}

/** How a wall's tiles are as large as they can be with all of them in sight, as nobody scrolls a wall; at least a half. */
export function fitting(count: number, width: number, height: number): Wall {
  if (width < WIDE) return { columns: 1, scale: NARROW, tall: true };
  let best = { columns: Math.floor((width + GAP) / (WIDE * LEAST + GAP)), scale: LEAST, tall: false };
  for (let columns = 1; columns <= count; columns++) {
    const rows = Math.ceil(count / columns);
    const [wide, high] = [(width + GAP) / columns - GAP, (height + GAP) / rows - GAP];
    for (const tall of [false, true]) {
      let scale = Math.min(LARGEST, wide / (tall ? TALL : WIDE));
      while (scale > best.scale && tileHeight(scale, tall) > high) scale -= 0.02;
      if (scale > best.scale) best = { columns, scale, tall };
    }
  }
  return best;
}

/** "12 (usually 9)", or the number alone. */
export function against(now: number | null | undefined, usual: number | null | undefined): string {
  if (now === null || now === undefined) return '–';
  return usual === null || usual === undefined ? String(now) : t('board.usual', { now, usual });
}

export const since = (at: number | null | undefined, now: number): string =>
  at === null || at === undefined ? '–' : span(Math.max(0, now - at));
