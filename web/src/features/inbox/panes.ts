// F6 moves between the panes that are there.

const FOCUSABLE = 'a[href], button:not([disabled]), input, textarea, select, [tabindex="0"]';

export function movePane(by: 1 | -1): void {
  const panes = [...document.querySelectorAll<HTMLElement>('[data-pane]')].filter(
    (pane) => pane.offsetParent !== null,
  );
  const at = panes.findIndex((pane) => pane.contains(document.activeElement));
  const pane = panes[(at + by + panes.length) % panes.length];
  const current = pane?.querySelector<HTMLElement>('[aria-current]');
  // What only other windows show cannot take the focus.
  const first = [...(pane?.querySelectorAll<HTMLElement>(FOCUSABLE) ?? [])].find(
    (one) => one.offsetParent !== null,
  );
  (current ?? first ?? pane)?.focus();
}
