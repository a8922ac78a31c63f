import { useRef } from 'preact/hooks';
import { order } from '../../core/api.js';
import { arrive, stepTo } from '../../core/setup.js';
import { text } from '../../core/text.js';
import { Button } from '../../parts/Button.jsx';
import { focusFirstError } from '../../parts/Field.jsx';
import { PassphraseFields, usePassphrase } from '../../parts/PassphraseFields.jsx';
import { StepForm } from './StepForm.jsx';

/** Step 2: what locks the wallet files. */
export function SetupPassphrase() {
  const form = usePassphrase();
  const box = useRef(/** @type {HTMLFormElement | null} */(null));

  async function next() {
    const body = form.take();
    if (body)
      arrive(await order('setup/passphrase', body));
    else
      focusFirstError(box.current);
  }

  return (
    <StepForm title={text('setup.choose')} box={box} onNext={next}
      next={text('setup.next')}
      other={<Button acts onPress={() => stepTo('1')}>
        {text('setup.back')}</Button>}>
      <p>{text('setup.choose_what')}</p>
      <PassphraseFields form={form} />
    </StepForm>
  );
}
