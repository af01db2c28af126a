// Makes src/lib/api/schema.d.ts from the service's OpenAPI document; with --check it only tells whether that would change it.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import openapiTS, { astToString } from 'openapi-typescript';

const web = dirname(dirname(fileURLToPath(import.meta.url)));
const source = join(web, '..', 'docs', 'reference', 'openapi.json');
const target = join(web, 'src', 'lib', 'api', 'schema.d.ts');
const checking = process.argv.includes('--check');

if (!existsSync(source)) {
  console.log('types: docs/reference/openapi.json is not there');
  process.exit(checking && process.env.CI !== 'true' ? 0 : 1);
}
const made = `// Generated from docs/reference/openapi.json by \`npm run types\`.\n${astToString(await openapiTS(pathToFileURL(source)))}`;
if (!checking) {
  writeFileSync(target, made);
  console.log(`types: ${made.length} characters written`);
} else if (!existsSync(target) || readFileSync(target, 'utf8') !== made) {
  console.error(
    'types: src/lib/api/schema.d.ts does not fit docs/reference/openapi.json; run `npm run types`',
  );
  process.exit(1);
}
