// Takes one act back, where nobody has changed the same since: the service looks at that in the same commit.
import '../i18n/later';
import { api } from '../api/client';
import { ApiError } from '../api/errors';
import type { Availability, ConversationRow, EditConversation, Queue } from '../api/types';
import { t } from '../i18n';
import { jobs } from './jobs.svelte';
import { queues } from './queues.svelte';
import { toasts } from './toasts.svelte';
import { workspace } from './workspace.svelte';

type Left = NonNullable<EditConversation['left']>;
export interface State {
  availability: Availability;
  break_reason: string;
}

/** What was done, in plain data: how it was left, and what takes that back. */
export type Act =
  | { do: 'edit'; id: string; number: number; left: Left; back: EditConversation }
  | { do: 'agent'; id: string; name: string; left: State; back: State }
  | { do: 'pause'; left: Queue; paused: boolean }
  | { do: 'job'; id: string };

/** The same as it comes from where it was done. */
export type Done =
  Act | { do: 'edited'; left: ConversationRow; change: EditConversation; back: EditConversation };

const FIELDS = ['assignee', 'bot', 'team', 'queue', 'priority', 'subject'] as const;

/** Of a conversation no more than what the change was about. */
export function plain(done: Done): Act {
  if (done.do !== 'edited') return done;
  const { left, change, back } = done;
  const about = FIELDS.filter((name) => name in change).map((name) => [name, left[name]]);
  const state = 'status' in change && { category: left.category, snoozed_until: left.snoozed_until };
  const told = { ...Object.fromEntries(about), ...state } as Left;
  return { do: 'edit', id: left.id, number: left.number, left: told, back };
}

/** Raises what the service says, but for a change that somebody made since: that stays, and is said. */
export async function undo(done: Done): Promise<void> {
  const act = plain(done);
  try {
    await take(act);
  } catch (error) {
    if (!(error instanceof ApiError && error.status === 409) || act.do === 'job') throw error;
    const what = act.do === 'edit' ? `#${act.number}` : act.do === 'agent' ? act.name : act.left.name;
    toasts.error(t('undo.changed_since', { what }));
  }
}

async function take(act: Act): Promise<void> {
  switch (act.do) {
    case 'edit':
      return workspace.take(await api.edit(act.id, { ...act.back, left: act.left }));
    case 'agent':
      return void (await api.setAvailability(act.id, { ...act.back, left: act.left }));
    case 'pause':
      return void (await setPaused(act.left, act.paused));
    case 'job':
      return jobs.undo(act.id);
  }
}

/** Raises a conflict where somebody has changed the queue since it was read. */
export async function setPaused({ id, ...body }: Queue, paused: boolean): Promise<Queue> {
  const after = await api.editQueue(id, { ...body, paused });
  queues.take(after);
  return after;
}
