/**
 * What a browser keeps: localStorage and sessionStorage, either of which may be
 * switched off, full, or cleared at any time. Nothing here throws.
 */

/** @param {'local' | 'session'} where */
function storage(where) {
  return where === 'local' ? localStorage : sessionStorage;
}

/**
 * @param {'local' | 'session'} where
 * @param {string} name
 * @returns {string | null}
 */
export function kept(where, name) {
  try {
    return storage(where).getItem(name);
  } catch {
    return null;
  }
}

/**
 * @param {'local' | 'session'} where
 * @param {string} name
 * @param {string | null} value null: forget it
 */
export function keep(where, name, value) {
  try {
    if (value === null)
      storage(where).removeItem(name);
    else
      storage(where).setItem(name, value);
  } catch {
    // It is not kept, then.
  }
}
