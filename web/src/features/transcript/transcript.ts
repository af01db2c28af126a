// A conversation to be taken along, as plain text and as a page of its own. Pure.
import type { ConversationRow, MessageRow } from '../../lib/api/types';
import { t } from '../../lib/i18n';
import { full } from '../../lib/i18n/time';

export interface Said {
  /** Who, when, and whether among colleagues only. */
  head: string;
  note: boolean;
  text: string;
  files: string[];
}

export const titleOf = (row: ConversationRow): string =>
  t('transcript.heading', { number: `#${row.number}`, subject: row.subject || row.customer.name });

export function said(message: MessageRow): Said {
  const values = { name: message.author_name, time: full(message.at) };
  const note = message.kind === 'note' || message.kind === 'call';
  return {
    head: t(note ? 'transcript.note_by' : 'transcript.by', values),
    note,
    text: message.text.trim() || message.cards.map((card) => card.title || card.text).join('\n'),
    files: message.attachments.map((one) => one.name || t('file.unnamed')),
  };
}

const parts = ({ head, text, files }: Said): string[] => [
  head,
  text,
  ...files.map((name) => t('transcript.file', { name })),
];

export function asText(row: ConversationRow, all: readonly Said[]): string {
  const messages = all.map((one) => parts(one).filter(Boolean).join('\n'));
  return `${[titleOf(row), ...messages].join('\n\n')}\n`;
}

const ESCAPED: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};
export const escaped = (text: string): string => text.replace(/[&<>"']/g, (sign) => ESCAPED[sign] as string);

const STYLE = `body{max-width:720px;margin:32px auto;padding:0 16px;font:15px/1.5 system-ui,sans-serif;color:#1a2230;overflow-wrap:anywhere}
h1{font-size:20px}article{margin:16px 0;padding:10px 14px;border:1px solid #dfe3e9;border-radius:8px;break-inside:avoid}
article.note{border-style:dashed;background:#fdf4dc}h2{margin:0 0 4px;font-size:13px;color:#475467}p{margin:0;white-space:pre-wrap}`;

/** A page without scripts or anything loaded; all words in it are words. */
export function asPage(
  row: ConversationRow,
  all: readonly Said[],
  language: string,
  direction: string,
): string {
  const messages = all.map(
    (one) =>
      `<article${one.note ? ' class="note"' : ''}><h2>${escaped(one.head)}</h2>${parts(one)
        .slice(1)
        .filter(Boolean)
        .map((text) => `<p dir="auto">${escaped(text)}</p>`)
        .join('')}</article>`,
  );
  const title = escaped(titleOf(row));
  return `<!doctype html>
<html lang="${escaped(language)}" dir="${escaped(direction)}"><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'"><title>${title}</title><style>${STYLE}</style></head>
<body><h1 dir="auto">${title}</h1>
${messages.join('\n')}
</body></html>
`;
}
