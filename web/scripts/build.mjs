// Builds the screen with its service worker, then the widget into its own folder beside it, then compresses what browsers fetch.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { writeWorker } from './worker.mjs';

const web = dirname(dirname(fileURLToPath(import.meta.url)));
const out = join(web, '..', 'inbox', 'ui');
const COMPRESSED = new Set(['.js', '.css', '.html', '.svg', '.json']);
const WORTH_IT = 1024;

function vite(...args) {
  const cli = join(web, 'node_modules', 'vite', 'bin', 'vite.js');
  const { status } = spawnSync(process.execPath, [cli, 'build', ...args], { cwd: web, stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}

function compress(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) compress(path);
    else if (COMPRESSED.has(extname(entry.name))) compressFile(path);
  }
}

function compressFile(path) {
  const bytes = readFileSync(path);
  if (bytes.length < WORTH_IT) return;
  writeFileSync(`${path}.gz`, gzipSync(bytes, { level: 9 }));
  const params = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length };
  writeFileSync(`${path}.br`, brotliCompressSync(bytes, { params }));
}

vite();
writeWorker(web, out);
if (existsSync(join(web, 'widget', 'vite.config.ts'))) vite('-c', 'widget/vite.config.ts');
compress(out);
