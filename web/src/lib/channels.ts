// How a channel looks. Only what it can do decides; no channel is known by name.
import type { IconName } from './icons/icons';

export function kindIcon(kind: string | undefined): IconName {
  if (kind === 'email') return 'mail';
  if (kind === 'phone') return 'sms';
  return kind ? 'chat' : 'globe';
}
