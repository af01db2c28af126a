// A delivery's own text made readable. Pure.

/** JSON with line breaks; everything else as it is, without the bytes that no font has. */
export function indented(text: string): string {
  const first = text.trimStart()[0];
  if (first === '{' || first === '[') {
    try {
      return JSON.stringify(JSON.parse(text), null, 2);
    } catch {
      // It only looks like JSON, or was cut.
    }
  }
  return text.replaceAll('\r\n', '\n').replaceAll('\0', '\u2400');
}
