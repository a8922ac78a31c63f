/** What several screens of the explorer are made of. */
import { useState } from 'preact/hooks';
import { learnNames } from '../core/names.js';
import { number, text } from '../core/text.js';
import { Button } from '../parts/Button.jsx';
import { Copy } from '../parts/Copy.jsx';
import { Empty } from '../parts/Empty.jsx';
import { shortKey } from '../parts/Key.jsx';
import { Answered } from '../parts/Screen.jsx';
import { Tabs } from '../parts/Tabs.jsx';
import { Time } from '../parts/Time.jsx';
import { ask } from './ask.js';
import { askTransaction, useChain } from './chain.js';
import { programNames } from './names.js';
import { learnFaucet, signatureRow } from './recent.js';
import { readTransaction } from './sentence.js';
import { TransactionSentence } from './Sentence.jsx';

learnNames(programNames().map(({ key, name }) => [key, name]));

/** Where the explorer's main screens are. */
export function ExplorerTabs() {
  const tabs = [
    { href: '#/explorer', label: text('explorer.overview') },
    { href: '#/explorer/blocks', label: text('explorer.blocks') },
    { href: '#/explorer/tasks', label: text('explorer.tasks') },
    { href: '#/explorer/validators', label: text('explorer.validators') },
  ];
  return <Tabs label={text('explorer.parts')} tabs={tabs} />;
}

/** @param {{slot: number | string}} props */
export function Slot({ slot }) {
  return <a href={`#/explorer/block/${slot}`}>{number(BigInt(slot))}</a>;
}

/** @param {{signature: string, hasCopy?: boolean}} props */
export function Signature({ signature, hasCopy }) {
  const short = shortKey(signature);
  return (
    <span class="key">
      <a href={`#/explorer/tx/${signature}`}>
        <code data-exact={signature} title={signature}>{short}</code></a>
      {hasCopy && <Copy value={signature}
        what={text('explorer.signature_what', { signature: short })} />}
    </span>
  );
}

/**
 * What something has, as names and values side by side.
 *
 * @param {{rows: [string, any][]}} props
 */
export function Facts({ rows }) {
  return (
    <dl class="facts">
      {rows.filter(([, value]) => value !== undefined && value !== null &&
        value !== false)
        .map(([name, value]) => <div><dt>{name}</dt><dd>{value}</dd></div>)}
    </dl>
  );
}

/**
 * @param {{rows: import('./recent.js').SignatureRow[], label: string}} props
 */
export function TransactionList({ rows, label }) {
  return (
    <ul class="chain-list" aria-label={label}>
      {rows.map((row) => <TransactionRow key={row.signature} row={row} />)}
    </ul>
  );
}

/** @param {{row: import('./recent.js').SignatureRow}} props */
function TransactionRow({ row }) {
  const { signature, slot, at } = row;
  const found = useChain(() => askTransaction(signature), [signature]);
  return (
    <li>
      <p class="chain-said">
        {found.data ? <TransactionSentence
          transaction={readTransaction(found.data)} />
          : <span class="muted">{found.error ? text('explorer.not_read')
            : '…'}</span>}
      </p>
      <p class="muted">
        <Signature signature={signature} />{' '}
        <Slot slot={slot} />{' '}
        {at && <Time at={at} isQuiet />}
      </p>
    </li>
  );
}

const PAGE = 20;

/**
 * The transactions that name an address, a page after the other.
 *
 * @param {{address: string}} props
 */
export function History({ address }) {
  const first = useChain(() => askHistory(address), [address]);
  const [older, setOlder] = useState(
    /** @type {import('./recent.js').SignatureRow[]} */([]));
  const [isAll, setAll] = useState(false);
  learnFaucet();
  return (
    <Answered answer={first}>
      {(/** @type {import('./recent.js').SignatureRow[]} */ rows) => {
        const all = [...rows, ...older];
        const last = all[all.length - 1];
        const more = async () => {
          const found = await askHistory(address, last.signature);
          setOlder([...older, ...found]);
          setAll(found.length < PAGE);
        };
        return all.length ? (
          <>
            <TransactionList rows={all} label={text('explorer.history')} />
            {rows.length >= PAGE && !isAll && (
              <div class="actions"><Button onPress={more}>
                {text('explorer.older')}</Button></div>)}
          </>
        ) : <Empty>{text('explorer.no_history')}</Empty>;
      }}
    </Answered>
  );
}

/**
 * @param {string} address
 * @param {string} [before]
 */
async function askHistory(address, before) {
  const found = await ask('getSignaturesForAddress', [address,
    { limit: PAGE, commitment: 'confirmed', ...before && { before } }]);
  return found.map(signatureRow);
}
