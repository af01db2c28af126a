// Every page of the settings: where it stands, who sees it, by what it is found. A page is one component and one line here.
import type { Component } from 'svelte';
import type { IconName } from '../../lib/icons/icons';
import type { Key } from '../../lib/i18n';
import { folded } from '../../lib/text';

export type Group = 'you' | 'workspace' | 'channels' | 'work';

export interface Page {
  id: string;
  group: Group;
  label: Key;
  /** What else somebody may look for, in the reader's language. */
  words: Key;
  /** Headings that stand on it. */
  heads?: readonly Key[];
  /** What it is called in every language. */
  terms?: string;
  icon: IconName;
  /** What its form for something new is opened by. */
  add?: Key;
  /** The permission without which it is not shown; none: for everybody. */
  needs?: string;
  load: () => Promise<{ default: Component }>;
}

export const GROUPS: readonly { id: Group; label: Key }[] = [
  { id: 'you', label: 'settings.group.you' },
  { id: 'workspace', label: 'settings.group.workspace' },
  { id: 'channels', label: 'settings.group.channels' },
  { id: 'work', label: 'settings.group.work' },
];

/** In the order of their groups. */
export const PAGES: readonly Page[] = [
  {
    id: 'profile',
    group: 'you',
    label: 'settings.profile',
    words: 'settings.profile.words',
    heads: ['settings.password'],
    icon: 'user',
    load: () => import('./Profile.svelte'),
  },
  {
    id: 'preferences',
    group: 'you',
    label: 'preferences',
    words: 'settings.preferences.words',
    icon: 'monitor',
    load: () => import('./Preferences.svelte'),
  },
  {
    id: 'keys',
    group: 'you',
    label: 'settings.keys',
    words: 'settings.keys.words',
    icon: 'keyboard',
    load: () => import('./Keys.svelte'),
  },
  {
    id: 'notices',
    group: 'you',
    label: 'notices',
    words: 'settings.notices.words',
    heads: ['settings.notices.sound', 'settings.notices.quiet'],
    terms: 'web push',
    icon: 'bell',
    load: () => import('./Notices.svelte'),
  },
  {
    id: 'security',
    group: 'you',
    label: 'settings.security',
    words: 'settings.security.words',
    heads: ['factor.title', 'passkeys.title', 'sign_ins.title', 'sessions.title'],
    terms: '2fa mfa totp otp passkey webauthn fido sso',
    icon: 'lock',
    load: () => import('./Security.svelte'),
  },
  {
    id: 'tokens',
    group: 'you',
    label: 'settings.tokens',
    words: 'settings.tokens.words',
    terms: 'api rest',
    icon: 'code',
    load: () => import('./Tokens.svelte'),
  },
  {
    id: 'access',
    group: 'workspace',
    label: 'settings.access',
    words: 'settings.access.words',
    heads: ['sso.title', 'access.people'],
    terms: '2fa mfa totp sso oidc openid connect saml',
    icon: 'shield',
    needs: 'manage_security',
    load: () => import('./Access.svelte'),
  },
  {
    id: 'audit',
    group: 'workspace',
    label: 'settings.audit',
    words: 'settings.audit.words',
    icon: 'list',
    needs: 'audit_read',
    load: () => import('./Audit.svelte'),
  },
  {
    id: 'people',
    group: 'workspace',
    label: 'settings.people',
    words: 'settings.people.words',
    heads: ['people.skills', 'people.limits'],
    icon: 'user',
    add: 'people.invite',
    needs: 'manage_agents',
    load: () => import('./People.svelte'),
  },
  {
    id: 'roles',
    group: 'workspace',
    label: 'settings.roles',
    words: 'settings.roles.words',
    heads: ['roles.sight'],
    icon: 'lock',
    add: 'roles.add',
    needs: 'manage_agents',
    load: () => import('./roles/Roles.svelte'),
  },
  {
    id: 'teams',
    group: 'workspace',
    label: 'settings.teams',
    words: 'settings.teams.words',
    icon: 'users',
    add: 'teams.add',
    needs: 'manage_teams',
    load: () => import('./Teams.svelte'),
  },
  {
    id: 'channels',
    group: 'channels',
    label: 'settings.channels',
    words: 'settings.channels.words',
    heads: ['settings.chat.preview'],
    icon: 'chat',
    add: 'settings.channels.add',
    needs: 'manage_channels',
    load: () => import('./channels/Channels.svelte'),
  },
  {
    id: 'webhooks',
    group: 'channels',
    label: 'settings.webhooks',
    words: 'settings.webhooks.words',
    icon: 'link',
    add: 'webhooks.add',
    needs: 'manage_channels',
    load: () => import('./Webhooks.svelte'),
  },
  {
    id: 'alerts',
    group: 'work',
    label: 'settings.alerts',
    words: 'settings.alerts.words',
    icon: 'bell',
    add: 'alerts.add',
    needs: 'supervise',
    load: () => import('./Alerts.svelte'),
  },
  {
    id: 'breaks',
    group: 'work',
    label: 'settings.breaks',
    words: 'settings.breaks.words',
    icon: 'pause',
    add: 'breaks.add',
    needs: 'manage_agents',
    load: () => import('./Breaks.svelte'),
  },
  {
    id: 'queues',
    group: 'work',
    label: 'settings.queues',
    words: 'settings.queues.words',
    heads: ['queues.serve', 'queues.strategy', 'queues.priority', 'queues.overflow', 'queues.skills'],
    icon: 'queue',
    add: 'queues.add',
    needs: 'manage_queues',
    load: () => import('./Queues.svelte'),
  },
  {
    id: 'attributes',
    group: 'work',
    label: 'settings.attributes',
    words: 'settings.attributes.words',
    icon: 'user',
    add: 'attributes.add',
    needs: 'manage_attributes',
    load: () => import('./Attributes.svelte'),
  },
  {
    id: 'segments',
    group: 'work',
    label: 'settings.segments',
    words: 'settings.segments.words',
    heads: ['segments.who'],
    icon: 'users',
    add: 'segments.add',
    needs: 'manage_queues',
    load: () => import('./segments/Segments.svelte'),
  },
  {
    id: 'tags',
    group: 'work',
    label: 'settings.tags',
    words: 'settings.tags.words',
    icon: 'tag',
    add: 'tagging.add',
    needs: 'manage_tags',
    load: () => import('./Tags.svelte'),
  },
  {
    id: 'replies',
    group: 'work',
    label: 'replies',
    words: 'replies.words',
    icon: 'quote',
    add: 'replies.new',
    load: () => import('./SavedReplies.svelte'),
  },
  {
    id: 'blocked',
    group: 'work',
    label: 'settings.blocked',
    words: 'settings.blocked.words',
    icon: 'spam',
    add: 'blocked.add',
    needs: 'block_senders',
    load: () => import('./Blocked.svelte'),
  },
  {
    id: 'hours',
    group: 'work',
    label: 'settings.hours',
    words: 'settings.hours.words',
    heads: ['hours.week', 'hours.specials'],
    icon: 'clock',
    add: 'hours.add',
    needs: 'manage_sla',
    load: () => import('./sla/BusinessHours.svelte'),
  },
  {
    id: 'sla',
    group: 'work',
    label: 'settings.sla',
    words: 'settings.sla.words',
    heads: ['policies.targets', 'policies.pauses'],
    icon: 'due',
    add: 'policies.add',
    needs: 'manage_sla',
    load: () => import('./sla/Policies.svelte'),
  },
  {
    id: 'surveys',
    group: 'work',
    label: 'settings.surveys',
    words: 'settings.surveys.words',
    icon: 'smile',
    add: 'surveys.add',
    needs: 'manage_surveys',
    load: () => import('./surveys/Surveys.svelte'),
  },
];

/** The pages that somebody with these permissions sees. */
export function pagesFor(permissions: readonly string[]): readonly Page[] {
  return PAGES.filter((page) => !page.needs || permissions.includes(page.needs));
}

/** Those whose name, headings or words hold every part of what was typed: first where words of the name begin so, last where none begins so. */
export function found(pages: readonly Page[], typed: string, say: (key: Key) => string): readonly Page[] {
  const parts = folded(typed).split(/\s+/).filter(Boolean);
  const rank = (page: Page): number => {
    const label = folded(say(page.label));
    const text = folded(
      [say(page.label), say(page.words), ...(page.heads ?? []).map(say), page.terms].join(' '),
    );
    if (!parts.every((part) => text.includes(part))) return 0;
    return begun(label, parts) ? 3 : begun(text, parts) ? 2 : 1;
  };
  const ranks = new Map(pages.map((page) => [page, rank(page)]));
  const of = (page: Page) => ranks.get(page) ?? 0;
  return pages.filter(of).sort((a, b) => of(b) - of(a));
}

/** Whether words of the text begin with each of these. */
function begun(text: string, parts: readonly string[]): boolean {
  const words = text.split(/[^\p{L}\p{N}]+/u);
  return parts.every((part) => words.some((word) => word.startsWith(part)));
}

/** Groups in the order in which their first page is found. */
export function grouped(hits: readonly Page[]): readonly (typeof GROUPS)[number][] {
  const first = (group: Group) => hits.findIndex((page) => page.group === group);
  return GROUPS.filter(({ id }) => first(id) >= 0).sort((a, b) => first(a.id) - first(b.id));
}
