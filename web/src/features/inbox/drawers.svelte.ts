// What lies over the page of a narrow window is left by Back as well.
import { ui } from '../../lib/state/ui.svelte';

/** Gives each drawer a step of the history while it is open; `reading`: whether a conversation is, whose customer has one. */
export function leftByBack(reading: () => boolean): void {
  const over = $derived(ui.nav || (ui.drawer.current && ui.customer && reading()));
  $effect(() => {
    if (!over) return;
    history.pushState({ over }, '');
    const close = () => (ui.nav = ui.customer = false);
    addEventListener('popstate', close);
    return () => {
      removeEventListener('popstate', close);
      // Closed by hand its step goes too, unless one has gone on from it.
      setTimeout(() => (history.state as { over?: true } | null)?.over && history.back());
    };
  });
}
