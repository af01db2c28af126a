// What filters and searches can ask for here, with the names of this workspace.
import { t } from '../../lib/i18n';
import { queues } from '../../lib/state/queues.svelte';
import { session } from '../../lib/state/session.svelte';
import { SORTS } from '../../lib/sorting';
import type { Choice, Operators } from '../../lib/suggest';

const same = (values: readonly string[]): Choice[] => values.map((value) => ({ value, name: value }));
const named = (all: Iterable<{ id: string; name: string }>): Choice[] =>
  [...all].map(({ id, name }) => ({ value: id, name }));

const CATEGORIES = ['open', 'waiting', 'snoozed', 'closed', 'spam'];
const PRIORITIES = ['urgent', 'high', 'normal', 'low'];

/** Over a list: what it can be read by. */
export function filterOperators(): Operators {
  return {
    is: {
      hint: t('filter.is'),
      choices: same([
        ...CATEGORIES,
        'mine',
        'mentioned',
        'followed',
        'scheduled',
        'assigned',
        'unassigned',
        'queued',
        'bot',
        'late',
        'soon',
        'pressing',
      ]),
    },
    assignee: {
      hint: t('filter.assignee'),
      choices: [...same(['me', 'none']), ...named(session.agents.values())],
    },
    team: { hint: t('filter.team'), choices: [...same(['none']), ...named(session.teams.values())] },
    queue: { hint: t('filter.queue'), choices: [...same(['none']), ...named(queues.all)] },
    tag: { hint: t('filter.tag'), choices: same(session.tags) },
    channel: { hint: t('filter.channel'), choices: named(session.channels.values()) },
    priority: { hint: t('filter.priority'), choices: same(PRIORITIES) },
    sort: { hint: t('view.sort'), choices: same(SORTS) },
  };
}

/** In all history: what filters take, and what was written to whom and when. */
export function searchOperators(): Operators {
  const { sort: _, ...conditions } = filterOperators();
  return {
    from: { hint: t('search.op.from'), choices: [] },
    to: { hint: t('search.op.to'), choices: [] },
    ...conditions,
    customer: { hint: t('search.op.customer'), choices: [] },
    before: { hint: t('search.op.before'), choices: [] },
    after: { hint: t('search.op.after'), choices: [] },
  };
}
