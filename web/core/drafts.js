/**
 * What was typed into a form, kept for this tab until it is sent: a reload, a
 * lost connection or a look at another screen loses nothing.
 *
 * Never for passphrases, words or keys: they are state of their component alone.
 */
import { signal } from '@preact/signals';
import { useMemo } from 'preact/hooks';
import { keep, kept } from './kept.js';

/** @type {Map<string, import('@preact/signals').Signal<any>>} */
const drafts = new Map();
/** Names of those in which something stands. */
const filled = new Set();

/** Something was typed that is not sent yet. */
export function hasDrafts() {
  return filled.size > 0;
}

/**
 * @template T
 * @param {string} name of the form: "send", "stake/ID"
 * @param {T} initial JSON
 * @returns {{draft: import('@preact/signals').Signal<T>, clear: () => void}}
 */
export function useDraft(name, initial) {
  return useMemo(() => draftOf(name, initial), [name]);
}

/**
 * @template T
 * @param {string} name
 * @param {T} initial
 */
function draftOf(name, initial) {
  const key = `pond.draft.${name}`;
  let draft = drafts.get(name);
  if (!draft) {
    draft = signal(stored(key) ?? initial);
    drafts.set(name, draft);
    draft.subscribe((value) => {
      const source = JSON.stringify(value);
      const isFilled = source !== JSON.stringify(initial);
      keep('session', key, isFilled ? source : null);
      if (isFilled)
        filled.add(name);
      else
        filled.delete(name);
    });
  }
  const written = draft;
  return { draft, clear: () => { written.value = initial; } };
}

/** @param {string} key */
function stored(key) {
  try {
    return JSON.parse(kept('session', key) ?? 'null');
  } catch {
    return null;
  }
}
