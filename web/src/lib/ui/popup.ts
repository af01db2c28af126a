// Places a popover beside what opened it, inside the window, by CSSOM: the page's policy forbids style attributes.

const GAP = 4;
const EDGE = 8;

/** Puts `popup` under `anchor`, or above where there is more room, aligned at its start or end in reading direction; again when the
 *  window gets another size, such as a phone that is turned. One popover is open at a time. */
export function place(popup: HTMLElement, anchor: HTMLElement, align: 'start' | 'end'): void {
  window.onresize = () => popup.matches(':popover-open') && place(popup, anchor, align);
  const at = anchor.getBoundingClientRect();
  const { offsetWidth: width, offsetHeight: height } = popup;
  const below = innerHeight - at.bottom - GAP - EDGE;
  const above = at.top - GAP - EDGE;
  const under = height <= below || below >= above;
  const top = under ? at.bottom + GAP : Math.max(EDGE, at.top - GAP - Math.min(height, above));
  const rtl = getComputedStyle(anchor).direction === 'rtl';
  const left = (align === 'start') !== rtl ? at.left : at.right - width;
  popup.style.setProperty('top', `${top}px`);
  popup.style.setProperty('left', `${Math.max(EDGE, Math.min(left, innerWidth - width - EDGE))}px`);
  popup.style.setProperty('max-height', `${Math.max(160, under ? below : above)}px`);
}
