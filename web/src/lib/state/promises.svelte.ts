// The policies and opening hours by which deadlines are reckoned, for whoever wants to know why; loaded when first asked for.
import { api } from '../api/client';
import type { Calendar, SlaPolicy } from '../api/types';
import { Entries } from './catalog.svelte';

export const policies = new Entries<SlaPolicy>('sla_policies', () => api.policies());
export const calendars = new Entries<Calendar>('calendars', () => api.calendars());
