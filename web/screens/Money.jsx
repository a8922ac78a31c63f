import { useEffect, useMemo, useState } from 'preact/hooks';
import { baseUnits } from '../core/amount.js';
import { formOf, KOII, useTokens } from '../core/money.js';
import { learnNames } from '../core/names.js';
import { node } from '../core/node.js';
import { useAnswer, useTopic } from '../core/store.js';
import { language, text } from '../core/text.js';
import { Amount } from '../parts/Amount.jsx';
import { Button, LinkButton } from '../parts/Button.jsx';
import { Card } from '../parts/Card.jsx';
import { ClaimSheet } from '../parts/ClaimSheet.jsx';
import { Figure, Figures } from '../parts/Figure.jsx';
import { Key } from '../parts/Key.jsx';
import { Answered, Screen } from '../parts/Screen.jsx';
import { Table } from '../parts/Table.jsx';
import { TaskName } from '../parts/TaskName.jsx';
import { BookTable } from './MoneyBook.jsx';
import { MoneyDays } from './MoneyDays.jsx';
import { EmptySheet } from './MoneyEmpty.jsx';

const ASK_MS = 10000;
/** Less is what an account on chain costs to be kept, or not worth the fee. */
const EMPTY_FROM_ROE = 10000000n;
const ENTRIES_SHOWN = 10;
const ENTRIES_READ = 100;

/**
 * @typedef {{task: string, name?: string | null, unit: string, staked: string,
 *            cooling: string, claimable: string, claiming: string}} TaskSums
 */

/** #/money — what there is, where it is, and what became of it. */
export default function Money() {
  const money = useAnswer('money', { everyMs: ASK_MS });
  const tokens = useTokens(ASK_MS);
  const tasks = useTopic('tasks');
  const [isEmptied, setEmptied] = useState(false);
  const [asked, setAsked] = useState(/** @type {TaskSums[] | null} */(null));
  /** @type {TaskSums[]} */
  const rows = money.data?.tasks ?? [];
  const owing = rows.filter(({ unit, claimable }) =>
    unit === KOII && baseUnits(claimable) > 0n);

  useEffect(() => learnNames(rows.map(({ task, name }) => [task, name ?? ''])),
    [money.data]);
  // What a task owes changes with its rounds, and with a claim.
  const owed = Object.values(tasks.data ?? {}).map(({ claimable }) =>
    claimable ?? '').join();
  useEffect(() => {
    if (money.data)
      money.reload();
  }, [owed]);

  return (
    <Screen title={text('money.title')} answer={{ data: node.value }} actions={<>
      <LinkButton kind="primary" href="#/money/send" icon="out">
        {text('send.title')}</LinkButton>
      <LinkButton href="#/money/receive" icon="claim">
        {text('receive.title')}</LinkButton></>}>
      <Sums money={{ ...money.data, ...node.value?.figures }}
        onClaim={owing.length ? () => setAsked(owing) : undefined} />
      <Wallets tokens={tokens} onEmpty={() => setEmptied(true)} />
      {Boolean(money.error) && <Answered answer={money}>{null}</Answered>}
      {rows.length > 0 && <ByTask rows={rows} onClaim={(row) =>
        setAsked([row])} tokens={tokens} />}
      <MoneyDays tasks={rows} />
      <Entries />
      {asked && <ClaimSheet tasks={asked.map((row) => ({ task: row.task,
        name: row.name ?? undefined, state: '', claimable: row.claimable }))}
      onClose={() => { setAsked(null); money.reload(); }} />}
      {isEmptied && <EmptySheet onClose={() => setEmptied(false)} />}
    </Screen>
  );
}

/** @param {{money: any, onClaim?: () => void}} props */
function Sums({ money, onClaim }) {
  return (
    <Figures label={text('node.figures')}>
      <Figure label={text('node.wallet')}>
        <Amount value={money?.wallet} />
      </Figure>
      <Figure label={text('node.claimable')}
        note={baseUnits(money?.claiming ?? 0) > 0n &&
          <>{text('node.claiming')} <Amount value={money.claiming} /></>}
        action={onClaim && <Button icon="claim" acts onPress={onClaim}>
          {text('node.claim_all')}</Button>}>
        <Amount value={money?.claimable} />
      </Figure>
      <Figure label={text('node.staked')}>
        <Amount value={money?.staked} />
      </Figure>
      <Figure label={text('node.cooling')} note={text('money.cooling_note')}>
        <Amount value={money?.cooling} />
      </Figure>
    </Figures>
  );
}

/**
 * @param {{tokens?: import('../core/money.js').Token[],
 *          onEmpty: () => void}} props
 */
function Wallets({ tokens, onEmpty }) {
  const { main, staking, kpl_staking: kpl, figures } = node.value ?? {};
  const keys = [
    { name: text('money.main'), key: main, held: figures?.wallet,
      what: text('money.main_what') },
    { name: text('money.staking'), key: staking,
      held: figures?.staking_balance,
      what: text('money.staking_what') },
    { name: text('money.kpl'), key: kpl,
      held: figures?.kpl_staking_balance,
      what: text('money.kpl_what') },
  ].filter(({ key }) => key);
  return (
    <Card title={text('money.wallets')}>
      <ul class="rows">
        {keys.map(({ name, key, held, what }) => (
          <li key={key}>
            <div class="wallet">
              <Key value={key} name={name} hasCopy />
              <p class="muted small">{what}</p>
            </div>
            <Amount value={held} />
            {key === staking && baseUnits(held ?? 0) > EMPTY_FROM_ROE &&
              <Button acts onPress={onEmpty}>{text('money.empty')}</Button>}
          </li>
        ))}
        {tokens?.map(({ mint, amount, decimals }) => (
          <li key={mint}>
            <div class="wallet">
              <Key value={mint} name={text('money.token')} hasCopy />
              <p class="muted small">{text('money.token_what')}</p>
            </div>
            <Amount value={amount} unit={mint} decimals={decimals} />
          </li>
        ))}
      </ul>
    </Card>
  );
}

/**
 * @param {{rows: TaskSums[], onClaim: (row: TaskSums) => void,
 *          tokens?: import('../core/money.js').Token[]}} props
 */
function ByTask({ rows, onClaim, tokens }) {
  const columns = useMemo(() => {
    const sum = (/** @type {'staked' | 'cooling' | 'claimable' | 'claiming'} */ id,
      /** @type {string} */ label) => ({
      id, label, isNumber: true,
      sort: (/** @type {TaskSums} */ row) => baseUnits(row[id]),
      cell: (/** @type {TaskSums} */ row) =>
        <Amount value={row[id]} {...formOf(row.unit, tokens)} isQuiet />,
    });
    return [
      { id: 'task', label: text('node.name'), isHead: true,
        sort: (/** @type {TaskSums} */ row) => row.name ?? row.task,
        cell: (/** @type {TaskSums} */ row) => <TaskName task={row.task}
          name={row.name ?? undefined} href={`#/tasks/${row.task}`} /> },
      sum('staked', text('money.staked')), sum('cooling', text('node.cooling')),
      sum('claimable', text('node.claimable')),
      sum('claiming', text('node.claiming')),
      { id: 'claim', label: text('node.actions'), isAction: true,
        cell: (/** @type {TaskSums} */ row) => row.unit === KOII &&
          baseUnits(row.claimable) > 0n && (
          <Button kind="quiet" icon="claim" acts onPress={() => onClaim(row)}>
            {text('attention.claim')}</Button>) },
    ];
  }, [language.value, tokens]);
  return (
    <Card title={text('money.by_task')}>
      <Table label={text('money.by_task')} columns={columns} rows={rows}
        keyOf={({ task }) => task} />
    </Card>
  );
}

/** The newest entries of the book, but for transactions that cost a fee and
 * moved nothing: of these there are some each round. */
function Entries() {
  const book = useAnswer('money/book', { query: { limit: ENTRIES_READ },
    everyMs: ASK_MS });
  const rows = (book.data?.items ?? []).filter(
    (/** @type {any} */ { kind }) => kind !== 'fee').slice(0, ENTRIES_SHOWN);
  return (
    <Card title={text('book.title')} actions={
      <LinkButton kind="quiet" href="#/money/book">
        {text('money.book_all')}</LinkButton>}>
      <p class="muted small">{text('money.book_what')}</p>
      <BookTable answer={book} rows={rows} />
    </Card>
  );
}
