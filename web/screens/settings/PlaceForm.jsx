import { useRef, useState } from 'preact/hooks';
import { order } from '../../core/api.js';
import { useDraft } from '../../core/drafts.js';
import { faultsOf, numberFault, readNumber, showNumber } from '../../core/forms.js';
import { text } from '../../core/text.js';
import { Button } from '../../parts/Button.jsx';
import { Field, focusFirstError } from '../../parts/Field.jsx';
import { Notice, say } from '../../parts/Notice.jsx';
import { restart } from './places.js';

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
  const [faults, setFaults] = useState(
    /** @type {import('../../core/forms.js').Faults} */({}));
  const form = useRef(/** @type {HTMLDivElement | null} */(null));
  const shown = (/** @type {PlaceField} */ one) => {
    const { value } = places.choices[one.name];
    return draft.value[one.name] ??
      (one.max ? showNumber(value, one.scale) : value ?? '');
  };

  const waits = [...fields.map((one) => one.name), ...also].some((own) =>
    places.choices[own].value !== places.choices[own].used);

  async function save() {
    const typed = fields.filter((one) => one.name in draft.value);
    const wrong = Object.fromEntries(typed.flatMap(
      ({ name: own, min = 0, max, scale }) => {
        const fault = max ? numberFault(draft.value[own], min, max, scale) : null;
        return fault ? [[own, fault]] : [];
      }));
    setFaults(wrong);
    try {
      if (!Object.keys(wrong).length) {
        await order('places', Object.fromEntries(typed.map(
          ({ name: own, max, scale }) => [own, max
            ? readNumber(draft.value[own], scale)?.toString() ?? null
            : draft.value[own].trim() || null])), { method: 'PATCH' });
        clear();
        onSaved();
        say({ tone: 'good', words: text('settings.saved') });
        return;
      }
    } catch (error) {
      setFaults(faultsOf(error));
    }
    focusFirstError(form.current);
  }

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
        <Button kind="primary" acts onPress={save}>
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
