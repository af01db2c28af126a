// The surveys by which customers are asked how satisfied they are.
import { admin } from '../api/admin';
import { Entries } from './catalog.svelte';

export const surveys = new Entries('surveys', admin.surveys);
