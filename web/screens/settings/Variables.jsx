import { useMemo, useState } from 'preact/hooks';
import { order } from '../../core/api.js';
import { useAnswer, useTopic } from '../../core/store.js';
import { language, text } from '../../core/text.js';
import { Button } from '../../parts/Button.jsx';
import { Empty } from '../../parts/Empty.jsx';
import { say } from '../../parts/Notice.jsx';
import { Outside } from '../../parts/Outside.jsx';
import { Answered } from '../../parts/Screen.jsx';
import { Sheet } from '../../parts/Sheet.jsx';
import { Table } from '../../parts/Table.jsx';
import { TaskName } from '../../parts/TaskName.jsx';
import { VariableSheet } from './VariableSheet.jsx';

/**
 * @typedef {{label: string, used_by: {task: string, variable: string}[]}} Variable
 * @typedef {{kind: 'add' | 'change' | 'remove', label: string}} Asked
 */

/** #/settings/variables — secret texts for tasks, and who gets them. */
export default function Variables() {
  const answer = useAnswer('variables');
  const tasks = useTopic('tasks').data;
  const [asked, setAsked] = useState(/** @type {Asked | null} */(null));
  const items = /** @type {Variable[]} */(answer.data?.items ?? []);
  const columns = useMemo(() => columnsOf(tasks, setAsked),
    [language.value, tasks]);
  const close = () => setAsked(null);

  async function remove() {
    await order('variables', { label: asked?.label }, { method: 'DELETE' });
    close();
    say({ tone: 'good', words: text('variable.removed') });
    answer.reload();
  }

  return (
    <Answered answer={answer}>
      <p class="muted">{text('settings.variables_what')}</p>
      {items.length
        ? <Table label={text('settings.variables')} rows={items}
          columns={columns} keyOf={({ label }) => label} />
        : <Empty>{text('settings.variables_empty')}</Empty>}
      <div class="actions">
        <Button icon="add" onPress={() => setAsked({ kind: 'add', label: '' })}>
          {text('variable.add')}</Button>
      </div>
      {asked?.kind === 'remove' && (
        <Sheet title={text('variable.remove_title', { label: asked.label })}
          onClose={close} onEnter={remove} actions={
            <Button kind="danger" acts onPress={remove}>
              {text('settings.remove')}</Button>}>
          <p>{text('variable.remove_what')}</p>
        </Sheet>
      )}
      {asked && asked.kind !== 'remove' && (
        <VariableSheet label={asked.label} isNew={asked.kind === 'add'}
          labels={items.map(({ label }) => label)} onClose={close}
          onDone={answer.reload} />
      )}
    </Answered>
  );
}

/**
 * @param {Record<string, {name?: string}> | undefined} tasks
 * @param {(asked: Asked) => void} ask
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
      cell: (/** @type {Variable} */ { label, used_by: users }) => (
        <>
          <Button kind="quiet" label={`${text('attention.change')}: ${label}`}
            onPress={() => ask({ kind: 'change', label })}>
            {text('attention.change')}</Button>
          {!users.length && <Button kind="quiet"
            label={`${text('settings.remove')}: ${label}`}
            onPress={() => ask({ kind: 'remove', label })}>
            {text('settings.remove')}</Button>}
        </>
      ) },
  ];
}
