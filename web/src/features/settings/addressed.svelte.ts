// The form of a page of the settings has an address: what is opened is gone to, Back closes it, a reload or a link opens it again.
import { tick, untrack } from 'svelte';
import { t } from '../../lib/i18n';
import { router } from '../../lib/router.svelte';
import type { Form } from '../../lib/state/form.svelte';
import { toasts } from '../../lib/state/toasts.svelte';

/** A step of the history that was left behind when a form was closed, not by Back: the page without it, a second time. */
interface Step {
  spare?: true;
}

const isSpare = () => (history.state as Step | null)?.spare === true;
let spare = isSpare() ? location.pathname : '';

addEventListener('popstate', () => {
  const left = spare;
  spare = isSpare() ? location.pathname : '';
  // Back from the page to the same page would seem to do nothing.
  if (left === location.pathname && !spare) history.back();
});

/**
 * Keeps `form` to the address of its page. `rows` are what it can change, null while nobody knows; `begin` opens and fills it, with null for
 * something new. Gives back what opens it: by going there, so that what is typed in another form of the page is asked about first.
 */
export function addressed<T extends { id: string }>(
  form: Form<T>,
  page: string,
  rows: () => readonly T[] | null,
  begin: (about: T | null) => void = (about) => form.begin(about),
): (about?: T | null) => void {
  const asked = $derived.by(() => {
    const { route } = router;
    return route.name === 'settings' && route.page === page ? (route.form ?? null) : null;
  });
  /** Which one stands in the form: '' something new, null: it is closed. */
  let shown: string | null = null;

  /** Leaves the address once the form is gone from the page: nothing in it is left to be asked about. */
  function depart(): void {
    const was = shown;
    void tick().then(() => {
      if (was === null || asked !== was) return;
      shown = null;
      router.go({ name: 'settings', page }, 'replace');
      history.replaceState({ spare: true } satisfies Step, '');
      spare = location.pathname;
    });
  }

  function missing(): void {
    const known = form.ending;
    shown = asked;
    form.leave();
    if (!known) toasts.error(t('settings.form_gone'));
    depart();
  }

  function follow(all: readonly T[] | null): void {
    const known = asked ? all?.find((one) => one.id === asked) : undefined;
    if (asked && all && !known) {
      // One that is closed already is on its way out of the address.
      if (asked !== shown || form.isOpen) missing();
      return;
    }
    if (asked === shown || (asked && !known)) return;
    shown = asked;
    if (asked === null) form.leave();
    else begin(known ?? null);
  }

  $effect(() => {
    void asked;
    // A step that something else was put in the place of is no spare one any more.
    spare = isSpare() ? location.pathname : '';
  });
  $effect(() => {
    void asked;
    const all = rows();
    untrack(() => follow(all));
  });

  form.onclose = depart;

  return (about = null) => {
    const route = { name: 'settings', page, form: about?.id ?? '' } as const;
    router.go(route, asked !== null || isSpare() ? 'replace' : 'push');
  };
}
