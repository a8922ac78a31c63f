import { useRef, useState } from 'preact/hooks';
import { exactAmount, parseAmount } from '../../core/amount.js';
import { ApiError, order } from '../../core/api.js';
import { useDraft } from '../../core/drafts.js';
import { faultsOf, numberFault } from '../../core/forms.js';
import { can } from '../../core/node.js';
import { useAnswer } from '../../core/store.js';
import { text } from '../../core/text.js';
import { AmountField, amountFault } from '../../parts/AmountField.jsx';
import { Button } from '../../parts/Button.jsx';
import { Card } from '../../parts/Card.jsx';
import { Checkbox, Field, focusFirstError, Select } from '../../parts/Field.jsx';
import { Notice, say } from '../../parts/Notice.jsx';
import { Answered } from '../../parts/Screen.jsx';

/**
 * @typedef {{name: string, claim_from: string, auto_upgrade: boolean,
 *            balance_low: string, balance_critical: string,
 *            idle_minutes: number, idle_then: 'disconnect' | 'lock',
 *            version: string}} Preferences
 * @typedef {Record<string, string | boolean>} Typed by field
 */
const IDLE_MINUTES = 30;
const IDLE_MINUTES_MAX = 24 * 60;
const AMOUNTS = ['claim_from', 'balance_low', 'balance_critical'];

/** #/settings/node — what the node does by itself. */
export default function General() {
  const answer = useAnswer('settings');
  return (
    <Answered answer={answer}>
      {(/** @type {Preferences} */ told) =>
        <Form told={told} reload={answer.reload} />}
    </Answered>
  );
}

/** @param {Preferences} told @returns {Typed} as it stands in the fields */
function shownOf(told) {
  return {
    name: told.name,
    ...Object.fromEntries(AMOUNTS.map((name) => {
      const value = /** @type {any} */(told)[name];
      return [name, value === '0' ? '' : exactAmount(value)];
    })),
    auto_upgrade: told.auto_upgrade,
    idle_then: told.idle_minutes ? told.idle_then : '',
    idle_minutes: String(told.idle_minutes || IDLE_MINUTES),
  };
}

/** @param {Typed} typed what was changed @returns {Record<string, string>} */
function faultsIn(typed) {
  return Object.fromEntries(Object.entries(typed).flatMap(([name, value]) => {
    const fault = AMOUNTS.includes(name) && value
      ? amountFault(String(value))
      : name === 'idle_minutes'
        ? numberFault(String(value || '?'), 1, IDLE_MINUTES_MAX) : null;
    return fault ? [[name, fault]] : [];
  }));
}

/** @param {Typed} typed what was changed @param {Typed} fields all of them */
function changesOf(typed, fields) {
  /** @type {Record<string, any>} */
  const changes = {};
  for (const [name, value] of Object.entries(typed)) {
    const read = AMOUNTS.includes(name) ? parseAmount(String(value)) : null;
    changes[name] = read ? 'value' in read ? String(read.value) : null : value;
  }
  // Two fields of the page are one choice.
  delete changes.idle_minutes;
  delete changes.idle_then;
  if ('idle_minutes' in typed || 'idle_then' in typed) {
    changes.idle_minutes = fields.idle_then ? Number(fields.idle_minutes) : 0;
    changes.idle_then = fields.idle_then || null;
  }
  return changes;
}

/** @param {{told: Preferences, reload: () => void}} props */
function Form({ told, reload }) {
  const { draft, clear } = useDraft('settings/node', /** @type {Typed} */({}));
  const [faults, setFaults] = useState(
    /** @type {import('../../core/forms.js').Faults} */({}));
  const [isOld, setOld] = useState(false);
  const form = useRef(/** @type {HTMLDivElement | null} */(null));
  const fields = { ...shownOf(told), ...draft.value };

  async function save() {
    const wrong = faultsIn(draft.value);
    setFaults(wrong);
    setOld(false);
    try {
      if (!Object.keys(wrong).length) {
        await order('settings', changesOf(draft.value, fields),
          { method: 'PATCH', match: told.version });
        clear();
        reload();
        say({ tone: 'good', words: text('settings.saved') });
        return;
      }
    } catch (error) {
      if (error instanceof ApiError && error.code === 'changed') {
        setOld(true);
        reload();
        return;
      }
      setFaults(faultsOf(error));
    }
    focusFirstError(form.current);
  }

  /** @param {string} name */
  const props = (name) => ({
    label: text(`settings.node_${name}`), value: String(fields[name]),
    error: faults[name],
    onInput: (/** @type {string} */ value) => {
      draft.value = { ...draft.value, [name]: value };
    },
  });
  const actions = ['', 'disconnect', ...can('seal') ? ['lock'] : []];

  return (
    <div class="form" ref={form}>
      {isOld && <Notice tone="warn" isUrgent>
        <p>{text('error.changed')}</p></Notice>}
      <Card>
        <Field {...props('name')} max={64}
          hint={text('settings.node_name_what')} />
        <AmountField {...props('claim_from')}
          hint={text('settings.node_claim_from_what')} />
        <Checkbox label={text('settings.node_auto_upgrade')}
          isOn={Boolean(fields.auto_upgrade)} onInput={(isOn) => {
            draft.value = { ...draft.value, auto_upgrade: isOn };
          }} />
      </Card>
      <Card title={text('settings.node_alarms')}>
        <AmountField {...props('balance_low')} />
        <AmountField {...props('balance_critical')} />
      </Card>
      <Card title={text('settings.node_idle')}>
        <Select {...props('idle_then')} options={actions.map((value) => ({ value,
          label: text(`settings.node_then_${value || 'nothing'}`) }))} />
        {fields.idle_then && <Field {...props('idle_minutes')}
          inputMode="numeric" />}
        {fields.idle_then === 'lock' && <p class="muted">
          {text('settings.node_lock_what')}</p>}
      </Card>
      <div class="actions">
        <Button kind="primary" acts onPress={save}>{text('settings.save')}</Button>
      </div>
    </div>
  );
}
