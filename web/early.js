// Runs before the first paint: a theme that was chosen must not come late.
// The rest of the theme is core/theme.js.
try {
  const theme = localStorage.getItem('pond.theme');
  if (theme === 'light' || theme === 'dark')
    document.documentElement.dataset.theme = theme;
} catch (refused) {
  // Storage is switched off: the system's theme it is.
}
