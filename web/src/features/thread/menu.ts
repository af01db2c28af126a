// What can be done with one message, as the items of its menu.
import { api } from '../../lib/api/client';
import type { ConversationRow, MessageRow } from '../../lib/api/types';
import { t } from '../../lib/i18n';
import { attempt } from '../../lib/state/actions';
import { session } from '../../lib/state/session.svelte';
import { toasts } from '../../lib/state/toasts.svelte';
import { workspace } from '../../lib/state/workspace.svelte';
import type { Item } from '../../lib/ui/item';
import type { Amends } from './amends';

export interface Doing {
  forward: (message: MessageRow) => void;
  move: (message: MessageRow) => void;
  source: (message: MessageRow) => void;
}

/** `details` turns the list of addresses and reasons on and off; null where there is nothing to list. */
export function messageItems(
  message: MessageRow,
  row: ConversationRow,
  doing: Doing,
  details: { shown: boolean; turn: () => void } | null,
): Item[] {
  const there = message.deleted_at === null;
  const forwards =
    there &&
    message.kind !== 'note' &&
    message.kind !== 'call' &&
    session.channels.get(row.reply_channel)?.recipients;
  const given: (Item | false | undefined)[] = [
    details !== null && {
      id: 'details',
      icon: 'list',
      label: t(details.shown ? 'message.hide_details' : 'message.details'),
      run: details.turn,
    },
    forwards && {
      id: 'forward',
      icon: 'forward',
      label: t('mode.forward'),
      run: () => doing.forward(message),
    },
    row.messages > 1 && {
      id: 'move',
      icon: 'split',
      label: t('move.menu'),
      run: () => doing.move(message),
    },
    there && {
      id: 'link',
      icon: 'link',
      label: t('message.copy_link'),
      run: () => void copyLink(linkTo(row.number, `#${encodeURIComponent(message.id)}`)),
    },
    there &&
      (message.raw || isMailed(message)) && {
        id: 'raw',
        icon: 'code',
        label: t('message.source'),
        run: () => doing.source(message),
      },
  ];
  return given.filter((item): item is Item => Boolean(item));
}

/** Whether it is a mail of ours that has left, so that there is one to read. */
const isMailed = (message: MessageRow) =>
  message.kind === 'reply' &&
  !['pending', 'cancelled'].includes(message.state ?? 'pending') &&
  session.channels.get(message.channel ?? '')?.kind === 'email';

/** The address of a conversation; `hash` leads to one of its messages. */
export const linkTo = (number: number, hash = '') => `${location.origin}/c/${number}${hash}`;

/** Copies a link and says so. Where the browser refuses, the link is shown to be copied by hand. */
export async function copyLink(link: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(link);
    toasts.done(t('message.link_copied'));
  } catch {
    toasts.error(t('message.link_not_copied', { link }));
  }
}

/** What can be done about a message that is out, as entries of its menu. */
export function amendItems(
  message: MessageRow,
  can: Amends,
  open: (what: 'edit' | 'withdraw') => void,
): Item[] {
  const react = (emoji: string): void =>
    void attempt(async () => workspace.thread?.takeMessage(await api.react(message.id, emoji)));
  const items: Item[] = [];
  if (can.edit) items.push({ id: 'edit', icon: 'pencil', label: t('amend.edit'), run: () => open('edit') });
  if (can.withdraw)
    items.push({
      id: 'withdraw',
      icon: 'undo',
      label: t('amend.withdraw'),
      run: () => open('withdraw'),
    });
  if (can.given)
    items.push({
      id: 'unreact',
      icon: 'undo',
      label: t('amend.unreact', { emoji: can.given }),
      run: () => react(''),
    });
  for (const emoji of can.react)
    items.push({
      id: emoji,
      icon: 'smile',
      label: t('amend.react', { emoji }),
      run: () => react(emoji),
    });
  return items;
}
