import { cleanup, fireEvent, render, screen } from '@testing-library/svelte';
import { afterEach, describe, expect, it } from 'vitest';
import type { MessageRow } from '../../lib/api/types';
import { previewOf } from '../../lib/state/naming';
import { conversation } from '../../testing/service';
import { chips, shownCard } from './cards';
import Cards from './Cards.svelte';
import Message from './Message.svelte';

afterEach(cleanup);

const message = (change: Partial<MessageRow>) =>
  ({
    id: 'm1',
    kind: 'customer',
    author: { kind: 'customer', id: 'c1' },
    author_name: 'Ada',
    at: 1000,
    channel: null,
    sender: null,
    to: [],
    cc: [],
    bcc: [],
    text: '',
    fresh: null,
    html: false,
    attachments: [],
    cards: [],
    choices: [],
    reactions: [],
    earlier: [],
    edited_at: null,
    deleted_at: null,
    amending: null,
    state: null,
    ...change,
  }) as unknown as MessageRow;

const shown = (change: Partial<MessageRow>) =>
  render(Message, {
    message: message(change),
    row: conversation('k1'),
    doing: { forward: () => undefined, move: () => undefined, source: () => undefined },
  });

describe('a card', () => {
  it('leads from the lines of a contact to phone and mail, and from nothing else', () => {
    const text = '+46 70 123 45 67\nbo@example.net\nAcme & Sons\njavascript:alert(1)@x';
    const hrefs = shownCard({ kind: 'contact', title: 'Bo', text }, '').lines.map(({ href }) => href);
    expect(hrefs).toEqual(['tel:+46701234567', 'mailto:bo@example.net', '', '']);
    const product = shownCard({ kind: 'product', title: 'Tent', text: 'bo@example.net' }, '');
    expect(product.lines).toEqual([{ text: 'bo@example.net', href: '' }]);
  });

  it('says nothing twice: neither its kind nor the text of the message', () => {
    const place = shownCard({ kind: 'location', title: 'Location', text: '52.5, 13.4' }, '');
    expect([place.icon, place.kind, place.title]).toEqual(['pin', 'Location', '']);
    expect(place.lines).toEqual([{ text: '52.5, 13.4', href: '' }]);
    const choice = shownCard({ kind: 'choice', title: 'Yes, please', text: 'confirm' }, 'Yes, please');
    expect([choice.title, choice.lines[0]?.text]).toEqual(['', 'confirm']);
  });

  it('of a kind that nobody told us of is said to be one that cannot be shown', () => {
    const card = shownCard({ kind: 'hologram', title: 'A whale' }, '');
    expect([card.kind, card.title]).toEqual(['Cannot be shown here', 'A whale']);
  });

  it('leads outside without telling where from, and to web addresses only', () => {
    render(Cards, { cards: [{ kind: 'location', url: 'https://maps.example/?q=1' }], said: '' });
    const link = screen.getByRole('link', { name: 'Open the map on maps.example' });
    expect(link.getAttribute('href')).toBe('https://maps.example/?q=1');
    expect(link.getAttribute('rel')).toContain('noreferrer');
    for (const url of [
      'javascript:alert(1)',
      'data:text/html,x',
      'file:///etc/passwd',
      '//x.example',
      'nonsense',
    ])
      expect(shownCard({ kind: 'story', url }, '').href).toBe('');
  });

  it('is never fetched: it draws no image and no frame', () => {
    const { container } = render(Cards, {
      cards: [{ kind: 'sticker', title: '<img src=x>', url: 'https://x.example/s.png' }],
      said: '',
    });
    expect(container.querySelector('img, iframe, video')).toBeNull();
    expect(container.textContent).toContain('<img src=x>');
  });
});

describe('a message that was changed', () => {
  it('shows its earlier wordings when it is asked, and hides them again', async () => {
    shown({ text: 'the 22nd', edited_at: 3000, earlier: [{ text: 'the 21st', at: 1000 }] });
    expect(screen.queryByText('the 21st')).toBeNull();
    const button = screen.getByRole('button', { name: /^edited.*show earlier wordings/ });
    await fireEvent.click(button);
    expect(screen.getByText('the 21st')).toBeTruthy();
    expect(button.getAttribute('aria-expanded')).toBe('true');
    await fireEvent.click(button);
    expect(screen.queryByText('the 21st')).toBeNull();
  });

  it('is a quiet line once it was taken back', () => {
    shown({ deleted_at: 5000, edited_at: 3000, raw: true });
    expect(screen.getByText('The customer took this message back')).toBeTruthy();
    expect(screen.queryByText('No text')).toBeNull();
    expect(screen.queryByTestId('edited')).toBeNull();
    expect(screen.queryByTestId('message-menu')).toBeNull();
  });

  it('that is history says so', () => {
    shown({ text: 'years ago', late: true });
    expect(screen.getByTestId('late').textContent).toContain('arrived with the backlog');
  });
});

describe('reactions', () => {
  const by = (id: string, emoji: string, at: number) => ({ author: { kind: 'customer', id }, emoji, at });

  it('are one chip an emoji, with who, in the order they came', () => {
    const found = chips([by('b', '👍', 3), by('a', '👍', 1), by('c', '🎉', 2)], (author) => author.id ?? '');
    expect(found).toEqual([
      { emoji: '👍', who: ['a', 'b'] },
      { emoji: '🎉', who: ['c'] },
    ]);
  });
});

describe('the preview in a list', () => {
  const last = (preview: string, content?: string) =>
    ({ id: 'm', at: 0, kind: 'customer', author: 'c1', preview, ...(content ? { content } : {}) }) as const;

  it('says what a message without text is', () => {
    expect(previewOf(last('Main station', 'location'))).toBe('Location: Main station');
    expect(previewOf(last('Sticker', 'sticker'))).toBe('Sticker');
    expect(previewOf(last('', 'contact'))).toBe('Contact');
    expect(previewOf(last('', 'withdrawn'))).toBe('Message taken back');
    expect(previewOf(last('Hello'))).toBe('Hello');
    expect(previewOf(null)).toBe('');
  });
});
