// A bubble beside the button, said once in a while to who stays on certain pages. A file of its own: most sites greet nobody.
import type { PageGreeting } from './frames';
import type { Host } from './host';
import css from './greeter.css?inline';

const DAY_MS = 86_400_000;
const CLOSE: Record<string, string> = {
  ar: 'إغلاق',
  de: 'Schließen',
  es: 'Cerrar',
  fr: 'Fermer',
  it: 'Chiudi',
  nl: 'Sluiten',
  pl: 'Zamknij',
  pt: 'Fechar',
  tr: 'Kapat',
};

/** The first greeting meant for a page; `page` is its path and query. */
export function greetingFor(greetings: readonly PageGreeting[], page: string): PageGreeting | undefined {
  return greetings.find(({ pages }) => fits(pages, page));
}

function fits(pattern: string, page: string): boolean {
  const parts = pattern.split('*').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`).test(page);
}

export function greet(host: Host, show: (open: boolean) => void): void {
  const { greetings, greeting_days } = host.config;
  const greeting = greetingFor(greetings, location.pathname + location.search);
  const key = `inbox:${host.channel}:greeted`;
  if (!greeting || Date.now() - greetedAt(key) < greeting_days * DAY_MS) return;
  setTimeout(() => {
    if (!host.place.parentElement?.hasAttribute('data-open')) draw(host, greeting, key, show);
  }, greeting.seconds * 1000);
}

function greetedAt(key: string): number {
  try {
    return Number(localStorage[key] ?? 0);
  } catch {
    return 0;
  }
}

function draw(host: Host, greeting: PageGreeting, key: string, show: (open: boolean) => void): void {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(css);
  const shadow = host.place.getRootNode() as ShadowRoot;
  shadow.adoptedStyleSheets = [...shadow.adoptedStyleSheets, sheet];
  const bubble = document.createElement('div');
  bubble.className = 'greeter';
  bubble.role = 'region';
  bubble.ariaLabel = host.config.title || 'Chat';
  const text = document.createElement('button');
  text.type = 'button';
  text.dir = 'auto';
  text.textContent = greeting.text;
  text.onclick = () => show(true);
  const close = document.createElement('button');
  close.type = 'button';
  close.className = 'away';
  close.ariaLabel = CLOSE[host.language.slice(0, 2)] ?? 'Close';
  close.textContent = '×';
  close.onclick = () => bubble.remove();
  bubble.append(text, close);
  // Gone as soon as the chat is open, however it was opened.
  const root = host.place.parentElement as HTMLElement;
  const watch = new MutationObserver(() => {
    if (!root.hasAttribute('data-open')) return;
    bubble.remove();
    watch.disconnect();
  });
  watch.observe(root, { attributes: true, attributeFilter: ['data-open'] });
  host.place.after(bubble);
  try {
    localStorage[key] = Date.now();
  } catch {
    // Without storage somebody is greeted on every page.
  }
  host.emit('greeting', { text: greeting.text });
}
