import { useRef, useState } from 'preact/hooks';
import { ApiError, errorText, order } from '../../core/api.js';
import { setup, stepTo } from '../../core/setup.js';
import { plain, sentence } from '../../core/plain.js';
import { text } from '../../core/text.js';
import { Button } from '../../parts/Button.jsx';
import { Card } from '../../parts/Card.jsx';
import { Field, focusFirstError } from '../../parts/Field.jsx';
import { Key } from '../../parts/Key.jsx';
import { Progress } from '../../parts/Progress.jsx';
import { Screen } from '../../parts/Screen.jsx';
import { Stakes } from '../../parts/Stakes.jsx';
import { written } from './written.js';

/** A key file has 300 bytes. */
const FILE_BYTES_MAX = 4096;

/** Step 3: a new wallet, or one that is there. */
export function SetupWallet() {
  async function makeNew() {
    await order('setup/phrase', {});
    await stepTo('4');
  }

  const adding = setup.value?.adding;
  return (
    <Screen title={adding ? text('wallets.adding', { name: adding })
      : text('setup.wallet')}>
      <div class="setup-cards">
        <Card title={text('setup.new')}>
          <p>{text('setup.new_what')}</p>
          <div class="actions">
            <Button kind="primary" icon="add" acts onPress={makeNew}>
              {text('setup.new_make')}</Button>
          </div>
        </Card>
        <Card title={text('setup.have')}>
          <Import />
        </Card>
      </div>
      <div class="actions">
        <Button acts onPress={() => stepTo(adding ? 'done' : '2')}>
          {text('setup.back')}</Button>
      </div>
    </Screen>
  );
}

/** Shows what words or a key give before they are taken. */
function Import() {
  const [words, setWords] = useState('');
  const [key, setKey] = useState('');
  const [shown, setShown] = useState(
    /** @type {{main: string, staking: string, kpl_staking: string,
     *          stakes?: any} | null} */(null));
  const [fault, setFault] = useState(/** @type {string | null} */(null));
  const [isTaking, setTaking] = useState(false);
  const box = useRef(/** @type {HTMLFormElement | null} */(null));
  const body = key ? { key } : { words };

  /** @param {string} why */
  function refuse(why) {
    setShown(null);
    setFault(why);
    focusFirstError(box.current);
  }

  /** @param {unknown} error */
  function tell(error) {
    if (!(error instanceof ApiError) || error.code !== 'form')
      throw error;
    refuse(sentence(error.message));
  }

  async function look(given = body) {
    if (!Object.values(given)[0].trim()) {
      refuse(text('setup.nothing_given'));
      return;
    }
    setFault(null);
    await order('setup/import', given, { isLong: true }).then(setShown, tell);
  }

  /** @param {File | undefined} file */
  async function read(file) {
    if (!file)
      return;
    if (file.size > FILE_BYTES_MAX) {
      refuse(text('setup.no_key_file'));
      return;
    }
    const found = await file.text();
    setKey(found);
    setWords('');
    await look({ key: found }).catch((error) => refuse(plain(String(error))));
  }

  async function take() {
    setTaking(true);
    try {
      await written(order('setup/import', { ...body, take: true },
        { isLong: true }));
    } finally {
      setTaking(false);
    }
  }

  if (isTaking || setup.value?.busy)
    return <Progress label={text('setup.writing')} />;
  return (
    <form class="form" ref={box} noValidate
      onSubmit={(event) => {
        event.preventDefault();
        look().catch((error) => refuse(errorText(error)));
      }}>
      <Field label={text('setup.words')} type="password" isWide value={words}
        hint={text('setup.words_hint')} error={fault}
        onInput={(value) => { setWords(value); setKey(''); setShown(null); }} />
      <label class="setup-file">{text('setup.key_file')}
        <input type="file" accept=".json,.txt,application/json" onChange={(event) =>
          read(event.currentTarget.files?.[0])} /></label>
      {shown ? (
        <>
          <dl class="pairs">
            <div><dt>{text('money.main')}</dt>
              <dd><Key value={shown.main} isWhole /></dd></div>
            <div><dt>{text('money.staking')}</dt>
              <dd><Key value={shown.staking} isWhole /></dd></div>
          </dl>
          <Stakes stakes={shown.stakes}
            keys={[shown.staking, shown.kpl_staking]} />
          <p class="muted small">{text('setup.compare')}</p>
          <div class="actions">
            <Button kind="primary" acts onPress={take}>
              {text('setup.take')}</Button>
          </div>
        </>
      ) : (
        <div class="actions">
          <Button acts onPress={() => look()}>{text('setup.look')}</Button>
        </div>
      )}
      <button type="submit" class="hidden" tabIndex={-1} aria-hidden="true">
        {text('setup.look')}</button>
    </form>
  );
}
