// Runs before the first paint: a theme that was chosen must not come late.
// The rest of it is core/theme.js.
try {
  const { dataset } = document.documentElement;
  const theme = localStorage.getItem('pond.theme');
  if (theme === 'light' || theme === 'dark')
    dataset.theme = theme;
  const size = localStorage.getItem('pond.text_size');
  if (size)
    dataset.text = size;
} catch (refused) {
  // Storage is switched off: the system's theme it is.
}
