import { useRef, useState } from 'preact/hooks';
import { ApiError, order } from '../../core/api.js';
import { setup, stepTo } from '../../core/setup.js';
import { text } from '../../core/text.js';
import { Button } from '../../parts/Button.jsx';
import { Field, focusFirstError } from '../../parts/Field.jsx';
import { Progress } from '../../parts/Progress.jsx';
import { Screen } from '../../parts/Screen.jsx';
import { StepForm } from './StepForm.jsx';
import { written } from './written.js';

/** Step 5: three of the words; then the files are written. */
export function SetupConfirm() {
  const places = (setup.value?.places ?? []).map(String);
  const [words, setWords] = useState(/** @type {Record<string, string>} */({}));
  const [wrong, setWrong] = useState(/** @type {string | null} */(null));
  const [isWriting, setWriting] = useState(false);
  const box = useRef(/** @type {HTMLFormElement | null} */(null));

  /** @param {string} place */
  function refuse(place) {
    setWrong(place);
    focusFirstError(box.current);
  }

  async function confirm() {
    const missing = places.find((place) => !words[place]?.trim());
    if (missing) {
      refuse(missing);
      return;
    }
    setWriting(true);
    try {
      await written(order('setup/confirm', words, { isLong: true }));
    } catch (error) {
      if (!(error instanceof ApiError) || error.code !== 'form')
        throw error;
      setWriting(false);
      refuse(error.field ?? places[0]);
    } finally {
      setWriting(false);
    }
  }

  if (isWriting || setup.value?.busy)
    return (
      <Screen title={text('setup.check')}>
        <Progress label={text('setup.writing')} />
      </Screen>
    );
  const [a, b, c] = places;
  return (
    <StepForm title={text('setup.check')} box={box} onNext={confirm}
      next={text('setup.confirm')} icon="check"
      other={<Button acts onPress={() => stepTo('4')}>
        {text('setup.show_again')}</Button>}>
      <p>{text('setup.type', { a, b, c })}</p>
      {places.map((place) => (
        <Field key={place} label={text('setup.word', { n: place })} isRequired
          value={words[place] ?? ''} isMono
          error={wrong === place ? text('setup.wrong_word', { n: place }) : null}
          onInput={(value) => {
            setWords({ ...words, [place]: value });
            setWrong(null);
          }} />
      ))}
    </StepForm>
  );
}
