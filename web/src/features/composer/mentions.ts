import type { AgentRow } from '../../lib/api/types';

/** Ids of colleagues whom a note names as "@Name"; a name that goes on into another word is somebody else's. */
export function mentioned(text: string, agents: Iterable<AgentRow>): string[] {
  const found: string[] = [];
  const lower = text.toLowerCase();
  for (const agent of agents) {
    if (agent.role === 'bot') continue;
    const name = `@${agent.name.toLowerCase()}`;
    const first = `@${agent.name.toLowerCase().split(' ')[0]}`;
    if ([name, first].some((wanted) => standsAlone(lower, wanted))) found.push(agent.id);
  }
  return found;
}

function standsAlone(text: string, wanted: string): boolean {
  for (let at = text.indexOf(wanted); at >= 0; at = text.indexOf(wanted, at + 1)) {
    if (!/[\p{L}\p{N}_]/u.test(text[at + wanted.length] ?? '') && !/[\p{L}\p{N}_.]/u.test(text[at - 1] ?? ''))
      return true;
  }
  return false;
}
