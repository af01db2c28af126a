// What a browser calls itself, in few words. Only for people to recognise it by: anybody can send anything.
const BROWSERS: readonly [RegExp, string][] = [
  [/\bEdg(?:e|A|iOS)?\//, 'Edge'],
  [/\bOPR\/|\bOpera\b/, 'Opera'],
  [/\bSamsungBrowser\//, 'Samsung Internet'],
  [/\bFirefox\/|\bFxiOS\//, 'Firefox'],
  [/\bCriOS\/|\bChrome\/|\bHeadlessChrome\//, 'Chrome'],
  [/\bSafari\//, 'Safari'],
];
const SYSTEMS: readonly [RegExp, string][] = [
  [/\biPhone\b/, 'iPhone'],
  [/\biPad\b/, 'iPad'],
  [/\bAndroid\b/, 'Android'],
  [/\bWindows\b/, 'Windows'],
  [/\bMac OS X\b|\bMacintosh\b/, 'macOS'],
  [/\bCrOS\b/, 'ChromeOS'],
  [/\bLinux\b/, 'Linux'],
];

const first = (agent: string, known: readonly [RegExp, string][]) =>
  known.find(([pattern]) => pattern.test(agent))?.[1] ?? '';

/** Such as "Firefox, Windows"; a program's own name, at most 40 characters, when it is no browser. */
export function browserName(agent: string): string {
  const named = [first(agent, BROWSERS), first(agent, SYSTEMS)].filter(Boolean).join(', ');
  return named || agent.slice(0, 40);
}

export function isPhone(agent: string): boolean {
  return /\b(iPhone|Android)\b/.test(agent);
}
