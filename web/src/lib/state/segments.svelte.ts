// Segments of customers: named rules, whose names stand in conditions and beside conversations.
import { admin } from '../api/admin';
import { Entries } from './catalog.svelte';

export const segments = new Entries('segments', admin.segments);
