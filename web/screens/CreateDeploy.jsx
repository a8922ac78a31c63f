import { useEffect, useRef, useState } from 'preact/hooks';
import { formatAmount } from '../core/amount.js';
import { ApiError, errorText, order, orderKey, prove } from '../core/api.js';
import { can } from '../core/node.js';
import { plain, sentence } from '../core/plain.js';
import { go } from '../core/router.js';
import { useAnswer } from '../core/store.js';
import { text } from '../core/text.js';
import { Button } from '../parts/Button.jsx';
import { Card } from '../parts/Card.jsx';
import { Field, focusFirstError } from '../parts/Field.jsx';
import { Notice, say } from '../parts/Notice.jsx';
import { Sheet } from '../parts/Sheet.jsx';
import { Steps } from '../parts/Steps.jsx';
import { Cost } from './CreateCheck.jsx';

const LOOK_MS = 700;
/** The key is that of a task of an earlier attempt, from other code. */
const TAKEN = 'exists already';

/**
 * Asks for the passphrase before a task is made. The key of the order names the
 * task, so it is kept before it is sent; a second attempt says the first one's.
 *
 * @param {{check: import('./CreateCheck.jsx').Check, task: string, once: string,
 *          onTry: (once: string) => void, onClose: () => void}} props
 * once: of an attempt that has failed, or whose end is not known; ""
 */
export function DeploySheet({ check, task, once, onTry, onClose }) {
  const [passphrase, setPassphrase] = useState('');
  const [fault, setFault] = useState(/** @type {string | null} */(null));
  const form = useRef(/** @type {HTMLDivElement | null} */(null));
  const isSealed = can('seal');
  const what = task ? 'update' : 'deploy';

  /** @param {string} words */
  function refuse(words) {
    setFault(words);
    focusFirstError(form.current);
  }

  async function press() {
    /** @type {string | undefined} */
    let proof;
    if (isSealed && !passphrase) {
      refuse(text('unlock.empty'));
      return;
    }
    try {
      proof = isSealed ? await prove(passphrase) : undefined;
    } catch (error) {
      if (!(error instanceof ApiError) || error.field !== 'passphrase')
        throw error;
      refuse(errorText(error));
      return;
    }
    const key = orderKey();
    onTry(once || key);
    try {
      await order(`create/${what}`, { folder: check.folder,
        ...(isSealed && { passphrase }), ...(once && { again: once }) },
      { once: key, proof });
    } catch (error) {
      if (error instanceof ApiError && error.status) {
        onTry(once);
        throw error;
      }
    }
    onClose();
  }

  return (
    <Sheet title={text(`deploy.ask_${what}`, {
      name: plain(check.terms.name, { max: 64 }) })} onClose={onClose} actions={
      <Button kind="primary" icon="create" acts onPress={press}>
        {text(`deploy.${what}_for`, { sum: formatAmount(check.cost?.sum ?? '0') })}
      </Button>}>
      <div class="form" ref={form}>
        <Cost check={check} />
        {isSealed
          ? <Field label={text('unlock.passphrase')} type="password"
            value={passphrase} error={fault} autoComplete="current-password"
            onInput={(value) => { setPassphrase(value); setFault(null); }} />
          : <p class="muted">{text('send.unsealed')}</p>}
      </div>
    </Sheet>
  );
}

/**
 * What becomes of it. A node that was started anew does not know it: the task
 * may be there, and the same order finds it.
 *
 * @param {{kind: 'deploy' | 'update', once: string, name: string,
 *          onAgain: () => void, onBack: () => void, onOver: () => void}} props
 * onOver: the key has its task, and the next order is about another one
 */
export function DeployProgress({ kind, once, name, onAgain, onBack, onOver }) {
  const { data, error } = useAnswer(`create/${kind}/${once}`,
    { everyMs: LOOK_MS });
  const isUnknown = error instanceof ApiError && error.code === 'not_found';
  const isOver = isUnknown || (data && data.state !== 'running');
  const isFailed = isOver && data?.state !== 'done';

  useEffect(() => {
    if (data?.state !== 'done')
      return;
    say({ tone: 'good', words: text('deploy.done',
      { name: name || text('create.new') }) });
    onOver();
    go(`/create/${data.task}`, { replace: true });
  }, [data?.state]);

  return (
    <div class="narrow">
      <Card>
        <Steps label={text('deploy.steps')} isFailed={Boolean(isFailed)}
          at={data?.state === 'done' ? 3 : Math.max((data?.step ?? 1) - 1, 0)}
          steps={['build', 'upload', kind].map((step) =>
            text(`deploy.step_${step}`))} />
        {isFailed && (
          <Notice tone={isUnknown ? 'warn' : 'bad'} isUrgent actions={
            <Button kind="primary" onPress={onAgain}>
              {text('deploy.go_on')}</Button>}>
            <p>{text(isUnknown ? 'deploy.is_unknown' : 'deploy.failed')}</p>
            {data?.error && <p class="small outside">{sentence(data.error)}</p>}
          </Notice>
        )}
        {isFailed && <div class="actions">
          <Button onPress={data?.code === TAKEN ? onOver : onBack}>
            {text('deploy.back')}</Button></div>}
      </Card>
    </div>
  );
}
