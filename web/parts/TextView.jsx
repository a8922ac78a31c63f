import { plain } from '../core/plain.js';
import { text } from '../core/text.js';

/**
 * A text of many lines that somebody else wrote, or bytes as hexadecimal: text
 * and nothing else, in a region that can be scrolled by keys.
 *
 * @param {{label: string, words?: string, hex?: string, isCut?: boolean,
 *          max?: number, isWrapped?: boolean}} props
 * words or hex. isCut: there is more, and the node sent its beginning alone.
 */
export function TextView({ label, words, hex, isCut, max = 1 << 18,
  isWrapped = true }) {
  const shown = hex === undefined
    ? plain(words, { max, lines: true }) : hexLines(hex);
  return (
    <figure class="text-view">
      <figcaption>{label}</figcaption>
      <pre tabIndex={0} role="region" aria-label={label} dir="auto"
        class={isWrapped && hex === undefined ? 'wrapped' : undefined}>
        {shown || text('text.empty')}</pre>
      {isCut && <p class="muted">{text('text.cut')}</p>}
    </figure>
  );
}

/**
 * Sixteen bytes a line, with their position.
 *
 * @param {string} hex
 */
function hexLines(hex) {
  const lines = [];
  for (let at = 0; at < hex.length; at += 32) {
    const bytes = hex.slice(at, at + 32).match(/../g)?.join(' ') ?? '';
    lines.push(`${(at / 2).toString(16).padStart(6, '0')}  ${bytes}`);
  }
  return lines.join('\n');
}
