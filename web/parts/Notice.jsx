import { signal } from '@preact/signals';
import { text } from '../core/text.js';
import { Icon } from './Icon.jsx';

/** A notice that is no error goes by itself after this. */
const SHOWN_MS = 8000;
const NOTICES_MAX = 4;

const ICONS = /** @type {const} */({
  good: 'check', info: 'info', warn: 'warn', bad: 'warn',
});

/**
 * @typedef {{tone?: 'good' | 'info' | 'warn' | 'bad', words: string,
 *            action?: {words: string, onPress: () => void}}} NoticeText
 */
/** @type {import('@preact/signals').Signal<(NoticeText & {id: number})[]>} */
const notices = signal([]);
let last = 0;

/**
 * Say what has happened, whatever screen is shown. Errors stay until they are
 * closed. The same words are not said twice.
 *
 * @param {NoticeText} notice
 */
export function say(notice) {
  const id = ++last;
  const others = notices.value.filter(({ words }) => words !== notice.words);
  notices.value = [...others, { ...notice, id }].slice(-NOTICES_MAX);
  if (notice.tone !== 'bad')
    setTimeout(() => close(id), SHOWN_MS);
}

/** @param {number} id */
function close(id) {
  notices.value = notices.value.filter((notice) => notice.id !== id);
}

/** All that was said; a live region, so it is there before anything is. */
export function Notices() {
  return (
    <div class="notices" role="status" aria-live="polite">
      {notices.value.map(({ id, tone = 'info', words, action }) => (
        <div key={id} class={`notice ${tone}`}>
          <Icon name={ICONS[tone]} />
          <p>{words}</p>
          {action && <button type="button" class="button quiet"
            onClick={() => { close(id); action.onPress(); }}>
            <span>{action.words}</span></button>}
          <button type="button" class="button quiet" onClick={() => close(id)}>
            <Icon name="cross" /><span>{text('notice.close')}</span></button>
        </div>
      ))}
    </div>
  );
}

/**
 * A sentence in its place on the screen: an error of what is there, a warning
 * before what is asked.
 *
 * @param {{tone?: 'good' | 'info' | 'warn' | 'bad', id?: string,
 *          isUrgent?: boolean, children: any, actions?: any}} props
 * isUrgent: readers are told of it when it appears
 */
export function Notice({ tone = 'info', id, isUrgent, children, actions }) {
  return (
    <div class={`notice here ${tone}`} id={id}
      role={isUrgent ? 'alert' : undefined}>
      <Icon name={ICONS[tone]} />
      <div class="notice-words">{children}</div>
      {actions}
    </div>
  );
}
