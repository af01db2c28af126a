// What a supervisor does from the board, each with its undo.
import { api } from '../../lib/api/client';
import type { Availability, Queue } from '../../lib/api/types';
import { t } from '../../lib/i18n';
import type { IconName } from '../../lib/icons/icons';
import { router } from '../../lib/router.svelte';
import { assign, attempt, undoable } from '../../lib/state/actions';
import { breaks, stateName } from '../../lib/state/breaks.svelte';
import type { BoardAgent, QueueState } from '../../lib/state/board.svelte';
import { jobs } from '../../lib/state/jobs.svelte';
import { queues } from '../../lib/state/queues.svelte';
import { session } from '../../lib/state/session.svelte';
import { setPaused, type State } from '../../lib/state/undo';
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

async function setState(id: string, to: State, from: State): Promise<void> {
  await attempt(async () => {
    const { name } = await api.setAvailability(id, to);
    const said = t('board.set', { name, state: stateName(to.availability, to.break_reason) });
    undoable(said, { do: 'agent', id, name, left: to, back: from });
  });
}

/** What an agent's state can be set to; an agent who is not there was online, as far as anybody knows. */
function stateItems(row: BoardAgent): Item[] {
  const now: State = {
    availability: row.state === 'offline' ? 'online' : (row.state as Availability),
    break_reason: row.break_reason,
  };
  const all: State[] = [
    ...(['online', 'busy', 'break'] as const).map((availability) => ({ availability, break_reason: '' })),
    ...breaks.all.map((one): State => ({ availability: 'break', break_reason: one.id })),
    { availability: 'away', break_reason: '' },
  ];
  return all
    .filter((one) => one.availability !== row.state || one.break_reason !== row.break_reason)
    .map((one) => ({
      id: one.break_reason || one.availability,
      label: t('board.set_to', { state: stateName(one.availability, one.break_reason) }),
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
    const said = t(paused ? 'board.paused_now' : 'board.resumed_now', { name: queue.name });
    undoable(said, { do: 'pause', left, paused: !paused });
  });
}

const editing = ({ id }: Queue): Item => ({
  id: 'edit',
  icon: 'pencil',
  label: t('board.edit_queue'),
  run: () => router.go({ name: 'settings', page: 'queues', form: id }),
});

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
        ...(session.may('manage_queues') ? [editing(queue)] : []),
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
