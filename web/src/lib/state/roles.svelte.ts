// The roles that people can have: the built-in ones, and those of the workspace's own.
import { admin } from '../api/admin';
import type { RoleRow } from '../api/types';
import { tCode } from '../i18n';
import { Entries } from './catalog.svelte';
import { session } from './session.svelte';

export const roles = new Entries('roles', admin.roles);

/** What to call a role in the reader's language. */
export function roleName(id: string): string {
  return tCode(`role.${id}`) ?? roles.get(id)?.name ?? id;
}

const SIGHTS = ['own', 'teams', 'all'];

/** Whether whoever is logged in has all of this, and so may give it and look after who has it. */
export function isWithinOwn(role: RoleRow | undefined): boolean {
  return (
    role !== undefined &&
    role.permissions.every((one) => session.may(one)) &&
    SIGHTS.indexOf(role.sight) <= SIGHTS.indexOf(session.me?.sight ?? '')
  );
}

/** All of them: the built-in ones as the service lists them, then the others by name. */
export function inOrder(all: readonly RoleRow[]): readonly RoleRow[] {
  const own = all.filter((one) => !one.builtin).sort((a, b) => a.name.localeCompare(b.name));
  const rank = ['agent', 'supervisor', 'admin'];
  const fixed = all.filter((one) => one.builtin).sort((a, b) => rank.indexOf(a.id) - rank.indexOf(b.id));
  return [...fixed, ...own];
}
