import { hasPlace } from '../routes.js';
import { text } from '../core/text.js';
import { Copy } from './Copy.jsx';
import { shortKey } from './Key.jsx';

/**
 * A transaction's signature: its ends, a copy, and the way to the explorer.
 *
 * @param {{value: string, isBare?: boolean}} props
 * isBare: without the button, as in tables
 */
export function SignatureLink({ value, isBare }) {
  const short = shortKey(value);
  const shown = <code class="key-short" data-exact={value} title={value}>
    {short}</code>;
  return (
    <span class="key">
      {hasPlace('explorer')
        ? <a href={`#/explorer/tx/${value}`}>{shown}</a> : shown}
      {!isBare && <Copy value={value}
        what={text('signature.what', { signature: short })} />}
    </span>
  );
}
