// What an agent does to a conversation, with its undo.
import { api } from '../api/client';
import { ApiError } from '../api/errors';
import type { Category, ConversationRow, EditConversation, Priority } from '../api/types';
import { t, tCode, type Key, type Values } from '../i18n';
import { soon } from '../i18n/time';
import { router } from '../router.svelte';
import { clock } from './clock.svelte';
import { prefs } from './prefs.svelte';
import { session } from './session.svelte';
import { toasts } from './toasts.svelte';
import type { Done } from './undo';
import { workspace } from './workspace.svelte';

/** The words for an error that reached the user. */
export function explain(error: unknown): string {
  if (error instanceof ApiError) {
    const { code, reason, by } = error;
    const said = code === 'prevented' ? tCode(`prevented.${reason}`, { by }) : tCode(`error.${code}`);
    return said ?? error.message;
  }
  return t('error.network');
}

/** Runs `change` and reports its failure; tells whether it went well. */
export async function attempt(change: () => Promise<unknown>): Promise<boolean> {
  try {
    await change();
    return true;
  } catch (error) {
    toasts.error(explain(error));
    return false;
  }
}

/** Says what was done, and offers to take it back. */
export const undoable = (said: string, act: Done): void => toasts.acted(said, undoing(act), act, session.id);

export const undoing = (act: Done) => async () =>
  void (await attempt(async () => (await import('./undo')).undo(act)));

/** Changes the conversation; `back` undoes it and is offered in a toast. */
async function edit(
  row: ConversationRow,
  change: EditConversation,
  back: EditConversation,
  said: string,
): Promise<boolean> {
  return attempt(async () => {
    const left = await api.edit(row.id, change);
    workspace.take(left);
    undoable(said, { do: 'edited', left, change, back });
  });
}

const say = (key: Key, row: ConversationRow, values: Values = {}) =>
  t(key, { number: `#${row.number}`, ...values });

function statusBack(row: ConversationRow, to: Category): EditConversation {
  // Out of spam there is only one way.
  if (to === 'spam') return { status: 'open' };
  if (row.category === 'snoozed' && row.snoozed_until && row.snoozed_until > clock.now) {
    return { status: 'snoozed', until: row.snoozed_until };
  }
  return { status: row.category === 'snoozed' ? 'open' : row.category };
}

/** Sets the status; `stay` keeps the conversation open where another would follow. */
export async function setStatus(row: ConversationRow, status: Category, stay = false): Promise<void> {
  const said = t(`done.status.${status}`, { number: `#${row.number}` });
  if (await edit(row, { status }, statusBack(row, status), said)) leave(row, status, stay);
}

export async function snooze(row: ConversationRow, until: number): Promise<void> {
  const said = say('done.snoozed_until', row, { time: soon(until, clock.now) });
  if (await edit(row, { status: 'snoozed', until }, statusBack(row, 'snoozed'), said))
    leave(row, 'snoozed', false);
}

/** After closing or snoozing: the next one, the list, or nothing, as the user prefers. */
function leave(row: ConversationRow, status: Category, stay: boolean): void {
  const done = status === 'resolved' || status === 'snoozed' || status === 'spam';
  if (!done || stay || workspace.thread?.id !== row.id) return;
  const { afterClose } = prefs.current;
  if (afterClose === 'stay') return;
  const next = afterClose === 'next' ? (workspace.neighbour(1) ?? workspace.neighbour(-1)) : undefined;
  if (next) workspace.goTo(next);
  else if (router.route.name === 'inbox') router.go({ ...router.route, number: '' });
  workspace.list?.apply();
}

export function assign(row: ConversationRow, assignee: string | null): Promise<boolean> {
  const said = assignee
    ? say('done.assigned', row, { name: assignee === session.id ? t('you') : session.agentName(assignee) })
    : say('done.unassigned', row);
  return edit(row, { assignee }, { assignee: row.assignee }, said);
}

export function setTeam(row: ConversationRow, team: string | null): Promise<boolean> {
  const name = (team && session.teams.get(team)?.name) || t('team.none');
  return edit(row, { team }, { team: row.team }, say('done.team', row, { name }));
}

/** Lets what waits go on in another queue; null: in the one its conditions lead to. */
export function moveToQueue(row: ConversationRow, queue: string | null, name: string): Promise<boolean> {
  return edit(row, { queue }, { queue: row.queue }, say('done.queue', row, { name }));
}

export function setPriority(row: ConversationRow, priority: Priority): Promise<boolean> {
  const said = say('done.priority', row, { priority: t(`priority.${priority}`) });
  return edit(row, { priority }, { priority: row.priority }, said);
}

export function addTag(row: ConversationRow, tag: string): Promise<boolean> {
  return edit(row, { add_tags: [tag] }, { remove_tags: [tag] }, say('done.tagged', row, { tag }));
}

export function removeTag(row: ConversationRow, tag: string): Promise<boolean> {
  return edit(row, { remove_tags: [tag] }, { add_tags: [tag] }, say('done.untagged', row, { tag }));
}

/** Follows the conversation, or no more. */
export const follow = (row: ConversationRow) => attempt(async () => (await import('./following')).turn(row));

export function setSubject(row: ConversationRow, subject: string): Promise<boolean> {
  return edit(row, { subject }, { subject: row.subject }, say('done.subject', row));
}

/** Gives the conversation to a bot, or takes it over from one. */
export function setBot(row: ConversationRow, bot: string | null): Promise<boolean> {
  const said = bot ? say('done.bot', row, { name: session.agentName(bot) }) : say('done.taken_over', row);
  const change = bot ? { bot } : { bot: null, assignee: session.id };
  return edit(row, change, { bot: row.bot, assignee: row.assignee }, said);
}
