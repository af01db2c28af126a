import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { afresh, chat, row, Server, undone } from './server';

beforeEach(afresh);
afterEach(undone);

describe('whether he looks at it', () => {
  const shows = (visibility: DocumentVisibilityState) => {
    vi.spyOn(document, 'visibilityState', 'get').mockReturnValue(visibility);
    document.dispatchEvent(new Event('visibilitychange'));
  };
  const told = (server: Server) => server.takes('here').map(({ page }) => page && new URL(page).pathname);

  afterEach(() => {
    vi.restoreAllMocks();
    history.replaceState(null, '', '/');
  });

  it('is told as it opens, is hidden, comes to the front and closes, once each, and again on a new line', () => {
    localStorage.setItem('inbox:shop', 'secret');
    history.replaceState(null, '', '/cart?token=secret');
    const it = chat();
    const server = Server.last;
    server.ready({ visitor: 'known' });
    expect(told(server)).toEqual([]);
    it.open();
    window.dispatchEvent(new Event('focus'));
    server.says({ t: 'message', row: row('a') });
    shows('hidden');
    shows('visible');
    expect(told(server)).toEqual(['/cart', null, '/cart']);
    server.onclose?.({ code: 1006 });
    vi.advanceTimersByTime(1000);
    Server.last.ready({ visitor: 'known' });
    expect(told(Server.last)).toEqual(['/cart']);
    it.close();
    expect(told(Server.last)).toEqual(['/cart', null]);
  });

  it('is told again when the page becomes another without being loaded', () => {
    const navigation = new EventTarget();
    vi.stubGlobal('navigation', navigation);
    const it = chat();
    it.open();
    const server = Server.last;
    server.ready();
    history.replaceState(null, '', '/delivery');
    navigation.dispatchEvent(new Event('navigatesuccess'));
    expect(told(server)).toEqual(['/', '/delivery']);
  });
});
