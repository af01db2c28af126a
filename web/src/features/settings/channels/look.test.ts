import { describe, expect, it } from 'vitest';
import type { Schema } from './form';
import { lookOf, snippet } from './look';

const form: Schema = {
  properties: {
    title: { type: 'string', default: '' },
    accent: { type: 'string', default: '#2257bf' },
    sound: { type: 'boolean', default: true },
    identity_secret: { type: 'string', writeOnly: true },
    greetings: {
      type: 'array',
      default: [],
      items: {
        type: 'object',
        required: ['pages'],
        properties: { pages: { type: 'string' }, seconds: { type: 'integer', default: 10 } },
      },
    },
  },
};

describe('the look of a chat', () => {
  it('is what is typed, and defaults where nothing is', () => {
    const look = lookOf(form, { title: 'Ask us', accent: '#ff0000', sound: false });
    expect([look.title, look.accent, look.sound, look.text_limit]).toEqual([
      'Ask us',
      '#ff0000',
      false,
      10_000,
    ]);
    expect(lookOf(form, {}).sound).toBe(true);
  });

  it('keeps a colour that can be shown while another one is typed', () => {
    expect(lookOf(form, { accent: '#ff0' }).accent).toBe('#2257bf');
  });

  it('has a line to copy', () => {
    expect(snippet('https://inbox.example', 'shop')).toBe(
      '<script src="https://inbox.example/widget/widget.js" data-channel="shop" async></scr' + 'ipt>',
    );
  });
});
