// Every tag with what is known of it, for those who look after tags; names and colours for all are the session's.
import { admin } from '../api/admin';
import { Entries } from './catalog.svelte';

export const tags = new Entries('tag_entries', admin.tags);
