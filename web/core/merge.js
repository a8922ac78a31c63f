/**
 * JSON merge patch (RFC 7396), without changing what it is given: objects that
 * the patch does not touch are the same ones afterwards, so a row that has not
 * changed is seen not to have changed.
 *
 * @param {any} target
 * @param {any} patch
 * @returns {any}
 */
export function mergePatch(target, patch) {
  if (!isObject(patch))
    return patch;
  const result = isObject(target) ? { ...target } : {};
  for (const [name, value] of Object.entries(patch)) {
    if (value === null)
      delete result[name];
    else
      result[name] = mergePatch(result[name], value);
  }
  return result;
}

/** @param {any} value */
function isObject(value) {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
