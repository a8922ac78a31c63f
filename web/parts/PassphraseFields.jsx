import { useState } from 'preact/hooks';
import { order } from '../core/api.js';
import { networkKind, node } from '../core/node.js';
import { passphraseFault } from '../core/setup.js';
import { text } from '../core/text.js';
import { Button } from './Button.jsx';
import { Checkbox, Field } from './Field.jsx';
import { Notice } from './Notice.jsx';

/**
 * A passphrase that is chosen: typed twice, or made by the node. Nothing of it
 * is trimmed.
 *
 * @param {boolean} [keeps] whether the node keeps it, unless that is changed
 *
 * @returns what PassphraseFields draws and what it comes to
 */
export function usePassphrase(keeps) {
  const [first, setFirst] = useState('');
  const [second, setSecond] = useState('');
  const [made, setMade] = useState('');
  const [isKept, setKept] = useState(
    () => keeps ?? networkKind(node.value?.network) === 'private');
  const [isTried, setTried] = useState(false);
  const fault = passphraseFault(first);
  const isOther = first !== second;
  return {
    first, setFirst, second, setSecond, made, setMade, isKept, setKept,
    fault: isTried && fault ? text(fault) : null,
    other: isTried && !fault && isOther ? text('setup.other') : null,
    /** The body of an order; null: something is wrong, and is shown. */
    take() {
      setTried(true);
      return fault || isOther ? null
        : { passphrase: first, remember: isKept };
    },
  };
}

/**
 * @param {{form: ReturnType<typeof usePassphrase>, label?: string}} props
 */
export function PassphraseFields({ form,
  label = text('setup.passphrase') }) {
  async function make() {
    const { passphrase } = await order('setup/suggestion', {});
    form.setMade(passphrase);
    form.setFirst(passphrase);
    form.setSecond(passphrase);
  }

  return (
    <>
      <Field label={label} type="password" isRequired
        value={form.first} error={form.fault} autoComplete="new-password"
        hint={text('setup.passphrase_hint')} onInput={form.setFirst} />
      <Field label={text('setup.again')} type="password" isRequired
        value={form.second} error={form.other} autoComplete="new-password"
        onInput={form.setSecond} />
      <div class="actions">
        <Button acts onPress={make}>{text('setup.make_one')}</Button>
      </div>
      {form.made && (
        <Notice tone="info" isUrgent>
          <p>{text('setup.made_one')}</p>
          <p><code class="setup-made">{form.made}</code></p>
        </Notice>)}
      <Checkbox label={text('setup.keep')} isOn={form.isKept}
        hint={text('setup.keep_hint')} onInput={form.setKept} />
    </>
  );
}
