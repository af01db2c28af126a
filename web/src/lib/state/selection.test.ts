import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { JobRow } from '../api/types';

vi.mock('./live.svelte', () => ({
  live: { listen: () => () => undefined, follow: () => ({}), say: () => undefined },
}));
const { outcome } = await import('./jobs.svelte');
const { selection } = await import('./selection.svelte');

const SHOWN = ['a', 'b', 'c', 'd', 'e'];
const chosen = () => [...selection.ids].sort().join('');

describe('a selection', () => {
  beforeEach(() => selection.clear());

  it('goes from the row chosen last to the one clicked with Shift, in either direction', () => {
    selection.toggle('d');
    selection.extend('b', SHOWN);
    expect(chosen()).toBe('bcd');
    selection.extend('e', SHOWN);
    expect(chosen()).toBe('bcde');
  });

  it('begins with the clicked row when nothing was chosen, or what was chosen is not there any more', () => {
    selection.extend('c', SHOWN);
    expect(chosen()).toBe('c');
    selection.clear();
    selection.toggle('x');
    selection.extend('b', SHOWN);
    expect(chosen()).toBe('bx');
  });

  it('is not the whole view any more once a row is taken out of it', () => {
    selection.all(SHOWN);
    selection.whole = true;
    expect(selection.has('z')).toBe(true);
    selection.toggle('a');
    expect([selection.whole, chosen()]).toEqual([false, 'bcde']);
  });
});

describe('how a change in bulk ended', () => {
  const job: JobRow = {
    id: 'j',
    state: 'done',
    total: 40,
    done: 38,
    skipped: {},
    change: { status: 'resolved' },
    created_at: 0,
    undo_of: '',
    undone_by: '',
  };

  it('says how many, and why some were left', () => {
    expect(outcome(job)).toBe('Close: 38 done');
    expect(outcome({ ...job, skipped: { same: 1, not_found: 1 } })).toBe(
      'Close: 38 done, 2 skipped (1 were so already, 1 gone or not for you)',
    );
    expect(outcome({ ...job, skipped: { strange: 3 } })).toBe(
      'Close: 38 done, 3 skipped (3 for other reasons)',
    );
  });

  it('tells stopped, undone and empty ones apart', () => {
    expect(outcome({ ...job, state: 'cancelled' })).toBe('Close: stopped after 38');
    expect(outcome({ ...job, undo_of: 'i', done: 1 })).toBe('1 conversation is as it was');
    expect(outcome({ ...job, total: 0, done: 0 })).toBe('Close: nothing to do');
  });
});
