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
    // What nearly every part shares is one file, so that the first screen asks for few.
    rolldownOptions: {
      output: {
        codeSplitting: {
          groups: [
            {
              name: 'lib',
              test: /src\/(features\/(composer\/(AttachButton|EmojiButton|Files|FormatBar|Limits|Preview|ReplyButton|SendLater|WritingField|paste|schedule|segments|uploads|word)\.|replies\/|thread\/(SnoozeFooter|Words))|lib\/ui\/(Menu|popup)|lib\/(?!keys\/labels|i18n\/(later|when|(de|fr|es|pt|ar)\.json)|ui\/|api\/(admin|passkeys|security|sso)|state\/(alerts|attributes|blocking|board|digest|following|form|guide|merging|promises|roles|segments|surveys|tags|templates|undo|webhooks)|(conditions|fuzzy|templates|when)\.ts))/,
            },
          ],
        },
      },
    },
  },
  server: {
    host: '127.0.0.1',
    proxy: { '/api': SERVER, '/widget': SERVER, '/ws': { target: SERVER, ws: true } },
  },
  clearScreen: false,
});
