/*
 * Which documents a query means: NeDB's operators.
 */
'use strict';

(function ({ load }) {
  const { is_object, is_date, is_regexp, equal, at } =
    load('koii/database_values');

  const table = (functions) => new Map(Object.entries(functions));

  const is_ordered = (value) => ['string', 'number'].includes(typeof value) ||
    is_date(value);
  const ordered = (holds) => (a, b) => is_ordered(a) && is_ordered(b) &&
    typeof a === typeof b && holds(a, b);

  function is_in(value, list, operator = '$in') {
    if (!Array.isArray(list))
      throw new Error(`${operator} operator called with a non-array`);
    return list.some((each) => equal(value, each));
  }

  function matches_text(value, pattern) {
    if (!is_regexp(pattern))
      throw new Error('$regex operator called with non regular expression');
    return typeof value === 'string' && pattern.test(value);
  }

  function has_size(value, size) {
    if (!Array.isArray(value))
      return false;
    if (size % 1 !== 0)
      throw new Error('$size operator called without an integer');
    return value.length === size;
  }

  const comparisons = table({
    $lt: ordered((a, b) => a < b),
    $lte: ordered((a, b) => a <= b),
    $gt: ordered((a, b) => a > b),
    $gte: ordered((a, b) => a >= b),
    $ne: (a, b) => !equal(a, b),
    $in: (value, list) => is_in(value, list),
    $nin: (value, list) => !is_in(value, list, '$nin'),
    $regex: matches_text,
    $exists: (value, wanted) =>
      (value !== undefined) === Boolean(wanted || wanted === ''),
    $size: has_size,
    $elemMatch: (value, query) => Array.isArray(value) &&
      value.some((each) => match(each, query)),
  });

  /* Those of a list as a whole; the others hold for one of its values. */
  const of_lists = ['$size', '$elemMatch'];

  function each_of(operator, queries) {
    if (!Array.isArray(queries))
      throw new Error(`${operator} operator used without an array`);
    return queries;
  }

  function holds_where(document, judge) {
    if (typeof judge !== 'function')
      throw new Error('$where operator used without a function');
    const verdict = judge.call(document);
    if (typeof verdict !== 'boolean')
      throw new Error('$where function must return boolean');
    return verdict;
  }

  const logic = table({
    $or: (document, queries) => each_of('$or', queries)
      .some((query) => match(document, query)),
    $and: (document, queries) => each_of('$and', queries)
      .every((query) => match(document, query)),
    $not: (document, query) => !match(document, query),
    $where: holds_where,
  });

  const is_plain = (value) => is_object(value) && !is_regexp(value) &&
    !Array.isArray(value);

  function match_operators(value, operators) {
    const names = Object.keys(operators);
    const count = names.filter((name) => name[0] === '$').length;
    if (count && count !== names.length)
      throw new Error('You cannot mix operators and normal fields');
    if (!count)
      return undefined;
    return names.every((name) => {
      const holds = comparisons.get(name);
      if (!holds)
        throw new Error(`Unknown comparison function ${name}`);
      return holds(value, operators[name]);
    });
  }

  /* is_whole: a list is compared as one value. */
  function match_value(value, wanted, is_whole = false) {
    if (Array.isArray(value) && !is_whole) {
      if (Array.isArray(wanted) || is_plain(wanted) &&
        Object.keys(wanted).some((name) => of_lists.includes(name)))
        return match_value(value, wanted, true);
      return value.some((each) => match_value(each, wanted));
    }
    if (is_plain(wanted)) {
      const holds = match_operators(value, wanted);
      if (holds !== undefined)
        return holds;
    }
    return is_regexp(wanted) ? matches_text(value, wanted)
      : equal(value, wanted);
  }

  /* What is not there has no operators, as if it were an object. */
  const is_primitive = (value) => value !== undefined &&
    (!is_object(value) || is_date(value) || Array.isArray(value));

  function match(document, query) {
    if (is_primitive(document) || is_primitive(query))
      return match_value(document, query);
    return Object.keys(query).every((name) => {
      if (name[0] !== '$')
        return match_value(at(document, name), query[name]);
      const holds = logic.get(name);
      if (!holds)
        throw new Error(`Unknown logical operator ${name}`);
      return holds(document, query[name]);
    });
  }

  return { match };
})
