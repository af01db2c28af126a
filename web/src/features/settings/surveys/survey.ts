// What a new survey says until somebody says it better, and what the customer chooses from.
import type { Survey } from '../../../lib/api/types';
import { t } from '../../../lib/i18n';

export type Kind = Survey['kind'];
export type SurveyWords = Survey['words'];
export const KINDS: readonly Kind[] = ['csat', 'nps'];

export function usualLabels(kind: Kind): readonly string[] {
  return kind === 'csat'
    ? ([1, 2, 3, 4, 5] as const).map((score) => t(`surveys.usual.csat_${score}`))
    : [t('surveys.usual.nps_0'), t('surveys.usual.nps_10')];
}

export function usualWords(kind: Kind, language: string): SurveyWords {
  return {
    question: t(`surveys.usual.question_${kind}`),
    labels: [...usualLabels(kind)],
    comment_question: t('surveys.usual.comment_question'),
    send: t('surveys.usual.send'),
    thanks: t('surveys.usual.thanks'),
    closed: t('surveys.usual.closed'),
    language,
  };
}

/** The buttons, the worst first. */
export function choicesOf(kind: Kind, labels: readonly string[]): readonly string[] {
  return kind === 'csat' ? labels : Array.from({ length: 11 }, (_, score) => String(score));
}
