import { useRef, useState } from 'preact/hooks';
import { baseUnits, exactAmount, formatAmount, KOII_DECIMALS, parseAmount }
  from '../core/amount.js';
import { ApiError, order, orderKey } from '../core/api.js';
import { useDraft } from '../core/drafts.js';
import { node } from '../core/node.js';
import { plain } from '../core/plain.js';
import { go } from '../core/router.js';
import { useAnswer } from '../core/store.js';
import { text } from '../core/text.js';
import { Amount } from '../parts/Amount.jsx';
import { AmountField, amountFault } from '../parts/AmountField.jsx';
import { Button } from '../parts/Button.jsx';
import { Field, focusFirstError, Select } from '../parts/Field.jsx';
import { shortKey } from '../parts/Key.jsx';
import { Sheet } from '../parts/Sheet.jsx';
import { Terms } from '../parts/Terms.jsx';

/**
 * Asks before a stake is locked: the terms, what is paid now, what is left. The
 * variables that the task needs and has not are asked for, too: one that there
 * is, or a new one, whose value the node keeps and the browser does not.
 *
 * @param {{task: import('../core/catalog.js').CatalogTask,
 *          needs: import('../core/catalog.js').Need[],
 *          onClose: () => void, onStarted?: () => void}} props
 * onStarted: in the place of onClose() and the task's screen
 */
export function StartSheet({ task, needs, onClose, onStarted }) {
  const once = useRef(orderKey());
  const decimals = task.token ? 0 : KOII_DECIMALS;
  const least = baseUnits(task.minimum_stake);
  const { draft, clear } = useDraft(`start-${task.task}`,
    { stake: exactAmount(least, decimals) });
  const [values, setValues] = useState(/** @type {Record<string, string>} */({}));
  const [isTried, setTried] = useState(false);
  const form = useRef(/** @type {HTMLDivElement | null} */(null));
  const wallet = task.token ? undefined : node.value?.figures?.wallet;
  const missing = needs.filter(({ kind, ok }) => kind === 'variable' && !ok);
  const variables = useAnswer(missing.length ? 'variables' : null);
  const [chosen, setChosen] = useState(/** @type {Record<string, string>} */({}));
  const labels = /** @type {{label: string}[]} */(variables.data?.items ?? [])
    .map(({ label }) => label);
  const read = parseAmount(draft.value.stake, decimals);
  const stake = 'value' in read ? read.value : null;
  const fault = amountFault(draft.value.stake, { min: least, decimals,
    max: wallet === undefined ? undefined : baseUnits(wallet) });
  const sum = stake === null ? '' : `${formatAmount(stake, { decimals })} ${
    task.token ? shortKey(task.token) : text('amount.koii')}`;

  async function start() {
    setTried(true);
    if (fault || stake === null ||
        missing.some(({ name }) => !chosen[name] && !values[name])) {
      focusFirstError(form.current);
      return;
    }
    const pairs = await keepTyped();
    try {
      await order(`tasks/${task.task}/start`, { stake: String(stake), pairs },
        { once: once.current });
    } catch (error) {
      // What was answered is over; to try again is another order.
      if (error instanceof ApiError && error.status)
        once.current = orderKey();
      throw error;
    }
    clear();
    if (onStarted) {
      onStarted();
      return;
    }
    onClose();
    go(`/tasks/${task.task}`);
  }

  /** Values first, so that a second try finds them there. */
  async function keepTyped() {
    const pairs = { ...chosen };
    for (const { name } of missing) {
      if (pairs[name])
        continue;
      let label = name;
      for (let n = 2; labels.includes(label); n++)
        label = `${name} ${n}`;
      await order('variables', { label, value: values[name] }, { method: 'PUT' });
      pairs[name] = label;
      setChosen({ ...pairs });
    }
    variables.reload();
    return pairs;
  }

  return (
    <Sheet title={text('start.title', { task: plain(task.name, { max: 64 }) })}
      onClose={onClose} isWide actions={
        <Button kind="primary" icon="play" acts onPress={start}>
          {sum ? text('start.start', { sum }) : text('node.start')}</Button>}>
      <div class="form" ref={form}>
        <Terms task={task} />
        <AmountField label={text('start.stake')} value={draft.value.stake}
          decimals={decimals} unit={task.token ? shortKey(task.token) : undefined}
          error={isTried || fault !== null && draft.value.stake ? fault : null}
          onInput={(value) => { draft.value = { stake: value }; }} isRequired />
        {missing.map(({ name }) => (
          <div key={name} class="form">
            {labels.length > 0 && (
              <Select label={text('start.variable', { name: plain(name) })}
                value={chosen[name] ?? ''}
                onInput={(label) => setChosen({ ...chosen, [name]: label })}
                options={[{ value: '', label: text('taskset.new_variable') },
                  ...labels.map((label) =>
                    ({ value: label, label, isOutside: true }))]} />
            )}
            {!chosen[name] && <Field type="password" isRequired
              label={text('start.variable_value', { name: plain(name) })}
              value={values[name] ?? ''}
              error={isTried && !values[name] ? text('field.needed') : null}
              onInput={(value) => setValues({ ...values, [name]: value })} />}
          </div>
        ))}
        {wallet !== undefined && stake !== null && !fault && (
          <dl class="pairs">
            <div><dt>{text('start.now')}</dt><dd><Amount value={stake} /></dd></div>
            <div><dt>{text('start.left')}</dt>
              <dd><Amount value={baseUnits(wallet) - stake} /></dd></div>
          </dl>
        )}
        <p class="muted small">{text('start.fees')}</p>
      </div>
    </Sheet>
  );
}
