// Colleagues to choose from: oneself first, then who is there.
import { t } from '../../lib/i18n';
import { stateName } from '../../lib/state/breaks.svelte';
import { session } from '../../lib/state/session.svelte';
import type { Option } from '../../lib/ui/option';

export const NOBODY = '';
const ORDER = { online: 0, busy: 1, break: 2, away: 3, offline: 4 };

/** Everybody a conversation can be given to, and nobody; `chosen` is marked, undefined marks none. */
export function assignees(chosen?: string | null): Option[] {
  const people = [...session.agents.values()]
    .filter((agent) => agent.role !== 'bot')
    .sort(
      (a, b) =>
        Number(b.id === session.id) - Number(a.id === session.id) ||
        ORDER[a.state] - ORDER[b.state] ||
        a.name.localeCompare(b.name),
    );
  return [
    ...people.map((agent) => ({
      id: agent.id,
      label: agent.id === session.id ? t('assign.me', { name: agent.name }) : agent.name,
      detail: [
        ...(agent.state === 'busy' || agent.state === 'break'
          ? [stateName(agent.state, agent.break_reason)]
          : []),
        t('assign.load', { load: agent.load, capacity: agent.capacity }),
      ].join(' · '),
      chosen: agent.id === chosen,
      state: agent.state,
      person: true,
    })),
    { id: NOBODY, label: t('assign.nobody'), chosen: chosen === null },
  ];
}
