import { useRef, useState } from 'preact/hooks';
import { ApiError, errorText } from '../core/api.js';
import { text } from '../core/text.js';
import { Button } from './Button.jsx';
import { Field, focusFirstError } from './Field.jsx';
import { Sheet } from './Sheet.jsx';

/**
 * A sheet that asks for the passphrase before it does something. A wallet that
 * has none is said to have none.
 *
 * @param {{title: string, button: string, kind?: 'primary' | 'danger',
 *          label?: string, isSealed: boolean, isDone?: boolean, onClose: () => void,
 *          onGo: (passphrase: string) => Promise<any>, children: any,
 *          onFault?: (error: ApiError) => boolean}} props
 * isDone: nothing is asked any more; onFault: whether another field has shown
 * what is wrong
 */
export function GuardedSheet({ title, button, kind = 'primary', isSealed,
  label = text('unlock.passphrase'), isDone, onClose, onGo, onFault,
  children }) {
  const [passphrase, setPassphrase] = useState('');
  const [fault, setFault] = useState(/** @type {string | null} */(null));
  const box = useRef(/** @type {HTMLDivElement | null} */(null));

  async function press() {
    try {
      if (isSealed && !passphrase)
        setFault(text('unlock.empty'));
      else
        await onGo(passphrase);
    } catch (error) {
      if (!(error instanceof ApiError))
        throw error;
      if (error.field === 'passphrase')
        setFault(errorText(error));
      else if (!onFault?.(error))
        throw error;
    }
    focusFirstError(box.current);
  }

  return (
    <Sheet title={title} onClose={onClose} actions={!isDone &&
      <Button kind={kind} acts onPress={press}>{button}</Button>}>
      <div class="form" ref={box}>
        {children}
        {isDone ? null : isSealed
          ? <Field label={label} type="password"
            value={passphrase} error={fault} autoComplete="current-password"
            onInput={(value) => { setPassphrase(value); setFault(null); }} />
          : <p class="muted">{text('send.unsealed')}</p>}
      </div>
    </Sheet>
  );
}
