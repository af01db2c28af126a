import { expect, it } from 'vitest';
import type { EventRow, Reason } from '../../lib/api/types';
import { eventText, reasonText, repairOf, toldByOther, undoneBy } from './reasons';

const names = { me: 'ravi', agent: (id: string) => id, team: (id: string) => id, queue: (id: string) => id };

/** What the thread says of an entry. */
function said(type: EventRow['type'], more: Partial<EventRow>): string | undefined {
  const row = { type, actor: { kind: 'system', id: '' }, before: {}, after: {}, reason: null, ...more };
  return eventText(row as unknown as EventRow, names as unknown as Parameters<typeof eventText>[1]);
}

it('tells one warning from the other by how much of the time is gone, and says that once', () => {
  const at = (used: number) => {
    const reason = { code: 'sla_warned', ids: ['first_response'], numbers: { used, target: 60_000 } };
    const why = reasonText(reason, names as unknown as Parameters<typeof reasonText>[1]);
    return `${said('sla.warned', { reason } as Partial<EventRow>)}: ${why}`;
  };
  expect(at(30_000)).toBe('First reply is due soon: 50 % of 1 minute have passed');
  expect(at(48_000)).toBe('First reply is due soon: 80 % of 1 minute have passed');
});

it('says who gave a conversation back', () => {
  const gave = { actor: { kind: 'agent', id: 'ravi' } } as Partial<EventRow>;
  expect(said('conversation.unassigned', gave)).toMatch(/ gave this back$/);
});

it('a merge has one line, with an undo until it was undone', () => {
  const event = (code: string, ids: string[]) =>
    ({ t: 'event', reason: { code, ids } }) as unknown as EventRow & { t: 'event' };
  const into = { id: 'into', absorbed: ['other'] };
  const led = event('merged_from', ['other', 'r1']);
  expect(toldByOther(led, into)).toBe(false);
  expect(toldByOther(event('merged_into', ['into', 'r1']), into)).toBe(true);
  expect(toldByOther(event('unmerged', ['into', 'r1']), { id: 'other', absorbed: [] })).toBe(false);
  expect(undoneBy(led)).toBeUndefined();
  expect(undoneBy(event('merged_from', ['other', 'r2', 'r1']))).toBe('r1');
  for (const code of ['unmerged_from', 'unmerged', 'moved_back'])
    expect(undoneBy(event(code, ['other', 'r1']))).toBe(repairOf(led));
});

it('asks for no name that is not said', () => {
  const asked: string[] = [];
  const noting = { ...names, agent: (id: string) => (asked.push(id), '') } as unknown as Parameters<
    typeof reasonText
  >[1];
  reasonText({ code: 'in_reply_to', ids: ['k1'] } as Reason, noting);
  expect(asked).toEqual([]);
  expect(reasonText({ code: 'declined', ids: ['mia'] } as Reason, noting)).toBe('mia let it pass');
  expect(asked).toEqual(['mia']);
});
