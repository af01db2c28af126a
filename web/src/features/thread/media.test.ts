import { describe, expect, it } from 'vitest';
import type { MessageRow } from '../../lib/api/types';
import { kindOf, LEAST_ZOOM, MOST_ZOOM, pictures, zoomed } from './media';
import { indented } from './source';

const file = (file: string, type: string) => ({ file, name: `${file}.x`, type, size: 1 });
const message = (change: Partial<MessageRow>) =>
  ({ at: 1, author_name: 'Ada', deleted_at: null, attachments: [], ...change }) as MessageRow;

describe('attachments', () => {
  it('are shown or played only as what cannot run', () => {
    const kinds = [
      'image/png',
      'image/svg+xml',
      'audio/ogg',
      'audio/amr',
      'video/mp4',
      'text/html',
      'audio/',
    ];
    expect(kinds.map((type) => kindOf({ type }))).toEqual([
      'picture',
      'file',
      'sound',
      'file',
      'film',
      'file',
      'file',
    ]);
  });

  it('make one gallery of a thread, without what was taken back', () => {
    const shown = pictures([
      message({ attachments: [file('a', 'image/png'), file('b', 'text/plain'), file('c', 'image/gif')] }),
      message({ attachments: [file('d', 'image/png')], deleted_at: 5 }),
      message({ attachments: [file('e', 'image/webp')] }),
    ]);
    expect(shown.map((one) => one.file)).toEqual(['a', 'c', 'e']);
  });

  it('zoom within bounds', () => {
    expect(zoomed(LEAST_ZOOM, -1)).toBe(LEAST_ZOOM);
    expect(zoomed(MOST_ZOOM, 1)).toBe(MOST_ZOOM);
    expect(zoomed(1, 1)).toBe(1.5);
  });
});

describe('a source', () => {
  it('is broken into lines when it is JSON, else left as it came', () => {
    expect(indented('{"a":[1]}')).toBe('{\n  "a": [\n    1\n  ]\n}');
    expect(indented('{"a": cut')).toBe('{"a": cut');
    expect(indented('Subject: x\r\n\r\na\0b')).toBe('Subject: x\n\na\u2400b');
  });
});
