import { isKey } from '../core/base58.js';
import { hasText, number, pieces, text } from '../core/text.js';
import { Amount } from '../parts/Amount.jsx';
import { Cid } from '../parts/Cid.jsx';
import { Key } from '../parts/Key.jsx';
import { Outside } from '../parts/Outside.jsx';
import { isCid } from './search.js';
import { errorSentence, sentenceOf } from './sentence.js';
import { faucet } from './recent.js';

/**
 * A sentence of sentence.js.
 *
 * @param {{sentence: import('./sentence.js').Sentence}} props
 */
export function Sentence({ sentence }) {
  const shown = Object.fromEntries(Object.entries(sentence.values).map(
    ([name, value]) => [name, isCounted(sentence.key, value)
      ? value.value : <Shown value={value} />]));
  return <>{pieces(sentence.key, shown)}</>;
}

/**
 * Numbers are given as they are, for the text's forms depend on them.
 *
 * @param {string} key
 * @param {import('./sentence.js').Value} value
 */
function isCounted(key, value) {
  return value.kind === 'number' && typeof value.value === 'number' && key;
}

/** @param {{value: import('./sentence.js').Value}} props */
function Shown({ value }) {
  switch (value.kind) {
    case 'key':
      return isKey(String(value.value)) ? <Key value={String(value.value)} />
        : <Outside words={value.value} />;
    case 'amount':
      return value.unit === ''
        ? <>{pieces('explorer.base_units', { amount:
          <Amount value={value.value} decimals={0} isBare isQuiet /> })}</>
        : <Amount value={value.value} unit={value.unit} isQuiet
          decimals={value.decimals} />;
    case 'number':
      return <>{number(BigInt(value.value))}</>;
    case 'text':
      return hasText(value.value) ? <>{text(value.value)}</>
        : <Outside words={value.value} />;
    default:
      return isCid(String(value.value)) ? <Cid value={String(value.value)} />
        : <Outside words={value.value} />;
  }
}

/**
 * What a transaction did, or tried.
 *
 * @param {{transaction: import('./sentence.js').Transaction}} props
 */
export function TransactionSentence({ transaction }) {
  const { sentence, more } = sentenceOf(transaction, { faucet: faucet.value });
  const said = <Sentence sentence={sentence} />;
  const whole = more ? pieces('did.more', { sentence: said, n: more }) : said;
  const { err, fee } = transaction.meta;
  if (!err)
    return <>{whole}</>;
  return <>{pieces('did.failed', { sentence: whole, fee: <Amount value={fee} isQuiet />,
    error: <Sentence sentence={errorSentence(err, transaction)} /> })}</>;
}
