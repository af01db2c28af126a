// Addresses of the screen, by the history API. Every view and every conversation has one.

export type Route =
  | { name: 'login' }
  | { name: 'forgot' }
  | { name: 'reset'; token: string }
  | { name: 'inbox'; view: string; number: string }
  | { name: 'search'; q: string; number: string }
  | { name: 'missing' };

export const HOME = 'mine';

export function parse(pathname: string, search = ''): Route {
  const [first = '', second = '', third = ''] = pathname.split('/').filter(Boolean).map(decodeSafely);
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
      return { name: 'inbox', view: second || HOME, number: third };
    case 'c':
      return { name: 'inbox', view: 'all', number: second };
    case 'search':
      return { name: 'search', q: new URLSearchParams(search).get('q') ?? '', number: second };
    default:
      return { name: 'missing' };
  }
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
  switch (route.name) {
    case 'login':
    case 'forgot':
      return `/${route.name}`;
    case 'reset':
      return `/reset/${e(route.token)}`;
    case 'inbox':
      return route.number ? `/inbox/${e(route.view)}/${e(route.number)}` : `/inbox/${e(route.view)}`;
    case 'search':
      return `/search${route.number ? `/${e(route.number)}` : ''}?q=${e(route.q)}`;
    case 'missing':
      return '/';
  }
}

class Router {
  route = $state.raw<Route>(parse(location.pathname, location.search));

  constructor() {
    addEventListener('popstate', () => this.#read());
    document.addEventListener('click', (event) => this.#follow(event));
  }

  go(route: Route, how: 'push' | 'replace' = 'push'): void {
    const target = href(route);
    if (target !== location.pathname + location.search) {
      if (how === 'push') history.pushState(null, '', target);
      else history.replaceState(null, '', target);
    }
    this.route = route;
  }

  #read(): void {
    this.route = parse(location.pathname, location.search);
  }

  /** A plain click on a link of ours changes the page; with a modifier the browser opens its tab or window. */
  #follow(event: MouseEvent): void {
    if (event.defaultPrevented || event.button !== 0) return;
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    const link = (event.target as Element | null)?.closest?.('a[href]');
    if (!(link instanceof HTMLAnchorElement) || link.target || link.hasAttribute('download')) return;
    if (link.origin !== location.origin) return;
    const route = parse(link.pathname, link.search);
    if (route.name === 'missing') return;
    event.preventDefault();
    this.go(route);
  }
}

export const router = new Router();
