// The stickers of a channel as they are listed, and where an arrow key leads among them. Pure.
import type { ChannelRow } from '../../lib/api/types';
import { languageName } from '../../lib/templates';

export type Sticker = ChannelRow['stickers'][number];

/** By pack, in the order they came; one with words on it names their language as `reader` calls it. */
export function packsOf(stickers: readonly Sticker[], reader: string): [string, Sticker[]][] {
  const packs = new Map<string, Sticker[]>();
  for (const one of stickers) {
    const name = one.words ? `${one.pack}: ${languageName(one.words, reader)}` : one.pack;
    packs.set(name, [...(packs.get(name) ?? []), one]);
  }
  return [...packs];
}

const STEPS: Record<string, number> = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: 2, ArrowUp: -2 };

/** The place after a key at place `at` of `count`, held inside; undefined for a key that moves nothing. `rtl`: read from right to left. */
export function stepTo(key: string, at: number, count: number, rtl: boolean): number | undefined {
  if (count === 0) return undefined;
  if (key === 'Home') return 0;
  if (key === 'End') return count - 1;
  const step = STEPS[key];
  if (step === undefined) return undefined;
  const across = Math.abs(step) === 1;
  return Math.max(0, Math.min(count - 1, at + (across && rtl ? -step : step)));
}
