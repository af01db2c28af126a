// Addresses of the screen, by the history API. Every view and every conversation has one.

export type Route =
  | { name: 'login' }
  | { name: 'forgot' }
  | { name: 'reset'; token: string }
  | { name: 'inbox'; view: string; number: string; filter?: string; message?: string }
  | { name: 'search'; q: string; number: string; message?: string }
  | { name: 'settings'; page: string; form?: string }
  | { name: 'reports'; query: string }
  | { name: 'board'; wall: boolean }
  | { name: 'missing' };

export const HOME = 'mine';

/**
 * The address of a conversation may end in `#` and the id of one of its messages; that of a page of the settings in the form that is
 * open on it: '' is that of something new, else the id of what it changes.
 */
export function parse(pathname: string, search = '', hash = ''): Route {
  const [first = '', second = '', third = '', fourth] = pathname.split('/').filter(Boolean).map(decodeSafely);
  switch (first) {
    case '':
      return { name: 'inbox', view: HOME, number: '' };
    case 'login':
      return { name: 'login' };
    case 'forgot':
      return { name: 'forgot' };
    case 'reset':
      return second ? { name: 'reset', token: second } : { name: 'forgot' };
    case 'inbox':
      return withMessage(withFilter({ name: 'inbox', view: second || HOME, number: third }, search), hash);
    case 'c':
      return withMessage({ name: 'inbox', view: 'all', number: second }, hash);
    case 'search':
      return withMessage(
        { name: 'search', q: new URLSearchParams(search).get('q') ?? '', number: second },
        hash,
      );
    case 'settings':
      return { name: 'settings', page: second, ...(third && { form: fourth ?? '' }) };
    case 'reports':
      return { name: 'reports', query: search.replace(/^\?/, '') };
    case 'board':
      return { name: 'board', wall: second === 'wall' };
    default:
      return { name: 'missing' };
  }
}

/** The filter over a view, where there is one. */
function withFilter(route: Route & { name: 'inbox' }, search: string): Route & { name: 'inbox' } {
  const filter = new URLSearchParams(search).get('filter');
  return filter ? { ...route, filter } : route;
}

function withMessage(route: Route & { name: 'inbox' | 'search' }, hash: string): Route {
  const message = decodeSafely(hash.replace(/^#/, ''));
  return message && route.number ? { ...route, message } : route;
}

function decodeSafely(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

export function href(route: Route): string {
  const e = encodeURIComponent;
  const part = (name: string) => (name ? `/${e(name)}` : '');
  const message = 'message' in route && route.message ? `#${e(route.message)}` : '';
  switch (route.name) {
    case 'login':
    case 'forgot':
      return `/${route.name}`;
    case 'reset':
      return `/reset/${e(route.token)}`;
    case 'inbox':
      return `/inbox/${e(route.view)}${part(route.number)}${route.filter ? `?filter=${e(route.filter)}` : ''}${message}`;
    case 'search':
      return `/search${part(route.number)}?q=${e(route.q)}${message}`;
    case 'settings':
      return `/settings${part(route.page)}${route.form === undefined ? '' : part(route.form ? 'edit' : 'new') + part(route.form)}`;
    case 'reports':
      return route.query ? `/reports?${route.query}` : '/reports';
    case 'board':
      return route.wall ? '/board/wall' : '/board';
    case 'missing':
      return '/';
  }
}

class Router {
  route = $state.raw<Route>(parse(location.pathname, location.search, location.hash));
  #held: ((leave: () => void) => boolean) | null = null;

  constructor() {
    addEventListener('popstate', () => this.#read());
    document.addEventListener('click', (event) => this.#follow(event));
  }

  /** Until the returned function is called this page is left only when `holds` says no, or calls `leave` later. */
  hold(holds: (leave: () => void) => boolean): () => void {
    this.#held = holds;
    return () => (this.#held = null);
  }

  go(route: Route, how: 'push' | 'replace' = 'push'): void {
    const target = href(route);
    if (target !== location.pathname + location.search + location.hash) {
      // Who is there already leaves nothing.
      if (this.#held?.(() => this.go(route, how))) return;
      // What lay over the page gives its step to where one goes from it.
      const over = (history.state as { over?: true } | null)?.over;
      if (how === 'push' && !over) history.pushState(null, '', target);
      else history.replaceState(null, '', target);
    }
    this.route = route;
  }

  #read(): void {
    const route = parse(location.pathname, location.search, location.hash);
    // Back from the step that is put there again is where the browser went.
    if (this.#held?.(() => history.back())) history.pushState(null, '', href(this.route));
    else this.route = route;
  }

  /** A plain click on a link of ours changes the page; with a modifier the browser opens its tab or window. */
  #follow(event: MouseEvent): void {
    if (event.defaultPrevented || event.button !== 0) return;
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    const link = (event.target as Element | null)?.closest?.('a[href]');
    if (!(link instanceof HTMLAnchorElement) || link.target || link.hasAttribute('download')) return;
    if (link.origin !== location.origin) return;
    const route = parse(link.pathname, link.search, link.hash);
    if (route.name === 'missing') return;
    event.preventDefault();
    this.go(route);
  }
}

export const router = new Router();
