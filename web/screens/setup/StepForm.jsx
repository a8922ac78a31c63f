import { useRef } from 'preact/hooks';
import { errorText } from '../../core/api.js';
import { connection } from '../../core/live.js';
import { text } from '../../core/text.js';
import { Button } from '../../parts/Button.jsx';
import { say } from '../../parts/Notice.jsx';
import { Screen } from '../../parts/Screen.jsx';

/**
 * A step with fields: its one way on, which Enter takes, too.
 *
 * @param {{title: string, next: string, onNext: () => any, other?: any,
 *          icon?: import('../../parts/Icon.jsx').IconName,
 *          box?: import('preact').RefObject<HTMLFormElement | null>, children: any}} props
 * next: what the button says; other: buttons beside it
 */
export function StepForm({ title, next, onNext, icon, other, box, children }) {
  const isAsked = useRef(false);

  /** @param {Event} event */
  async function submit(event) {
    event.preventDefault();
    if (isAsked.current)
      return;
    if (connection.value.state !== 'connected') {
      say({ tone: 'warn', words: text('button.not_connected') });
      return;
    }
    isAsked.current = true;
    try {
      await onNext();
    } catch (error) {
      say({ tone: 'bad', words: errorText(error) });
    } finally {
      isAsked.current = false;
    }
  }

  return (
    <Screen title={title}>
      <form class="narrow form" ref={box} onSubmit={submit} noValidate>
        {children}
        <div class="actions">
          <Button kind="primary" acts icon={icon} onPress={onNext}>
            {next}</Button>
          {other}
        </div>
        <button type="submit" class="hidden" tabIndex={-1} aria-hidden="true">
          {next}</button>
      </form>
    </Screen>
  );
}
