import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vite';

const SERVER = 'http://127.0.0.1:8080';

export default defineConfig({
  plugins: [svelte()],
  // The page's policy forbids inline styles and data: fonts, so every asset stays a file of its own.
  build: {
    outDir: '../inbox/ui',
    emptyOutDir: true,
    target: ['chrome123', 'firefox121', 'safari17.5'],
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    manifest: '.vite/manifest.json',
  },
  server: {
    host: '127.0.0.1',
    proxy: { '/api': SERVER, '/widget': SERVER, '/ws': { target: SERVER, ws: true } },
  },
  clearScreen: false,
});
