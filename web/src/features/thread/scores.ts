// A customer's score in words.
import { t } from '../../lib/i18n';

/** "Satisfaction 4 of 5", or that he has not answered. */
export function scoreText(kind: string, score: number | null): string {
  if (score === null) return t('rating.none');
  return kind === 'nps' ? t('rating.nps', { score }) : t('rating.csat', { score });
}
