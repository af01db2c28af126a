import { cleanup, fireEvent, render, screen } from '@testing-library/svelte';
import { tick } from 'svelte';
import { afterEach, expect, it } from 'vitest';
import type { Chat } from '../src/chat.svelte';
import type { ClientFrame, MessageRow, ServerFrame } from '../src/frames';
import Past from '../src/Past.svelte';
import { words } from '../src/texts';
import en from '../src/words/en.json';

afterEach(cleanup);

const said = (id: string) =>
  ({ id, who: 'agent', name: 'Sam', text: id, at: 1, files: [] }) as unknown as MessageRow;
const earlier = (id: string) => ({ id, text: id, at: 1, current: false });

function open() {
  const asked: ClientFrame[] = [];
  const chat = {
    ask: (frame: ClientFrame) => asked.push(frame),
    words: words('en', en),
    host: { config: {} },
  };
  render(Past, { chat: chat as unknown as Chat, onclose: () => undefined });
  const says = (frame: object) => (chat as unknown as Chat).past?.(frame as ServerFrame);
  return { asked, says };
}

it('a conversation that was opened while the line was broken is shown once it is back', async () => {
  const { asked, says } = open();
  says({ t: 'earlier', rows: [earlier('one')] });
  await fireEvent.click(await screen.findByText('one'));
  asked.length = 0; // what was asked on the broken line never arrived
  says({ t: 'ready' });
  expect(asked).toEqual([{ t: 'look', conversation: 'one' }]);
  says({ t: 'look', conversation: 'one', messages: [said('Hello')] });
  await screen.findByText('Hello');
});

it('what comes late of another conversation is not shown in this one', async () => {
  const { says } = open();
  says({ t: 'earlier', rows: [earlier('one'), earlier('two')] });
  await fireEvent.click(await screen.findByText('two'));
  says({ t: 'look', conversation: 'two', messages: [said('New')] });
  await screen.findByText('New');
  says({ t: 'look', conversation: 'one', messages: [said('Old')] });
  await tick();
  expect(screen.queryByText('Old')).toBeNull();
});
