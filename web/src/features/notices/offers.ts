// A conversation offered to this agent: said for as long as it is offered, and not a moment longer.
import { api } from '../../lib/api/client';
import { live } from '../../lib/state/live.svelte';
import { session } from '../../lib/state/session.svelte';
import { toasts } from '../../lib/state/toasts.svelte';

/** So often it is asked whether it still stands, if anything has changed meanwhile. */
const LOOK_MS = 1000;

const until = async (conversation: string): Promise<number> => {
  const { offer } = (await api.conversation(conversation)).row;
  return offer?.agent === session.id ? offer.until : 0;
};

/** Says it until it is answered or runs out. */
export async function stand(conversation: string, words: string, open: { label: string; href: string }) {
  const end = await until(conversation).catch(() => 0);
  if (end <= Date.now()) return;
  const toast = toasts.until(words, end, open);
  let asking: ReturnType<typeof setTimeout> | undefined;
  const leave = live.listen(() => {
    asking ??= setTimeout(() => {
      asking = undefined;
      void until(conversation).then(
        (now) => now < end && toasts.dismiss(toast),
        () => undefined,
      );
    }, LOOK_MS);
  });
  setTimeout(() => {
    leave();
    clearTimeout(asking);
  }, end - Date.now());
}
