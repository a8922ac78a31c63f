/*
 * Equality of values by their insides, loose and strict: assert.deepEqual(),
 * deepStrictEqual() and util.isDeepStrictEqual().
 */
'use strict';

(function () {
  const keys_of = (object, strict) => Reflect.ownKeys(object).filter((key) =>
    (strict || typeof key === 'string') &&
    Object.prototype.propertyIsEnumerable.call(object, key));

  const kind_of = (value) => Object.prototype.toString.call(value);
  const boxes = [Number, String, Boolean, BigInt, Symbol];

  function is_equal_items(a, b, strict, seen) {
    if (a instanceof Map) {
      if (!(b instanceof Map) || a.size !== b.size)
        return false;
      return [...a].every(([key, value]) => b.has(key)
        ? is_equal(value, b.get(key), strict, seen)
        : [...b].some(([other, held]) =>
          (typeof key === 'object' || !strict) &&
          is_equal(key, other, strict, seen) &&
          is_equal(value, held, strict, seen)));
    }
    if (a instanceof Set) {
      if (!(b instanceof Set) || a.size !== b.size)
        return false;
      return [...a].every((value) => b.has(value) ||
        [...b].some((other) => is_equal(value, other, strict, seen)));
    }
    const keys = keys_of(a, strict);
    return keys.length === keys_of(b, strict).length &&
      keys.every((key) => Object.hasOwn(b, key) &&
        is_equal(a[key], b[key], strict, seen));
  }

  function is_equal(a, b, strict, seen = []) {
    if (Object.is(a, b) || (!strict && a == b))
      return true;
    if (typeof a !== 'object' || typeof b !== 'object' || !a || !b)
      return false;
    if (strict && Object.getPrototypeOf(a) !== Object.getPrototypeOf(b))
      return false;
    if (kind_of(a) !== kind_of(b))
      return false;
    if (a instanceof Date && b instanceof Date && !Object.is(+a, +b))
      return false;
    if (boxes.some((box) => a instanceof box && !(b instanceof box &&
      Object.is(a.valueOf(), b.valueOf()))))
      return false;
    if (a instanceof RegExp && String(a) !== String(b))
      return false;
    if (a instanceof Error && (a.message !== b.message || a.name !== b.name))
      return false;
    if (a instanceof ArrayBuffer && b instanceof ArrayBuffer)
      return is_equal(new Uint8Array(a), new Uint8Array(b), strict, seen);
    if (seen.some(([x, y]) => x === a && y === b))
      return true;
    return is_equal_items(a, b, strict, [...seen, [a, b]]);
  }

  return { is_equal };
})
