// Keeps the keyboard where somebody is while a form is at work.
import { tick } from 'svelte';

/** Remembers what has the focus. What it gives back puts it there again where it was lost since, as on a button that was switched off. */
export function heldFocus(): () => Promise<void> {
  const held = document.activeElement;
  return async () => {
    await tick();
    if (document.activeElement === document.body && held instanceof HTMLElement) held.focus();
  };
}

/** Goes to the first wrong field of the form, or to what sends it; both are scrolled to. */
export async function toWrong(form: HTMLFormElement | undefined): Promise<void> {
  await tick();
  (
    form?.querySelector<HTMLElement>('[aria-invalid]') ?? form?.querySelector<HTMLElement>('[type=submit]')
  )?.focus();
}
