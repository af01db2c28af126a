import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { FakeService, json } from '../../testing/service';
import { counts } from './counts.svelte';
import { live } from './live.svelte';

let service: FakeService;
let answers: ((response: Response) => void)[];

beforeEach(() => {
  vi.useFakeTimers();
  service = new FakeService();
  service.install((name, value) => vi.stubGlobal(name, value));
  answers = [];
  service.on('GET /counts', () => new Promise((answer) => answers.push(answer)));
  live.start(() => undefined);
});
afterEach(() => {
  live.stop();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const turn = async () => {
  service.deliverAll();
  await vi.advanceTimersByTimeAsync(10);
};

it('keeps the counters of what is followed by now when an answer for what was followed before comes late', async () => {
  counts.follow(['mine'])();
  const first = counts.follow(['mine']);
  await turn();
  first();
  const stop = counts.follow(['mine', 'queue:repairs']);
  await turn();
  expect(answers).toHaveLength(2);
  answers[1]?.(json({ counts: { mine: 2, 'queue:repairs': 1 } }));
  await turn();
  answers[0]?.(json({ counts: { mine: 2 } }));
  await turn();
  expect(counts.of).toEqual({ mine: 2, 'queue:repairs': 1 });
  stop();
});

it('keeps what was told since the snapshot was asked for', async () => {
  service.deliverAll();
  const stop = counts.follow(['mine', 'all']);
  await turn();
  const { sub } = service.said.findLast((frame) => frame.t === 'counts')!;
  service.push({ t: 'counted', sub, counts: { mine: 5 } });
  await turn();
  expect(counts.of).toMatchObject({ mine: 5 });
  answers.at(-1)?.(json({ counts: { mine: 4, all: 9 } }));
  await turn();
  expect(counts.of).toEqual({ mine: 5, all: 9 });
  stop();
});
