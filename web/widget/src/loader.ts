// <script src="https://inbox.example/widget/widget.js" data-channel="shop" async></script>
// The launcher and the page's API. The panel is fetched at the first click, or when the visitor has a thread to come back to.
import { standingOut, textOn } from './contrast';
import type { WidgetConfig } from './frames';
import type { Host, Panel, PanelModule } from './host';
import css from './loader.css?inline';

/** The build writes `import` here; Vite would wrap the word itself in more code than all the rest of this file. */
declare function __IMPORT__(url: string): Promise<PanelModule>;

type Listener = (detail: unknown) => void;
type Call = [name: string, ...rest: unknown[]];

const WORDS: Record<string, [open: string, close: string]> = {
  en: ['Open chat', 'Close chat'],
  de: ['Chat öffnen', 'Chat schließen'],
  es: ['Abrir el chat', 'Cerrar el chat'],
  fr: ['Ouvrir la discussion', 'Fermer la discussion'],
  it: ['Apri la chat', 'Chiudi la chat'],
  nl: ['Chat openen', 'Chat sluiten'],
  pt: ['Abrir o chat', 'Fechar o chat'],
};
const ICONS = ['M7.9 20A9 9 0 1 0 4 16.1L2 22Z', 'M18 6 6 18M6 6l12 12'];
/** The grounds of answers; the panel's own stand further from any accent. */
const LIGHT_GROUND = '#eef1f4';
const DARK_GROUND = '#1d242e';

const script = (document.currentScript ??
  document.querySelector('script[data-channel][src*="/widget.js"]')) as HTMLScriptElement | null;

function start(tag: HTMLScriptElement): void {
  const data = tag.dataset;
  const channel = data.channel ?? '';
  const key = `inbox:${channel}`;
  const base = new URL(tag.src).origin;
  const language = data.lang || document.documentElement.lang || navigator.language;
  const words = WORDS[language.slice(0, 2)] ?? (WORDS.en as [string, string]);
  const listeners = new Map<string, Set<Listener>>();
  const queued = Array.isArray(window.Inbox) ? (window.Inbox as Call[]) : [];

  let identity = data.identity || null;
  let panel: Promise<Panel> | undefined;
  let config: WidgetConfig | undefined;
  let wanted = false;
  let unread = 0;

  const element = document.createElement('inbox-chat');
  const root = document.createElement('div');
  const place = document.createElement('div');
  const launcher = document.createElement('button');
  const icon = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  const path = document.createElementNS('http://www.w3.org/2000/svg', 'path');
  const badge = document.createElement('span');
  const live = document.createElement('span');

  const host = (known: WidgetConfig): Host => ({
    base,
    channel,
    config: known,
    language,
    identity,
    place,
    badge(count, text) {
      live.textContent = text;
      if (count === unread) return;
      unread = count;
      badge.textContent = count > 9 ? '9+' : count ? String(count) : '';
      emit('unread', count);
    },
    opened(open) {
      draw(open);
      if (!open) launcher.focus();
      emit(open ? 'open' : 'close', null);
    },
    emit,
  });

  function emit(event: string, detail: unknown): void {
    for (const listener of listeners.get(event) ?? []) listener(detail);
  }

  function draw(open: boolean): void {
    path.setAttribute('d', ICONS[open ? 1 : 0] as string);
    launcher.setAttribute('aria-label', words[open ? 1 : 0]);
    launcher.setAttribute('aria-expanded', String(open));
    root.toggleAttribute('data-open', open);
  }

  async function load(known: WidgetConfig): Promise<Panel> {
    const file = (name: string): Promise<PanelModule> => __IMPORT__(`${base}/widget/${name}`);
    // An old name is gone when the server was updated after this page was opened.
    const { mount } = await file('__PANEL__').catch(() => file('panel.js'));
    return mount(host(known));
  }

  /** The panel, fetched once; a failed fetch is tried again at the next click. Undefined before the configuration is there. */
  function fetched(): Promise<Panel> | undefined {
    if (!config) return undefined;
    panel ??= load(config).catch((failure: unknown) => {
      panel = undefined;
      throw failure;
    });
    return panel;
  }

  function show(open: boolean): void {
    wanted = open;
    void fetched()?.then((it) => (wanted ? it.open() : it.close()));
  }

  const api = {
    open: () => show(true),
    close: () => show(false),
    toggle: () => show(!root.hasAttribute('data-open')),
    identify(token: string) {
      identity = token;
      void fetched()?.then((it) => it.identify(token));
    },
    logout() {
      identity = null;
      if (panel) void panel.then((it) => it.logout());
      else forget();
    },
    on(event: string, listener: Listener) {
      const known = listeners.get(event) ?? new Set();
      listeners.set(event, known.add(listener));
      return () => known.delete(listener);
    },
    push(call: Call) {
      const [name, ...rest] = call;
      (api as unknown as Record<string, (...given: unknown[]) => void>)[name]?.(...rest);
    },
  };

  function build(known: WidgetConfig): void {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(css);
    const shadow = element.attachShadow({ mode: 'open' });
    shadow.adoptedStyleSheets = [sheet];
    root.className = 'root';
    root.dataset.theme = data.theme || pageTheme();
    root.dataset.side = known.position;
    root.lang = language;
    const { accent } = known;
    root.style.setProperty('--accent', accent);
    root.style.setProperty('--on-accent', textOn(accent));
    root.style.setProperty('--accent-light', standingOut(accent, LIGHT_GROUND, 4.5));
    root.style.setProperty('--accent-dark', standingOut(accent, DARK_GROUND, 4.5));
    icon.setAttribute('viewBox', '0 0 24 24');
    icon.setAttribute('aria-hidden', 'true');
    icon.append(path);
    badge.className = 'badge';
    badge.setAttribute('aria-hidden', 'true');
    live.className = 'words';
    live.setAttribute('role', 'status');
    launcher.type = 'button';
    launcher.className = 'launcher';
    launcher.setAttribute('aria-haspopup', 'dialog');
    launcher.onclick = api.toggle;
    launcher.append(icon, badge);
    draw(false);
    root.append(place, launcher, live);
    shadow.append(root);
    document.body.append(element);
  }

  /** The one theme the page declares for itself; '' where it declares both or nothing, and the system's choice counts. */
  function pageTheme(): string {
    const declared = getComputedStyle(document.documentElement).colorScheme;
    return /^(only )?(light|dark)$/.exec(declared)?.[2] ?? '';
  }

  /** Whether this browser has a thread, or the page was left with the chat open. Pages may be denied all storage. */
  function remembered(): boolean {
    try {
      return !!(localStorage[key] || sessionStorage[key]);
    } catch {
      return false;
    }
  }

  function forget(): void {
    try {
      localStorage.removeItem(key);
      sessionStorage.removeItem(key);
    } catch {
      return;
    }
  }

  /** The server may be restarting just now, so it is asked a few times more. */
  async function configure(waits: number[]): Promise<void> {
    try {
      const answer = await fetch(`${base}/chat/${channel}/config`, { credentials: 'omit' });
      if (!answer.ok) throw new Error(`status ${answer.status}`);
      config = (await answer.json()) as WidgetConfig;
    } catch (failure) {
      const [wait, ...rest] = waits;
      if (wait) return void setTimeout(() => void configure(rest), wait);
      return console.warn(
        `Inbox chat "${channel}": not available on ${location.origin}. Is that one of its origins?`,
        failure,
      );
    }
    build(config);
    if (wanted) show(true);
    else if (identity || remembered()) void fetched();
    emit('ready', null);
  }

  window.Inbox = api;
  for (const call of queued) api.push(call);
  void configure([2000, 10_000, 60_000]);
}

declare global {
  interface Window {
    Inbox?: unknown;
  }
}

if (script && !customElements.get('inbox-chat')) {
  customElements.define('inbox-chat', class extends HTMLElement {});
  if (document.body) start(script);
  else document.addEventListener('DOMContentLoaded', () => start(script));
}
