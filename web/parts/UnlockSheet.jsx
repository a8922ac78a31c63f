import { useRef, useState } from 'preact/hooks';
import { ApiError, errorText, order } from '../core/api.js';
import { slotTime } from '../core/task.js';
import { can } from '../core/node.js';
import { useTopic } from '../core/store.js';
import { text } from '../core/text.js';
import { relative } from '../core/time.js';
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

  const tasks = Object.values(useTopic('tasks').data ?? {})
    .filter(({ state }) => state === 'running');
  // What is signed next, and is lost when it is late.
  const due = Math.min(...tasks.map(({ next }) =>
    next?.kind === 'submit' ? slotTime(next.until) : Infinity));
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

  /** A node that begins anew asks for the passphrase, or for the words. */
  async function lose() {
    await order('restart');
    onClose();
  }

  return (
    <Sheet title={text('unlock.title')} onClose={onClose} onEnter={unlock}
      actions={
        <>
          {can('restart') && <Button kind="quiet" acts onPress={lose}>
            {text('setup.lost')}</Button>}
          <Button kind="primary" icon="unlock" acts onPress={unlock}>
            {text('unlock.unlock')}</Button>
        </>}>
      <p>{text('unlock.what')}</p>
      {tasks.length > 0 && <p>{text('unlock.wait', { n: tasks.length })}{' '}
        {due < Infinity && text('unlock.due', { time: relative(due) })}</p>}
      <Field label={text('unlock.passphrase')} type="password"
        value={passphrase} error={fault} autoComplete="current-password"
        onInput={(value) => { setPassphrase(value); setFault(null); }} />
    </Sheet>
  );
}
