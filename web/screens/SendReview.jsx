import { useRef, useState } from 'preact/hooks';
import { exactAmount } from '../core/amount.js';
import { ApiError, errorText, get, order, orderKey, prove }
  from '../core/api.js';
import { can } from '../core/node.js';
import { text } from '../core/text.js';
import { Amount } from '../parts/Amount.jsx';
import { Button } from '../parts/Button.jsx';
import { Checkbox, Field } from '../parts/Field.jsx';
import { Key, KeyPicture, shortKey } from '../parts/Key.jsx';
import { Notice } from '../parts/Notice.jsx';
import { Sheet } from '../parts/Sheet.jsx';

/**
 * @typedef {{fee: string, rent: string, left: string, exists: boolean,
 *            sent_before: number, warnings: string[]}} Check
 */

/** Those that are said in sentences of their own. */
const SAID = ['never_sent', 'new'];

/**
 * The last look before coins move: to whom, how many, what is left. It asks for
 * the passphrase each time, and for a tick where the address is new.
 *
 * @param {{transfer: import('./Send.jsx').Transfer, check: Check,
 *          decimals: number, trying: string, onTry: (once: string) => void,
 *          onClose: () => void, onOrdered: (once: string) => void}} props
 * trying: the key of an order that was not answered, or ""; onTry is called
 * with each before it is sent, and with "" once an answer has ended it
 */
export function SendReview({ transfer, check, decimals, trying, onTry, onClose,
  onOrdered }) {
  const once = useRef(trying || orderKey());
  const [passphrase, setPassphrase] = useState('');
  const [isChecked, setChecked] = useState(false);
  const [faults, setFaults] = useState(
    /** @type {Record<string, string | null>} */({}));
  const isNew = !check.sent_before;
  const isSealed = can('seal');
  const { unit } = transfer;

  async function send() {
    const found = {
      checked: isNew && !isChecked ? text('send.check_first') : null,
      passphrase: isSealed && !passphrase ? text('unlock.empty') : null,
    };
    setFaults(found);
    if (found.checked || found.passphrase)
      return;
    /** @type {string | undefined} */
    let proof;
    try {
      proof = isSealed ? await prove(passphrase) : undefined;
    } catch (error) {
      if (!(error instanceof ApiError) || error.field !== 'passphrase')
        throw error;
      setFaults({ passphrase: errorText(error) });
      return;
    }
    try {
      onTry(once.current);
      await order('transfers', transfer, { once: once.current, proof });
    } catch (error) {
      if (!await isTaken(once.current))
        refused(error);
    }
    onOrdered(once.current);
  }

  /**
   * What was answered is over: the next press is another order. Without an
   * answer it is the same one.
   *
   * @param {unknown} error
   */
  function refused(error) {
    if (error instanceof ApiError && error.status) {
      once.current = orderKey();
      onTry('');
    }
    throw error;
  }

  const amount = exactAmount(transfer.amount, decimals);
  const button = unit
    ? text('send.send_token', { amount, token: shortKey(unit) })
    : text('send.send', { amount });
  return (
    <Sheet title={text('send.review_title')} onClose={onClose} actions={
      <Button kind="primary" icon="out" acts onPress={send}>{button}</Button>}>
      <dl class="review">
        <div>
          <dt>{text('send.amount')}</dt>
          <dd class="review-sum">{exactAmount(transfer.amount, decimals)}{' '}
            {unit ? <Key value={unit} isPlain /> : text('amount.koii')}</dd>
        </div>
        <div>
          <dt>{text('send.to')}</dt>
          <dd class="review-key"><KeyPicture value={transfer.to} />
            <Key value={transfer.to} isWhole isPlain /></dd>
        </div>
        <div>
          <dt>{text('send.fee')}</dt>
          <dd>{exactAmount(check.fee)} {text('amount.koii')}</dd>
        </div>
        {check.rent !== '0' && (
          <div>
            <dt>{text('send.rent')}</dt>
            <dd>{exactAmount(check.rent)} {text('amount.koii')}</dd>
          </div>
        )}
        <div>
          <dt>{text('send.left')}</dt>
          <dd><Amount value={check.left} unit={unit} decimals={decimals}
            isExact /></dd>
        </div>
      </dl>
      <p>{isNew ? text('send.never') : text('send.before',
        { n: check.sent_before })}{' '}
      {check.warnings.includes('new') && text('send.new')}</p>
      {check.warnings.filter((name) => !SAID.includes(name)).map((name) => (
        <Notice key={name} tone="warn"><p>{text(`send.warn_${name}`)}</p></Notice>
      ))}
      <p>{text('send.final')}</p>
      {isNew && <Checkbox label={text('send.checked')} isOn={isChecked}
        error={faults.checked}
        onInput={(isOn) => { setChecked(isOn); setFaults({}); }} />}
      {isSealed
        ? <Field label={text('unlock.passphrase')} type="password"
          value={passphrase} error={faults.passphrase}
          autoComplete="current-password"
          onInput={(value) => { setPassphrase(value); setFaults({}); }} />
        : <p class="muted">{text('send.unsealed')}</p>}
    </Sheet>
  );
}

/**
 * Whether the node has an order, where its answer was lost or its proof was used
 * up by the first try.
 *
 * @param {string} once
 */
export async function isTaken(once) {
  try {
    await get(`transfers/${once}`);
    return true;
  } catch {
    return false;
  }
}
