import { afterEach, describe, expect, it, vi } from 'vitest';
import { bind, lookUp, onKeydown, spell } from './bind';
import { own } from './own.svelte';
import { SHORTCUTS } from './table';

const press = (init: KeyboardEventInit, target: EventTarget = document.body) => {
  const event = new KeyboardEvent('keydown', { bubbles: true, cancelable: true, ...init });
  Object.defineProperty(event, 'target', { value: target });
  onKeydown(event);
  return event;
};

let unbind = () => {};
afterEach(() => unbind());

describe('the table', () => {
  it('has every key once and none with Alt', () => {
    const keys = SHORTCUTS.flatMap((shortcut) => shortcut.keys);
    expect(new Set(keys).size).toBe(keys.length);
    expect(keys.some((key) => /alt/i.test(key))).toBe(false);
  });

  it('finds sequences before single keys', () => {
    expect(lookUp('a', 'g')).toBe('go-all');
    expect(lookUp('a', null)).toBe('assign');
    expect(lookUp('q', 'g')).toBe('go-queue');
    expect(lookUp('e', 'g')).toBe('close');
  });

  it('keeps the keys of the text field apart from the others', () => {
    expect([lookUp('mod+b', null), lookUp('mod+b', null, true)]).toEqual([undefined, 'mark-bold']);
    expect([lookUp('mod+k', null), lookUp('mod+k', null, true)]).toEqual(['palette', undefined]);
  });

  it('keeps a key that somebody chose, whatever it is given to since', () => {
    expect([lookUp('s', null), lookUp('shift+s', null)]).toEqual(['follow', 'status']);
    own.keys = { status: 's', unread: 'shift+s' };
    expect([lookUp('s', null), lookUp('shift+s', null)]).toEqual(['status', 'unread']);
    own.keys = {};
  });
});

describe('pressing keys', () => {
  it('spells what the layout gives', () => {
    const none = { ctrlKey: false, metaKey: false, altKey: false, shiftKey: false };
    expect(spell({ ...none, key: '?', shiftKey: true })).toBe('?');
    expect(spell({ ...none, key: 'E', shiftKey: true })).toBe('shift+e');
    expect(spell({ ...none, key: 'Enter', metaKey: true, shiftKey: true })).toBe('mod+shift+Enter');
    // A German and an American keyboard.
    for (const key of ['(', '*'])
      expect(spell({ ...none, key, code: 'Digit8', ctrlKey: true, shiftKey: true })).toBe('mod+shift+8');
    expect(spell({ ...none, key: 'ą', altKey: true })).toBeUndefined();
    expect(spell({ ...none, key: 'ł', altKey: true, ctrlKey: true })).toBeUndefined();
  });

  it('runs what was bound last, and the earlier one again afterwards', () => {
    const below = vi.fn();
    const above = vi.fn();
    const unbindBelow = bind({ next: below });
    unbind = bind({ next: above });
    press({ key: 'j' });
    unbind();
    press({ key: 'j' });
    unbindBelow();
    press({ key: 'j' });
    expect([above.mock.calls.length, below.mock.calls.length]).toEqual([1, 1]);
  });

  it('leaves letters to text fields, but sends from them', () => {
    const next = vi.fn();
    const send = vi.fn();
    unbind = bind({ next, send });
    const field = document.createElement('textarea');
    expect(press({ key: 'j' }, field).defaultPrevented).toBe(false);
    press({ key: 'Enter', ctrlKey: true }, field);
    expect(next).not.toHaveBeenCalled();
    expect(send).toHaveBeenCalledOnce();
  });

  it('does nothing while an input method composes', () => {
    const send = vi.fn();
    unbind = bind({ send });
    press({ key: 'Enter', ctrlKey: true, isComposing: true });
    expect(send).not.toHaveBeenCalled();
  });

  it('knows G then A', () => {
    const all = vi.fn();
    unbind = bind({ 'go-all': all });
    press({ key: 'g' });
    press({ key: 'a' });
    expect(all).toHaveBeenCalledOnce();
  });
});
