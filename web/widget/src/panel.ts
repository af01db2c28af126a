// The panel's entry.
import { mount as place } from 'svelte';
import { Chat } from './chat.svelte';
import type { Host, Panel } from './host';
import Widget from './Panel.svelte';
import css from './panel.css?inline';
import { wordsOf } from './texts';

/** Draw the panel into the host's place; it opens itself where the page before was left with it open. */
export async function mount(host: Host): Promise<Panel> {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(css);
  const shadow = host.place.getRootNode() as ShadowRoot;
  shadow.adoptedStyleSheets = [...shadow.adoptedStyleSheets, sheet];
  const chat = new Chat(host, await wordsOf(host.language, host.base));
  place(Widget, { target: host.place, props: { chat } });
  chat.begin();
  return chat;
}
