import { useEffect, useState } from 'preact/hooks';
import { errorText, order } from '../../core/api.js';
import { useDraft } from '../../core/drafts.js';
import { numberFault, readNumber, showNumber } from '../../core/forms.js';
import { node } from '../../core/node.js';
import { useAnswer } from '../../core/store.js';
import { text } from '../../core/text.js';
import { Button } from '../../parts/Button.jsx';
import { Card } from '../../parts/Card.jsx';
import { Field, Select } from '../../parts/Field.jsx';
import { Hours, HoursClock } from './Hours.jsx';
import { say } from '../../parts/Notice.jsx';
import { Answered } from '../../parts/Screen.jsx';
import { VariableSheet } from './VariableSheet.jsx';
import { TaskFrame } from '../TaskFrame.jsx';
import { useForm } from './useForm.js';

/** @typedef {import('../../core/task.js').Task} Task */

const MIB = 1 << 20;
const MIB_MAX = 2 ** 30;
const LIMITS = /** @type {const} */([
  { name: 'memory', unit: 'MiB', min: 48, max: MIB_MAX },
  { name: 'cpu', unit: '%', min: 1, max: 102400 },
  { name: 'disk', unit: 'MiB', min: 1, max: MIB_MAX },
]);
const REACHES = ['public', 'private', 'loopback'];
const NEW = '\u0000';

/**
 * #/tasks/ID/settings — what one task gets, may take, and when it runs.
 *
 * @param {import('../../core/router.js').Route} props
 */
export default function TaskSettings({ params, query }) {
  const id = params.task;
  const schedules = useAnswer('schedules');
  return (
    <TaskFrame id={id} title={text('task.settings')}>
      {(task) => (
        <div class="task-cards">
          <div class="task-column">
            <Variables task={task} />
            <Limits task={task} focused={query.get('field')} />
          </div>
          <div class="task-column">
            <Answered answer={schedules} lines={2}>
              {(/** @type {import('./Hours.jsx').Schedules} */ told) => (
                <>
                  <Hours title={text('settings.schedules')} task={id}
                    schedules={told} onChange={schedules.reload} />
                  <HoursClock schedules={told} />
                </>
              )}
            </Answered>
            <Reach task={task} />
          </div>
        </div>
      )}
    </TaskFrame>
  );
}

/**
 * Which variable the task gets under each name that it asks for.
 *
 * @param {{task: Task}} props
 */
function Variables({ task }) {
  const answer = useAnswer('variables');
  const [asked, setAsked] = useState('');
  const items = /** @type {import('./Variables.jsx').Variable[]} */(
    answer.data?.items ?? []);
  const labels = items.map(({ label }) => label);
  const pairs = Object.fromEntries(items.flatMap(({ label, used_by: users }) =>
    users.filter((user) => user.task === task.task)
      .map(({ variable }) => [variable, label])));
  const names = [...new Set([...task.missing ?? [], ...Object.keys(pairs)])].sort();

  /**
   * @param {string} name
   * @param {string} label
   */
  async function pair(name, label) {
    await order(`tasks/${task.task}`, { pairs: { [name]: label || null } },
      { method: 'PATCH' });
    answer.reload();
    say({ tone: 'good', words: text('taskset.paired') });
  }

  return (
    <Card title={text('settings.variables')}>
      <Answered answer={answer} lines={2}>
        {names.length ? (
          <div class="form">
            {names.map((name) => (
              <Select key={name} label={<code>{name}</code>}
                value={pairs[name] ?? ''} onInput={(label) => label === NEW
                  ? setAsked(name) : pair(name, label).catch(sayError)}
                options={[{ value: '', label: text('taskset.no_variable') },
                  ...labels.map((label) =>
                    ({ value: label, label, isOutside: true })),
                  { value: NEW, label: text('taskset.new_variable') }]} />
            ))}
          </div>
        ) : <p class="muted">{text('add.needs_nothing')}</p>}
        {asked && <VariableSheet label={labels.includes(asked) ? '' : asked} isNew
          labels={labels} onClose={() => { setAsked(''); answer.reload(); }}
          onDone={(label) => pair(asked, label)} />}
      </Answered>
    </Card>
  );
}

/** @param {{task: Task}} props */
function Reach({ task }) {
  const path = `tasks/${task.task}`;
  const all = node.value?.addresses;
  return all && (
    <Card>
      <Select label={text('taskset.reach')} value={String(task.limits?.network ?? '')}
        onInput={(value) => order(path, { network: value || null },
          { method: 'PATCH' }).then(() => say({ tone: 'good',
          words: text('taskset.paired') }), sayError)}
        options={[{ value: '', label: text('taskset.reach_all',
          { what: text(`reach.${all}`) }) },
        ...REACHES.map((value) => ({ value, label: text(`reach.${value}`) }))]} />
    </Card>
  );
}

/** @param {unknown} error */
const sayError = (error) => say({ tone: 'bad', words: errorText(error) });

/** @param {{task: Task, focused: string | null}} props */
function Limits({ task, focused }) {
  const { draft, clear } = useDraft(`limits-${task.task}`,
    /** @type {Record<string, string>} */({}));
  const { faults, form, save } = useForm();
  // What was saved, until the task's own state has it.
  const [saved, setSaved] = useState(/** @type {Task['limits'] | null} */(null));
  useEffect(() => setSaved(null), [JSON.stringify(task.limits)]);
  useEffect(() => {
    // Behind the h1, which the screen gives the focus first.
    if (focused)
      requestAnimationFrame(() =>
        document.getElementById(`limit-${focused}`)?.focus());
  }, []);

  const send = () => save(
    Object.fromEntries(LIMITS.map(({ name, min, max }) =>
      [name, numberFault(draft.value[name] ?? '', min, max)])),
    async () => {
      const limits = Object.fromEntries(Object.entries(draft.value)
        .map(([name, words]) => [name, readNumber(words)]));
      await order(`tasks/${task.task}`, { limits }, { method: 'PATCH' });
      setSaved({ ...task.limits, ...limits });
      clear();
    }, task.worker?.pid ? 'taskset.saved_next' : undefined);

  return (
    <Card title={text('settings.limits')}>
      <p class="muted">{text('taskset.limits_what')}</p>
      <div class="form" ref={form}>
        {LIMITS.map(({ name, unit }) => (
          <Field key={name} id={`limit-${name}`} unit={unit}
            label={text(`taskset.${name}`)} inputMode="numeric"
            hint={nowText(task, name)} error={faults[name]}
            value={draft.value[name] ?? showNumber((saved ?? task.limits)?.[name])}
            onInput={(value) => {
              draft.value = { ...draft.value, [name]: value };
            }} />
        ))}
        <div class="actions">
          <Button acts onPress={send}>{text('settings.save')}</Button>
        </div>
      </div>
    </Card>
  );
}

/**
 * @param {Task} task
 * @param {string} name of a limit
 */
function nowText({ worker, memory_limit: limit }, name) {
  if (name !== 'memory' || !limit)
    return null;
  return text('task.memory_of', { of: Math.round(limit / MIB),
    n: Math.round((worker?.resident_bytes ?? 0) / MIB) });
}
