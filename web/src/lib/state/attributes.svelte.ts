// What the workspace keeps of customers, as admins list it.
import { api } from '../api/client';
import type { Attribute } from '../api/types';
import { Entries } from './catalog.svelte';

export const attributes = new Entries<Attribute>('attributes', () => api.attributes());

/** Keys are the same however they are written. */
export const fold = (key: string): string => key.normalize('NFKC').trim().toLocaleLowerCase();

/** In the order of the sidebar. */
export const inOrder = (all: readonly Attribute[]): Attribute[] =>
  [...all].sort((a, b) => (a.order ?? 0) - (b.order ?? 0) || a.name.localeCompare(b.name));
