// How long a call took, typed and shown. Pure.

/** Seconds of "5", "4:30" or "1:02:03"; 0 of nothing; undefined of what is no length. */
export function secondsOf(typed: string): number | undefined {
  const text = typed.trim();
  if (!text) return 0;
  const parts = text.split(':');
  if (parts.length > 3 || parts.some((part) => !/^\d{1,4}$/.test(part))) return undefined;
  const [first = 0, second = 0, third = 0] = parts.map(Number);
  if ((parts.length > 1 && second > 59) || third > 59) return undefined;
  if (parts.length === 1) return first * 60;
  return parts.length === 2 ? first * 60 + second : first * 3600 + second * 60 + third;
}

/** "4:30" or "1:02:03". */
export function lengthText(seconds: number): string {
  const two = (n: number) => String(n).padStart(2, '0');
  const [hours, minutes, rest] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  return hours ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}

/** What a field for date and time holds, in the reader's own zone. */
export function localTime(at: number): string {
  const zoned = new Date(at - new Date(at).getTimezoneOffset() * 60_000);
  return zoned.toISOString().slice(0, 16);
}
