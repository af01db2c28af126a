import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { MessageRow } from '../../lib/api/types';
import { toasts } from '../../lib/state/toasts.svelte';
import { conversation } from '../../testing/service';
import { copyLink, linkTo, messageItems } from './menu';

const doing = { forward: () => undefined, move: () => undefined, source: () => undefined };
const message = { id: 'm#1', kind: 'customer', deleted_at: null, raw: null } as unknown as MessageRow;
let copied: string[];
let allowed: boolean;

beforeEach(() => {
  copied = [];
  allowed = true;
  vi.stubGlobal('navigator', {
    clipboard: {
      writeText: (text: string) => {
        if (!allowed) return Promise.reject(new DOMException('denied', 'NotAllowedError'));
        copied.push(text);
        return Promise.resolve();
      },
    },
  });
});

afterEach(() => {
  for (const one of toasts.all) toasts.dismiss(one.id);
  vi.unstubAllGlobals();
});

const said = () => toasts.all.map(({ kind, text }) => `${kind}: ${text}`);

describe('a link', () => {
  it('to a message is copied from its menu, and that is said', async () => {
    messageItems(message, conversation('k1', { number: 7 }), doing, null)
      .find(({ id }) => id === 'link')
      ?.run();
    await vi.waitFor(() => expect(said()).toEqual(['done: Link copied']));
    expect(copied).toEqual([`${location.origin}/c/7#m%231`]);
  });

  it('that the browser does not copy is shown instead, and so where it never does', async () => {
    allowed = false;
    await copyLink(linkTo(7));
    const shown = [`error: The browser did not let us copy. The link: ${location.origin}/c/7`];
    expect(said()).toEqual(shown);
    vi.stubGlobal('navigator', {});
    await copyLink(linkTo(7));
    expect(said()).toEqual(shown);
  });
});
