import { useMemo, useState } from 'preact/hooks';
import { useAnswer, useTopic } from '../../core/store.js';
import { language, text } from '../../core/text.js';
import { Button } from '../../parts/Button.jsx';
import { Empty } from '../../parts/Empty.jsx';
import { Outside } from '../../parts/Outside.jsx';
import { Answered } from '../../parts/Screen.jsx';
import { Table } from '../../parts/Table.jsx';
import { TaskName } from '../../parts/TaskName.jsx';
import { VariableSheet } from './VariableSheet.jsx';

/**
 * @typedef {{label: string, used_by: {task: string, variable: string}[]}} Variable
 */

/** @type {Variable} */
const NEW = { label: '', used_by: [] };

/** #/settings/variables — secret texts for tasks, and who gets them. */
export default function Variables() {
  const answer = useAnswer('variables');
  const tasks = useTopic('tasks').data;
  const [asked, setAsked] = useState(/** @type {Variable | null} */(null));
  const items = /** @type {Variable[]} */(answer.data?.items ?? []);
  const columns = useMemo(() => columnsOf(tasks, setAsked),
    [language.value, tasks]);
  return (
    <Answered answer={answer}>
      <p class="muted">{text('settings.variables_what')}</p>
      {items.length
        ? <Table label={text('settings.variables')} rows={items}
          columns={columns} keyOf={({ label }) => label} />
        : <Empty>{text('settings.variables_empty')}</Empty>}
      <div class="actions">
        <Button icon="add" onPress={() => setAsked(NEW)}>
          {text('variable.add')}</Button>
      </div>
      {asked && <VariableSheet label={asked.label} isNew={asked === NEW}
        labels={items.map(({ label }) => label)}
        canRemove={asked !== NEW && !asked.used_by.length}
        onClose={() => setAsked(null)} onDone={answer.reload} />}
    </Answered>
  );
}

/**
 * @param {Record<string, {name?: string}> | undefined} tasks
 * @param {(asked: Variable) => void} ask
 */
function columnsOf(tasks, ask) {
  return [
    { id: 'label', label: text('variable.label'), isHead: true,
      cell: (/** @type {Variable} */ { label }) => <Outside words={label} /> },
    { id: 'used', label: text('variable.used_by'),
      cell: (/** @type {Variable} */ { used_by: users }) => users.length
        ? <ul class="rows">{users.map(({ task, variable }) => (
          <li key={task + variable}>
            <TaskName task={task} name={tasks?.[task]?.name}
              href={`#/tasks/${task}/settings`} />
            <code>{variable}</code>
          </li>
        ))}</ul> : text('variable.unused') },
    { id: 'actions', label: text('node.actions'), isAction: true,
      cell: (/** @type {Variable} */ row) => (
        <Button kind="quiet" label={`${text('attention.change')}: ${row.label}`}
          onPress={() => ask(row)}>{text('attention.change')}</Button>
      ) },
  ];
}
