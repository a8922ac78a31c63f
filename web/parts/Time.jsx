import { fullTime, relative, shortTime } from '../core/time.js';

/**
 * A time: "3 min ago", the full one as a title and on focus.
 *
 * @param {{at: number, form?: 'relative' | 'short' | 'full',
 *          isQuiet?: boolean}} props
 * isQuiet: no tab stop of its own, as in tables
 */
export function Time({ at, form = 'relative', isQuiet }) {
  const shown = form === 'relative' ? relative(at)
    : form === 'short' ? shortTime(at) : fullTime(at);
  return (
    <time dateTime={new Date(at).toISOString()} title={fullTime(at)}
      tabIndex={isQuiet || form === 'full' ? undefined : 0}>{shown}</time>
  );
}
