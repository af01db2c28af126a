import type { AgentRow, SendMessage } from '../../lib/api/types';

/**
 * Ids of colleagues whom a note names as "@Name"; a name that goes on into another word is somebody else's, and a first name that goes on
 * into a whole one names that one alone.
 */
export function mentioned(text: string, agents: Iterable<AgentRow>): string[] {
  const people = [...agents]
    .filter(({ role }) => role !== 'bot')
    .map(({ id, name }) => ({ id, name: `@${name.toLowerCase()}` }));
  const longest = [...new Set(people.map(({ name }) => name))].sort((a, b) => b.length - a.length);
  const whole = new Set<string>();
  let rest = text.toLowerCase();
  for (const name of longest) {
    if (!standsAlone(rest, name)) continue;
    whole.add(name);
    if (name.includes(' ')) rest = rest.replaceAll(name, ' ');
  }
  return people
    .filter(({ name }) => whole.has(name) || standsAlone(rest, name.split(' ')[0] ?? name))
    .map(({ id }) => id);
}

function standsAlone(text: string, wanted: string): boolean {
  for (let at = text.indexOf(wanted); at >= 0; at = text.indexOf(wanted, at + 1)) {
    if (!/[\p{L}\p{N}_]/u.test(text[at + wanted.length] ?? '') && !/[\p{L}\p{N}_.]/u.test(text[at - 1] ?? ''))
      return true;
  }
  return false;
}

/** What a note says beyond its text: whom it names, or that it is a whisper, which names nobody. */
export function noteOf(
  text: string,
  agents: Iterable<AgentRow>,
  whisper: boolean,
): Pick<SendMessage, 'mentions' | 'whisper'> {
  return whisper ? { whisper } : { mentions: mentioned(text, agents) };
}
