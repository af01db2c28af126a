// Whether the customer can be answered now, and until when, by the channel an answer would take. Pure.
import type { ChannelRow, ConversationRow, Instant } from '../../lib/api/types';
import { t } from '../../lib/i18n';
import { clockTime, daysBetween, soon, spanWords } from '../../lib/i18n/time';

const LAST_HOUR = 60 * 60_000;

export type Answering =
  | { state: 'free' }
  | { state: 'removed' }
  /** `hurry`: the last hour has begun. */
  | { state: 'until'; at: Instant; hurry: boolean }
  /** `at` is when the time was over; null: the customer never wrote, and has to write first. */
  | { state: 'closed'; at: Instant | null };

type Channel = Pick<ChannelRow, 'removed' | 'window' | 'name'>;

/** The same rule as the service's, which has the last word. */
export function answering(
  row: Pick<ConversationRow, 'heard_at'>,
  channel: Channel | undefined,
  now: Instant,
): Answering {
  if (channel?.removed) return { state: 'removed' };
  if (!channel || channel.window === null) return { state: 'free' };
  if (row.heard_at === null) return { state: 'closed', at: null };
  const at = row.heard_at + channel.window;
  return now > at ? { state: 'closed', at } : { state: 'until', at, hurry: at - now < LAST_HOUR };
}

/** What to tell whoever wants to answer; '' where nothing stands in the way. */
export function answeringText(found: Answering, channel: Channel | undefined, now: Instant): string {
  const name = channel?.name ?? '';
  if (found.state === 'removed') return t('answering.removed', { channel: name });
  if (found.state === 'until') return t('answering.until', { when: when(found.at, now) });
  if (found.state === 'free') return '';
  if (found.at === null) return t('answering.first', { channel: name });
  const span = spanWords(channel?.window ?? 0);
  return t('answering.closed', { channel: name, span, when: when(found.at, now) });
}

function when(at: Instant, now: Instant): string {
  return daysBetween(now, at) === 1 ? t('answering.tomorrow', { time: clockTime(at) }) : soon(at, now);
}
