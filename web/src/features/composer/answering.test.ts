import { describe, expect, it } from 'vitest';
import { answering, answeringText } from './answering';

const HOUR = 3_600_000;
const NOW = new Date('2026-11-18T15:00').getTime();
const chat = { name: 'Shop chat', removed: false, window: null };
const phone = { name: 'WhatsApp', removed: false, window: 24 * HOUR };
const heard = (ago: number) => ({ heard_at: NOW - ago });
const told = (row: { heard_at: number | null }, channel: typeof phone & { templates?: boolean } = phone) =>
  answeringText(answering(row, channel, NOW), channel, NOW).replaceAll('\u202f', ' ');

describe('whether the customer can be answered', () => {
  it('is no question where the channel sets no time, or is not known', () => {
    expect(answering(heard(400 * HOUR), chat, NOW)).toEqual({ state: 'free' });
    expect(answering({ heard_at: null }, undefined, NOW)).toEqual({ state: 'free' });
    expect(told(heard(0), { ...phone, window: null as never })).toBe('');
  });

  it('is so until the window after his last message is over, to the millisecond', () => {
    const at = NOW;
    expect(answering(heard(24 * HOUR), phone, NOW)).toEqual({ state: 'until', at, hurry: true });
    expect(answering(heard(24 * HOUR + 1), phone, NOW)).toEqual({ state: 'closed', at: at - 1 });
    expect(answering(heard(23 * HOUR), phone, NOW)).toMatchObject({ state: 'until', hurry: false });
    expect(answering(heard(23 * HOUR + 1), phone, NOW)).toMatchObject({ state: 'until', hurry: true });
  });

  it('is not so before he wrote, nor on a channel that was removed', () => {
    expect(answering({ heard_at: null }, phone, NOW)).toEqual({ state: 'closed', at: null });
    expect(answering(heard(0), { ...phone, removed: true }, NOW)).toEqual({ state: 'removed' });
  });

  it('is not so once he has asked for no more messages, where that has to be obeyed', () => {
    const sms = { name: 'SMS', removed: false, window: null, kind: 'phone', opt_out: true };
    const row = { heard_at: NOW, participants: [{ kind: 'phone', value: '+4930123456', stopped: true }] };
    expect(answering(row, sms, NOW)).toEqual({ state: 'stopped' });
    expect(answeringText({ state: 'stopped' }, sms, NOW)).toContain('until they send START');
    expect(answering(row, { ...sms, opt_out: false }, NOW)).toEqual({ state: 'free' });
    expect(answering(row, { ...sms, kind: 'email' }, NOW)).toEqual({ state: 'free' });
  });

  it('is not so on a channel that only keeps calls', () => {
    const calls = { name: 'Phone', removed: false, window: null, sends: false };
    expect(answering(heard(0), calls, NOW)).toEqual({ state: 'silent' });
    expect(answeringText({ state: 'silent' }, calls, NOW)).toContain('Phone only keeps calls');
  });

  it('is told in words', () => {
    expect(told(heard(55 * 60_000))).toBe('You can answer until tomorrow 2:05 PM.');
    expect(told(heard(20 * HOUR))).toBe('You can answer until 7:00 PM.');
    expect(told(heard(0), { ...phone, window: 72 * HOUR })).toMatch(/until Sat.*3:00 PM/);
    expect(told(heard(30 * HOUR))).toMatch(/^By WhatsApp you may answer within 24 hours .*9:00 AM/);
    expect(told({ heard_at: null })).toContain('has to write first');
    expect(told(heard(0), { ...phone, removed: true })).toContain('WhatsApp was removed');
  });

  it('is so by a template at any time, where the channel has some', () => {
    const said =
      'By WhatsApp you may answer within 24 hours after the customer’s last message. Now only a template can be sent.';
    expect(told(heard(25 * HOUR), { ...phone, templates: true })).toBe(said);
    expect(told({ heard_at: null }, { ...phone, templates: true })).toBe(said);
    expect(told(heard(0), { ...phone, templates: true })).toContain('You can answer until');
  });
});
