import { useMemo, useState } from 'preact/hooks';
import { order } from '../core/api.js';
import { attention } from '../core/node.js';
import { useList, useTopic } from '../core/store.js';
import { taskLabel } from '../core/task.js';
import { text } from '../core/text.js';
import { AttentionRows } from '../parts/AttentionRows.jsx';
import { Button } from '../parts/Button.jsx';
import { Empty } from '../parts/Empty.jsx';
import { Select } from '../parts/Field.jsx';
import { Answered, Screen } from '../parts/Screen.jsx';
import { UnlockSheet } from '../parts/UnlockSheet.jsx';

/** @typedef {import('../core/node.js').AttentionRow} AttentionRow */

const LEVELS = ['red', 'amber', 'info'];

/** #/attention — what there was to look at in 90 days, the newest first. */
export default function Attention() {
  const [level, setLevel] = useState('');
  const [task, setTask] = useState('');
  const [isUnlocking, setUnlocking] = useState(false);
  const tasks = Object.values(useTopic('tasks').data ?? {});
  const list = useList('attention', { query: {
    level: level || undefined, task: task || undefined } });
  /** @param {AttentionRow} row */
  const isAsked = (row) => (!level || row.level === level) &&
    (!task || row.task === task);
  const now = attention.value.filter(isAsked);
  const rows = useMemo(() => together(now, list.data ?? []), [now, list.data]);
  const isFiltered = Boolean(level || task);
  const hasFilters = isFiltered || rows.length > 1;
  const newest = rows.find(({ id, read }) => !read && id.startsWith('n'));

  return (
    <Screen title={text('attention.title')} actions={newest && (
      <Button icon="check" acts onPress={() => order('attention',
        { read: true, up_to: newest.id }).then(list.reload)}>
        {text('attention.read_all')}</Button>)}>
      {hasFilters && (
        <div class="filters">
          <Select label={text('attention.level')} value={level}
            onInput={setLevel} options={['', ...LEVELS].map((value) => ({ value,
              label: text(`attention.only_${value || 'all'}`) }))} />
          {tasks.length > 0 && (
            <Select label={text('attention.task')} value={task}
              onInput={setTask} options={[
                { value: '', label: text('attention.only_all') },
                ...tasks.map((one) => ({ value: one.task,
                  label: taskLabel(one) }))]} />
          )}
        </div>
      )}
      <Answered answer={{ ...list,
        data: list.data ?? (rows.length ? rows : undefined) }}>
        {rows.length ? (
          <section class="card">
            <AttentionRows rows={rows}
              names={(id) => tasks.find((one) => one.task === id)?.name}
              onUnlock={() => setUnlocking(true)} onRead={list.reload} />
          </section>
        ) : (
          <Empty action={isFiltered && (
            <Button onPress={() => { setLevel(''); setTask(''); }}>
              {text('attention.clear')}</Button>)}>
            {text(isFiltered ? 'attention.none' : 'attention.empty')}
          </Empty>
        )}
        {list.hasMore && (
          <div class="actions">
            <Button onPress={list.more}>{text('attention.older')}</Button>
          </div>
        )}
      </Answered>
      {isUnlocking && <UnlockSheet onClose={() => setUnlocking(false)} />}
    </Screen>
  );
}

/**
 * What stands now, which is told as it happens, and what was listed: the lock
 * first, which has no time, then the newest.
 *
 * @param {AttentionRow[]} now
 * @param {AttentionRow[]} listed
 */
function together(now, listed) {
  const rows = new Map([...listed, ...now].map((row) => [row.id, row]));
  return [...rows.values()]
    .sort((a, b) => (b.at ?? Infinity) - (a.at ?? Infinity) || 0);
}
