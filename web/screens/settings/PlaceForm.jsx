import { order } from '../../core/api.js';
import { useDraft } from '../../core/drafts.js';
import { numberFault, readNumber, showNumber } from '../../core/forms.js';
import { text } from '../../core/text.js';
import { Button } from '../../parts/Button.jsx';
import { Field } from '../../parts/Field.jsx';
import { Notice } from '../../parts/Notice.jsx';
import { restart } from './places.js';
import { useForm } from './useForm.js';

/**
 * @typedef {{name: string, label: string, hint?: any, unit?: string,
 *            scale?: number, min?: number, max?: number}} PlaceField
 * name: of the choice; max: it is a number
 */

/**
 * Choices as fields, and what holds from the next start on. An empty field is
 * as the node was started.
 *
 * @param {{name: string, fields: PlaceField[],
 *          places: import('./places.js').Places, onSaved: () => void,
 *          also?: string[], children?: any}} props
 * name: of the draft; also: choices that are made elsewhere on the screen;
 * children: further buttons
 */
export function PlaceForm({ name, fields, places, onSaved, also = [],
  children }) {
  const { draft, clear } = useDraft(name,
    /** @type {Record<string, string>} */({}));
  const { faults, form, save } = useForm();
  const shown = (/** @type {PlaceField} */ one) => {
    const { value } = places.choices[one.name];
    return draft.value[one.name] ??
      (one.max ? showNumber(value, one.scale) : value ?? '');
  };

  const waits = [...fields.map((one) => one.name), ...also].some((own) =>
    places.choices[own].value !== places.choices[own].used);

  const typed = fields.filter((one) => one.name in draft.value);
  /** @param {(field: PlaceField, words: string) => string | null} make */
  const each = (make) => Object.fromEntries(typed.map((one) =>
    [one.name, make(one, draft.value[one.name])]));
  const send = () => save(each(({ min = 0, max, scale }, words) =>
    max ? numberFault(words, min, max, scale) : null), async () => {
    await order('places', each(({ max, scale }, words) => max
      ? readNumber(words, scale)?.toString() ?? null : words.trim() || null),
    { method: 'PATCH' });
    clear();
    onSaved();
  });

  return (
    <div class="form" ref={form}>
      {fields.map((one) => (
        <Field key={one.name} label={one.label} value={shown(one)}
          hint={one.hint} unit={one.unit} error={faults[one.name]} isWide={!one.max}
          inputMode={one.max ? 'decimal' : 'text'} onInput={(value) => {
            draft.value = { ...draft.value, [one.name]: value };
          }} />
      ))}
      <div class="actions">
        <Button kind="primary" acts onPress={send}>
          {text('settings.save')}</Button>
        {children}
      </div>
      {waits && <Waits />}
    </div>
  );
}

/** Something was chosen that the node takes up at its next start. */
function Waits() {
  return (
    <Notice tone="info">
      <p>{text('settings.restart_waits')}</p>
      <Button icon="restart" acts onPress={restart}>
        {text('settings.restart')}</Button>
    </Notice>
  );
}
