import { svelte } from '@sveltejs/vite-plugin-svelte';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { defineConfig, type Plugin } from 'vite';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** The languages, as [language, file name, content]; each is fetched only where it is spoken. */
const words = readdirSync(here('./src/words')).map((name): [string, string, string] => {
  const content = JSON.stringify(JSON.parse(readFileSync(here(`./src/words/${name}`), 'utf8')));
  const language = name.replace('.json', '');
  return [
    language,
    `${language}-${createHash('sha256').update(content).digest('hex').slice(0, 8)}.json`,
    content,
  ];
});

/** Shown in the settings, in a frame. */
const PREVIEW = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <title>Chat</title>
  </head>
  <body>
    <script type="module" src="/widget/__PREVIEW__"></script>
  </body>
</html>
`;

/**
 * The loader is one function, so that as a classic script it leaves nothing but `window.Inbox`, and it learns the panel's hashed
 * name here. The panel also keeps a lasting name, for pages that were opened before an update.
 */
function widgetFiles(): Plugin {
  return {
    name: 'widget-files',
    generateBundle(_, bundle) {
      const chunks = Object.values(bundle).filter((file) => file.type === 'chunk');
      const [loader, panel, greeter] = ['widget', 'panel', 'greeter'].map((name) =>
        chunks.find((chunk) => chunk.name === name),
      );
      const preview = chunks.find((chunk) => chunk.name === 'preview');
      if (!loader || !panel || !greeter || !preview || greeter.imports.length)
        return this.error('loader, panel and greeter must share no code');
      if (loader.exports.length || loader.imports.length)
        this.error('the loader must run as a classic script');
      const code = loader.code
        .trim()
        .replace('__PANEL__', panel.fileName)
        .replace('__GREETER__', greeter.fileName)
        .replace('__IMPORT__', 'import');
      loader.code = `(()=>{${code}})();\n`;
      for (const [, fileName, source] of words) this.emitFile({ type: 'asset', fileName, source });
      const page = PREVIEW.replace('__PREVIEW__', preview.fileName);
      this.emitFile({ type: 'asset', fileName: 'preview.html', source: page });
      this.emitFile({
        type: 'asset',
        fileName: 'panel.js',
        source: `export * from './${panel.fileName}';\n`,
      });
    },
  };
}

/** Parts of the panel that are fetched later need none of what Vite wraps around such an import. */
function plainImports(): Plugin {
  return {
    name: 'plain-imports',
    enforce: 'pre',
    load: (id) =>
      id.endsWith('vite/preload-helper.js') ? 'export const __vitePreload = (load) => load();' : undefined,
  };
}

export default defineConfig({
  root: here('.'),
  base: './',
  publicDir: false,
  define: { __WORDS__: JSON.stringify(Object.fromEntries(words)) },
  plugins: [svelte({ configFile: here('../svelte.config.js') }), plainImports(), widgetFiles()],
  build: {
    outDir: here('../../inbox/ui/widget'),
    emptyOutDir: true,
    target: 'es2022',
    modulePreload: false,
    rollupOptions: {
      input: {
        widget: here('./src/loader.ts'),
        panel: here('./src/panel.ts'),
        greeter: here('./src/greeter.ts'),
        preview: here('./src/preview.ts'),
      },
      preserveEntrySignatures: 'allow-extension',
      output: {
        entryFileNames: (chunk) => (chunk.name === 'widget' ? 'widget.js' : '[name]-[hash].js'),
        chunkFileNames: '[name]-[hash].js',
      },
    },
  },
  clearScreen: false,
});
