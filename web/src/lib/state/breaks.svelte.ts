// What breaks are for, as admins list it, and how somebody's state is called.
import { api } from '../api/client';
import type { AgentPresence, BreakReason } from '../api/types';
import { t } from '../i18n';
import { Entries } from './catalog.svelte';

export const breaks = new Entries<BreakReason>('break_reasons', api.breakReasons);

/** A state in words; a break with its reason once the list is loaded. */
export function stateName(state: AgentPresence, reason = ''): string {
  const named = state === 'break' && reason ? breaks.get(reason)?.name : undefined;
  return named ? t('state.break_for', { reason: named }) : t(`state.${state}`);
}
