/** How wide the window is, where more than the styles depends on it. */
import { signal } from '@preact/signals';

/** Tables become cards, the bar goes below. */
export const isNarrow = matching('(max-width: 639.98px)');

/** A short list stands beside what was chosen from it. */
export const isDesktop = matching('(min-width: 1024px)');

/** A wide one does. */
export const isWide = matching('(min-width: 1600px)');

/** @param {string} words */
function matching(words) {
  const query = matchMedia(words);
  const is = signal(query.matches);
  query.addEventListener('change', () => { is.value = query.matches; });
  return is;
}
