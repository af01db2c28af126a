import { describe, expect, it } from 'vitest';
import { control, filled, forgotten, freeSlug, missing, settingsOf, slug, type Schema } from './form';

const MAIL: Schema = {
  properties: {
    address: { type: 'string', title: 'Address' },
    aliases: { type: 'array', items: { type: 'string' }, default: [] },
    attributes: { type: 'object', additionalProperties: { type: 'string' }, default: {} },
    commands: {
      type: 'array',
      default: [],
      items: { properties: { command: { type: 'string' }, description: { type: 'string' } } },
    },
    imap: {
      optional: true,
      default: null,
      required: ['host', 'password'],
      properties: {
        host: { type: 'string' },
        password: { type: 'string', writeOnly: true },
        port: { type: 'integer', default: 0 },
        security: { enum: ['tls', 'plain'], default: 'tls' },
      },
    },
    quiet: { type: 'boolean', default: false },
  },
  required: ['address'],
};

describe('a form from a schema', () => {
  it('gives each kind of field its control', () => {
    const kinds = Object.values(MAIL.properties ?? {}).map(control);
    expect(kinds).toEqual(['text', 'lines', 'pairs', 'pairs', 'group', 'switch']);
    expect(control({ anyOf: [] } as Schema)).toBe('none');
  });

  it('gives back what was stored, and never a secret', () => {
    const stored = {
      address: 'help@example.com',
      aliases: ['a@example.com', 'b@example.com'],
      attributes: { order: 'Order number' },
      commands: [{ command: 'start', description: 'Begin' }],
      imap: { host: 'mail.example.com', password: 'x', port: 1993 },
      quiet: true,
    };
    const values = filled(MAIL, stored);
    expect((values.imap as Record<string, unknown>).password).toBe('');
    const { password: _, ...imap } = stored.imap;
    expect(settingsOf(MAIL, values)).toEqual({ ...stored, imap });
  });

  it('leaves out what is as it would be anyway', () => {
    expect(settingsOf(MAIL, { ...filled(MAIL, {}), address: ' help@example.com ' })).toEqual({
      address: 'help@example.com',
    });
  });

  it('a group that is not wanted is left out, with its secret', () => {
    const values = filled(MAIL, { address: 'a@b.c', imap: { host: 'h' } });
    expect(settingsOf(MAIL, { ...values, imap: null })).toEqual({ address: 'a@b.c' });
  });

  it('names the first field that is missing; a secret that is set is not', () => {
    const values = filled(MAIL, { address: 'a@b.c', imap: { host: '' } });
    expect(missing(MAIL, filled(MAIL, {}))).toBe('address');
    expect(missing(MAIL, values)).toBe('imap.host');
    const hosted = { ...values, imap: { ...(values.imap as object), host: 'h' } };
    expect(missing(MAIL, hosted)).toBe('imap.password');
    expect(missing(MAIL, hosted, ['imap.password'])).toBe('');
  });

  it('names the secrets that shall be forgotten', () => {
    const values = filled(MAIL, { address: 'a@b.c', imap: { host: 'h', password: 'x' } });
    expect(forgotten(MAIL, values)).toEqual([]);
    const gone = { ...values, imap: { ...(values.imap as object), password: null } };
    expect(forgotten(MAIL, gone)).toEqual(['imap.password']);
    expect(settingsOf(MAIL, gone)).toEqual({ address: 'a@b.c', imap: { host: 'h' } });
    expect(forgotten(MAIL, { ...values, imap: null })).toEqual([]);
  });

  it('makes ids from names in any script', () => {
    expect(slug('Café Zürich, Kasse 2!')).toBe('cafe-zurich-kasse-2');
    expect(freeSlug('サポート', [])).toBe('channel');
    expect(freeSlug('Shop', ['shop', 'shop-2'])).toBe('shop-3');
  });
});
