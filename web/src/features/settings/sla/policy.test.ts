import { describe, expect, it } from 'vitest';
import type { SlaPolicy } from '../../../lib/api/types';
import { again, bodyOf, draftOf, parseShares } from './policy';

const GOLD: SlaPolicy = {
  id: 'gold',
  version: 3,
  name: 'Gold',
  order: 2,
  enabled: true,
  conditions: { field: 'tag', op: 'has', value: 'vip' },
  targets: { first_response: 3_600_000, next_response: null, resolution: 86_400_000 },
  by_priority: {
    low: null,
    normal: null,
    high: null,
    urgent: { first_response: 600_000, next_response: null, resolution: null },
  },
  calendar: 'office',
  warn_shares: [50, 80],
  pauses: ['snoozed'],
  on_warning: [{ kind: 'tag', value: 'soon' }],
  on_breach: [],
};

describe('a policy in its form', () => {
  it('comes back as it was', () => {
    const { id: _, ...stored } = GOLD;
    expect(bodyOf(draftOf(GOLD), 3, 2)).toEqual({
      ...stored,
      by_priority: { urgent: GOLD.by_priority.urgent },
    });
    expect(again(GOLD, { order: 5 })).toEqual({ ...stored, order: 5 });
  });

  it('is not sent while something cannot be understood or nothing is promised', () => {
    const draft = draftOf(GOLD);
    expect(bodyOf({ ...draft, name: ' ' }, 3, 2)).toBeUndefined();
    expect(bodyOf({ ...draft, shares: '0' }, 3, 2)).toBeUndefined();
    expect(bodyOf({ ...draft, targets: { ...draft.targets, resolution: 'soon' } }, 3, 2)).toBeUndefined();
    const none = { first_response: '', next_response: '', resolution: '' };
    const own = { urgent: none, high: none, normal: none, low: none };
    expect(bodyOf({ ...draft, targets: none, own }, 3, 2)).toBeUndefined();
    expect(bodyOf({ ...draft, own: { ...own, low: { ...none, resolution: 'x' } } }, 3, 2)).toBeUndefined();
  });

  it('reads shares with or without signs', () => {
    expect(parseShares('50%, 80 %')).toEqual([50, 80]);
    expect(parseShares('')).toEqual([]);
    expect(parseShares('120')).toBeUndefined();
    expect(parseShares('1 2 3 4 5 6')).toBeUndefined();
  });
});
