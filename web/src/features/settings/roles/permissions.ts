// What a role may have, in the groups that the editor shows.
import type { Key } from '../../../lib/i18n';

export const SIGHTS = ['own', 'teams', 'all'] as const;

export const GROUPS: readonly { label: Key; permissions: readonly string[] }[] = [
  {
    label: 'roles.group.conversations',
    permissions: [
      'reply',
      'note',
      'start_conversation',
      'assign',
      'hand_over',
      'set_status',
      'set_priority',
      'set_subject',
      'tag',
      'merge',
      'accept_participant',
      'block_senders',
      'see_raw',
    ],
  },
  { label: 'roles.group.customers', permissions: ['search', 'customer_read', 'customer_edit'] },
  { label: 'roles.group.replies', permissions: ['save_replies', 'manage_replies'] },
  { label: 'roles.group.oversight', permissions: ['supervise', 'audit_read'] },
  {
    label: 'roles.group.workspace',
    permissions: [
      'manage_channels',
      'manage_agents',
      'manage_teams',
      'manage_queues',
      'manage_sla',
      'manage_surveys',
      'manage_tags',
      'manage_attributes',
      'manage_security',
    ],
  },
];

const SHOWN = new Set(GROUPS.flatMap((group) => group.permissions));

/** How many of them the screen can name: what has no effect yet is not counted. */
export const countOf = (permissions: readonly string[]): number =>
  permissions.filter((one) => SHOWN.has(one)).length;

/** Whether they need to see everybody's conversations. */
export const needsAll = (permissions: readonly string[]): boolean =>
  permissions.some(
    (one) =>
      one === 'supervise' || one === 'audit_read' || (one.startsWith('manage_') && one !== 'manage_replies'),
  );
