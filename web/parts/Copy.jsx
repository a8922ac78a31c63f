import { useEffect, useState } from 'preact/hooks';
import { text } from '../core/text.js';
import { Icon } from './Icon.jsx';
import { say } from './Notice.jsx';

const TOLD_MS = 2000;

/**
 * A button that copies.
 *
 * @param {{value: string, what: string, isWordy?: boolean}} props
 * what: what readers and the tip name, "the key 4kPx…9a2B"; isWordy: the word
 * stands beside the picture
 */
export function Copy({ value, what, isWordy }) {
  const [isDone, setDone] = useState(false);
  useEffect(() => {
    if (!isDone)
      return undefined;
    const timer = setTimeout(() => setDone(false), TOLD_MS);
    return () => clearTimeout(timer);
  }, [isDone]);

  async function copy() {
    try {
      await navigator.clipboard.writeText(value);
      setDone(true);
    } catch {
      say({ tone: 'warn', words: text('copy.refused') });
    }
  }

  const words = isDone ? text('copy.done') : text('copy.copy');
  return (
    <button type="button" class={`copy${isWordy ? ' button quiet' : ''}`}
      onClick={copy} title={text('copy.what', { what })}>
      <Icon name={isDone ? 'check' : 'copy'} />
      <span class={isWordy ? undefined : 'hidden'}>
        {isWordy ? words : isDone ? words : text('copy.what', { what })}</span>
    </button>
  );
}
