import { useRef, useState } from 'preact/hooks';
import { ApiError, errorText, order } from '../core/api.js';
import { text } from '../core/text.js';
import { Button } from './Button.jsx';
import { Field } from './Field.jsx';
import { Sheet } from './Sheet.jsx';

/**
 * Asks for the passphrase of a node that signs nothing.
 *
 * @param {{onClose: () => void}} props
 */
export function UnlockSheet({ onClose }) {
  const [passphrase, setPassphrase] = useState('');
  const [fault, setFault] = useState(/** @type {string | null} */(null));

  const isAsked = useRef(false);

  async function unlock() {
    if (!passphrase) {
      setFault(text('unlock.empty'));
      return;
    }
    if (isAsked.current)
      return;
    isAsked.current = true;
    try {
      await order('unlock', { passphrase });
      onClose();
    } catch (error) {
      if (!(error instanceof ApiError))
        throw error;
      setFault(errorText(error));
    } finally {
      isAsked.current = false;
    }
  }

  return (
    <Sheet title={text('unlock.title')} onClose={onClose} onEnter={unlock}
      actions={
      <Button kind="primary" icon="unlock" acts onPress={unlock}>
        {text('unlock.unlock')}</Button>}>
      <p>{text('unlock.what')}</p>
      <Field label={text('unlock.passphrase')} type="password"
        value={passphrase} error={fault} autoComplete="current-password"
        onInput={(value) => { setPassphrase(value); setFault(null); }} />
    </Sheet>
  );
}
