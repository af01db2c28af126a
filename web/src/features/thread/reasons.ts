// Quiet lines and reasons in the reader's language. The service sends codes, ids and numbers; the sentence is made here.
import type { Author, ConversationRow, EventRow, Reason, TimelineItem } from '../../lib/api/types';
import { t, tCode, type Values } from '../../lib/i18n';
import { exactly, soon } from '../../lib/i18n/time';
import { clock } from '../../lib/state/clock.svelte';

/** What is needed to name the ids of a reason. */
export interface Names {
  me: string;
  agent(id: string): string;
  team(id: string): string;
  queue(id: string): string;
  customer: string;
}

const SPANS = new Set([
  'late_by',
  'paused_for',
  'target',
  'used',
  'resolved_for',
  'tried_for',
  'after',
  'waited',
]);

/** Why it came so, or undefined for a code without words: a code alone helps nobody. */
export function reasonText(reason: Reason | null, names: Names): string | undefined {
  if (!reason) return undefined;
  const values: Values = {};
  for (const [name, value] of Object.entries(reason.numbers ?? {}))
    values[name] = SPANS.has(name) ? exactly(value) : value;
  const { used, target } = reason.numbers ?? {};
  if (used && target) values.share = Math.round((used / target) * 100);
  // Asked when the words name it: an id that nobody knows is looked for among what was removed.
  for (const [i, id] of (reason.ids ?? []).entries())
    Object.defineProperty(values, `id${i}`, { get: () => metric(id) ?? (names.agent(id) || id) });
  return withDetails(tCode(`reason.${reason.code}`, values), reason);
}

/** What an assignment says beyond its code: the skills it was for, and when he last wrote to this customer. */
function withDetails(why: string | undefined, reason: Reason): string | undefined {
  if (!why) return why;
  const levels = skillsOf(reason);
  const said = levels ? t('reason.skills', { why, skills: levels }) : why;
  const spoke = reason.numbers?.spoke_at;
  return spoke ? t('reason.spoke', { why: said, when: soon(spoke, clock.now) }) : said;
}

/** The skills a reason names, with their levels. */
export function skillsOf(reason: Reason): string {
  const found = Object.entries(reason.numbers ?? {}).filter(([name]) => name.startsWith('skill:'));
  return found.map(([name, level]) => t('people.level_of', { skill: name.slice(6), level })).join(', ');
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
    case 'conversation.queue_changed':
      if (event.after.queue === undefined) return undefined;
      if (event.after.queue && ['moved', 'undone'].includes(event.reason?.code ?? ''))
        return t('event.queue_moved', { who, queue: names.queue(event.after.queue) || event.after.queue });
      return event.after.queue
        ? t('event.queue_changed', { queue: names.queue(event.after.queue) || event.after.queue })
        : t('event.queue_left');
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
    case 'conversation.merged':
    case 'conversation.unmerged':
    case 'conversation.messages_moved':
      return repaired(event.reason, who);
    default:
      return tCode(`event.${event.type}`, {
        who,
        count: event.reason?.numbers?.passed ?? 1,
        what: metric(event.reason?.ids?.[0] ?? '') ?? t('sla.promise'),
      });
  }
}

/** What was merged, split or moved; numbers of conversations are names and not amounts. */
function repaired(reason: Reason | null, who: string): string | undefined {
  const { number, messages } = reason?.numbers ?? {};
  if (!reason || number === undefined) return undefined;
  return tCode(`event.${reason.code}`, { who, number: String(number), count: messages ?? 0 });
}

/** The id of the repair that an event tells of, as long as it can be undone from there. */
export function repairOf(event: EventRow): string | undefined {
  const undoable = ['merged_from', 'moved_to', 'moved_from', 'split_to'];
  return event.reason && undoable.includes(event.reason.code) ? event.reason.ids?.[1] : undefined;
}

/** The id of the repair that an item tells the end of. */
export function undoneBy(item: TimelineItem): string | undefined {
  if (item.t !== 'event' || !item.reason) return undefined;
  const { code, ids } = item.reason;
  // What was split off is merged back, which can be undone in its turn.
  if (code === 'merged_from') return ids?.[2];
  return ['unmerged_from', 'unmerged', 'moved_back'].includes(code) ? ids?.[1] : undefined;
}

/** Whether what became part of a conversation says of itself what that one says already. */
export function toldByOther({ reason }: EventRow, row: Pick<ConversationRow, 'id' | 'absorbed'>): boolean {
  if (reason?.code !== 'merged_into' && reason?.code !== 'unmerged') return false;
  return [row.id, ...row.absorbed].includes(reason.ids?.[0] ?? '');
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
  const until = event.reason?.numbers?.until;
  if (until && !automatic) return t('event.snoozed', { who, time: soon(until, clock.coarse) });
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
