// What a supervisor does from the board, each with its undo.
import { api } from '../../lib/api/client';
import { ApiError } from '../../lib/api/errors';
import type { AgentRow, Availability, Queue } from '../../lib/api/types';
import { t } from '../../lib/i18n';
import type { IconName } from '../../lib/icons/icons';
import { router } from '../../lib/router.svelte';
import { assign, attempt } from '../../lib/state/actions';
import { breaks, stateName } from '../../lib/state/breaks.svelte';
import type { BoardAgent, QueueState } from '../../lib/state/board.svelte';
import { jobs } from '../../lib/state/jobs.svelte';
import { queues } from '../../lib/state/queues.svelte';
import { session } from '../../lib/state/session.svelte';
import { toasts } from '../../lib/state/toasts.svelte';
import { refuse } from '../../lib/state/undo';
import { whose } from './board';

interface Item {
  id: string;
  label: string;
  icon?: IconName;
  run: () => void;
}

async function give(id: string, to: string | null): Promise<void> {
  await attempt(async () => void (await assign((await api.conversation(id)).row, to)));
}

const people = (but: string) =>
  [...session.agents.values()]
    .filter((agent) => agent.role !== 'bot' && agent.id !== but && agent.id !== session.id)
    .sort(
      (a, b) => Number(b.state === 'online') - Number(a.state === 'online') || a.name.localeCompare(b.name),
    );

/** What can be done with one conversation that an agent holds. */
export function heldItems(one: { id: string; number: number }, agent: string): Item[] {
  return [
    {
      id: 'open',
      icon: 'open',
      label: t('board.open'),
      run: () => router.go({ name: 'inbox', view: 'all', number: String(one.number) }),
    },
    ...(agent === session.id
      ? []
      : [{ id: 'take', label: t('board.take_over'), run: () => void give(one.id, session.id) }]),
    { id: 'queue', label: t('board.back_to_queue'), run: () => void give(one.id, null) },
    ...people(agent).map((to) => ({
      id: `to-${to.id}`,
      label: t('board.give_to', { name: to.name }),
      run: () => void give(one.id, to.id),
    })),
  ];
}

type State = { state: Availability; reason: string };

async function setState(agent: string, to: State, from: State): Promise<void> {
  await attempt(async () => {
    const left = await api.setAvailability(agent, to.state, to.reason);
    const said = t('board.set', { name: session.agentName(agent), state: stateName(to.state, to.reason) });
    toasts.done(said, async () => {
      await attempt(() => setBack(left, from));
    });
  });
}

/** What he or somebody else has set since then stays; who has no window open has set nothing. */
async function setBack(left: AgentRow, from: State): Promise<void> {
  const now = (await api.agents()).find((one) => one.id === left.id);
  const same = now?.state === left.state && now.break_reason === left.break_reason;
  if (same || now?.state === 'offline') await api.setAvailability(left.id, from.state, from.reason);
  else refuse(left.name);
}

/** What an agent's state can be set to; an agent who is not there was online, as far as anybody knows. */
function stateItems(row: BoardAgent): Item[] {
  const now: State = {
    state: row.state === 'offline' ? 'online' : (row.state as Availability),
    reason: row.break_reason,
  };
  const all: State[] = [
    { state: 'online', reason: '' },
    { state: 'busy', reason: '' },
    { state: 'break', reason: '' },
    ...breaks.all.map((one): State => ({ state: 'break', reason: one.id })),
    { state: 'away', reason: '' },
  ];
  return all
    .filter((one) => one.state !== row.state || one.reason !== row.break_reason)
    .map((one) => ({
      id: one.reason || one.state,
      label: t('board.set_to', { state: stateName(one.state, one.reason) }),
      run: () => void setState(row.id, one, now),
    }));
}

/** What can be done about an agent; all that he holds goes as one change that can be undone. */
export function agentItems(row: BoardAgent): Item[] {
  const all = (assignee: string | null) =>
    jobs.start({ assignee }, { view: 'all', filter: `assignee:${row.id}` });
  const states = stateItems(row);
  if (row.holds === 0) return states;
  return [
    ...states,
    { id: 'requeue', label: t('board.all_to_queue'), run: () => void all(null) },
    ...people(row.id).map((to) => ({
      id: `all-to-${to.id}`,
      label: t('board.all_to', { name: to.name }),
      run: () => void all(to.id),
    })),
  ];
}

async function pause(queue: Queue, paused: boolean): Promise<void> {
  await attempt(async () => {
    const left = await setPaused(queue, paused);
    toasts.done(t(paused ? 'board.paused_now' : 'board.resumed_now', { name: queue.name }), async () => {
      await attempt(() => resume(left, !paused));
    });
  });
}

async function setPaused({ id, ...body }: Queue, paused: boolean): Promise<Queue> {
  const after = await api.editQueue(id, { ...body, paused });
  queues.take(after);
  return after;
}

/** As it was before `left`, unless somebody has changed the queue since. */
async function resume(left: Queue, paused: boolean): Promise<void> {
  try {
    await setPaused(left, paused);
  } catch (error) {
    if (!(error instanceof ApiError && error.status === 409)) throw error;
    refuse(left.name);
  }
}

/** What can be done with a queue or with what a team has waiting. */
export function queueItems(row: QueueState): Item[] {
  const queue = row.queue ? queues.get(row.queue) : undefined;
  const items: Item[] = queue
    ? [
        {
          id: 'pause',
          icon: 'pause',
          label: t(queue.paused ? 'board.resume' : 'board.pause'),
          run: () => void pause(queue, !queue.paused),
        },
      ]
    : [];
  if (row.waiting === 0) return items;
  const filter = whose(row);
  const waiting = { view: 'queue', ...(filter && { filter }) };
  return [
    ...items,
    ...queues.all
      .filter((one) => one.id !== row.queue)
      .map((one) => ({
        id: `queue-${one.id}`,
        label: t('board.waiting_to_queue', { name: one.name }),
        run: () => void jobs.start({ queue: one.id }, waiting),
      })),
    // what is in a queue leaves it for another queue only: its own conditions would bring it back
    ...[...(queue ? [] : session.teams.values())]
      .filter((team) => team.id !== row.team)
      .map((team) => ({
        id: `team-${team.id}`,
        label: t('board.waiting_to_team', { name: team.name }),
        run: () => void jobs.start({ team: team.id }, waiting),
      })),
  ];
}
