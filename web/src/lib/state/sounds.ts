// Short tones made in the browser, played by one window of many. A browser lets a page sound only after a click or a key.

/** Notes as [frequency in Hz, begin in s]. */
const TONES = {
  drop: [
    [880, 0],
    [660, 0.11],
  ],
  rise: [
    [523, 0],
    [659, 0.09],
    [784, 0.18],
  ],
  knock: [
    [220, 0],
    [220, 0.13],
  ],
  bell: [
    [1047, 0],
    [1319, 0.02],
  ],
  low: [[330, 0]],
} as const;
export type Tone = keyof typeof TONES;
export const TONE_NAMES = Object.keys(TONES) as Tone[];

const LASTS_S = 0.35;
let context: AudioContext | null = null;

/** `volume` 0 to 1. Does nothing where the browser does not let it sound. */
export async function play(tone: Tone, volume: number): Promise<void> {
  if (volume <= 0 || typeof AudioContext === 'undefined') return;
  context ??= new AudioContext();
  await context.resume();
  const begin = context.currentTime + 0.01;
  for (const [frequency, at] of TONES[tone]) {
    const note = context.createOscillator();
    const gain = context.createGain();
    note.frequency.value = frequency;
    gain.gain.setValueAtTime(0, begin + at);
    gain.gain.linearRampToValueAtTime(volume * 0.4, begin + at + 0.012);
    gain.gain.exponentialRampToValueAtTime(0.0001, begin + at + LASTS_S);
    note.connect(gain).connect(context.destination);
    note.start(begin + at);
    note.stop(begin + at + LASTS_S);
  }
}

/** Whether this window is the one that sounds and shows desktop notices; when it is closed another one is. */
export class Leader {
  leads = false;

  constructor(name: string) {
    // Where there are no locks every window leads: desktop notices of one conversation replace each other anyway.
    if (!('locks' in navigator)) this.leads = true;
    else
      void navigator.locks.request(name, () => {
        this.leads = true;
        return new Promise<never>(() => undefined);
      });
  }
}
