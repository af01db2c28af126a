// How a channel looks. Only what it says of itself decides; no channel is known by name.
import { ICONS, type IconName } from './icons/icons';

export function kindIcon(kind: string | undefined): IconName {
  if (kind === 'email') return 'mail';
  if (kind === 'phone') return 'sms';
  return kind ? 'chat' : 'globe';
}

/** The sign it asks for, or that of the kind of its addresses; a sign that this screen does not have is none. */
export function channelIcon(channel: { sign: string; kind: string } | undefined): IconName {
  return channel && channel.sign in ICONS ? (channel.sign as IconName) : kindIcon(channel?.kind);
}
