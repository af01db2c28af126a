// What can be set on a conversation, or on many at once: the entries of the menus that do it.
import type { Category, Priority } from '../../lib/api/types';
import { t } from '../../lib/i18n';
import { soonAlone } from '../../lib/i18n/time';
import type { IconName } from '../../lib/icons/icons';
import { presets } from '../../lib/snooze';
import { session } from '../../lib/state/session.svelte';
import type { Item } from '../../lib/ui/item';

const LONGEST_TAG = 50;
const STATUSES: [Category, IconName][] = [
  ['open', 'open'],
  ['waiting', 'waiting'],
  ['resolved', 'resolved'],
  ['spam', 'spam'],
];
const PRIORITIES: Priority[] = ['urgent', 'high', 'normal', 'low'];

export const statusIcon = (status: Category): IconName =>
  status === 'snoozed' ? 'snooze' : (STATUSES.find(([id]) => id === status)?.[1] ?? 'open');

/** Every status that is set by hand; `now` is the one that is checked. What is spam is first taken back. */
export const statuses = (run: (status: Category) => void, now?: Category): Item[] =>
  STATUSES.filter(([id]) => now !== 'spam' || id === 'open' || id === 'spam').map(([id, icon]) => ({
    id,
    icon,
    label: t(`status.${id}`),
    ...(now && { checked: id === now }),
    run: () => run(id),
  }));

export const priorities = (run: (priority: Priority) => void, now?: Priority): Item[] =>
  PRIORITIES.map((id) => ({
    id,
    label: t(`priority.${id}`),
    ...(now && { checked: id === now }),
    run: () => run(id),
  }));

/** The usual times to snooze until, at `now`. */
export const snoozes = (now: number, run: (until: number) => void): Item[] =>
  presets(now).map((preset) => ({
    id: preset.label.replace('snooze.', ''),
    label: t(preset.label),
    detail: soonAlone(preset.at, now),
    run: () => run(preset.at),
  }));

/** Whether what was typed is a tag that there is not yet, and may be made here. */
export const isNewTag = (typed: string, known: readonly string[]): boolean =>
  session.newTags &&
  typed.length <= LONGEST_TAG &&
  !known.some((tag) => tag.toLowerCase() === typed.toLowerCase());
