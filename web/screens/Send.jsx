import { useEffect, useRef, useState } from 'preact/hooks';
import { baseUnits, parseAmount } from '../core/amount.js';
import { ApiError, order } from '../core/api.js';
import { isKey } from '../core/base58.js';
import { useDraft } from '../core/drafts.js';
import { FEE, formOf, KOII, useTokens } from '../core/money.js';
import { node } from '../core/node.js';
import { sentence } from '../core/plain.js';
import { text } from '../core/text.js';
import { AmountField, amountFault } from '../parts/AmountField.jsx';
import { Button, LinkButton } from '../parts/Button.jsx';
import { Field, focusFirstError, Select } from '../parts/Field.jsx';
import { Key, shortKey } from '../parts/Key.jsx';
import { Screen } from '../parts/Screen.jsx';
import { isTaken, SendReview } from './SendReview.jsx';
import { SendProgress } from './SendProgress.jsx';

const ASK_MS = 10000;

/**
 * @typedef {{to: string, amount: string, unit: string, trying: string,
 *            once: string}} Draft
 * amount: as it was typed; trying: the key of an order that was sent and not
 * answered; once: of the one that the node has; "" before
 * @typedef {{to: string, amount: string, unit?: string}} Transfer
 * as the API takes it
 */
/** @type {Draft} */
const NOTHING = { to: '', amount: '', unit: KOII, trying: '', once: '' };

/**
 * #/money/send — who gets how much.
 *
 * The key of an order is kept with what was typed, before it is sent: a page
 * that was closed in the middle asks what became of it, and what is sent again
 * has the same key.
 */
export default function Send() {
  const { draft, clear } = useDraft('send', NOTHING);
  const { value } = draft;
  return (
    <Screen title={text('send.title')} answer={{ data: node.value }}>
      {value.once
        ? <SendProgress key={value.once} draft={value} onNew={clear}
          onBack={() => { draft.value = { ...value, once: '', trying: '' }; }} />
        : <SendForm draft={value}
          onInput={(change) => { draft.value = { ...draft.value, ...change }; }} />}
    </Screen>
  );
}

/**
 * @param {{draft: Draft, onInput: (change: Partial<Draft>) => void}} props
 */
function SendForm({ draft, onInput }) {
  const form = useRef(/** @type {HTMLDivElement | null} */(null));
  const tokens = useTokens(ASK_MS) ?? [];
  const [faults, setFaults] = useState(
    /** @type {Record<string, string | null>} */({}));
  const [review, setReview] = useState(/** @type {{transfer: Transfer,
    check: import('./SendReview.jsx').Check} | null} */(null));
  const { unit, decimals } = formOf(draft.unit, tokens);
  const all = allOf(draft.unit, tokens);

  useEffect(() => {
    if (draft.trying)
      isTaken(draft.trying).then((is) => is && onInput({ once: draft.trying }));
  }, []);

  /** @param {Partial<Draft>} change */
  function type(change) {
    onInput(change);
    const names = Object.keys(change);
    setFaults(Object.fromEntries(Object.entries(faults)
      .filter(([name]) => !names.includes(name))));
  }

  async function ask() {
    const found = {
      to: addressFault(draft.to),
      amount: amountFault(draft.amount, { min: 1n, decimals }),
    };
    setFaults(found);
    if (Object.values(found).some(Boolean)) {
      focusFirstError(form.current);
      return;
    }
    const read = parseAmount(draft.amount, decimals);
    /** @type {Transfer} */
    const transfer = { to: draft.to.trim(), ...(unit ? { unit } : {}),
      amount: String('value' in read ? read.value : 0n) };
    try {
      setReview({ transfer, check: await order('transfers/check', transfer) });
    } catch (error) {
      if (!(error instanceof ApiError) || !error.field)
        throw error;
      setFaults({ [error.field]: sentence(error.message) });
      focusFirstError(form.current);
    }
  }

  return (
    <div class="form narrow" ref={form}>
      <div class="send-from">
        <span class="muted">{text('send.from')}</span>
        <Key value={node.value?.main} name={text('money.main')} />
      </div>
      <Field label={text('send.to')} hint={text('send.to_hint')} isMono isWide
        value={draft.to} error={faults.to} isRequired max={200}
        onInput={(to) => type({ to })} />
      {tokens.length > 0 && (
        <Select label={text('send.unit')} value={draft.unit}
          onInput={(chosen) => type({ unit: chosen })}
          options={[{ value: KOII, label: text('amount.koii') },
            ...tokens.map(({ mint }) => ({ value: mint,
              label: `${text('money.token')} ${shortKey(mint)}` }))]} />
      )}
      <AmountField label={text('send.amount')} value={draft.amount}
        onInput={(amount) => type({ amount })} all={all} decimals={decimals}
        unit={unit ? shortKey(unit) : undefined}
        error={faults.amount ?? faults.unit ?? faults.from} isRequired />
      <div class="actions">
        <Button kind="primary" acts onPress={ask}>{text('send.review')}</Button>
        <LinkButton kind="quiet" href="#/money">{text('send.cancel')}</LinkButton>
      </div>
      {review && <SendReview {...review} decimals={decimals}
        trying={draft.trying} onTry={(trying) => onInput({ trying })}
        onClose={() => setReview(null)}
        onOrdered={(once) => onInput({ once })} />}
    </div>
  );
}

/**
 * What there is of a unit, less the fee.
 *
 * @param {string} unit
 * @param {import('../core/money.js').Token[]} tokens
 * @returns {bigint | undefined} undefined: it is not known
 */
function allOf(unit, tokens) {
  const token = tokens.find(({ mint }) => mint === unit);
  if (token)
    return baseUnits(token.amount);
  const wallet = node.value?.figures?.wallet;
  if (wallet === undefined)
    return undefined;
  const left = baseUnits(wallet) - FEE;
  return left > 0n ? left : 0n;
}

/** @param {string} typed */
function addressFault(typed) {
  if (!typed.trim())
    return text('send.to_empty');
  return isKey(typed.trim()) ? null : text('send.to_form');
}
