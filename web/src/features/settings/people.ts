// Finds people by what is known of them, and says how far an invitation is. Pure.
import type { AccountRow, Instant } from '../../lib/api/types';
import { spanWords } from '../../lib/i18n/time';
import { t } from '../../lib/i18n';
import { folded } from '../../lib/text';

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

/** Those of whom every word that was typed is known; `about` says more of somebody than his name and address. */
export function matching(
  rows: readonly AccountRow[],
  typed: string,
  about: (one: AccountRow) => string,
): readonly AccountRow[] {
  const parts = folded(typed).split(/\s+/).filter(Boolean);
  if (parts.length === 0) return rows;
  return rows.filter((one) => {
    const text = folded(`${one.name} ${one.email} ${about(one)}`);
    return parts.every((part) => text.includes(part));
  });
}
