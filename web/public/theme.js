// Before the first paint: a theme chosen by hand would otherwise flash in the system's colours.
try {
  const chosen = JSON.parse(localStorage.getItem('inbox.prefs') || '{}').theme;
  if (chosen === 'light' || chosen === 'dark') document.documentElement.dataset.theme = chosen;
} catch {
  // No storage: the system's theme is used.
}
