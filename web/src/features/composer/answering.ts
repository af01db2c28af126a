// Whether the customer can be answered now, and until when, by the channel an answer would take. Pure.
import type { ChannelRow, ConversationRow, Instant } from '../../lib/api/types';
import { t } from '../../lib/i18n';
import { soon, spanWords } from '../../lib/i18n/time';

const LAST_HOUR = 60 * 60_000;

export type Answering =
  | { state: 'free' }
  | { state: 'removed' }
  /** Nothing goes out by it: it keeps what people enter. */
  | { state: 'silent' }
  /** The customer has asked for no more messages. The service has the last word, as he may have taken it back elsewhere. */
  | { state: 'stopped' }
  /** `hurry`: the last hour has begun. */
  | { state: 'until'; at: Instant; hurry: boolean }
  /** `at` is when the time was over; null: the customer never wrote, and has to write first. */
  | { state: 'closed'; at: Instant | null };

type Channel = Pick<ChannelRow, 'removed' | 'window' | 'name'> &
  Partial<Pick<ChannelRow, 'kind' | 'opt_out' | 'sends' | 'templates'>>;

/** The same rule as the service's, which has the last word. */
export function answering(
  row: Pick<ConversationRow, 'heard_at'> & Partial<Pick<ConversationRow, 'participants'>>,
  channel: Channel | undefined,
  now: Instant,
): Answering {
  if (channel?.removed) return { state: 'removed' };
  if (channel?.sends === false) return { state: 'silent' };
  const stopped = row.participants?.some((one) => one.stopped && one.kind === channel?.kind);
  if (channel?.opt_out && stopped) return { state: 'stopped' };
  if (!channel || channel.window === null) return { state: 'free' };
  if (row.heard_at === null) return { state: 'closed', at: null };
  const at = row.heard_at + channel.window;
  return now > at ? { state: 'closed', at } : { state: 'until', at, hurry: at - now < LAST_HOUR };
}

/** What to tell whoever wants to answer; '' where nothing stands in the way. */
export function answeringText(found: Answering, channel: Channel | undefined, now: Instant): string {
  const name = channel?.name ?? '';
  if (found.state === 'removed') return t('answering.removed', { channel: name });
  if (found.state === 'until') return t('answering.until', { when: soon(found.at, now) });
  if (found.state === 'silent') return t('answering.silent', { channel: name });
  if (found.state === 'stopped') return t('answering.stopped', { channel: name });
  if (found.state === 'free') return '';
  const span = spanWords(channel?.window ?? 0);
  if (channel?.templates) return t('answering.template', { channel: name, span });
  if (found.at === null) return t('answering.first', { channel: name });
  return t('answering.closed', { channel: name, span, when: soon(found.at, now) });
}
