// The queues conversations wait in.
import { api } from '../api/client';
import type { Queue } from '../api/types';
import { Entries } from './catalog.svelte';

export const queues = new Entries<Queue>('queues', () => api.queues());
