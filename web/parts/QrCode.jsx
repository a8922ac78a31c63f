import { useMemo } from 'preact/hooks';
import { useAnswer } from '../core/store.js';
import { text } from '../core/text.js';
import { Answered } from './Screen.jsx';

/** Modules of white around it, which readers need (ISO/IEC 18004). */
const QUIET = 4;

/**
 * A text as a picture for a phone's camera: dark on white in both themes, for
 * few cameras read it the other way. The node makes it.
 *
 * @param {{value: string, label: string}} props
 */
export function QrCode({ value, label }) {
  const answer = useAnswer('qr', { query: { text: value } });
  return (
    <Answered answer={answer} lines={4}>
      {(/** @type {{size: number, rows: string[]}} */ code) =>
        <Picture code={code} label={label} />}
    </Answered>
  );
}

/** @param {{code: {size: number, rows: string[]}, label: string}} props */
function Picture({ code, label }) {
  const path = useMemo(() => code.rows.map((row, y) =>
    Array.from(row.matchAll(/1+/g), (run) =>
      `M${QUIET + (run.index ?? 0)} ${QUIET + y}h${run[0].length}v1h-${run[0].length}z`)
      .join('')).join(''), [code]);
  const size = code.size + 2 * QUIET;
  return (
    <svg class="qr" viewBox={`0 0 ${size} ${size}`} role="img"
      aria-label={text('receive.picture_of', { what: label })}>
      <path class="qr-ground" d={`M0 0h${size}v${size}h-${size}z`} />
      <path class="qr-dark" d={path} />
    </svg>
  );
}
