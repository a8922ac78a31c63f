import { session } from '../core/session.js';
import { hasText, pieces, text } from '../core/text.js';
import { Copy } from '../parts/Copy.jsx';
import { Notice } from '../parts/Notice.jsx';
import { Screen } from '../parts/Screen.jsx';

const COMMAND = 'pond page';
const FORGET = 'pond page --forget all';

/** Shown in the place of any screen while this browser has no session. */
export function Connect() {
  const { why } = session.value;
  return (
    <Screen title={text('connect.title')}>
      {why && <Refused why={why} />}
      <div class="narrow form">
        <p>{pieces('connect.what', { command: <code class="typed">{COMMAND}</code> })}</p>
        <Command>{COMMAND}</Command>
        <p class="muted">{text('connect.reload')}</p>
      </div>
    </Screen>
  );
}

/**
 * What became of a link, or of the session.
 *
 * @param {{why: string}} props
 */
function Refused({ why }) {
  const key = `connect.${why}`;
  return (
    <Notice tone={why === 'session' ? 'info' : 'bad'} isUrgent>
      <p>{pieces(hasText(key) ? key : 'connect.refused', {
        forget: <code class="typed">{FORGET}</code>, command: <code class="typed">{COMMAND}</code>,
      })}</p>
    </Notice>
  );
}

/**
 * A line to be typed into a terminal.
 *
 * @param {{children: string}} props
 */
export function Command({ children }) {
  return (
    <div class="command">
      <code>{children}</code>
      <Copy value={children} what={text('connect.command')} isWordy />
    </div>
  );
}
