import { useMemo } from 'preact/hooks';
import { language, number, text } from '../core/text.js';
import { isNarrow } from '../core/width.js';
import { Card } from '../parts/Card.jsx';
import { Chart } from '../parts/Chart.jsx';
import { Empty } from '../parts/Empty.jsx';
import { Figure, Figures } from '../parts/Figure.jsx';
import { Answered, Screen } from '../parts/Screen.jsx';
import { Table } from '../parts/Table.jsx';
import { Time } from '../parts/Time.jsx';
import { ask } from './ask.js';
import { useChain } from './chain.js';
import { ExplorerTabs, Slot, TransactionList } from './parts.jsx';
import { blocks, newestSlot, recentError, transactions, useRecent }
  from './recent.js';

const SAMPLES = 60;

/** #/explorer — what the chain does now. */
export default function Home() {
  useRecent();
  const samples = useChain(() => ask('getRecentPerformanceSamples', [SAMPLES]),
    [], { everyMs: 10000 });
  return (
    <Screen title={text('explorer.title')}>
      <ExplorerTabs />
      <ChainFigures samples={samples.data} />
      <div class="two">
        <Card title={text('explorer.newest_blocks')}>
          <Answered answer={{ data: blocks.value, error: recentError.value }}>
            <BlockTable rows={blocks.value ?? []} />
          </Answered>
        </Card>
        <Card title={text('explorer.newest_transactions')}>
          <Answered answer={{ data: transactions.value }}>
            {transactions.value?.length
              ? <TransactionList rows={transactions.value}
                label={text('explorer.newest_transactions')} />
              : <Empty>{text('explorer.no_transactions')}</Empty>}
          </Answered>
        </Card>
      </div>
      {samples.data?.length > 1 && <Rates samples={samples.data} />}
    </Screen>
  );
}

/** @param {{samples: any[] | undefined}} props */
function ChainFigures({ samples }) {
  const newest = blocks.value?.find(({ isSkipped }) => !isSkipped);
  return (
    <Figures label={text('explorer.figures')}>
      <Figure label={text('explorer.slot')}>
        {newestSlot.value ? number(newestSlot.value) : text('amount.unknown')}
      </Figure>
      <Figure label={text('explorer.time')}>
        {newest?.at ? <Time at={newest.at} form="short" isQuiet />
          : text('amount.unknown')}
      </Figure>
      <Figure label={text('explorer.rate')} note={text('explorer.rate_note')}>
        {samples?.length ? number(rateOf(samples)) : text('amount.unknown')}
      </Figure>
    </Figures>
  );
}

/** @param {any[]} samples */
function rateOf(samples) {
  const sum = (/** @type {string} */ name) =>
    samples.reduce((all, sample) => all + Number(sample[name] ?? 0), 0);
  const rate = sum('numTransactions') / Math.max(1, sum('samplePeriodSecs'));
  return rate < 10 ? Math.round(rate * 10) / 10 : Math.round(rate);
}

/**
 * Each sample's rate, by the slot in which it ended.
 *
 * @param {{samples: any[]}} props
 */
function Rates({ samples }) {
  const { rows, x, series } = useMemo(() => {
    const all = samples.map((sample) => ({ slot: Number(sample.slot),
      rate: rateOf([sample]) })).reverse();
    return { rows: all, x: all.map(({ slot }) => slot), series:
      /** @type {import('../parts/Chart.jsx').Series[]} */([{
        label: text('explorer.rate'), colour: 'accent', kind: 'line',
        values: all.map(({ rate }) => rate) }]) };
  }, [samples, language.value]);
  const columns = useMemo(() => /** @type {import('../parts/Table.jsx').Column<{slot: number, rate: number}>[]} */([
    { id: 'slot', label: text('explorer.slot'), isHead: true,
      sort: ({ slot }) => slot, cell: ({ slot }) => <Slot slot={slot} /> },
    { id: 'rate', label: text('explorer.rate'), isNumber: true,
      sort: ({ rate }) => rate, cell: ({ rate }) => number(rate) },
  ]), [language.value]);
  const rates = rows.map(({ rate }) => rate);
  return (
    <Card title={text('explorer.rate')}>
      <Chart label={text('explorer.rate')} x={x} series={series}
        summary={text('explorer.rate_summary', { least: Math.min(...rates),
          most: Math.max(...rates), n: rates.length })}
        formatX={number} formatY={number} table={
          <Table label={text('explorer.rate')} columns={columns} rows={rows}
            keyOf={({ slot }) => String(slot)} sortedBy="-slot" />} />
    </Card>
  );
}

/** @param {{rows: import('./recent.js').BlockRow[]}} props */
export function BlockTable({ rows }) {
  const columns = useMemo(() => /** @type {import('../parts/Table.jsx').Column<import('./recent.js').BlockRow>[]} */([
    { id: 'slot', label: text('explorer.slot'), isHead: true,
      cell: ({ slot }) => <Slot slot={slot} /> },
    { id: 'at', label: text('explorer.time'),
      cell: ({ at, isSkipped }) => isSkipped
        ? <span class="muted">{text('explorer.skipped')}</span>
        : at && <Time at={at} isQuiet /> },
    { id: 'transactions', label: text('explorer.transactions'), isNumber: true,
      cell: ({ transactions: n, isSkipped }) => isSkipped ? '' : number(n) },
  ]), [language.value]);
  if (isNarrow.value)
    return (
      <ul class="rows" aria-label={text('explorer.newest_blocks')}>
        {rows.map(({ slot, at, isSkipped, transactions: n }) => (
          <li key={slot}>
            <Slot slot={slot} />
            <span class="muted">{isSkipped ? text('explorer.skipped')
              : text('explorer.n_transactions', { n })}</span>
            {at && <span class="muted"><Time at={at} isQuiet /></span>}
          </li>))}
      </ul>
    );
  return <Table label={text('explorer.newest_blocks')} columns={columns}
    rows={rows} keyOf={({ slot }) => String(slot)} />;
}
