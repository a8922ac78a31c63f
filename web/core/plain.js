/**
 * Text from the chain, from tasks and from evidence: shown as text and as
 * nothing else. What would hide, turn round or blank other text is shown as ␣.
 */
export const OUTSIDE_MAX = 512;

/** Controls, directions (bidi), widths of zero, separators of lines, tags, and
 * what is no character. Tabs and line ends are a matter of the caller. */
const HIDDEN = new RegExp('[\\u0000-\\u0008\\u000b\\u000c\\u000e-\\u001f' +
  '\\u007f-\\u009f\\u00ad\\u034f\\u061c\\u115f\\u1160\\u17b4\\u17b5' +
  '\\u180b-\\u180e\\u200b-\\u200f\\u2028-\\u202e\\u2060-\\u206f\\u3164' +
  '\\ufe00-\\ufe0d\\ufeff\\uffa0\\ufff0-\\ufffb\\u{e0000}-\\u{e0fff}' +
  '\\u{d800}-\\u{dfff}]', 'gu');
const BREAKS = /[\t\r\n]/g;

/**
 * @param {unknown} source
 * @param {{max?: number, lines?: boolean}} how lines: tabs and line ends stay
 */
export function plain(source, { max = OUTSIDE_MAX, lines = false } = {}) {
  const whole = typeof source === 'string' ? source : String(source ?? '');
  const cut = whole.length > max ? `${whole.slice(0, max)}…` : whole;
  const shown = cut.replace(HIDDEN, '␣');
  return lines ? shown : shown.replace(BREAKS, '␣');
}

/**
 * What the command line says without a capital and a full stop, as a sentence. A
 * URL, a path or a command that it begins with stays as it is.
 *
 * @param {unknown} source
 */
export function sentence(source) {
  const words = plain(source).replace(/^\p{Ll}(?=[\p{L}']* )/u,
    (first) => first.toUpperCase());
  return /[.!?]$/.test(words) ? words : `${words}.`;
}
