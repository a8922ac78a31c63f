import { useMemo, useState } from 'preact/hooks';
import { baseUnits } from '../core/amount.js';
import { get } from '../core/api.js';
import { changeOf, formOf } from '../core/money.js';
import { ownNames } from '../core/names.js';
import { save } from '../core/save.js';
import { useList, useLive, useTopic, useWatched } from '../core/store.js';
import { taskLabel } from '../core/task.js';
import { hasText, language, text } from '../core/text.js';
import { Amount } from '../parts/Amount.jsx';
import { Button } from '../parts/Button.jsx';
import { Select } from '../parts/Field.jsx';
import { Empty } from '../parts/Empty.jsx';
import { Answered, Screen } from '../parts/Screen.jsx';
import { SignatureLink } from '../parts/SignatureLink.jsx';
import { Table } from '../parts/Table.jsx';
import { TaskName } from '../parts/TaskName.jsx';
import { Time } from '../parts/Time.jsx';

/**
 * @typedef {{id: number, at: number, slot?: number, kind: string,
 *            task?: string | null, round?: number | null, unit?: string,
 *            amount: string, fee?: string, signature?: string | null,
 *            reason?: string | null}} Entry
 */

const KINDS = ['reward', 'loss', 'penalty', 'stake', 'unstake', 'claim', 'fee',
  'send', 'fund', 'deploy', 'faucet'];

/** #/money/book — every entry of the account book. */
export default function Book() {
  const tasks = useTopic('tasks');
  const [kind, setKind] = useState('');
  const [task, setTask] = useState('');
  const query = { kind: kind || undefined, task: task || undefined };
  const book = useList('money/book', { query });
  useWatched('money');
  useLive('entry', book.refresh);
  return (
    <Screen title={text('book.title')} lead={text('book.what')} actions={
      <SaveBook query={query} />}>
      <div class="filters">
        <Select label={text('book.kind')} value={kind} onInput={setKind}
          options={[{ value: '', label: text('book.all_kinds') },
            ...KINDS.map((value) => ({ value, label: kindText(value) }))]} />
        <Select label={text('node.name')} value={task} onInput={setTask}
          options={[{ value: '', label: text('book.all_tasks') },
            ...Object.values(tasks.data ?? {}).map((one) =>
              ({ value: one.task, label: taskLabel(one) }))]} />
      </div>
      <BookTable answer={book} rows={book.data ?? []} />
      {book.hasMore && <div class="actions">
        <Button icon="down" onPress={book.more}>{text('book.more')}</Button>
      </div>}
    </Screen>
  );
}

/**
 * The book as a file: RFC 4180, amounts in KOII to the last digit.
 *
 * @param {{query?: Record<string, string | undefined>}} props
 */
export function SaveBook({ query = {} }) {
  return (
    <Button icon="save" onPress={async () =>
      save('pond-book.csv', await get('money/book.csv', { query }),
        'text/csv;charset=utf-8')}>
      {text('book.csv')}</Button>
  );
}

/** @param {string} kind */
function kindText(kind) {
  const key = `book.kind_${kind}`;
  return hasText(key) ? text(key) : kind;
}

/**
 * @param {{rows: Entry[], answer: {data: any, error?: unknown,
 *          reload?: () => void}}} props
 */
export function BookTable({ answer, rows }) {
  const columns = useMemo(() => [
    { id: 'at', label: text('book.at'), isHead: true,
      cell: (/** @type {Entry} */ row) =>
        <Time at={row.at} form="short" isQuiet /> },
    { id: 'kind', label: text('book.kind'),
      cell: (/** @type {Entry} */ row) => <KindCell row={row} /> },
    { id: 'task', label: text('node.name'),
      cell: (/** @type {Entry} */ row) => row.task
        ? <TaskName task={row.task} name={ownNames.value.get(row.task)}
          href={`#/tasks/${row.task}`} /> : null },
    { id: 'round', label: text('node.round'), isNumber: true,
      cell: (/** @type {Entry} */ row) => row.task && row.round != null
        ? <a href={`#/tasks/${row.task}/rounds/${row.round}`}>{row.round}</a>
        : null },
    { id: 'amount', label: text('book.amount'), isNumber: true,
      cell: (/** @type {Entry} */ row) =>
        <Amount {...changeOf(row)} {...formOf(row.unit)} isQuiet isExact /> },
    { id: 'fee', label: text('book.fee'), isNumber: true, isMinor: true,
      cell: (/** @type {Entry} */ row) => baseUnits(row.fee ?? 0) > 0n
        ? <Amount value={row.fee} isQuiet isExact /> : null },
    { id: 'signature', label: text('book.transaction'),
      cell: (/** @type {Entry} */ row) => row.signature
        ? <SignatureLink value={row.signature} isBare /> : null },
  ], [language.value, ownNames.value]);
  return (
    <Answered answer={answer}>
      {rows.length
        ? <Table label={text('book.title')} columns={columns} rows={rows}
          keyOf={({ id }) => String(id)} />
        : <Empty>{text('book.empty')}</Empty>}
    </Answered>
  );
}

/** @param {{row: Entry}} props */
function KindCell({ row }) {
  const reason = `book.reason_${row.reason}`;
  return (
    <div>
      {kindText(row.kind)}
      {row.reason && hasText(reason) &&
        <p class="muted small">{text(reason)}</p>}
    </div>
  );
}
