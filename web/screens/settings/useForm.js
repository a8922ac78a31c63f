import { useRef, useState } from 'preact/hooks';
import { faultsOf } from '../../core/forms.js';
import { text } from '../../core/text.js';
import { focusFirstError } from '../../parts/Field.jsx';
import { say } from '../../parts/Notice.jsx';

/** @typedef {import('../../core/forms.js').Faults} Faults */

/**
 * A form that is sent with a press: what is wrong stands at its field, and the
 * first one has the focus; what was saved is said.
 *
 *     const { faults, form, save } = useForm();
 *     <div class="form" ref={form}>…
 *       <Button acts onPress={() => save({ label: … }, () => order(…))}>
 */
export function useForm() {
  const [faults, setFaults] = useState(/** @type {Faults} */({}));
  const form = useRef(/** @type {HTMLDivElement | null} */(null));

  /**
   * @param {Faults} found what is wrong before it is sent, by field
   * @param {() => Promise<unknown>} send
   * @param {string} [words] the text that says it was saved
   */
  async function save(found, send, words = 'settings.saved') {
    setFaults(found);
    if (!Object.values(found).some(Boolean)) {
      try {
        await send();
        say({ tone: 'good', words: text(words) });
        return;
      } catch (error) {
        setFaults(faultsOf(error));
      }
    }
    focusFirstError(form.current);
  }

  return { faults, form, save };
}
