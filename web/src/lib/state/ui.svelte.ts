// What is open on this screen beside its address: dialogs, drawers, and what screen readers are told.
import { MediaQuery } from 'svelte/reactivity';
import type { Address } from '../api/types';
import { prefs } from './prefs.svelte';

/** An address of a customer. */
export interface Addressee {
  customer: string;
  address: Address;
}

const ANNOUNCE_EVERY_MS = 10_000;

class Ui {
  /** One pane at a time. */
  readonly onePane = new MediaQuery('width < 760px', false);
  readonly touch = new MediaQuery('pointer: coarse', false);
  /** The sidebar is a drawer. */
  readonly drawer = new MediaQuery('width < 1180px', false);

  /** The drawer of a narrow screen is open. */
  nav = $state(false);
  /** Icons only. */
  readonly rail = $derived(!this.onePane.current && (this.drawer.current || !prefs.current.nav));
  customer = $state(false);
  help = $state(false);
  channels = $state(false);
  preferences = $state(false);
  /** A conversation is begun, with this person if one was named. */
  composing = $state.raw<boolean | Addressee>(false);
  palette = $state(false);
  guide = $state(false);
  notices = $state(false);
  /** Goes over to a newer version of the screen, once one waits. */
  update = $state.raw<(() => void) | null>(null);

  /** Said by the polite live region. */
  said = $state('');
  #saidAt = 0;

  toggleNav(): void {
    if (this.onePane.current) this.nav = !this.nav;
    else if (!this.drawer.current) prefs.set('nav', !prefs.current.nav);
  }

  /** Tells screen readers; `rarely` keeps it to once in ten seconds. */
  say(text: string, rarely = false): void {
    const now = Date.now();
    if (rarely && now - this.#saidAt < ANNOUNCE_EVERY_MS) return;
    this.#saidAt = now;
    this.said = text;
  }
}

export const ui = new Ui();
