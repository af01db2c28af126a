import { expect, it } from 'vitest';
import type { AgentRow } from '../../lib/api/types';
import { mentioned } from './mentions';

const agent = (id: string, name: string, role = 'agent') => ({ id, name, role }) as AgentRow;
const TEAM = [agent('mira', 'Mira Kovač'), agent('jon', 'Jon Snow'), agent('echo', 'Echo', 'bot')];

it('finds colleagues by first or whole name, whole words only, never bots', () => {
  expect(mentioned('@mira please look, @Jon Snow too', TEAM)).toEqual(['mira', 'jon']);
  expect(mentioned('@Jonathan is somebody else, mail jon@mira.example', TEAM)).toEqual([]);
  expect(mentioned('@Echo hello', TEAM)).toEqual([]);
});

it('a whole name names nobody else of the same first name, the first name all of them', () => {
  const both = [...TEAM, agent('jon2', 'Jon Vale'), agent('jon3', 'Jon')];
  expect(mentioned('@Jon Vale, look', both)).toEqual(['jon2']);
  expect(mentioned('@Jon, look', both)).toEqual(['jon', 'jon2', 'jon3']);
  expect(mentioned('@Jon Vale and @jon snow', both)).toEqual(['jon', 'jon2']);
});
