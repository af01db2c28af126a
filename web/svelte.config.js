/** @type {import('@sveltejs/vite-plugin-svelte').SvelteConfig} */
export default {
  // The widget runs in the pages of others: what they are told by it is what they asked for, not which Svelte drew it.
  compilerOptions: { runes: true, discloseVersion: false },
};
