// Tints and shades of the accent that can be read. What measures comes from the loader: the two share no code.

type Rgb = [number, number, number];

function rgb(hex: string): Rgb {
  const value = Number.parseInt(hex.slice(1), 16);
  return [value >> 16, (value >> 8) & 255, value & 255];
}

function hex(parts: Rgb): string {
  return `#${parts.map((part) => Math.round(part).toString(16).padStart(2, '0')).join('')}`;
}

/** The colour itself, or the nearest tint or shade of it that stands out from `surface` by at least `least`. */
export function standingOut(
  colour: string,
  surface: string,
  least: number,
  contrast: (a: string, b: string) => number,
): string {
  const towards = rgb(contrast(surface, '#000000') > contrast(surface, '#ffffff') ? '#000000' : '#ffffff');
  const from = rgb(colour);
  for (let step = 0; step <= 20; step++) {
    const mixed = hex(from.map((part, i) => part + ((towards[i] ?? 0) - part) * (step / 20)) as Rgb);
    if (contrast(mixed, surface) >= least) return mixed;
  }
  return hex(towards);
}
