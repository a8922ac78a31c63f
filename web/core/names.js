/**
 * Names that the owner knows keys by: own wallets, and tasks of this node. A
 * name that somebody else chose is never shown without its key.
 */
import { signal } from '@preact/signals';

/** @type {import('@preact/signals').Signal<Map<string, string>>} */
export const ownNames = signal(new Map());

/** @param {Iterable<[string, string]>} pairs key, name */
export function learnNames(pairs) {
  const learned = new Map(ownNames.value);
  let isNew = false;
  for (const [key, name] of pairs) {
    if (key && name && learned.get(key) !== name) {
      learned.set(key, name);
      isNew = true;
    }
  }
  if (isNew)
    ownNames.value = learned;
}
