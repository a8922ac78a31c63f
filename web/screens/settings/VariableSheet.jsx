import { useState } from 'preact/hooks';
import { order } from '../../core/api.js';
import { text } from '../../core/text.js';
import { Button } from '../../parts/Button.jsx';
import { Field } from '../../parts/Field.jsx';
import { say } from '../../parts/Notice.jsx';
import { Sheet } from '../../parts/Sheet.jsx';
import { useForm } from './useForm.js';

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
  const { faults, form, save } = useForm();

  const send = () => save({
    label: !name ? text('field.needed')
      : isNew && labels.includes(name) ? text('variable.label_taken') : null,
    value: value ? null : text('field.needed'),
  }, async () => {
    await order('variables', { label: name, value }, { method: 'PUT' });
    await onDone(name);
    onClose();
  });

  async function remove() {
    await order('variables', { label }, { method: 'DELETE' });
    await onDone('');
    say({ tone: 'good', words: text('variable.removed') });
    onClose();
  }

  return (
    <Sheet title={isNew ? text('variable.add')
      : text('variable.change', { label: name })} onClose={onClose}
      onEnter={send} actions={
        <>
          {canRemove && <Button kind="danger" acts onPress={remove}>
            {text('settings.remove')}</Button>}
          <Button kind="primary" acts onPress={send}>
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
