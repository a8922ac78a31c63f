import { hasPlace } from '../routes.js';
import { text } from '../core/text.js';
import { Copy } from './Copy.jsx';

/**
 * The name of content in storage: its first ten characters, its last four, a
 * copy of the whole. It leads to where it stands on chain.
 *
 * @param {{value: string, isPlain?: boolean}} props
 * isPlain: neither link nor copy, inside of a link
 */
export function Cid({ value, isPlain }) {
  const short = value.length > 16
    ? `${value.slice(0, 10)}…${value.slice(-4)}` : value;
  const shown = <code data-exact={value} title={value}>{short}</code>;
  if (isPlain)
    return shown;
  return (
    <span class="key cid">
      {hasPlace('explorer')
        ? <a href={`#/explorer/cid/${encodeURIComponent(value)}`}>{shown}</a>
        : shown}
      <Copy value={value} what={text('cid.what', { cid: short })} />
    </span>
  );
}
