import { useEffect, useState } from 'preact/hooks';
import { order } from '../../core/api.js';
import { stepTo } from '../../core/setup.js';
import { pieces, text } from '../../core/text.js';
import { Button } from '../../parts/Button.jsx';
import { Notice } from '../../parts/Notice.jsx';
import { Screen } from '../../parts/Screen.jsx';
import { useHiding, Words } from '../../parts/Words.jsx';

/** So long one looks at them at least. */
const LOOK_MS = 5000;

/** Step 4: the words, which are hidden while nobody looks at the window. */
export function SetupPhrase() {
  const [words, setWords] = useState(/** @type {string[] | null} */(null));
  const [isSeen, setSeen] = useState(false);

  useHiding(() => setWords(null));
  useEffect(() => {
    if (!words)
      return undefined;
    const timer = setTimeout(() => setSeen(true), LOOK_MS);
    return () => clearTimeout(timer);
  }, [Boolean(words)]);

  async function show() {
    setWords((await order('setup/phrase', {})).words);
  }

  return (
    <Screen title={text('setup.write')}>
      <div class="narrow form">
        <p>{text('setup.write_what')}</p>
        <Notice tone="warn"><p>{pieces('setup.write_warning', {
          command: <code>{'pond wallet new'}</code> })}</p></Notice>
        {words ? <Words words={words} /> : (
          <div class="setup-hidden">
            <p class="muted">{text('setup.hidden')}</p>
            <Button kind={isSeen ? 'plain' : 'primary'} icon="eye" acts
              onPress={show}>{text('setup.show')}</Button>
          </div>
        )}
        <div class="actions">
          <Button kind={words ? 'primary' : 'plain'} acts isOff={!isSeen}
            describedBy="setup-wait" onPress={() => stepTo('5')}>
            {text('setup.wrote')}</Button>
          <Button acts onPress={() => stepTo('3')}>{text('setup.back')}</Button>
        </div>
        <p class="muted small" id="setup-wait">
          {isSeen ? '' : text('setup.look_first')}</p>
      </div>
    </Screen>
  );
}
