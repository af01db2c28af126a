import { describe, expect, it } from 'vitest';
import type { EventRow, MessageRow, TimelineItem } from '../../lib/api/types';
import { blocks } from './blocks';
import { eventText, reasonText, type Names } from './reasons';

const NAMES: Names = {
  queue: () => '',
  me: 'mira',
  agent: (id) => ({ mira: 'Mira', sam: 'Sam', echo: 'Echo' })[id] ?? '',
  team: (id) => ({ sales: 'Sales' })[id] ?? '',
  customer: 'Ada',
};

const event = (type: string, change: Partial<EventRow> = {}): EventRow =>
  ({
    t: 'event',
    id: 'e',
    type,
    at: 0,
    actor: { kind: 'system' },
    agent: null,
    bot: null,
    message: null,
    reason: null,
    before: {},
    after: {},
    ...change,
  }) as EventRow;
const sam = { actor: { kind: 'agent', id: 'sam' } };

describe('quiet lines', () => {
  it('tell who did what', () => {
    expect(eventText(event('conversation.assigned', { ...sam, after: { assignee: 'mira' } }), NAMES)).toBe(
      'Sam assigned this to you',
    );
    expect(eventText(event('conversation.assigned', { ...sam, after: { assignee: 'sam' } }), NAMES)).toBe(
      'Sam took this',
    );
    expect(eventText(event('conversation.assigned', { after: { assignee: 'mira' } }), NAMES)).toBe(
      'Assigned to you',
    );
    expect(eventText(event('conversation.assigned', { ...sam, after: { team: 'sales' } }), NAMES)).toBe(
      'Sam gave this to the team Sales',
    );
    expect(
      eventText(
        event('conversation.status_changed', {
          ...sam,
          before: { category: 'open' },
          after: { category: 'resolved' },
        }),
        NAMES,
      ),
    ).toBe('Sam set the status to Closed');
    const at = new Date();
    at.setDate(at.getDate() + 1);
    at.setHours(14, 30, 0, 0);
    const snoozed = event('conversation.status_changed', {
      ...sam,
      before: { category: 'open' },
      after: { category: 'snoozed' },
      reason: { code: 'snooze', numbers: { until: at.getTime() } },
    });
    expect(eventText(snoozed, NAMES)).toMatch(/^Sam snoozed this until tomorrow 2:30/);
  });

  it('say who moved it to another queue, also by an undo', () => {
    const names = { ...NAMES, queue: () => 'Repairs' };
    const moved = (code: string) =>
      event('conversation.queue_changed', {
        ...sam,
        after: { queue: 'q' },
        reason: { code, ids: ['sam', 'c', 'q'] },
      });
    expect(eventText(moved('moved'), names)).toBe('Sam moved it to the queue Repairs');
    expect(eventText(moved('undone'), names)).toBe('Sam moved it to the queue Repairs');
    expect(reasonText(moved('undone').reason, names)).toBe('a change was undone');
    expect(eventText(moved('conditions'), names)).toBe('Waits in the queue Repairs');
  });

  it('name the bot that comes, hands over or is relieved', () => {
    expect(eventText(event('conversation.bot_entered', { bot: 'echo' }), NAMES)).toBe('Echo is answering');
    const bot = { actor: { kind: 'bot', id: 'echo' }, bot: 'echo' };
    expect(eventText(event('conversation.bot_left', bot), NAMES)).toBe('Echo handed over');
    expect(eventText(event('conversation.bot_left', { ...sam, bot: 'echo' }), NAMES)).toBe(
      'Sam took over from Echo',
    );
  });

  it('name only the tags that came and went', () => {
    const tags = event('conversation.tags_changed', {
      ...sam,
      before: { tags: 'a,b' },
      after: { tags: 'b,c' },
    });
    expect(eventText(tags, NAMES)).toBe('Sam added c and removed a');
  });

  it('keep silent about what the messages tell themselves', () => {
    expect(eventText(event('message.received'), NAMES)).toBeUndefined();
    const back = event('conversation.status_changed', {
      before: { category: 'waiting' },
      after: { category: 'open' },
      reason: { code: 'customer_wrote' },
    });
    expect(eventText(back, NAMES)).toBeUndefined();
    expect(eventText({ ...back, before: { category: 'resolved' } }, NAMES)).toBe('Status: Open');
  });
});

describe('reasons', () => {
  it('are sentences in the reader’s language', () => {
    const least = { code: 'least_loaded', ids: ['mira'], numbers: { load: 2, capacity: 10, agents: 3 } };
    expect(reasonText(least, NAMES)).toBe('least loaded, 2 of 10');
    const late = { code: 'sla_breached', ids: ['first_response'], numbers: { target: 3_600_000 } };
    expect(reasonText(late, NAMES)).toBe('promised within 1 hour');
    expect(reasonText({ code: 'in_reply_to' }, NAMES)).toBe('Joined here because it answers our mail.');
    expect(reasonText({ code: 'too_late', numbers: { resolved_for: 40 * 86_400_000 } }, NAMES)).toContain(
      '40 days',
    );
  });

  it('are left out rather than shown as a code', () => {
    expect(reasonText({ code: 'made_up' }, NAMES)).toBeUndefined();
    expect(reasonText(null, NAMES)).toBeUndefined();
  });
});

describe('what a thread draws', () => {
  const message = (id: string, at: number) => ({ t: 'message', id, arrived_at: at }) as MessageRow;
  const noon = new Date('2026-11-18T12:00').getTime();
  const DAY = 86_400_000;

  it('is grouped by day, with the mark before the first unread message', () => {
    const items: TimelineItem[] = [message('a', noon - DAY), message('b', noon), message('c', noon + 1)];
    expect(blocks(items, 'c', noon, () => true).map((block) => block.kind)).toEqual([
      'day',
      'message',
      'day',
      'message',
      'unread',
      'message',
    ]);
  });

  it('has no heading for a day on which only silent things happened', () => {
    const items: TimelineItem[] = [message('a', noon), event('message.changed', { at: noon + DAY })];
    expect(blocks(items, null, noon, () => false).map((block) => block.kind)).toEqual(['day', 'message']);
    const [again, once] = [blocks(items, null, noon, () => true), blocks(items, null, noon, () => true)];
    expect(again.every((block, i) => block === once[i])).toBe(true);
  });

  it('tells offers that nobody took in one line that counts up, until something else happens', () => {
    const passed = (id: string, times: number) =>
      event('conversation.offer_ended', {
        id,
        at: noon + times,
        reason: { code: 'no_answer', ids: ['mira'], numbers: { passed: times } },
      });
    const items: TimelineItem[] = [
      passed('1-1', 1),
      passed('1-2', 2),
      event('conversation.queue_changed', { id: '1-3', at: noon + 2 }),
      passed('1-4', 3),
      message('a', noon + 4),
      passed('1-5', 5),
    ];
    const told = blocks(items, null, noon, (one) => eventText(one, NAMES) !== undefined);
    expect(told.map((block) => block.key).slice(1)).toEqual(['1-4', 'a', '1-5']);
    expect(eventText(passed('1-1', 1), NAMES)).toBe('Not taken');
    expect(eventText(passed('1-4', 3), NAMES)).toBe('Not taken, 3 times by now');
  });
});
