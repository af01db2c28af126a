// Everything that can be done or gone to from here, by name.
import type { ConversationRow, PersonRow, SavedReply } from '../../lib/api/types';
import { language, t, tCode } from '../../lib/i18n';
import { soon } from '../../lib/i18n/time';
import type { IconName } from '../../lib/icons/icons';
import { handlerOf } from '../../lib/keys/bind';
import { LABELS } from '../../lib/keys/labels';
import { hint, SHORTCUTS, type ShortcutId } from '../../lib/keys/table';
import { router } from '../../lib/router.svelte';
import { assign, moveToQueue, snooze } from '../../lib/state/actions';
import { clock } from '../../lib/state/clock.svelte';
import { drafts } from '../../lib/state/drafts.svelte';
import { customerName, subjectOf } from '../../lib/state/naming';
import { queues } from '../../lib/state/queues.svelte';
import { replies } from '../../lib/state/replies.svelte';
import { session } from '../../lib/state/session.svelte';
import { placeGroups } from '../inbox/placeGroups';
import { iconOf, inOrder } from '../../lib/state/views.svelte';
import { workspace } from '../../lib/state/workspace.svelte';
import { when } from '../../lib/when';
import { uploadsInto } from '../composer/uploads.svelte';
import { moveView } from '../inbox/arrange';
import { valuesOf } from '../replies/values';
import { filled } from '../replies/variables';
import { pagesFor } from '../settings/pages';

export interface Command {
  id: string;
  group: string;
  label: string;
  icon?: IconName;
  key?: string;
  run: () => void;
}

/** What makes no sense once the palette is closed, or is the palette itself. */
const NOT_HERE = new Set<ShortcutId>([
  'palette',
  'leave',
  'send',
  'send-close',
  'extend-down',
  'extend-up',
  'open',
]);

const toView = (view: string) => router.go({ name: 'inbox', view, number: '' });

export function commands(): Command[] {
  const here = SHORTCUTS.filter(
    ({ id, group }) => group !== 'go' && !NOT_HERE.has(id) && !misplaced(id) && handlerOf(id),
  );
  // What is done to the open conversation comes before ways to move about.
  const acts = [
    ...here.filter(({ group }) => group !== 'move'),
    ...here.filter(({ group }) => group === 'move'),
  ];
  const keyTo = new Map(
    SHORTCUTS.filter(({ group }) => group === 'go').map(({ id }) => [id.replace('go-', ''), hint(id)]),
  );
  const pages = pagesFor(session.me?.permissions ?? []);
  return [
    ...acts.map(({ id }): Command => ({
      id: `key-${id}`,
      group: t('palette.group.act'),
      label: t(LABELS[id]),
      key: hint(id),
      run: () => handlerOf(id)?.(),
    })),
    ...moves(),
    ...ofView(),
    ...session.views.map(({ id }): Command => ({
      id: `view-${id}`,
      group: t('palette.group.go'),
      label: tCode(`view.${id}`) ?? id,
      icon: 'list',
      ...(keyTo.has(id) && { key: keyTo.get(id) ?? '' }),
      run: () => toView(id),
    })),
    ...inOrder().map((view): Command => ({
      id: `saved-${view.id}`,
      group: t('palette.group.go'),
      label: view.name,
      icon: iconOf(view),
      run: () => toView(view.id),
    })),
    ...placeGroups()
      .flatMap(({ views }) => views)
      .map(({ view, name, icon }): Command => ({
        id: `place-${view}`,
        group: t('palette.group.go'),
        label: name,
        icon,
        run: () => toView(view),
      })),
    ...workspace.recent.map((row): Command => ({
      id: `recent-${row.id}`,
      group: t('palette.group.recent'),
      label: `#${row.number} ${customerName(row)}: ${subjectOf(row)}`,
      icon: 'clock',
      run: () => workspace.goTo(String(row.number)),
    })),
    ...pages.map((page): Command => ({
      id: `settings-${page.id}`,
      group: t('palette.group.settings'),
      label: t(page.label),
      icon: page.icon,
      run: () => router.go({ name: 'settings', page: page.id }),
    })),
    ...pages.flatMap(({ id, add }): Command[] =>
      add
        ? [
            {
              id: `add-${id}`,
              group: t('palette.group.settings'),
              label: t(add),
              icon: 'plus',
              run: () => router.go({ name: 'settings', page: id, form: '' }),
            },
          ]
        : [],
    ),
  ];
}

/** Whom one writes to is chosen in mail, not in a chat: there nothing is forwarded, and nobody else to be answered. */
function misplaced(id: ShortcutId): boolean {
  const row = workspace.thread?.row;
  if (!row || (id !== 'forward' && id !== 'reply-all')) return false;
  return !session.channels.get(row.reply_channel)?.recipients;
}

/** What is only found by its name, being too much to look through: colleagues, and saved replies for the open conversation. */
export function byName(): Command[] {
  const row = workspace.thread?.row;
  const colleagues = [...session.agents.values()].filter(({ role }) => role !== 'bot');
  const named = (agent: (typeof colleagues)[number]) =>
    agent.id === session.id ? t('assign.me', { name: agent.name }) : agent.name;
  const gives = row && session.may('assign') ? colleagues.filter(({ id }) => id !== row.assignee) : [];
  return [
    ...gives.map((agent): Command => ({
      id: `assign-${agent.id}`,
      group: t('palette.group.act'),
      label: t('palette.assign', { name: named(agent) }),
      icon: 'user',
      run: () => row && void assign(row, agent.id),
    })),
    ...colleagues.map((agent): Command => ({
      id: `held-${agent.id}`,
      group: t('palette.group.go'),
      label: t('palette.held_by', { name: named(agent) }),
      icon: 'list',
      run: () => router.go({ name: 'inbox', view: 'all', number: '', filter: `assignee:${agent.id}` }),
    })),
    ...(row && session.may('reply') ? replies.all : []).map((reply): Command => ({
      id: `reply-${reply.id}`,
      group: t('replies'),
      label: reply.name,
      icon: 'quote',
      run: () => row && putIn(row, reply),
    })),
  ];
}

/** Behind what the answer says already, where it is to be looked through before it is sent. */
function putIn(row: ConversationRow, reply: SavedReply): void {
  const draft = drafts.of(row.id, 'reply');
  const words = filled(reply.text, valuesOf(row));
  const before = draft.content.text.trimEnd();
  draft.edit({ text: before ? `${before}\n\n${words}` : words });
  uploadsInto(draft).reply(reply);
  handlerOf('reply')?.();
}

/** Other queues that the open conversation can wait in, if it waits. */
function moves(): Command[] {
  const row = workspace.thread?.row;
  if (!row?.queued_at) return [];
  return queues.all
    .filter((one) => one.id !== row.queue)
    .map(({ id, name }): Command => ({
      id: `queue-${id}`,
      group: t('palette.group.act'),
      label: t('palette.to_queue', { name }),
      icon: 'queue',
      run: () => void moveToQueue(row, id, name),
    }));
}

/** Where the open saved view stands among the others. */
function ofView(): Command[] {
  const { route } = router;
  const views = inOrder();
  const at = route.name === 'inbox' ? views.findIndex((one) => one.id === route.view) : -1;
  const view = views[at];
  if (!view) return [];
  return ([-1, 1] as const)
    .filter((by) => views[at + by])
    .map((by): Command => ({
      id: `view-${by < 0 ? 'up' : 'down'}`,
      group: t('palette.group.act'),
      label: t(by < 0 ? 'palette.view_up' : 'palette.view_down', { name: view.name }),
      icon: iconOf(view),
      run: () => moveView(view.id, at + by),
    }));
}

/** What the typed words mean beyond names: a conversation's number, a time to snooze until, words to search for. */
export function meant(typed: string): { first: Command[]; last: Command[] } {
  const text = typed.trim();
  const first: Command[] = [];
  const number = /^#?(\d{1,9})$/.exec(text)?.[1];
  if (number)
    first.push({
      id: 'number',
      group: t('palette.group.go'),
      label: t('palette.number', { number }),
      icon: 'open',
      run: () => workspace.goTo(number),
    });
  const row = workspace.thread?.row;
  const at = row && !number ? when(text.replace(/^snooze\s+/i, ''), clock.now, language) : null;
  if (row && at !== null)
    first.push({
      id: 'snooze-until',
      group: t('palette.group.act'),
      label: t('palette.snooze', { time: soon(at, clock.now) }),
      icon: 'snooze',
      run: () => void snooze(row, at),
    });
  const last: Command[] = text
    ? [
        {
          id: 'search',
          group: t('palette.group.go'),
          label: t('palette.search', { words: text }),
          icon: 'search',
          run: () => router.go({ name: 'search', q: text, number: '' }),
        },
      ]
    : [];
  return { first, last };
}

/** A search for what a customer wrote; who has no name is found by his id. */
export function person({ id, name }: PersonRow): Command {
  const whom = name.replaceAll('"', '') || id;
  return {
    id: `person-${id}`,
    group: t('palette.group.people'),
    label: name || t('customer.unknown'),
    icon: 'user',
    run: () => router.go({ name: 'search', q: `customer:"${whom}"`, number: '' }),
  };
}
