import { describe, expect, it } from 'vitest';
import type { FileRow, TemplateRow } from './api/types';
import { complete, languageName, languages, matching, pieces, prefill, preview, use } from './templates';

const shipped: TemplateRow = {
  id: 't1',
  name: 'order_shipped',
  language: 'en_US',
  category: 'utility',
  header_kind: 'text',
  header: 'Order {{1}}',
  body: 'Hello {{1}}, it comes {{ 2 }}. Thanks, {{1}}!',
  footer: 'The tea shop',
  buttons: [{ kind: 'url', text: 'Track', url: 'https://tea.example/{{1}}' }],
  slots: [
    { key: 'header.1', place: 'header', name: '1' },
    { key: 'body.1', place: 'body', name: '1' },
    { key: 'body.2', place: 'body', name: '2' },
    { key: 'button.0', place: 'button', name: '0' },
  ],
  problem: '',
};
const bill: TemplateRow = {
  ...shipped,
  id: 't2',
  name: 'bill',
  language: 'de',
  header_kind: 'document',
  header: '',
  body: 'Guten Tag {{first_name}}',
  footer: '',
  slots: [{ key: 'body.first_name', place: 'body', name: 'first_name' }],
};
const values = { 'header.1': '#77', 'body.1': 'Lena', 'body.2': ' on\nMonday ', 'button.0': '77' };
const pdf: FileRow = { id: 'f', name: 'bill.pdf', type: 'application/pdf', size: 4 };

describe('a template that is filled in', () => {
  it('is shown as the customer will read it', () => {
    expect(preview({ row: shipped, values, files: [] })).toBe(
      'Order #77\n\nHello Lena, it comes on Monday. Thanks, Lena!\n\nThe tea shop',
    );
  });

  it('shows what is missing in its place, and does not take what is typed for a variable', () => {
    const shown = pieces(shipped.body, 'body', { 'body.1': '{{2}}' });
    expect(shown.filter((piece) => piece.missing).map((piece) => piece.text)).toEqual(['{{2}}']);
    expect(shown.map((piece) => piece.text).join('')).toBe('Hello {{2}}, it comes {{2}}. Thanks, {{2}}!');
  });

  it('can be sent once every variable has a value, and goes out without line breaks', () => {
    expect(complete({ row: shipped, values, files: [] })).toBe(true);
    for (const key of Object.keys(values))
      expect(complete({ row: shipped, values: { ...values, [key]: ' \n' }, files: [] })).toBe(false);
    expect(use({ row: shipped, values, files: [] })).toEqual({
      template: 't1',
      values: { ...values, 'body.2': 'on Monday' },
    });
  });

  it('takes the one file its heading is, and none otherwise', () => {
    const filled = { row: bill, values: { 'body.first_name': 'Lena' } };
    expect(complete({ ...filled, files: [] })).toBe(false);
    expect(complete({ ...filled, files: [pdf] })).toBe(true);
    expect(complete({ ...filled, files: [pdf, pdf] })).toBe(false);
    expect(complete({ ...filled, row: { ...bill, header_kind: 'image' }, files: [pdf] })).toBe(false);
    expect(complete({ row: shipped, values, files: [pdf] })).toBe(false);
  });

  it('has the name of the customer where it asks for it', () => {
    expect(prefill(shipped, ' Lena  Vogt ')).toEqual({ 'body.1': 'Lena Vogt' });
    expect(prefill(bill, 'Lena Vogt')).toEqual({ 'body.first_name': 'Lena' });
    expect(prefill(bill, '')).toEqual({});
  });
});

describe('the list of templates', () => {
  it('finds by every word, in a language, and puts last what cannot be sent', () => {
    const odd = { ...shipped, id: 't3', problem: 'It has a carousel.' };
    expect(matching([odd, shipped, bill], '', '').map((row) => row.id)).toEqual(['t1', 't2', 't3']);
    expect(matching([shipped, bill], 'THANKS order', '').map((row) => row.id)).toEqual(['t1']);
    expect(matching([shipped, bill], 'thanks guten', '')).toEqual([]);
    expect(matching([shipped, bill], '', 'de').map((row) => row.id)).toEqual(['t2']);
  });

  it('names its languages', () => {
    expect(languages([shipped, bill, shipped])).toEqual(['de', 'en_US']);
    expect(languageName('en_US', 'en')).toBe('American English');
    expect(languageName('de', 'en')).toBe('German');
    expect(languageName('!', 'en')).toBe('!');
  });
});
