import { exactAmount, formatAmount, KOII_DECIMALS, parseAmount }
  from '../core/amount.js';
import { text } from '../core/text.js';
import { Field } from './Field.jsx';

/**
 * What is wrong with an amount that was typed, or null.
 *
 * @param {string} typed
 * @param {{min?: bigint, max?: bigint, decimals?: number}} limits base units
 * @returns {string | null}
 */
export function amountFault(typed, { min, max, decimals = KOII_DECIMALS } = {}) {
  const read = parseAmount(typed, decimals);
  if ('fault' in read)
    return text(`amount.${read.fault}`, { n: decimals });
  if (min !== undefined && read.value < min)
    return text('amount.below', { least: formatAmount(min, { decimals }) });
  if (max !== undefined && read.value > max)
    return text('amount.above', { most: formatAmount(max, { decimals }) });
  return null;
}

/**
 * A field for an amount. Its value is what was typed, so that a draft keeps it;
 * parseAmount() reads it.
 *
 * @param {{label: string, value: string, onInput: (value: string) => void,
 *          all?: bigint, decimals?: number, unit?: string, hint?: any,
 *          error?: string | null, isRequired?: boolean}} props
 * all: what the button "all" puts in, in base units
 */
export function AmountField({ label, value, onInput, all,
  decimals = KOII_DECIMALS, unit = text('amount.koii'), hint, error,
  isRequired }) {
  return (
    <Field label={label} value={value} onInput={onInput} inputMode="decimal"
      hint={hint} error={error} unit={unit} isRequired={isRequired}
      after={all === undefined ? null : (
        <button type="button" class="button quiet"
          onClick={() => onInput(exactAmount(all, decimals))}>
          <span>{text('amount.all')}</span></button>
      )} />
  );
}
