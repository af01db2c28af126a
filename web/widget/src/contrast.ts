// Colours that stay readable whatever accent the owner of the site picked (WCAG 2.2, 1.4.3 and 1.4.11).

const LIGHT = '#ffffff';
const BLACK = '#000000';

type Rgb = [number, number, number];

function rgb(hex: string): Rgb {
  const value = Number.parseInt(hex.slice(1), 16);
  return [value >> 16, (value >> 8) & 255, value & 255];
}

function luminance(colour: string): number {
  const [r, g, b] = rgb(colour).map((part) => {
    const share = part / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  }) as Rgb;
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

/** The contrast of two colours, from 1 to 21. */
export function contrast(a: string, b: string): number {
  const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y) as [number, number];
  return (high + 0.05) / (low + 0.05);
}

/** Text to put on a ground: white where it can be read, else black; one of both always reaches 4.5. */
export function textOn(ground: string): string {
  return contrast(ground, LIGHT) >= 4.5 ? LIGHT : BLACK;
}
