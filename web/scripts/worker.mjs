// Writes the service worker of a build: its name is a digest of all its files, and these are what it keeps.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Words of other languages and fonts of other scripts are fetched where they are spoken. */
const KEPT = /\.(js|css)$|inter-latin-wght.*\.woff2$/;
const WORDS = /^(later\.)?(de|fr|es|pt|ar)-/;

export function writeWorker(web, out) {
  const assets = readdirSync(join(out, 'assets'))
    .filter((name) => KEPT.test(name) && !WORDS.test(name))
    .sort();
  const paths = [
    'theme.js',
    'favicon.svg',
    'manifest.webmanifest',
    ...assets.map((name) => `assets/${name}`),
  ];
  const source = readFileSync(join(web, 'worker', 'worker.js'), 'utf8');
  const hash = createHash('sha256').update(source);
  for (const path of ['index.html', ...paths]) hash.update(path).update(readFileSync(join(out, path)));
  const files = ['/', ...paths.map((path) => `/${path}`)];
  const filled = source
    .replace('__BUILD__', hash.digest('hex').slice(0, 12))
    .replace('__FILES__', JSON.stringify(files));
  writeFileSync(join(out, 'sw.js'), filled);
}
