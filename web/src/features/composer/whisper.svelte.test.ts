import { fireEvent, screen } from '@testing-library/svelte';
import { flushSync, mount, unmount, type ComponentProps } from 'svelte';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { conversation } from '../../testing/service';
import type { AgentRow, Me } from '../../lib/api/types';
import { session } from '../../lib/state/session.svelte';
import Whisper from './Whisper.svelte';

const held = conversation('k1', { assignee: 'sam' });
const given = conversation('k1', { assignee: null, version: 2 });
const props = $state<ComponentProps<typeof Whisper>>({ row: held, mode: 'note', on: false });
let shown: ReturnType<typeof mount>;

const box = () => screen.queryByTestId<HTMLInputElement>('whisper');

beforeEach(() => {
  session.me = { id: 'ines', permissions: ['note', 'supervise'] } as unknown as Me;
  session.agents = new Map([['sam', { id: 'sam', name: 'Sam' } as AgentRow]]);
  Object.assign(props, { row: held, mode: 'note', on: false });
  shown = mount(Whisper, { target: document.body, props });
});

afterEach(async () => {
  await unmount(shown);
  session.me = null;
  session.agents = new Map();
});

it('a whisper stays one when its listener gives the conversation away, until its author says otherwise', async () => {
  await fireEvent.click(screen.getByLabelText('Only Sam and supervisors see this'));
  props.row = given;
  flushSync();
  expect(props.on).toBe(true);
  await fireEvent.click(screen.getByLabelText(/Nobody else is assigned now/));
  expect(props.on).toBe(false);
  expect(box()).toBeNull();
});

it('a whisper is over with the note', async () => {
  await fireEvent.click(screen.getByTestId('whisper'));
  props.mode = 'reply';
  flushSync();
  props.mode = 'note';
  flushSync();
  expect(box()?.checked).toBe(false);
});
