// Whether the page is before the visitor's eyes, and which page of the site it is.
export const visible = (): boolean => document.visibilityState === 'visible';
export const page = (): string => location.origin + location.pathname;

/** Calls whenever somebody may look again, or no longer, the page may be another, or the network is back. */
export function watch(wake: () => void): void {
  addEventListener('online', wake);
  addEventListener('focus', wake);
  document.addEventListener('visibilitychange', wake);
  // Pages that change without being loaded anew; not every browser tells.
  (window as { navigation?: EventTarget }).navigation?.addEventListener('navigatesuccess', wake);
}
