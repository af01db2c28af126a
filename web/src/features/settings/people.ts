// How far an invitation is. Pure.
import type { AccountRow, Instant } from '../../lib/api/types';
import { spanWords } from '../../lib/i18n/time';
import { t } from '../../lib/i18n';

/** An invitation that nobody followed and that was taken back. */
export const isWithdrawn = (one: AccountRow): boolean => one.invited && !one.active;

const HOUR = 3_600_000;

/** How an account stands that does not let anybody in, '' for a colleague. */
export function standing(one: AccountRow, now: Instant): string {
  if (!one.invited) return one.active ? '' : t('people.off');
  if (!one.active) return t('people.withdrawn');
  const ago = now - one.created_at;
  const since = ago < HOUR ? t('people.invited_now') : t('people.invited_ago', { span: spanWords(ago) });
  return one.link_until > 0 ? since : `${since} · ${t('people.expired')}`;
}
