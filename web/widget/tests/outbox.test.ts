import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { MessageRow } from '../src/frames';
import { Outbox } from '../src/outbox';

const line = (client_id: string, text = client_id) => ({
  client_id,
  text,
  refs: [],
  files: [],
  name: '',
  email: '',
});
const row = (client_id: string): MessageRow => ({
  id: `m-${client_id}`,
  version: 1,
  who: 'visitor',
  name: '',
  text: '',
  at: 0,
  files: [],
  client_id,
  seen: false,
  choices: [],
  comment_until: null,
  comment: '',
  face: '',
});

describe('outbox', () => {
  it('sends one line at a time, in order', () => {
    const box = new Outbox();
    box.add(line('a'));
    box.add(line('b'));
    expect(box.next(0)).toMatchObject({ t: 'say', client_id: 'a', text: 'a' });
    expect(box.next(0)).toBeNull();
    box.said('a');
    expect(box.next(0)).toMatchObject({ client_id: 'b' });
  });

  it('sends a line again under the same id after the connection broke', () => {
    const box = new Outbox();
    box.add(line('a'));
    const first = box.next(0);
    box.disconnected();
    expect(box.next(0)).toEqual(first);
  });

  it('keeps a stored line in view until its message is there', () => {
    const box = new Outbox();
    box.add(line('a'));
    box.next(0);
    box.said('a');
    expect(box.lines.map((each) => each.state)).toEqual(['stored']);
    box.arrived(row('a'));
    expect(box.lines).toEqual([]);
  });

  it('waits as long as the server asks and keeps the order while it does', () => {
    const box = new Outbox();
    box.add(line('a'));
    box.add(line('b'));
    box.next(1000);
    box.slowDown('a', 500, 1000);
    expect(box.next(1000)).toBe(500);
    expect(box.next(1499)).toBe(1);
    expect(box.next(1500)).toMatchObject({ client_id: 'a' });
  });

  it('tries again what could not be stored and gives up what is refused', () => {
    const box = new Outbox();
    box.add(line('a'));
    box.next(0);
    box.refused('a', 'unavailable', true, 0);
    expect(box.next(0)).toBe(2000);
    expect(box.next(2000)).toMatchObject({ client_id: 'a' });
    box.refused('a', 'file', false, 2000);
    expect(box.lines[0]).toMatchObject({ state: 'failed', code: 'file' });
    expect(box.pending).toEqual([]);
    box.retry('a');
    expect(box.next(4000)).toMatchObject({ client_id: 'a' });
  });

  it('takes up what a reload left under way', () => {
    const box = new Outbox();
    box.add(line('a'));
    box.next(0);
    expect(new Outbox(JSON.parse(JSON.stringify(box.lines)) as typeof box.lines).next(0)).toMatchObject({
      client_id: 'a',
    });
  });

  it('loses and reorders nothing whatever happens on the way', () => {
    const step = fc.constantFrom('said', 'arrived', 'lost', 'slow', 'again');
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const box = new Outbox();
        const ids = ['a', 'b', 'c', 'd'];
        for (const id of ids) box.add(line(id));
        const stored: string[] = [];
        let now = 0;
        const deliver = (id: string): void => {
          if (!stored.includes(id)) stored.push(id);
        };
        for (const each of [...steps, ...Array<string>(20).fill('said')]) {
          now += 5000;
          const next = box.next(now);
          const id = next && typeof next === 'object' ? next.client_id : undefined;
          if (!id) continue;
          if (each === 'said' || each === 'arrived') deliver(id);
          if (each === 'said') box.said(id);
          else if (each === 'arrived') box.arrived(row(id));
          else if (each === 'slow') box.slowDown(id, 100, now);
          else if (each === 'again') box.refused(id, 'unavailable', true, now);
          else {
            deliver(id);
            box.disconnected();
          }
        }
        expect(stored).toEqual(ids);
        expect(box.lines.every((each) => each.state === 'stored')).toBe(true);
      }),
    );
  });
});
