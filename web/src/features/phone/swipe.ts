// A finger that draws a row to the end of the line closes the conversation, to its beginning puts it off until tomorrow; both can be undone.
import '../../lib/i18n/later';
import { t } from '../../lib/i18n';
import type { ConversationRow } from '../../lib/api/types';
import { wall } from '../../lib/snooze';
import { setStatus, snooze } from '../../lib/state/actions';
import { clock } from '../../lib/state/clock.svelte';
import './swipe.css';

/** From here on it is a swipe and not a tap or the beginning of scrolling. */
const BEGINS_PX = 14;
/** So far it has to go to be meant. */
const MEANT_PX = 96;
const MORNING = 8;

export type Direction = 'close' | 'snooze';

/** What a movement to the right (positive) or left means where text runs in this direction; '' as long as it means nothing. */
export function meaning(dx: number, rtl: boolean): Direction | '' {
  if (Math.abs(dx) < MEANT_PX) return '';
  return dx > 0 !== rtl ? 'close' : 'snooze';
}

export function swipeable(
  list: HTMLElement,
  find: (number: string) => ConversationRow | undefined,
): () => void {
  let row: HTMLElement | null = null;
  let under: HTMLElement | undefined;
  let start = { x: 0, y: 0, id: -1 };
  let moving = false;
  let swallow = false;

  const rtl = () => getComputedStyle(list).direction === 'rtl';

  function down(event: PointerEvent): void {
    swallow = false;
    if (event.pointerType !== 'touch' || row) return;
    row = (event.target as Element).closest<HTMLElement>('[data-number]');
    start = { x: event.clientX, y: event.clientY, id: event.pointerId };
  }

  function move(event: PointerEvent): void {
    if (!row || event.pointerId !== start.id) return;
    const [dx, dy] = [event.clientX - start.x, event.clientY - start.y];
    if (!moving) {
      if (Math.abs(dx) < BEGINS_PX) return;
      if (Math.abs(dy) > Math.abs(dx)) return end();
      begin();
    }
    row.style.translate = `${dx}px`;
    tell(dx);
  }

  function begin(): void {
    moving = true;
    row?.setPointerCapture(start.id);
    row?.classList.add('swiping');
    under = document.createElement('span');
    under.className = 'swipe-under';
    under.setAttribute('aria-hidden', 'true');
    row?.before(under);
  }

  function tell(dx: number): void {
    if (!under) return;
    const to: Direction = dx > 0 !== rtl() ? 'close' : 'snooze';
    under.dataset.to = to;
    under.classList.toggle('meant', meaning(dx, rtl()) !== '');
    under.textContent = t(to === 'close' ? 'swipe.close' : 'swipe.snooze');
  }

  function up(event: PointerEvent): void {
    if (!row || event.pointerId !== start.id) return;
    const what = moving ? meaning(event.clientX - start.x, rtl()) : '';
    swallow = moving;
    const conversation = find(row.dataset.number ?? '');
    end();
    if (!conversation || !what) return;
    if (what === 'close') void setStatus(conversation, 'resolved');
    else void snooze(conversation, wall(clock.now, 1, MORNING));
  }

  function end(): void {
    row?.classList.remove('swiping');
    if (row) row.style.translate = '';
    under?.remove();
    under = undefined;
    row = null;
    moving = false;
  }

  /** The finger that let go of a row did not tap it. */
  function click(event: MouseEvent): void {
    if (!swallow) return;
    swallow = false;
    event.preventDefault();
    event.stopPropagation();
  }

  const on = <K extends keyof HTMLElementEventMap>(
    name: K,
    what: (event: HTMLElementEventMap[K]) => void,
  ) => {
    list.addEventListener(name, what, { capture: true });
    return () => list.removeEventListener(name, what, { capture: true });
  };
  const off = [
    on('pointerdown', down),
    on('pointermove', move),
    on('pointerup', up),
    on('pointercancel', end),
    on('click', click),
  ];
  list.classList.add('swipeable');
  return () => {
    end();
    list.classList.remove('swipeable');
    for (const stop of off) stop();
  };
}
