// A long thread in stretches, of which only those near the window are in the document. Pure.
import type { Block } from './blocks';

export interface Stretch {
  /** Of its first message or quiet line. */
  key: string;
  blocks: Block[];
}

const MOST = 16;

/**
 * Cuts blocks into stretches. `before` holds those of the last time by their keys and is brought up to date: what was cut once
 * stays cut there, also when older blocks come in front of it or one of them goes, and a stretch in which nothing changed is the
 * same one. Dividers belong to what follows them.
 */
export function cut(blocks: readonly Block[], before: Map<string, Stretch>): Stretch[] {
  const made: Stretch[] = [];
  let dividers: Block[] = [];
  for (const block of blocks) {
    if (block.kind === 'day' || block.kind === 'unread') {
      dividers.push(block);
      continue;
    }
    const last = made.at(-1);
    if (last && last.blocks.length < MOST && !before.has(block.key)) last.blocks.push(...dividers, block);
    else made.push({ key: block.key, blocks: [...dividers, block] });
    dividers = [];
  }
  made.at(-1)?.blocks.push(...dividers);
  const all = made.map((stretch) => {
    const held = before.get(stretch.key);
    return held && same(held.blocks, stretch.blocks) ? held : stretch;
  });
  before.clear();
  for (const stretch of all) before.set(stretch.key, stretch);
  return all;
}

const same = (a: readonly Block[], b: readonly Block[]) =>
  a.length === b.length && a.every((block, i) => block === b[i]);

/** The stretch that holds the block with this key. */
export const holding = (stretches: readonly Stretch[], key: string): Stretch | undefined =>
  stretches.find((stretch) => stretch.blocks.some((block) => block.key === key));
