import { useRef, useState } from 'preact/hooks';
import { order } from '../../core/api.js';
import { faultsOf } from '../../core/forms.js';
import { text } from '../../core/text.js';
import { Button } from '../../parts/Button.jsx';
import { Field, focusFirstError } from '../../parts/Field.jsx';
import { say } from '../../parts/Notice.jsx';
import { Sheet } from '../../parts/Sheet.jsx';

/**
 * Asks for a variable's value, which goes to the node and never comes back; it
 * is in no draft either.
 *
 * @param {{label: string, isNew: boolean, labels: string[],
 *          canRemove?: boolean, onClose: () => void,
 *          onDone: (label: string) => any}} props
 * label: of the variable, or one to begin with; labels: those that there are
 */
export function VariableSheet({ label, isNew, labels, canRemove, onClose,
  onDone }) {
  const [name, setName] = useState(label);
  const [value, setValue] = useState('');
  const [faults, setFaults] = useState(
    /** @type {import('../../core/forms.js').Faults} */({}));
  const form = useRef(/** @type {HTMLDivElement | null} */(null));

  async function save() {
    const found = {
      label: !name ? text('variable.label_needed')
        : isNew && labels.includes(name) ? text('variable.label_taken') : null,
      value: value ? null : text('variable.value_needed'),
    };
    setFaults(found);
    if (!found.label && !found.value) {
      try {
        await order('variables', { label: name, value }, { method: 'PUT' });
        await onDone(name);
        say({ tone: 'good', words: text('settings.saved') });
        onClose();
        return;
      } catch (error) {
        setFaults(faultsOf(error));
      }
    }
    focusFirstError(form.current);
  }

  async function remove() {
    await order('variables', { label }, { method: 'DELETE' });
    await onDone('');
    say({ tone: 'good', words: text('variable.removed') });
    onClose();
  }

  return (
    <Sheet title={isNew ? text('variable.add')
      : text('variable.change', { label: name })} onClose={onClose}
      onEnter={save} actions={
        <>
          {canRemove && <Button kind="danger" acts onPress={remove}>
            {text('settings.remove')}</Button>}
          <Button kind="primary" acts onPress={save}>
            {text('settings.save')}</Button>
        </>}>
      <div class="form" ref={form}>
        {isNew && <Field label={text('variable.label')} value={name}
          hint={text('variable.label_what')} error={faults.label}
          onInput={setName} isRequired />}
        <Field label={text('variable.value')} type="password" value={value}
          hint={text('variable.value_what')} error={faults.value}
          onInput={setValue} isRequired autoComplete="off" />
      </div>
    </Sheet>
  );
}
