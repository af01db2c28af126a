// Quiet lines and reasons in the reader's language. The service sends codes, ids and numbers; the sentence is made here.
import type { Author, EventRow, Reason } from '../../lib/api/types';
import { t, tCode, type Values } from '../../lib/i18n';
import { spanWords } from '../../lib/i18n/time';

/** What is needed to name the ids of a reason. */
export interface Names {
  me: string;
  agent(id: string): string;
  team(id: string): string;
  customer: string;
}

const SPANS = new Set(['late_by', 'paused_for', 'target', 'used', 'resolved_for', 'tried_for', 'after']);

/** Why it came so, or undefined for a code without words: a code alone helps nobody. */
export function reasonText(reason: Reason | null, names: Names): string | undefined {
  if (!reason) return undefined;
  const values: Values = {};
  for (const [name, value] of Object.entries(reason.numbers ?? {}))
    values[name] = SPANS.has(name) ? spanWords(value) : value;
  for (const [i, id] of (reason.ids ?? []).entries())
    values[`id${i}`] = names.agent(id) || names.team(id) || metric(id) || id;
  return tCode(`reason.${reason.code}`, values);
}

const metric = (id: string) => tCode(`sla.metric.${id}`);

export function authorName(author: Author, names: Names): string {
  if (author.kind === 'customer') return names.customer;
  if (author.kind === 'system' || !author.id) return t('actor.system');
  if (author.id === names.me) return t('You');
  return names.agent(author.id) || t('actor.someone');
}

/** These are told by the messages themselves. */
const SILENT = new Set([
  'message.received',
  'message.queued',
  'note.written',
  'delivery.changed',
  'message.changed',
  'customer.changed',
  'agent.changed',
]);

/** One sentence for an event, or undefined where nothing is to be told. */
export function eventText(event: EventRow, names: Names): string | undefined {
  if (SILENT.has(event.type)) return undefined;
  const who = authorName(event.actor, names);
  const automatic = event.actor.kind === 'system';
  switch (event.type) {
    case 'conversation.assigned':
      return assigned(event, who, automatic, names);
    case 'conversation.unassigned':
      if (event.reason?.code === 'given_to_bot') {
        return t('event.given_to_bot', {
          who,
          bot: names.agent(event.reason.ids?.[1] ?? '') || t('actor.bot'),
        });
      }
      return automatic ? t('event.unassigned_auto') : t('event.unassigned', { who });
    case 'conversation.queued':
      return t('event.queued');
    case 'conversation.status_changed':
      return statusChanged(event, who, automatic);
    case 'conversation.priority_changed':
      return t('event.priority', { who, priority: tCode(`priority.${event.after.priority}`) ?? '' });
    case 'conversation.tags_changed':
      return tagsChanged(event, who);
    case 'conversation.bot_entered':
      return t('event.bot_entered', { bot: botName(event, names) });
    case 'conversation.bot_left':
      return automatic || event.actor.kind === 'bot'
        ? t('event.bot_left_auto', { bot: botName(event, names) })
        : t('event.bot_left', { who, bot: botName(event, names) });
    default:
      return tCode(`event.${event.type}`, { who, ...proof(event.reason) });
  }
}

const botName = (event: EventRow, names: Names) => names.agent(event.bot ?? '') || t('event.a_bot');

function assigned(event: EventRow, who: string, automatic: boolean, names: Names): string | undefined {
  const to = event.after.assignee ?? event.agent;
  const teamOnly = event.after.team !== undefined && event.after.assignee === undefined && !event.agent;
  if (teamOnly) return t('event.team', { who, team: names.team(event.after.team ?? '') || t('team.none') });
  if (!to) return t('event.unassigned', { who });
  const whom = to === names.me ? t('you') : names.agent(to) || t('actor.someone');
  if (automatic) return t('event.assigned_auto', { whom });
  return event.actor.id === to ? t('event.assigned_self', { who }) : t('event.assigned', { who, whom });
}

/** Going between open and waiting with every message is what conversations do; the messages tell it. */
function statusChanged(event: EventRow, who: string, automatic: boolean): string | undefined {
  const to = event.after.category;
  const from = event.before.category;
  if (!to) return undefined;
  const byMessage = event.reason?.code === 'customer_wrote' || event.reason?.code === 'answered';
  if (byMessage && (from === 'open' || from === 'waiting')) return undefined;
  const status = tCode(`status.${to}`) ?? to;
  return automatic || event.actor.kind === 'customer'
    ? t('event.status_auto', { status })
    : t('event.status', { who, status });
}

function tagsChanged(event: EventRow, who: string): string | undefined {
  const split = (tags: string | null | undefined) => (tags ? tags.split(',') : []);
  const before = split(event.before.tags);
  const after = split(event.after.tags);
  const added = after.filter((tag) => !before.includes(tag));
  const removed = before.filter((tag) => !after.includes(tag));
  if (added.length > 0 && removed.length > 0)
    return t('event.tags_both', { who, added: added.join(', '), removed: removed.join(', ') });
  if (added.length > 0) return t('event.tags_added', { who, tags: added.join(', ') });
  return removed.length > 0 ? t('event.tags_removed', { who, tags: removed.join(', ') }) : undefined;
}

function proof(reason: Reason | null): Values {
  return { what: tCode(`sla.metric.${reason?.ids?.[0]}`) ?? t('sla.promise') };
}
