// The panel's entry.
import { mount as place } from 'svelte';
import { Chat } from './chat.svelte';
import type { Host, Panel } from './host';
import Widget from './Panel.svelte';
import css from './panel.css?inline';
import { wear } from './sheets';
import { wordsOf } from './texts';
import { standingOut } from './tints';

/** The grounds of answers; the panel's own stand further from any accent. */
const GROUNDS = { light: '#eef1f4', dark: '#1d242e' };

/** Draw the panel into the host's place; it opens itself where the page before was left with it open. */
export async function mount(host: Host): Promise<Panel> {
  wear(host.place, css);
  const root = host.place.parentElement as HTMLElement;
  for (const [theme, ground] of Object.entries(GROUNDS))
    root.style.setProperty(`--accent-${theme}`, standingOut(host.config.accent, ground, 4.5, host.contrast));
  const chat = new Chat(host, await wordsOf(host.language, host.base));
  place(Widget, { target: host.place, props: { chat } });
  chat.begin();
  return chat;
}
