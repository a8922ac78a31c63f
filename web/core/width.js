/** Whether the window is narrow: tables become cards, the bar goes below. */
import { signal } from '@preact/signals';

const query = matchMedia('(max-width: 639.98px)');

export const isNarrow = signal(query.matches);

query.addEventListener('change', () => { isNarrow.value = query.matches; });
