import { svelte } from '@sveltejs/vite-plugin-svelte';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { defineConfig, type Plugin } from 'vite';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** The languages besides English, as [language, file name, content]; each is fetched only where it is spoken. */
const words = readdirSync(here('./src/words'))
  .filter((name) => name !== 'en.json')
  .map((name): [string, string, string] => {
    const content = JSON.stringify(JSON.parse(readFileSync(here(`./src/words/${name}`), 'utf8')));
    const language = name.replace('.json', '');
    return [
      language,
      `${language}-${createHash('sha256').update(content).digest('hex').slice(0, 8)}.json`,
      content,
    ];
  });

/**
 * The loader is one function, so that as a classic script it leaves nothing but `window.Inbox`, and it learns the panel's hashed
 * name here. The panel also keeps a lasting name, for pages that were opened before an update.
 */
function widgetFiles(): Plugin {
  return {
    name: 'widget-files',
    generateBundle(_, bundle) {
      const chunks = Object.values(bundle).filter((file) => file.type === 'chunk');
      const loader = chunks.find((chunk) => chunk.name === 'widget');
      const panel = chunks.find((chunk) => chunk.name === 'panel');
      if (!loader || !panel || chunks.length !== 2) return this.error('loader and panel must share no code');
      if (loader.exports.length || loader.imports.length)
        this.error('the loader must run as a classic script');
      const code = loader.code.trim().replace('__PANEL__', panel.fileName).replace('__IMPORT__', 'import');
      loader.code = `(()=>{${code}})();\n`;
      for (const [, fileName, source] of words) this.emitFile({ type: 'asset', fileName, source });
      this.emitFile({ type: 'asset', fileName: 'panel.js', source: panel.code });
    },
  };
}

export default defineConfig({
  root: here('.'),
  base: './',
  publicDir: false,
  define: { __WORDS__: JSON.stringify(Object.fromEntries(words)) },
  plugins: [svelte({ configFile: here('../svelte.config.js') }), widgetFiles()],
  build: {
    outDir: here('../../inbox/ui/widget'),
    emptyOutDir: true,
    target: 'es2022',
    modulePreload: false,
    rollupOptions: {
      input: { widget: here('./src/loader.ts'), panel: here('./src/panel.ts') },
      preserveEntrySignatures: 'strict',
      output: { entryFileNames: (chunk) => (chunk.name === 'widget' ? 'widget.js' : '[name]-[hash].js') },
    },
  },
  clearScreen: false,
});
