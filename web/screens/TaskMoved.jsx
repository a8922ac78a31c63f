import { useEffect, useMemo, useState } from 'preact/hooks';
import { baseUnits, exactAmount, KOII_DECIMALS, parseAmount }
  from '../core/amount.js';
import { get, order, orderKey } from '../core/api.js';
import { roundMs } from '../core/catalog.js';
import { text } from '../core/text.js';
import { duration } from '../core/time.js';
import { Amount } from '../parts/Amount.jsx';
import { AmountField, amountFault } from '../parts/AmountField.jsx';
import { Button } from '../parts/Button.jsx';
import { Card } from '../parts/Card.jsx';
import { Checkbox } from '../parts/Field.jsx';
import { Key } from '../parts/Key.jsx';
import { Notice, say } from '../parts/Notice.jsx';
import { Sheet } from '../parts/Sheet.jsx';
import { Steps } from '../parts/Steps.jsx';
import { Table } from '../parts/Table.jsx';
import { TaskName } from '../parts/TaskName.jsx';

/** @typedef {import('../core/catalog.js').CatalogTask} CatalogTask */
/** @typedef {import('../core/task.js').Task} Task */

/**
 * Of a task that has a newer version: what of its terms differs, and the order
 * to go on with that one.
 *
 * @param {{task: Task}} props
 */
export function MovedCard({ task }) {
  const [isAsked, setAsked] = useState(false);
  const { old, next } = useVersions(task.task);
  if (!old || !next)
    return null;
  const isOther = old.creator !== next.creator;
  return (
    <Card title={text('moved.title')} tone={isOther ? 'bad' : 'warn'} actions={
      !task.leaving && <Button icon="restart" acts onPress={() => setAsked(true)}>
        {text('moved.upgrade')}</Button>}>
      <p><TaskName task={next.task} name={next.name} href={`#/add/${next.task}`} />
      </p>
      {isOther
        ? <Notice tone="bad"><p>{text('moved.other_creator')}</p></Notice>
        : <p>{text('moved.same_creator')}</p>}
      <Differences old={old} next={next} />
      {isAsked && <UpgradeSheet task={task} next={next} isOther={isOther}
        onClose={() => setAsked(false)} />}
    </Card>
  );
}

/** A chain of versions is followed no further, as the node does. */
const VERSIONS_MAX = 64;

/**
 * A task, and the newest of its versions: to that one an upgrade goes.
 *
 * @param {string} id
 * @returns {{old?: CatalogTask, next?: CatalogTask}}
 */
function useVersions(id) {
  const [found, setFound] = useState(
    /** @type {{old?: CatalogTask, next?: CatalogTask}} */({}));
  useEffect(() => {
    const end = new AbortController();

    async function follow() {
      const ask = (/** @type {string} */ task) =>
        get(`catalog/${task}`, { signal: end.signal });
      /** @type {CatalogTask} */
      const old = await ask(id);
      let next = old;
      for (let n = 0; next.migrated_to && n < VERSIONS_MAX; n++)
        next = await ask(next.migrated_to);
      setFound({ old, next: next === old ? undefined : next });
    }

    follow().catch(() => {}); // without it there is nothing to compare
    return () => end.abort();
  }, [id]);
  return found;
}

/**
 * @param {CatalogTask} task
 * @param {string} value
 */
function sum(task, value) {
  return <Amount value={value} unit={task.token} isQuiet
    decimals={task.token ? 0 : KOII_DECIMALS} />;
}

/** The terms that are put side by side. */
const TERMS = [
  { id: 'creator', of: (/** @type {CatalogTask} */ task) => task.creator ?? '',
    shown: (/** @type {CatalogTask} */ task) => task.creator
      ? <Key value={task.creator} /> : text('amount.unknown') },
  { id: 'minimum_stake', of: (/** @type {CatalogTask} */ task) => task.minimum_stake,
    shown: (/** @type {CatalogTask} */ task) => sum(task, task.minimum_stake) },
  { id: 'bounty_per_round',
    of: (/** @type {CatalogTask} */ task) => task.bounty_per_round,
    shown: (/** @type {CatalogTask} */ task) => sum(task, task.bounty_per_round) },
  { id: 'bounty', of: (/** @type {CatalogTask} */ task) => task.bounty,
    shown: (/** @type {CatalogTask} */ task) => sum(task, task.bounty) },
  { id: 'round_time', of: (/** @type {CatalogTask} */ task) => task.round_time,
    shown: (/** @type {CatalogTask} */ task) => roundMs(task)
      ? duration(roundMs(task)) : text('add.slots', { n: task.round_time }) },
  { id: 'token', of: (/** @type {CatalogTask} */ task) => task.token ?? '',
    shown: (/** @type {CatalogTask} */ task) => task.token
      ? <Key value={task.token} /> : text('amount.koii') },
  { id: 'code', of: (/** @type {CatalogTask} */ task) => task.code,
    shown: (/** @type {CatalogTask} */ task) =>
      <code>{`${task.code.slice(0, 10)}…${task.code.slice(-4)}`}</code> },
];

/** @param {{old: CatalogTask, next: CatalogTask}} props */
function Differences({ old, next }) {
  const rows = TERMS.filter(({ of }) => of(old) !== of(next));
  const columns = useMemo(() => [
    { id: 'term', label: text('moved.term'), isHead: true,
      cell: (/** @type {typeof TERMS[0]} */ term) => text(`moved.${term.id}`) },
    { id: 'old', label: text('moved.old'),
      cell: (/** @type {typeof TERMS[0]} */ term) => term.shown(old) },
    { id: 'next', label: text('moved.next'),
      cell: (/** @type {typeof TERMS[0]} */ term) => term.shown(next) },
  ], [old, next]);
  return rows.length
    ? <Table label={text('moved.differences')} columns={columns} rows={rows}
      keyOf={({ id }) => id} />
    : <p>{text('moved.same')}</p>;
}

/**
 * @param {{task: Task, next: CatalogTask, isOther: boolean,
 *          onClose: () => void}} props
 */
function UpgradeSheet({ task, next, isOther, onClose }) {
  const once = useMemo(orderKey, []);
  const decimals = next.token ? 0 : KOII_DECIMALS;
  const least = baseUnits(next.minimum_stake);
  const had = baseUnits(task.stake ?? 0);
  const [stake, setStake] = useState(
    exactAmount(had > least ? had : least, decimals));
  const [isTaken, setTaken] = useState(!isOther);
  const fault = amountFault(stake, { min: least, decimals });

  async function upgrade() {
    const read = parseAmount(stake, decimals);
    if (fault || !('value' in read) || !isTaken)
      return;
    await order(`tasks/${task.task}/upgrade`, { stake: String(read.value),
      ...isOther ? { other_creator: true } : {} }, { once });
    say({ tone: 'good', words: text('moved.ordered') });
    onClose();
  }

  return (
    <Sheet title={text('moved.title')} onClose={onClose} actions={
      <Button kind="primary" icon="restart" acts isOff={!isTaken || !!fault}
        onPress={upgrade}>{text('moved.upgrade')}</Button>}>
      <div class="form">
        <Steps label={text('moved.steps')} at={0} steps={['stop', 'withdraw',
          'claim', 'stake', 'start'].map((step) => text(`moved.step_${step}`))} />
        <p>{text('leave.meanwhile')}</p>
        <AmountField label={text('start.stake')} value={stake} onInput={setStake}
          decimals={decimals} error={fault} isRequired />
        {isOther && <Checkbox label={text('moved.take_other')} isOn={isTaken}
          onInput={setTaken} />}
      </div>
    </Sheet>
  );
}
