import { exactAmount, formatAmount, KOII_DECIMALS } from '../core/amount.js';
import { text } from '../core/text.js';
import { Key } from './Key.jsx';

/** Characters from which on it is drawn smaller where figures are large. */
const LONG = 12;

/**
 * An amount with its unit. What is shown may be cut; the whole of it is the
 * title, what readers hear on focus, and what is copied (core/copies.js).
 *
 * @param {{value: import('../core/amount.js').Amount | null | undefined,
 *          unit?: string | null, decimals?: number, kind?: 'change',
 *          isBare?: boolean, isQuiet?: boolean, isExact?: boolean}} props
 * unit: a token's mint, KOII where it is missing. isBare: the unit stands
 * elsewhere, in a table's head. isQuiet: no tab stop of its own, as in tables.
 * isExact: to the last digit, where figures are added up by who reads them.
 * null shows a dash: it is not known.
 */
export function Amount({ value, unit, decimals = unit ? 0 : KOII_DECIMALS, kind,
  isBare, isQuiet, isExact }) {
  if (value === null || value === undefined)
    return <span class="unknown">{text('amount.unknown')}</span>;
  const exact = exactAmount(value, decimals);
  const shown = formatAmount(value, { decimals, kind, isExact });
  const isCut = shown.includes('<') ||
    exact.split('.')[1]?.length > (shown.split(/[.,]/).at(-1) ?? '').length;
  return (
    <span class={shown.length > LONG ? 'amount long' : 'amount'}>
      <data value={exact} data-exact={exact} title={isCut ? exact : undefined}
        tabIndex={isCut && !isQuiet ? 0 : undefined}>{shown}</data>
      {!isBare && <>{' '}{unit
        ? <Key value={unit} isPlain />
        : <span class="unit">{text('amount.koii')}</span>}</>}
    </span>
  );
}
