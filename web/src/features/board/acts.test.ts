import '../../lib/i18n/later';
import { afterEach, expect, it } from 'vitest';
import type { AgentRow } from '../../lib/api/types';
import { session } from '../../lib/state/session.svelte';
import { heldItems } from './acts';

afterEach(() => (session.agents = new Map()));

it('a conversation can be given to everybody, however many they are', () => {
  const agents = Array.from({ length: 80 }, (_, n) => ({ id: `a${n}`, name: `Agent ${n}`, role: 'agent' }));
  session.agents = new Map(agents.map((one) => [one.id, one as AgentRow]));
  const given = heldItems({ id: 'k1', number: 1 }, 'a7').filter((one) => one.id.startsWith('to-'));
  expect(given).toHaveLength(79);
});
