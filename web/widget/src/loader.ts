// <script src="https://inbox.example/widget/widget.js" data-channel="shop" async></script>
// The launcher and the page's API. The panel is fetched at the first click, or when the visitor has a thread to come back to.
import { contrast, textOn } from './contrast';
import type { WidgetConfig } from './frames';
import type { Attributes, GreeterModule, Host, Panel, PanelModule } from './host';
import css from './loader.css?inline';

/** The build writes `import` here; Vite would wrap the word itself in more code than all the rest of this file. */
declare function __IMPORT__<T>(url: string): Promise<T>;

type Listener = (detail: unknown) => void;
type Call = [name: string, ...rest: unknown[]];

/** What the button is called where it is not called Chat. */
const WORDS: Record<string, string> = { ar: 'الدردشة', pl: 'Czat', tr: 'Sohbet' };
const ICONS = ['M7.9 20A9 9 0 1 0 4 16.1L2 22Z', 'M18 6 6 18M6 6l12 12'];

const script = (document.currentScript ??
  document.querySelector('script[data-channel][src*="/widget.js"]')) as HTMLScriptElement | null;

function start(tag: HTMLScriptElement): void {
  const data = tag.dataset;
  const channel = data.channel ?? '';
  const key = `inbox:${channel}`;
  const base = new URL(tag.src).origin;
  const embedded = 'embed' in data;
  const listeners = new Map<string, Set<Listener>>();
  const queued = [window.Inbox, window.inboxChat].flatMap((it) => (Array.isArray(it) ? (it as Call[]) : []));

  let identity = data.identity || null;
  let attributes: Attributes = {};
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
    language: languageOf(known),
    identity,
    attributes,
    embedded,
    contrast,
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
    launcher.setAttribute('aria-expanded', String(open));
    root.toggleAttribute('data-open', open);
  }

  const file = <T>(name: string): Promise<T> => __IMPORT__(`${base}/widget/${name}`);

  async function load(known: WidgetConfig): Promise<Panel> {
    // An old name is gone when the server was updated after this page was opened.
    const { mount } = await file<PanelModule>('__PANEL__').catch(() => file<PanelModule>('panel.js'));
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
    setAttributes(given: Attributes) {
      attributes = { ...attributes, ...given };
      void panel?.then((it) => it.setAttributes(attributes));
    },
    logout() {
      identity = null;
      attributes = {};
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
    const { accent, theme } = known;
    const language = languageOf(known);
    root.dataset.theme = data.theme || (theme === 'auto' ? pageTheme() : theme);
    root.dataset.side = known.position;
    root.toggleAttribute('data-embed', embedded);
    if (embedded) document.documentElement.lang = language;
    root.lang = language;
    root.dir = /^(ar|fa|he|ur)/.test(language) ? 'rtl' : 'ltr';
    root.style.setProperty('--accent', accent);
    root.style.setProperty('--on-accent', textOn(accent));
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
    launcher.dir = 'auto';
    if (known.launcher) launcher.append(known.launcher);
    else launcher.setAttribute('aria-label', WORDS[language.slice(0, 2)] ?? 'Chat');
    launcher.prepend(icon, badge);
    draw(false);
    root.append(place, ...(embedded ? [] : [launcher]), live);
    shadow.append(root);
    document.body.append(element);
  }

  function languageOf({ language }: WidgetConfig): string {
    const page = document.documentElement.lang || navigator.language;
    return data.lang || (language === 'auto' ? page : language);
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
    let known: WidgetConfig;
    try {
      const answer = await fetch(`${base}/chat/${channel}/config`, { credentials: 'omit' });
      if (!answer.ok) throw new Error(`status ${answer.status}`);
      known = config = (await answer.json()) as WidgetConfig;
    } catch (failure) {
      const [wait, ...rest] = waits;
      if (wait) return void setTimeout(() => void configure(rest), wait);
      return console.warn(
        `Inbox chat "${channel}": not available on ${location.origin}. Is that one of its origins?`,
        failure,
      );
    }
    build(known);
    const back = identity || remembered();
    if (wanted || embedded) show(true);
    else if (back) void fetched();
    if (config.greetings.length && !embedded && !back)
      void file<GreeterModule>('__GREETER__').then((it) => it.greet(host(known), show));
    emit('ready', null);
  }

  window.Inbox = window.inboxChat = api;
  for (const call of queued) api.push(call);
  void configure([2000, 10_000, 60_000]);
}

declare global {
  interface Window {
    Inbox?: unknown;
    inboxChat?: unknown;
  }
}

if (script && !customElements.get('inbox-chat')) {
  customElements.define('inbox-chat', class extends HTMLElement {});
  if (document.body) start(script);
  else document.addEventListener('DOMContentLoaded', () => start(script));
}
