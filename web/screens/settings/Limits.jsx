import { order } from '../../core/api.js';
import { useDraft } from '../../core/drafts.js';
import { numberFault, readNumber, showNumber } from '../../core/forms.js';
import { useAnswer } from '../../core/store.js';
import { reasonText } from '../../core/task.js';
import { text } from '../../core/text.js';
import { Badge } from '../../parts/Badge.jsx';
import { Button } from '../../parts/Button.jsx';
import { Card } from '../../parts/Card.jsx';
import { Field, Select } from '../../parts/Field.jsx';
import { Notice } from '../../parts/Notice.jsx';
import { Answered } from '../../parts/Screen.jsx';
import { useForm } from './useForm.js';

/**
 * @typedef {{name: string, value: string | null, rests: boolean,
 *            now?: number | string | null, on_battery?: boolean}} Condition
 */

const READ_EVERY_MS = 5000;
const MIB_IN_GB = (1 << 20) / 1e9;
const MIB_MAX = 2 ** 30;

/** Units and bounds of those that are numbers, in the node's unit. */
const FORMS = /** @type {Record<string, {unit: string, min: number, max: number,
 *                  scale?: number}>} */({
  busy: { unit: '%', min: 1, max: 99 },
  'traffic-day': { unit: 'GB', min: 1, max: MIB_MAX, scale: MIB_IN_GB },
  'traffic-month': { unit: 'GB', min: 1, max: MIB_MAX, scale: MIB_IN_GB },
  'disk-free': { unit: 'GB', min: 1, max: MIB_MAX, scale: MIB_IN_GB },
  cpu: { unit: '%', min: 1, max: 100 },
  memory: { unit: 'MiB', min: 48, max: MIB_MAX },
});
const SHARES = ['cpu', 'memory'];
const CHARGES = ['20', '40', '60', '80'];

/** #/settings/limits — what the owner of the machine allows its tasks. */
export default function Limits() {
  const answer = useAnswer('limits', { everyMs: READ_EVERY_MS });
  return (
    <Answered answer={answer}>
      {(/** @type {{rests: string | null, conditions: Condition[]}} */ told) => (
        <>
          {told.rests && <Notice tone="warn">
            <p>{text('settings.limits_rests')} {reasonText({ reason: told.rests })}
            </p></Notice>}
          <Form conditions={told.conditions} onSaved={answer.reload} />
        </>
      )}
    </Answered>
  );
}

/** @param {{conditions: Condition[], onSaved: () => void}} props */
function Form({ conditions, onSaved }) {
  const { draft, clear } = useDraft('limits',
    /** @type {Record<string, string>} */({}));
  const { faults, form, save } = useForm();
  const shown = (/** @type {Condition} */ { name, value }) =>
    draft.value[name] ?? (FORMS[name] ? showNumber(value, FORMS[name].scale)
      : value ?? '');

  /** @param {(name: string, words: string) => string | null} make */
  const each = (make) => Object.fromEntries(Object.entries(draft.value)
    .map(([name, words]) => [name, make(name, words)]));
  const send = () => save(each((name, words) => {
    const { min, max, scale } = FORMS[name] ?? {};
    return max ? numberFault(words, min, max, scale) : null;
  }), async () => {
    await order('limits', each((name, words) => FORMS[name]
      ? readNumber(words, FORMS[name].scale)?.toString() ?? null
      : words.trim() || null), { method: 'PATCH' });
    clear();
    onSaved();
  });

  /** @param {Condition} condition */
  function field(condition) {
    const { name } = condition;
    const props = { key: name, label: text(`settings.limits_${name}`),
      value: shown(condition), hint: <Now condition={condition} />,
      error: faults[name], unit: FORMS[name]?.unit,
      onInput: (/** @type {string} */ value) => {
        draft.value = { ...draft.value, [name]: value };
      } };
    return name === 'battery'
      ? <Select {...props} options={chargesOf(props.value)} />
      : <Field {...props} inputMode={FORMS[name] ? 'decimal' : 'text'} />;
  }

  const isShare = (/** @type {Condition} */ { name }) => SHARES.includes(name);
  return (
    <div class="form" ref={form}>
      <Card title={text('settings.limits_when')}>
        <p class="muted">{text('settings.limits_what')}</p>
        <div class="form">
          {conditions.filter((one) => !isShare(one)).map(field)}</div>
      </Card>
      <Card title={text('settings.limits_together')}>
        <p class="muted">{text('settings.limits_own')}</p>
        <div class="form">{conditions.filter(isShare).map(field)}</div>
      </Card>
      <div class="actions">
        <Button kind="primary" acts onPress={send}>
          {text('settings.save')}</Button>
      </div>
    </div>
  );
}

/** @param {string} value one that a command has set, too */
function chargesOf(value) {
  const charges = value && value !== 'never' && !CHARGES.includes(value)
    ? [...CHARGES, value] : CHARGES;
  return [{ value: '', label: text('settings.limits_charge_any') },
    ...charges.map((charge) => ({ value: charge,
      label: text('settings.limits_charge', { n: charge }) })),
    { value: 'never', label: text('settings.limits_charge_never') }];
}

/**
 * What was read of it, and whether tasks rest for it.
 *
 * @param {{condition: Condition}} props
 */
function Now({ condition: { name, now, on_battery: isOnBattery, rests } }) {
  const form = FORMS[name];
  const known = form ? <bdi>{showNumber(now, form.scale)} {form.unit}</bdi>
    : name === 'battery'
      ? text(isOnBattery ? 'settings.limits_battery_on'
        : 'settings.limits_battery_off', { n: now ?? 0 }) : <bdi>{now}</bdi>;
  return (
    <>
      {now === null || now === undefined
        ? text(`settings.limits_${name === 'battery' ? 'no_battery' : 'unknown'}`)
        : <>{text('settings.limits_now')} {known}</>}
      {!form && name !== 'battery' && <>. {text('settings.limits_names')}</>}
      {rests && <>{' '}<Badge tone="warn" icon="stop">
        {text('settings.limits_for_it')}</Badge></>}
    </>
  );
}
