import { useMemo } from 'preact/hooks';
import { baseUnits } from '../core/amount.js';
import { isSignature } from '../core/base58.js';
import { language, number, text } from '../core/text.js';
import { Amount } from '../parts/Amount.jsx';
import { Badge } from '../parts/Badge.jsx';
import { Card } from '../parts/Card.jsx';
import { Empty } from '../parts/Empty.jsx';
import { Key } from '../parts/Key.jsx';
import { Outside } from '../parts/Outside.jsx';
import { Answered, Screen } from '../parts/Screen.jsx';
import { Table } from '../parts/Table.jsx';
import { TextView } from '../parts/TextView.jsx';
import { Time } from '../parts/Time.jsx';
import { ask } from './ask.js';
import { askTransaction, useChain } from './chain.js';
import { batched, readInstruction } from './decode.js';
import { Facts, Signature, Slot } from './parts.jsx';
import { learnFaucet } from './recent.js';
import { errorSentence, instructionSentence, readTransaction }
  from './sentence.js';
import { Sentence, TransactionSentence } from './Sentence.jsx';

/**
 * #/explorer/tx/SIGNATURE — what a transaction did.
 *
 * @param {{params: Record<string, string>}} props
 */
export default function TransactionScreen({ params }) {
  const { signature } = params;
  const isOne = isSignature(signature);
  learnFaucet();
  const answer = useChain(() => isOne ? readOne(signature)
    : Promise.resolve({ found: null, status: null }), [signature],
  { everyMs: isOne ? 3000 : undefined });
  return (
    <Screen title={text('explorer.transaction')}
      lead={isOne ? <Signature signature={signature} hasCopy />
        : <Outside words={signature} max={128} />}>
      <Answered answer={answer}>
        {answer.data?.found ? <Shown {...answer.data} />
          : <Empty>{text(isOne ? 'explorer.no_such_transaction'
            : 'explorer.no_signature')}</Empty>}
      </Answered>
    </Screen>
  );
}

/** @param {string} signature */
async function readOne(signature) {
  const [found, statuses] = await Promise.all([askTransaction(signature),
    ask('getSignatureStatuses', [[signature],
      { searchTransactionHistory: true }])]);
  return { found, status: statuses?.value?.[0] ?? null };
}

/** @param {{found: any, status: any}} props */
function Shown({ found, status }) {
  const transaction = useMemo(() => readTransaction(found), [found]);
  const { meta, accounts, instructions } = transaction;
  return (
    <>
      <Card tone={meta.err ? 'bad' : undefined}>
        <p class="chain-lead"><TransactionSentence transaction={transaction} /></p>
        <Facts rows={[
          [text('explorer.result'), <Result error={meta.err} status={status}
            transaction={transaction} />],
          [text('explorer.slot'), <Slot slot={found.slot} />],
          [text('explorer.time'), found.blockTime &&
            <Time at={found.blockTime * 1000} form="full" />],
          [text('explorer.fee'), <Amount value={meta.fee ?? 0} />],
          [text('explorer.units'), meta.computeUnitsConsumed !== undefined &&
            number(meta.computeUnitsConsumed)],
          [text('explorer.signed_by'), <span class="keys">
            {accounts.filter((/** @type {any} */ one) => one.signer)
              .map((/** @type {any} */ one) =>
                <Key key={one.pubkey} value={one.pubkey} />)}</span>],
        ]} />
      </Card>
      <Card title={text('explorer.instructions')}>
        <ol class="chain-list numbered">
          {instructions.map((one, at) => (
            <li>
              <p class="chain-said"><Sentence
                sentence={instructionSentence(one, transaction)} /></p>
              <Inner at={at} transaction={transaction} />
            </li>
          ))}
        </ol>
      </Card>
      <Balances transaction={transaction} />
      {meta.logMessages?.length > 0 && <Card>
        <TextView label={text('explorer.log')}
          words={meta.logMessages.join('\n')} /></Card>}
      <Card>
        <details>
          <summary>{text('explorer.raw')}</summary>
          <TextView label={text('explorer.raw')} isWrapped={false}
            words={JSON.stringify(found, null, 1)} />
        </details>
      </Card>
    </>
  );
}

/**
 * @param {{error: any, status: any,
 *          transaction: import('./sentence.js').Transaction}} props
 */
function Result({ error, status, transaction }) {
  const level = status?.confirmationStatus ?? 'confirmed';
  const word = text(`explorer.level_${level}`);
  if (!error)
    return <Badge tone={level === 'finalized' ? 'good' : 'info'} icon="check">
      {word}</Badge>;
  return (
    <>
      <Badge tone="bad" icon="cross">{text('explorer.failed')}</Badge>{' '}
      <Sentence sentence={errorSentence(error, transaction)} /> <code>
        <Outside words={JSON.stringify(error)} /></code>
    </>
  );
}

/**
 * What a batch has in it, and what programs called for an instruction.
 *
 * @param {{at: number, transaction: import('./sentence.js').Transaction}} props
 */
function Inner({ at, transaction }) {
  const called = transaction.meta.innerInstructions?.find(
    (/** @type {any} */ one) => one.index === at)?.instructions ?? [];
  const found = [...batched(transaction.instructions[at]),
    ...called.map(readInstruction)];
  if (!found.length)
    return null;
  return (
    <ul class="chain-list inner" aria-label={text('explorer.inner')}>
      {found.map((one) => (
        <li><p class="chain-said"><Sentence
          sentence={instructionSentence(one, transaction)} /></p></li>
      ))}
    </ul>
  );
}

/**
 * @typedef {{key: string, before: any, after: any, change: bigint}} BalanceRow
 */

/** @param {{transaction: import('./sentence.js').Transaction}} props */
function Balances({ transaction }) {
  const { keys, meta } = transaction;
  const rows = useMemo(() => keys.map((key, at) => {
    const [before, after] = [meta.preBalances?.[at], meta.postBalances?.[at]];
    return { key, before, after,
      change: baseUnits(after ?? 0) - baseUnits(before ?? 0) };
  }).filter(({ change }) => change !== 0n), [transaction]);
  const columns = useMemo(() => /** @type {import('../parts/Table.jsx').Column<BalanceRow>[]} */([
    { id: 'key', label: text('explorer.account'), isHead: true,
      cell: ({ key }) => <Key value={key} /> },
    { id: 'before', label: text('explorer.before'), isNumber: true,
      cell: ({ before }) => <Amount value={before} isQuiet isBare /> },
    { id: 'after', label: text('explorer.after'), isNumber: true,
      cell: ({ after }) => <Amount value={after} isQuiet isBare /> },
    { id: 'change', label: text('explorer.change'), isNumber: true,
      cell: ({ change }) => <Amount value={change} kind="change" isQuiet isBare /> },
  ]), [language.value]);
  return (
    <Card title={text('explorer.balances')}>
      {rows.length ? <Table label={text('explorer.balances')} columns={columns}
        rows={rows} keyOf={({ key }) => key} />
        : <Empty>{text('explorer.no_change')}</Empty>}
    </Card>
  );
}
