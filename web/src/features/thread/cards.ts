// Content that is neither text nor file, and who reacted how, as what is drawn. Pure.
import type { Card, MessageRow } from '../../lib/api/types';
import type { IconName } from '../../lib/icons/icons';
import { t, tCode } from '../../lib/i18n';

const ICONS: Record<string, IconName> = {
  location: 'pin',
  contact: 'user',
  sticker: 'sticker',
  story: 'image',
  referral: 'link',
  product: 'bag',
  choice: 'check',
  template: 'template',
};

/** A line of a card, and where it leads: a number can be called, a mail address written to. */
export interface CardLine {
  text: string;
  href: string;
}

export interface ShownCard {
  icon: IconName;
  kind: string;
  title: string;
  lines: CardLine[];
  /** Where it leads to and whose site that is; '' unless it is a web address. */
  href: string;
  host: string;
}

/** `said` is the text of the message: what it says already is not said twice. */
export function shownCard(card: Card, said: string): ShownCard {
  const kind = tCode(`card.${card.kind}`) ?? t('card.unsupported');
  const title = card.title ?? '';
  const text = card.text ?? '';
  const known = [kind.toLowerCase(), said.trim().toLowerCase()];
  return {
    icon: ICONS[card.kind] ?? 'question',
    kind,
    title: known.includes(title.trim().toLowerCase()) ? '' : title,
    lines: text === title ? [] : linesOf(text, card.kind === 'contact'),
    ...target(card.url ?? ''),
  };
}

const NUMBER = /^\+?[\d\s().\/-]{5,24}$/;
const MAIL = /^[^\s@<>"]+@[^\s@<>"]+\.[^\s@<>"]+$/;

/** The words of a card line by line; those of a `contact` lead to where they can be used. */
function linesOf(text: string, contact: boolean): CardLine[] {
  if (!contact) return text ? [{ text, href: '' }] : [];
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean)
    .map((line) => ({ text: line, href: reach(line) }));
}

function reach(line: string): string {
  if (MAIL.test(line)) return `mailto:${encodeURIComponent(line).replace('%40', '@')}`;
  return NUMBER.test(line) ? `tel:${line.replace(/[^\d+]/g, '')}` : '';
}

function target(url: string): { href: string; host: string } {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (!parsed || !/^https?:$/.test(parsed.protocol)) return { href: '', host: '' };
  return { href: parsed.href, host: parsed.host };
}

export interface Chip {
  emoji: string;
  who: string[];
}

/** One chip for each emoji, in the order they came; `name` says what somebody is called. */
export function chips(
  reactions: MessageRow['reactions'],
  name: (author: MessageRow['author']) => string,
): Chip[] {
  const made = new Map<string, string[]>();
  for (const one of [...reactions].sort((a, b) => a.at - b.at))
    made.set(one.emoji, [...(made.get(one.emoji) ?? []), name(one.author)]);
  return [...made].map(([emoji, who]) => ({ emoji, who }));
}
