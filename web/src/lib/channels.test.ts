import { expect, test } from 'vitest';
import { channelIcon } from './channels';

test('a channel has the sign it asks for, or that of its kind of address', () => {
  expect(channelIcon({ sign: 'whatsapp', kind: 'phone' })).toBe('whatsapp');
  expect(channelIcon({ sign: '', kind: 'phone' })).toBe('sms');
  expect(channelIcon({ sign: 'unheard-of', kind: 'email' })).toBe('mail');
  expect(channelIcon({ sign: '', kind: 'zulip' })).toBe('chat');
  expect(channelIcon(undefined)).toBe('globe');
});
