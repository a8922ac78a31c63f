/*
 * Values of a database as NeDB has them: how they are copied, compared, found
 * by a path with dots, and written to a line of a file. Names of fields are a
 * task's, and may be of strangers: objects are looked into by own names alone.
 */
'use strict';

(function () {
  const has = (object, name) => Object.hasOwn(object, name);
  const is_object = (value) => typeof value === 'object' && value !== null;
  const is_date = (value) => value instanceof Date;
  const is_regexp = (value) => value instanceof RegExp;

  /* Set a field, "__proto__" too. */
  function put(object, name, value) {
    Object.defineProperty(object, name, { value, configurable: true,
      enumerable: true, writable: true });
  }

  function check_name(name, value) {
    if (name[0] === '$' &&
      !(name === '$$date' && typeof value === 'number') &&
      !(name === '$$deleted' && value === true) &&
      name !== '$$indexCreated' && name !== '$$indexRemoved')
      throw new Error('Field names cannot begin with the $ character');
    if (name.includes('.'))
      throw new Error('Field names cannot contain a .');
  }

  /* A document has no operators in it. */
  function check(value) {
    if (Array.isArray(value))
      value.forEach(check);
    else if (is_object(value) && !is_date(value))
      for (const [name, field] of Object.entries(value)) {
        check_name(name, field);
        check(field);
      }
  }

  /* What is no data (functions, symbols) becomes undefined. strict leaves out
   * operators and paths. */
  function copy(value, strict = false) {
    if (['boolean', 'number', 'string'].includes(typeof value) ||
      value === null)
      return value;
    if (is_date(value))
      return new Date(value.getTime());
    if (Array.isArray(value))
      return value.map((each) => copy(each, strict));
    if (!is_object(value) || is_regexp(value))
      return undefined;
    const made = {};
    for (const [name, field] of Object.entries(value))
      if (!strict || name[0] !== '$' && !name.includes('.'))
        put(made, name, copy(field, strict));
    return made;
  }

  /* Kinds in the order in which they are sorted. */
  function rank(value) {
    if (value === undefined)
      return 0;
    if (value === null)
      return 1;
    if (is_date(value))
      return 5;
    if (Array.isArray(value))
      return 6;
    return { number: 2, string: 3, boolean: 4 }[typeof value] ?? 7;
  }

  const compare_plain = (a, b) => a < b ? -1 : a > b ? 1 : 0;

  function compare_lists(a, b) {
    for (let i = 0; i < Math.min(a.length, b.length); i++) {
      const order = compare(a[i], b[i]);
      if (order)
        return order;
    }
    return compare_plain(a.length, b.length);
  }

  const sorted_fields = (object) => Object.keys(object).sort()
    .map((name) => object[name]);

  /* Below 0, 0 or above 0. */
  function compare(a, b) {
    const order = compare_plain(rank(a), rank(b));
    if (order)
      return order;
    switch (rank(a)) {
      case 0:
      case 1:
        return 0;
      case 5:
        return compare_plain(a.getTime(), b.getTime());
      case 6:
        return compare_lists(a, b);
      case 7:
        return compare_lists(sorted_fields(a), sorted_fields(b));
      default:
        return compare_plain(a, b);
    }
  }

  /* undefined equals nothing. */
  function equal(a, b) {
    if (!is_object(a) || !is_object(b))
      return a !== undefined && a === b;
    if (is_date(a) || is_date(b))
      return is_date(a) && is_date(b) && a.getTime() === b.getTime();
    if (Array.isArray(a) !== Array.isArray(b))
      return false;
    const names = Object.keys(a);
    return names.length === Object.keys(b).length &&
      names.every((name) => has(b, name) && equal(a[name], b[name]));
  }

  /* What stands at a path: a number in it is a place of a list, and another
   * name is looked for in each of a list's objects. */
  function at(value, path) {
    if (!Array.isArray(path))
      path = String(path).split('.');
    if (!value || !path.length)
      return path.length ? undefined : value;
    const [first, ...rest] = path;
    const field = has(Object(value), first) ? value[first] : undefined;
    if (!rest.length || !Array.isArray(field))
      return rest.length ? at(field, rest) : field;
    const place = parseInt(rest[0], 10);
    return Number.isNaN(place) ? field.map((each) => at(each, rest))
      : at(field[place], rest.slice(1));
  }

  /* The form of NeDB's files: dates are {"$$date": ms}. */
  const to_line = (document) => JSON.stringify(document,
    function (name, value) {
      check_name(name, value);
      const own = this[name];
      return is_date(own) ? { $$date: own.getTime() } : value;
    });

  const from_line = (line) => JSON.parse(line, (name, value) =>
    is_object(value) && value.$$date !== undefined ? new Date(value.$$date)
      : value);

  return { has, is_object, is_date, is_regexp, put, check, copy, compare, equal,
    at, to_line, from_line };
})
