// How many short messages a text becomes: GSM 7-bit (3GPP TS 23.038) with 160 and 153 places, else UCS-2 with 70 and 67. Pure.

const BASIC = new Set(
  '@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&\'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà',
);
const EXTENDED = new Set('\f^{}\\[~]|€');

export interface Segments {
  unicode: boolean;
  count: number;
  /** Places that are left in the last message. */
  left: number;
}

export function segments(text: string): Segments {
  const signs = [...text];
  const unicode = signs.some((sign) => !BASIC.has(sign) && !EXTENDED.has(sign));
  const sizes = signs.map((sign) => (unicode ? sign.length : EXTENDED.has(sign) ? 2 : 1));
  const used = sizes.reduce((sum, size) => sum + size, 0);
  const [single, part] = unicode ? [70, 67] : [160, 153];
  if (used <= single) return { unicode, count: used === 0 ? 0 : 1, left: single - used };
  return { unicode, ...packed(sizes, part) };
}

/** A sign of two places is never torn apart. */
function packed(sizes: readonly number[], part: number): { count: number; left: number } {
  let count = 1;
  let left = part;
  for (const size of sizes) {
    if (size > left) {
      count++;
      left = part;
    }
    left -= size;
  }
  return { count, left };
}
