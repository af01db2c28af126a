// Fails when a bundle outgrows its budget (gzip). Start = what index.html needs before the first screen.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

const KB = 1024;
const BUDGETS = {
  start: 130 * KB,
  route: 60 * KB,
  css: 20 * KB,
  loader: 3 * KB,
  panel: 30 * KB,
  requests: 6,
};

const ui = join(dirname(dirname(fileURLToPath(import.meta.url))), '..', 'inbox', 'ui');
const size = (file) => gzipSync(readFileSync(join(ui, file)), { level: 9 }).length;
const manifest = JSON.parse(readFileSync(join(ui, '.vite', 'manifest.json'), 'utf8'));
const rows = [];
const measure = (what, bytes, budget) => rows.push({ what, bytes, budget });

function closure(key, seen = new Set()) {
  if (seen.has(key)) return seen;
  seen.add(key);
  for (const next of manifest[key].imports ?? []) closure(next, seen);
  return seen;
}

const entry = Object.keys(manifest).find((key) => manifest[key].isEntry);
const start = closure(entry);
const styles = new Set([...start].flatMap((key) => manifest[key].css ?? []));
measure(
  'start chunk',
  [...start].reduce((sum, key) => sum + size(manifest[key].file), 0),
  BUDGETS.start,
);
measure(
  'start css',
  [...styles].reduce((sum, file) => sum + size(file), 0),
  BUDGETS.css,
);
for (const [key, chunk] of Object.entries(manifest)) {
  if (start.has(key) || !chunk.file.endsWith('.js')) continue;
  const own = [...closure(key)].filter((part) => !start.has(part));
  measure(
    `route ${chunk.name ?? key}`,
    own.reduce((sum, part) => sum + size(manifest[part].file), 0),
    BUDGETS.route,
  );
}

const widget = join(ui, 'widget');
if (existsSync(widget)) {
  const scripts = readdirSync(widget, { recursive: true })
    .map(String)
    .filter((name) => name.endsWith('.js'));
  for (const name of scripts) {
    const loader = /(^|\/)(widget|loader)\.js$/.test(name);
    measure(`widget ${name}`, size(join('widget', name)), loader ? BUDGETS.loader : BUDGETS.panel);
  }
}

let over = 0;
for (const { what, bytes, budget } of rows) {
  const bad = bytes > budget;
  over += bad ? 1 : 0;
  console.log(
    `${bad ? 'OVER' : 'ok  '} ${what.padEnd(36)} ${(bytes / KB).toFixed(1).padStart(7)} of ${budget / KB} KB`,
  );
}
const requests = 2 + start.size + styles.size;
over += requests > BUDGETS.requests ? 1 : 0;
console.log(
  `${requests > BUDGETS.requests ? 'OVER' : 'ok  '} start requests ${requests} of ${BUDGETS.requests}`,
);
process.exit(over ? 1 : 0);
