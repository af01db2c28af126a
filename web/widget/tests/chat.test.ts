import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Chat } from '../src/chat.svelte';
import { afresh, badges, chat, events, row, Server, undone } from './server';

beforeEach(afresh);
afterEach(undone);

describe('a new visitor', () => {
  it('causes no connection before he opens the chat', () => {
    const it = chat();
    expect(Server.all).toHaveLength(0);
    it.open();
    expect(Server.last.url).toBe('wss://inbox.example/chat/shop/ws');
    Server.last.ready();
    it.close();
    expect(Server.last.closed).toBe(true);
  });

  it('becomes a visitor with his first line, and his token stays in this browser only', () => {
    const it = chat();
    it.open();
    Server.last.ready();
    it.say('Hello', 'Mina', 'mina@example.org');
    expect(Server.last.takes('start')).toHaveLength(1);
    expect(Server.last.takes('say')).toHaveLength(0);
    Server.last.says({ t: 'visitor', token: 'secret' });
    const [said] = Server.last.takes('say');
    expect(said).toMatchObject({ text: 'Hello', name: 'Mina', email: 'mina@example.org' });
    expect(localStorage.getItem('inbox:shop')).toBe('secret');
    expect(it.lines[0]?.state).toBe('sending');
    Server.last.says({ t: 'said', client_id: said?.client_id ?? '', id: 'm1' });
    expect(it.lines[0]?.state).toBe('stored');
    Server.last.says({ t: 'message', row: row('m1', { who: 'visitor', client_id: said?.client_id ?? '' }) });
    expect(it.lines).toEqual([]);
    expect(it.rows.map((each) => each.id)).toEqual(['m1']);
  });

  it('loses no line when the connection breaks before his token came, and writes it once', () => {
    const it = chat();
    it.open();
    Server.last.ready();
    it.say('Hello', '', '');
    const first = it.lines[0]?.client_id;
    Server.last.onclose?.({ code: 1006 });
    vi.advanceTimersByTime(1000);
    Server.last.ready();
    Server.last.says({ t: 'visitor', token: 'secret' });
    expect(Server.all).toHaveLength(2);
    expect(Server.last.takes('say').map((say) => say.client_id)).toEqual([first]);
  });

  it('is told when his network starts too many chats, and his line goes out later', () => {
    const it = chat();
    it.open();
    Server.last.ready({ heartbeat: 10_000_000 });
    it.say('Hello', '', '');
    Server.last.says({ t: 'slow_down', after: 3_600_000, client_id: '' });
    expect(it.notice).toBe('tooMany');
    vi.advanceTimersByTime(3_600_000);
    expect(Server.last.takes('start')).toHaveLength(2);
  });
});

describe('a line that gets no answer', () => {
  it('is sent again on a new connection', () => {
    localStorage.setItem('inbox:shop', 'secret');
    const it = chat();
    Server.last.ready({ visitor: 'known' });
    it.say('Hello', '', '');
    vi.advanceTimersByTime(20_000);
    expect(Server.all).toHaveLength(2);
    Server.last.ready({ visitor: 'known' });
    const [first, again] = Server.all.map((server) => server.takes('say')[0]?.client_id);
    expect(again).toBe(first);
    Server.last.says({ t: 'said', client_id: first ?? '', id: 'm1' });
    vi.advanceTimersByTime(20_000);
    expect(Server.all).toHaveLength(2);
  });
});

describe('somebody who comes back', () => {
  beforeEach(() => localStorage.setItem('inbox:shop', 'secret'));

  it('has his unread answers counted without opening the chat, and they are got, not seen', () => {
    chat();
    Server.last.ready({ visitor: 'known', messages: [row('a'), row('b')] });
    expect(badges.at(-1)).toBe(2);
    expect(Server.last.takes('got').flatMap((got) => got.messages)).toEqual(['a', 'b']);
    expect(Server.last.takes('seen')).toEqual([]);
  });

  it('has seen them once the chat is open', () => {
    const it = chat();
    Server.last.ready({ visitor: 'known', messages: [row('a')] });
    it.open();
    expect(Server.last.takes('seen')[0]?.messages).toEqual(['a']);
    expect(badges.at(-1)).toBe(0);
    Server.last.says({ t: 'message', row: row('a', { version: 2, seen: true }) });
    expect(Server.last.takes('seen')).toHaveLength(1);
  });

  it('cuts a long wait for the server short by writing', () => {
    const it = chat();
    Server.last.ready({ visitor: 'known' });
    Server.last.says({ t: 'reconnect', after: 20_000 });
    Server.last.onclose?.({ code: 1012 });
    it.say('Hello', '', '');
    expect(Server.all).toHaveLength(2);
  });

  it('forgets a token the server does not know', () => {
    const it = chat();
    Server.last.ready({ visitor: 'unknown' });
    expect(localStorage.getItem('inbox:shop')).toBeNull();
    expect(it.known).toBe(false);
  });

  it('asks only for what he lacks after a break, naming lines that may have arrived', () => {
    const it = chat();
    Server.last.ready({ visitor: 'known', messages: [row('a')] });
    it.say('Hi', '', '');
    const id = it.lines[0]?.client_id;
    Server.last.onclose?.({ code: 1006 });
    vi.advanceTimersByTime(1000);
    Server.last.onopen?.();
    expect(Server.last.takes('open')[0]).toMatchObject({ token: 'secret', have: { a: 1 }, pending: [id] });
    const arrived = row('m', { who: 'visitor', client_id: id ?? '', at: 2 });
    Server.last.welcomes({ visitor: 'known', whole: false, messages: [arrived] });
    expect(it.rows.map((each) => each.id)).toEqual(['a', 'm']);
    expect(it.lines).toEqual([]);
    expect(Server.last.takes('say')).toEqual([]);
  });

  it('keeps what he was writing when the page changes', () => {
    const before = chat();
    before.open();
    before.typed('half a sen');
    before.say('unsent', '', '');
    before.typed('half a sentence');
    const after = chat();
    expect([after.shown, after.draft, after.lines.map((each) => each.text)]).toEqual([
      true,
      'half a sentence',
      ['unsent'],
    ]);
  });

  it('leaves nothing behind when he logs out', () => {
    const it = chat();
    Server.last.ready({ visitor: 'known', messages: [row('a')] });
    it.setAttributes({ plan: 'gold' });
    it.typed('secret draft');
    it.logout();
    expect([it.rows, it.draft, localStorage.length, sessionStorage.length]).toEqual([[], '', 0, 0]);
    it.open();
    Server.last.ready();
    expect(Server.last.takes('about')).toEqual([]);
  });
});

describe('while it is open', () => {
  function opened(): Chat {
    localStorage.setItem('inbox:shop', 'secret');
    const it = chat();
    it.open();
    Server.last.ready({ visitor: 'known' });
    return it;
  }

  it('tells the page of new answers, once each', () => {
    opened();
    for (const version of [1, 1, 2]) Server.last.says({ t: 'message', row: row('a', { version }) });
    expect(events.filter(([event]) => event === 'message')).toEqual([
      ['message', { id: 'a', from: 'agent', name: 'Sam', text: 'a', at: 1 }],
    ]);
  });

  it('shows typing until the answer comes or ten seconds pass', () => {
    const it = opened();
    Server.last.says({ t: 'typing', name: 'Sam', on: true });
    expect(it.typing).toBe('Sam');
    vi.advanceTimersByTime(10_000);
    expect(it.typing).toBe('');
    Server.last.says({ t: 'typing', name: 'Sam', on: true });
    Server.last.says({ t: 'message', row: row('a') });
    expect(it.typing).toBe('');
  });

  it('says that he types at most every three seconds, and when he stops', () => {
    const it = opened();
    for (const text of ['a', 'ab', 'abc']) it.typed(text);
    vi.advanceTimersByTime(3000);
    it.typed('abcd');
    it.typed('');
    it.typed('');
    expect(Server.last.takes('typing').map((frame) => frame.on)).toEqual([true, true, false]);
  });

  it('refuses files that may not be sent without asking, and asks once for others', () => {
    const it = opened();
    it.attach([
      new File(['x'], 'a.exe', { type: 'application/x-msdownload' }),
      new File(['x'.repeat(1001)], 'b.png', { type: 'image/png' }),
    ]);
    expect(it.attached.map((each) => each.code)).toEqual(['file_type', 'file_size']);
    it.attach([new File(['x'], 'c.png', { type: 'image/png' })]);
    it.say('and a line', '', '');
    expect(Server.last.takes('upload')).toMatchObject([{ name: 'c.png', type: 'image/png', size: 1 }]);
  });

  it('holds the line back until the visitor has logged in where that is needed', () => {
    const it = chat({ identity: null });
    it.open();
    Server.last.ready();
    it.say('Hello', '', '');
    Server.last.says({ t: 'refused', code: 'identify_first', client_id: '', again: false });
    expect(it.notice).toBe('login');
    it.identify('a.b.c');
    expect(Server.last.takes('identify')).toEqual([{ t: 'identify', identity: 'a.b.c' }]);
    Server.last.says({ t: 'identified', ok: true, reason: '' });
    Server.last.welcomes();
    expect(Server.last.takes('start')).toHaveLength(2);
  });

  it('knows its place in the queue until an agent has it or the line is lost', () => {
    const it = chat();
    it.open();
    Server.last.ready({ visitor: 'known' });
    Server.last.says({ t: 'place', position: 3, minutes: 4 });
    expect(it.place).toMatchObject({ position: 3, minutes: 4 });
    Server.last.says({ t: 'place', position: null, minutes: null });
    expect(it.place?.position).toBeNull();
  });

  it('tells the page when what it says of its user is refused', () => {
    const told = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
    chat().open();
    Server.last.says({ t: 'refused', code: 'malformed', client_id: '', again: false });
    expect(told).toHaveBeenCalledWith(expect.stringContaining('attributes refused'));
  });

  it('shows nothing of a user whose login has expired', () => {
    const it = chat({ identity: 'a.b.c' });
    Server.last.ready({ visitor: 'known', messages: [row('a')] });
    Server.last.says({ t: 'identified', ok: false, reason: 'expired' });
    expect([it.rows, it.notice, it.known]).toEqual([[], 'expired', false]);
  });
});

describe('a comment beside a score', () => {
  it('goes to its question, and that it is too late is said there', () => {
    const made = chat();
    made.open();
    Server.last.ready({ visitor: 'known', messages: [row('q', { comment_until: 9e15 })] });
    made.ask({ t: 'comment', message: 'q', text: 'Fine' });
    expect(Server.last.takes('comment')).toEqual([{ t: 'comment', message: 'q', text: 'Fine' }]);
    expect(made.late).toBe(false);
    Server.last.says({ t: 'refused', code: 'comment', client_id: '', again: false });
    expect(made.late).toBe(true);
  });
});
