import { useMemo, useState } from 'preact/hooks';
import { baseUnits, KOII_DECIMALS } from '../core/amount.js';
import { isKey } from '../core/base58.js';
import { fittingTasks, roundMs } from '../core/catalog.js';
import { node } from '../core/node.js';
import { go } from '../core/router.js';
import { useAnswer, useTopic } from '../core/store.js';
import { language, text } from '../core/text.js';
import { duration } from '../core/time.js';
import { Amount } from '../parts/Amount.jsx';
import { Badge } from '../parts/Badge.jsx';
import { Button, LinkButton } from '../parts/Button.jsx';
import { Empty } from '../parts/Empty.jsx';
import { Checkbox, Field, Select } from '../parts/Field.jsx';
import { Key } from '../parts/Key.jsx';
import { Screen } from '../parts/Screen.jsx';
import { Count, Table } from '../parts/Table.jsx';
import { TaskName } from '../parts/TaskName.jsx';
import { latelyText } from '../parts/Terms.jsx';
import { hasPlace } from '../routes.js';

/** @typedef {import('../core/catalog.js').CatalogRow} CatalogRow */

const SHOWN = 100;
const KINDS = ['all', 'koii', 'token', 'afford'];

/** #/add — which tasks there are. */
export default function Add() {
  const answer = useAnswer('catalog', { everyMs: 60000 });
  const rows = answer.data?.items;
  return (
    <Screen title={text('add.title')} lead={text('add.lead')} answer={answer}>
      {rows && (rows.length ? <Found rows={rows} /> : (
        <Empty action={hasPlace('create') && (
          <LinkButton href="#/create" icon="create">{text('bar.create')}
          </LinkButton>)}>{text('add.empty')}</Empty>))}
      <ById />
    </Screen>
  );
}

/** @param {{rows: CatalogRow[]}} props */
function Found({ rows }) {
  const [find, setFind] = useState('');
  const [kind, setKind] = useState('all');
  const [hasStopped, setStopped] = useState(false);
  const [most, setMost] = useState(SHOWN);
  const here = useTopic('tasks').data ?? {};
  const ids = Object.keys(here).join();
  const columns = useMemo(() => columnsOf(new Set(ids.split(','))),
    [language.value, ids]);
  const fit = fittingTasks(rows, { find, kind, hasStopped,
    wallet: node.value?.figures?.wallet });
  const hasTokens = rows.some(({ token }) => token);

  function clear() {
    setFind('');
    setKind('all');
    setStopped(true);
  }

  return (
    <section class="catalog" aria-label={text('add.tasks')}>
      <div class="filters">
        <Field label={text('add.find')} type="search" value={find}
          onInput={setFind} />
        <Select label={text('add.kind')} value={kind} onInput={setKind}
          options={KINDS.filter((one) => hasTokens ||
            (one !== 'koii' && one !== 'token')).map((value) =>
            ({ value, label: text(`add.kind_${value}`) }))} />
        <Checkbox label={text('add.stopped')} isOn={hasStopped}
          onInput={setStopped} />
      </div>
      {fit.length < rows.length && <Count n={fit.length} of={rows.length} />}
      {fit.length
        ? <Table label={text('add.tasks')} columns={columns}
          rows={fit.slice(0, most)} keyOf={({ task }) => task} />
        : <Empty action={<Button onPress={clear}>{text('add.clear')}</Button>}>
          {text('add.none')}</Empty>}
      {fit.length > most && <div class="actions">
        <Button icon="down" onPress={() => setMost(most + SHOWN)}>
          {text('add.more')}</Button></div>}
    </section>
  );
}

/**
 * A task that is on no list.
 */
function ById() {
  const [id, setId] = useState('');
  const [fault, setFault] = useState(/** @type {string | null} */(null));

  function open() {
    if (isKey(id.trim()))
      go(`/add/${id.trim()}`);
    else
      setFault(text('add.no_id'));
  }

  return (
    <form class="form narrow" onSubmit={(event) => { event.preventDefault(); open(); }}>
      <Field label={text('add.by_id')} value={id} error={fault} isMono isWide
        hint={text('add.by_id_hint')} after={
          <Button onPress={open}>{text('add.look')}</Button>}
        onInput={(value) => { setId(value); setFault(null); }} />
    </form>
  );
}

/**
 * @param {Set<string>} here tasks that this node has already
 */
function columnsOf(here) {
  return [
    { id: 'name', label: text('node.name'), isHead: true,
      cell: (/** @type {CatalogRow} */ row) => (
        <>
          <TaskName task={row.task} name={row.name} href={here.has(row.task)
            ? `#/tasks/${row.task}` : `#/add/${row.task}`} />
          {here.has(row.task) && <> <Badge tone="good" icon="check">
            {text('add.here')}</Badge></>}
          {!row.active && <> <Badge>{text('add.inactive')}</Badge></>}
        </>
      ),
      sort: (/** @type {CatalogRow} */ row) => row.name },
    { id: 'creator', label: text('add.creator'), isMinor: true,
      cell: (/** @type {CatalogRow} */ row) => row.creator
        ? <Key value={row.creator} /> : text('amount.unknown') },
    { id: 'stake', label: text('add.stake_from'), isNumber: true,
      cell: (/** @type {CatalogRow} */ row) => <Sum row={row}
        value={row.minimum_stake} />,
      sort: (/** @type {CatalogRow} */ row) => baseUnits(row.minimum_stake) },
    { id: 'pays', label: text('add.pays'), isNumber: true,
      cell: (/** @type {CatalogRow} */ row) => <Sum row={row}
        value={row.bounty_per_round} />,
      sort: (/** @type {CatalogRow} */ row) => baseUnits(row.bounty_per_round) },
    { id: 'nodes', label: text('add.nodes'), isNumber: true,
      cell: (/** @type {CatalogRow} */ row) => row.nodes,
      sort: (/** @type {CatalogRow} */ row) => row.nodes },
    { id: 'round', label: text('add.round'), isNumber: true,
      cell: (/** @type {CatalogRow} */ row) => <RoundLength row={row} />,
      sort: (/** @type {CatalogRow} */ row) => row.round_time },
    { id: 'paid', label: text('add.lately'), isMinor: true,
      cell: (/** @type {CatalogRow} */ row) => latelyText(row),
      sort: (/** @type {CatalogRow} */ row) => row.payouts.successful },
  ];
}

/** @param {{row: CatalogRow, value: string}} props */
function Sum({ row, value }) {
  return <Amount value={value} unit={row.token} isQuiet isBare={!row.token}
    decimals={row.token ? 0 : KOII_DECIMALS} />;
}

/** @param {{row: CatalogRow}} props */
function RoundLength({ row }) {
  const ms = roundMs(row);
  return <>{ms ? duration(ms) : text('add.slots', { n: row.round_time })}</>;
}
