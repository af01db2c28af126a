import { describe, expect, it } from 'vitest';
import '../../lib/i18n/later';
import type { MessageRow } from '../../lib/api/types';
import { conversation } from '../../testing/service';
import { asPage, asText, said } from './transcript';

const message = (change: Partial<MessageRow>) =>
  said({
    kind: 'customer',
    author_name: 'Ada',
    at: 0,
    text: '',
    attachments: [],
    cards: [],
    ...change,
  } as MessageRow);
const row = conversation('k1', { number: 7, subject: 'Tent <b>' });

describe('a transcript', () => {
  it('holds who said what and which files came', () => {
    const file = { file: 'f', name: 'zip.png', type: 'image/png', size: 1 };
    const text = asText(row, [message({ text: 'It is broken.\n' }), message({ attachments: [file] })]);
    expect(text).toMatch(
      /^Conversation #7: Tent <b>\n\nAda, .*\nIt is broken\.\n\nAda, .*\nFile: zip\.png\n$/,
    );
  });

  it('says in words what is neither words nor file', () => {
    const cards = [
      { kind: 'sticker', title: '👌' },
      { kind: 'location', text: 'Harbour 1' },
    ];
    expect(message({ cards }).text).toBe('👌\nHarbour 1');
    expect(message({ text: 'Here', cards }).text).toBe('Here');
  });

  it('is a page in which nothing can run', () => {
    const page = asPage(row, [message({ author_name: '"><img>', text: '<script>x</script>' })], 'ar', 'rtl');
    expect(page).not.toMatch(/<script|<img|<b>/);
    expect(page).toContain('&lt;script&gt;x&lt;/script&gt;');
    expect(page).toContain("default-src 'none'");
    expect(page).toContain('dir="rtl"');
  });

  it('says which words stayed among colleagues', () => {
    expect(message({ kind: 'note', text: 'psst' })).toMatchObject({ note: true });
    expect(asPage(row, [message({ kind: 'note' })], 'en', 'ltr')).toContain('class="note"');
  });
});
