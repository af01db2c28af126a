// A policy as its form holds it, and back. Pure.
import type { SavePolicy, SlaAction, SlaPolicy, SlaTargets } from '../../../lib/api/types';
import { parseSpan, writeSpan } from './hours';

export const METRICS = ['first_response', 'next_response', 'resolution'] as const;
export type Metric = (typeof METRICS)[number];
export const PRIORITIES = ['urgent', 'high', 'normal', 'low'] as const;
export type Row = Record<Metric, string>;
export const ACTIONS = ['tag', 'priority', 'unassign', 'team', 'queue', 'notify', 'webhook'] as const;

export interface Draft {
  name: string;
  enabled: boolean;
  conditions: SavePolicy['conditions'];
  /** What holds for every priority that has no row of its own. */
  targets: Row;
  own: Record<(typeof PRIORITIES)[number], Row>;
  calendar: string;
  shares: string;
  waiting: boolean;
  snoozed: boolean;
  on_warning: SlaAction[];
  on_breach: SlaAction[];
}

const written = (targets: SlaTargets | null | undefined): Row => ({
  first_response: writeSpan(targets?.first_response),
  next_response: writeSpan(targets?.next_response),
  resolution: writeSpan(targets?.resolution),
});

const empty = (row: Row) => METRICS.every((metric) => !row[metric].trim());

export function draftOf(policy?: SlaPolicy): Draft {
  const own = policy?.by_priority;
  return {
    name: policy?.name ?? '',
    enabled: policy?.enabled ?? true,
    conditions: policy?.conditions ?? {},
    targets: written(policy ? policy.targets : { first_response: 3_600_000 }),
    own: {
      urgent: written(own?.urgent),
      high: written(own?.high),
      normal: written(own?.normal),
      low: written(own?.low),
    },
    calendar: policy?.calendar ?? '',
    shares: (policy?.warn_shares ?? [80]).join(', '),
    waiting: policy?.pauses.includes('waiting') ?? true,
    snoozed: policy?.pauses.includes('snoozed') ?? true,
    on_warning: [...(policy?.on_warning ?? [])],
    on_breach: [...(policy?.on_breach ?? [])],
  };
}

/** The shares in percent; undefined for what cannot be understood. */
export function parseShares(text: string): number[] | undefined {
  const parts = text.split(/[\s,;%]+/).filter(Boolean);
  const shares = parts.map(Number);
  return shares.length <= 5 && shares.every((one) => Number.isInteger(one) && one >= 1 && one <= 99)
    ? shares
    : undefined;
}

function read(row: Row): SlaTargets | undefined {
  const found: Record<Metric, number | null> = {
    first_response: null,
    next_response: null,
    resolution: null,
  };
  for (const metric of METRICS) {
    const ms = parseSpan(row[metric]);
    if (ms === undefined) return undefined;
    found[metric] = ms;
  }
  return found;
}

/** What is sent; undefined while something cannot be understood or nothing is promised. */
export function bodyOf(draft: Draft, version: number, order: number): SavePolicy | undefined {
  const targets = read(draft.targets);
  const shares = parseShares(draft.shares);
  if (!targets || !shares || !draft.name.trim()) return undefined;
  const own: NonNullable<SavePolicy['by_priority']> = {};
  for (const priority of PRIORITIES) {
    if (empty(draft.own[priority])) continue;
    const mine = read(draft.own[priority]);
    if (!mine) return undefined;
    own[priority] = mine;
  }
  if (empty(draft.targets) && Object.keys(own).length === 0) return undefined;
  const pauses: ('waiting' | 'snoozed')[] = [];
  if (draft.waiting) pauses.push('waiting');
  if (draft.snoozed) pauses.push('snoozed');
  return {
    name: draft.name.trim(),
    version,
    order,
    enabled: draft.enabled,
    conditions: draft.conditions,
    targets,
    by_priority: own,
    calendar: draft.calendar,
    warn_shares: shares,
    pauses,
    on_warning: draft.on_warning,
    on_breach: draft.on_breach,
  };
}

/** The whole of a stored policy, to be saved with something changed. */
export function again(policy: SlaPolicy, changes: Partial<SavePolicy>): SavePolicy {
  const { id: _, ...body } = policy;
  return { ...body, ...changes };
}
