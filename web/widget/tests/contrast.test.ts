import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { contrast, textOn } from '../src/contrast';
import { standingOut } from '../src/tints';

const colour = fc
  .integer({ min: 0, max: 0xffffff })
  .map((value) => `#${value.toString(16).padStart(6, '0')}`);

describe('contrast', () => {
  it('measures as WCAG does', () => {
    expect(contrast('#000000', '#ffffff')).toBeCloseTo(21, 1);
    expect(contrast('#2257bf', '#ffffff')).toBeCloseTo(6.6, 1);
    expect(contrast('#777777', '#777777')).toBe(1);
  });

  it('puts readable text on any accent', () => {
    fc.assert(fc.property(colour, (accent) => contrast(accent, textOn(accent)) >= 4.5));
    expect(textOn('#ffe14d')).toBe('#000000');
    expect(textOn('#2257bf')).toBe('#ffffff');
  });

  it('makes any accent stand out from either surface and leaves a good one alone', () => {
    for (const surface of ['#ffffff', '#eef1f4', '#151a22', '#1d242e'])
      fc.assert(
        fc.property(
          colour,
          (accent) => contrast(standingOut(accent, surface, 4.5, contrast), surface) >= 4.5,
        ),
      );
    expect(standingOut('#2257bf', '#eef1f4', 4.5, contrast)).toBe('#2257bf');
  });
});
