// The order of the saved views in the navigation: dragged, or moved by Shift and an arrow.
import '../../lib/i18n/later';
import { tick } from 'svelte';
import { t } from '../../lib/i18n';
import { choose } from '../../lib/state/personal';
import { ui } from '../../lib/state/ui.svelte';
import { inOrder } from '../../lib/state/views.svelte';

/** Puts a view at a place among the others, which keep their order. Past an end it stays where it is. */
export function moveView(id: string, to: number): void {
  const views = inOrder();
  const from = views.findIndex((one) => one.id === id);
  const [moved] = views.splice(from, 1);
  if (from < 0 || !moved || to === from || to < 0 || to > views.length) return;
  views.splice(to, 0, moved);
  void choose(
    'views',
    views.map((one) => one.id),
  );
  ui.say(t('view.moved', { name: moved.name, position: to + 1, of: views.length }));
}

/** Listens on the list, whose items carry the ids of their views, until the returned function is called. */
export function arrange(list: HTMLElement): () => void {
  const stop = new AbortController();
  const { signal } = stop;
  const items = () => [...list.querySelectorAll<HTMLElement>('[data-view]')];
  const itemOf = (event: Event) => (event.target as Element).closest<HTMLElement>('[data-view]');
  let dragged: HTMLElement | null = null;

  const side = (item: HTMLElement, event: DragEvent) => {
    const { top, height } = item.getBoundingClientRect();
    return event.clientY < top + height / 2 ? 'before' : 'after';
  };
  list.dataset.arranged = '';
  const clear = () => items().forEach((item) => delete item.dataset.drop);

  list.addEventListener('dragstart', (event) => (dragged = itemOf(event)), { signal });
  list.addEventListener(
    'dragover',
    (event) => {
      const item = itemOf(event);
      if (!dragged || !item) return;
      event.preventDefault();
      clear();
      if (item !== dragged) item.dataset.drop = side(item, event);
    },
    { signal },
  );
  list.addEventListener(
    'drop',
    (event) => {
      const item = itemOf(event);
      if (!dragged || !item || item === dragged) return;
      event.preventDefault();
      const others = items().filter((one) => one !== dragged);
      moveView(dragged.dataset.view ?? '', others.indexOf(item) + (side(item, event) === 'after' ? 1 : 0));
    },
    { signal },
  );
  list.addEventListener('dragleave', clear, { signal });
  list.addEventListener('dragend', () => (clear(), (dragged = null)), { signal });
  list.addEventListener(
    'keydown',
    (event) => {
      const item = itemOf(event);
      if (!item || !event.shiftKey || !['ArrowUp', 'ArrowDown'].includes(event.key)) return;
      event.preventDefault();
      moveView(item.dataset.view ?? '', items().indexOf(item) + (event.key === 'ArrowUp' ? -1 : 1));
      // An item that is moved in the document loses the focus.
      void tick().then(() => item.querySelector('a')?.focus());
    },
    { signal },
  );
  return () => stop.abort();
}
