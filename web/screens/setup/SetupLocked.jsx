import { useRef, useState } from 'preact/hooks';
import { ApiError, errorText, order } from '../../core/api.js';
import { reconnect } from '../../core/live.js';
import { sentence } from '../../core/plain.js';
import { go } from '../../core/router.js';
import { loadSetup, setup } from '../../core/setup.js';
import { text } from '../../core/text.js';
import { Field, focusFirstError } from '../../parts/Field.jsx';
import { Button } from '../../parts/Button.jsx';
import { Progress } from '../../parts/Progress.jsx';
import { Screen } from '../../parts/Screen.jsx';
import { PassphraseFields, usePassphrase } from '../../parts/PassphraseFields.jsx';
import { StepForm } from './StepForm.jsx';

/** A node whose keys nobody has opened: the passphrase, or the words. */
export function SetupLocked() {
  const [isLost, setLost] = useState(false);
  return isLost ? <Lost onBack={() => setLost(false)} />
    : <Unlock onLost={() => setLost(true)} />;
}

/**
 * The node starts with its keys now, at whatever step it was.
 *
 * @param {Promise<any>} ordered
 */
async function opened(ordered) {
  try {
    await ordered;
    setup.value = { step: 'done', waits: false };
    go('/', { replace: true });
  } catch (error) {
    if (!(error instanceof ApiError) || error.code !== 'unreachable')
      throw error;
    reconnect();
    await loadSetup();
  }
}

/** @param {{onLost: () => void}} props */
function Unlock({ onLost }) {
  const [passphrase, setPassphrase] = useState('');
  const [fault, setFault] = useState(/** @type {string | null} */(null));
  const [isOpening, setOpening] = useState(false);
  const box = useRef(/** @type {HTMLFormElement | null} */(null));

  async function unlock() {
    if (!passphrase) {
      setFault(text('unlock.empty'));
      focusFirstError(box.current);
      return;
    }
    setOpening(true);
    try {
      await opened(order('unlock', { passphrase }));
    } catch (error) {
      setFault(errorText(error));
      setOpening(false);
      focusFirstError(box.current);
    }
  }

  if (isOpening)
    return <Opening />;
  return (
    <StepForm title={text('setup.locked')} box={box} onNext={unlock}
      icon="unlock" next={text('unlock.unlock')}
      other={<Button kind="quiet" onPress={onLost}>
        {text('setup.lost')}</Button>}>
      <p>{text('setup.locked_what')}</p>
      <Field label={text('unlock.passphrase')} type="password"
        value={passphrase} error={fault} autoComplete="current-password"
        onInput={(value) => { setPassphrase(value); setFault(null); }} />
    </StepForm>
  );
}

/** @param {{onBack: () => void}} props */
function Lost({ onBack }) {
  const form = usePassphrase();
  const [words, setWords] = useState('');
  const [fault, setFault] = useState(/** @type {string | null} */(null));
  const [isOpening, setOpening] = useState(false);
  const box = useRef(/** @type {HTMLFormElement | null} */(null));

  async function replace() {
    const body = form.take();
    if (!words.trim())
      setFault(text('setup.nothing_given'));
    if (!body || !words.trim()) {
      focusFirstError(box.current);
      return;
    }
    setOpening(true);
    try {
      await opened(order('setup/replace', { ...body, words },
        { isLong: true }));
    } catch (error) {
      if (!(error instanceof ApiError))
        throw error;
      setFault(error.message ? sentence(error.message) : errorText(error));
      setOpening(false);
      focusFirstError(box.current);
    }
  }

  if (isOpening)
    return <Opening />;
  return (
    <StepForm title={text('setup.lost_title')} box={box} onNext={replace}
      next={text('setup.replace')} other={<Button onPress={onBack}>
        {text('setup.back')}</Button>}>
      <p>{text('setup.lost_what')}</p>
      <Field label={text('setup.words')} type="password" isWide value={words}
        error={fault} onInput={(value) => { setWords(value); setFault(null); }} />
      <PassphraseFields form={form} />
    </StepForm>
  );
}

function Opening() {
  return (
    <Screen title={text('setup.locked')}>
      <Progress label={text('setup.opening')} />
    </Screen>
  );
}
