import { useRef, useState } from 'preact/hooks';
import { errorText } from '../core/api.js';
import { connection } from '../core/live.js';
import { text } from '../core/text.js';
import { Icon } from './Icon.jsx';
import { say } from './Notice.jsx';

/**
 * A button that names what it does. onPress may return a promise: until it is
 * settled further presses do nothing, and what it throws is shown as a notice.
 *
 * acts: it orders something from the node. While that is not connected the
 * button can be reached, says so, and does nothing.
 *
 * @param {{kind?: 'primary' | 'plain' | 'quiet' | 'danger',
 *          icon?: import('./Icon.jsx').IconName, acts?: boolean,
 *          isOff?: boolean, describedBy?: string, label?: string,
 *          onPress: () => any, children: any}} props
 * kind: one primary a screen. isOff: it can be reached and does nothing; say
 * nearby why. label: what readers hear where the words need the row they are
 * in; it contains the words.
 */
export function Button({ kind = 'plain', icon, acts, isOff, describedBy, label,
  onPress, children }) {
  const [isBusy, setBusy] = useState(false);
  const isTaken = useRef(false); // a second press may come before a new drawing
  const isAway = acts && connection.value.state !== 'connected';

  async function press() {
    if (isTaken.current || isOff)
      return;
    if (isAway) {
      say({ tone: 'warn', words: text('button.not_connected') });
      return;
    }
    isTaken.current = true;
    setBusy(true);
    try {
      await onPress();
    } catch (error) {
      say({ tone: 'bad', words: errorText(error) });
    } finally {
      setBusy(false);
      // Not before what it has done is drawn: a sheet that closes takes no more.
      setTimeout(() => { isTaken.current = false; });
    }
  }

  return (
    <button type="button" class={`button ${kind}`} onClick={press}
      aria-disabled={isAway || isOff || isBusy ? 'true' : undefined}
      aria-busy={isBusy ? 'true' : undefined} aria-describedby={describedBy}
      aria-label={label}
      title={isAway ? text('button.not_connected') : undefined}>
      {icon && <Icon name={icon} />}
      <span>{children}</span>
    </button>
  );
}

/**
 * A link that looks like a button: it leads to a screen and orders nothing.
 *
 * @param {{kind?: 'primary' | 'plain' | 'quiet', href: string,
 *          icon?: import('./Icon.jsx').IconName, children: any}} props
 */
export function LinkButton({ kind = 'plain', href, icon, children }) {
  return (
    <a class={`button ${kind}`} href={href}>
      {icon && <Icon name={icon} />}
      <span>{children}</span>
    </a>
  );
}
