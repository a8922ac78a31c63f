/*
 * AssertionError, whose message shows how the two values differ.
 */
'use strict';

(function ({ load }) {
  const { check_object } = load('node/errors');

  /* More lines than these are not compared, but shown one after the other. */
  const compared_max = 1000;
  /* A primitive value is shown in the message's line up to this length. */
  const short_max = 12;

  const heads = new Map([
    ['deepStrictEqual', 'Expected values to be strictly deep-equal:'],
    ['strictEqual', 'Expected values to be strictly equal:'],
    ['strictEqualObject',
      'Expected "actual" to be reference-equal to "expected":'],
    ['deepEqual', 'Expected values to be loosely deep-equal:'],
    ['notDeepStrictEqual',
      'Expected "actual" not to be strictly deep-equal to:'],
    ['notStrictEqual', 'Expected "actual" to be strictly unequal to:'],
    ['notStrictEqualObject',
      'Expected "actual" not to be reference-equal to "expected":'],
    ['notDeepEqual', 'Expected "actual" not to be loosely deep-equal to:'],
    ['notIdentical', 'Values have same structure but are not reference-equal:'],
  ]);

  /* An error is shown without its stack, because the place where it was made
   * says nothing of its value. */
  function without_stack(error) {
    const copy = Object.assign(Object.create(Object.getPrototypeOf(error)),
      error);
    for (const [name, value] of [['message', error.message],
      ['stack', String(error)]])
      Object.defineProperty(copy, name, { value, configurable: true });
    return copy;
  }

  const show = (value) => load('inspect').inspect(value instanceof Error
    ? without_stack(value) : value, { compact: false,
    customInspect: false, depth: 1000, maxArrayLength: Infinity,
    showHidden: false, showProxy: false, sorted: true, getters: true });

  const is_object = (value) => typeof value === 'object' && value !== null ||
    typeof value === 'function';

  /* Lines with their sign: those of both, of the actual value (+) and of the
   * expected one (-), by their longest common part. */
  function compare(actual, expected) {
    const [m, n] = [actual.length, expected.length];
    const common = Array.from({ length: m + 1 }, () => new Uint16Array(n + 1));
    for (let i = m - 1; i >= 0; i--)
      for (let j = n - 1; j >= 0; j--)
        common[i][j] = actual[i] === expected[j] ? common[i + 1][j + 1] + 1
          : Math.max(common[i + 1][j], common[i][j + 1]);
    const lines = [];
    let [i, j] = [0, 0];
    while (i < m || j < n)
      if (i < m && j < n && actual[i] === expected[j]) {
        lines.push(`  ${actual[i]}`);
        i++;
        j++;
      } else if (i < m && (j === n || common[i + 1][j] >= common[i][j + 1])) {
        lines.push(`+ ${actual[i++]}`);
      } else {
        lines.push(`- ${expected[j++]}`);
      }
    return lines;
  }

  function difference(actual, expected, operator, message) {
    const [a, b] = [show(actual), show(expected)];
    const both_objects = is_object(actual) && is_object(expected);
    if (both_objects && a === b)
      return `${message ?? heads.get('notIdentical')}\n\n${a}\n`;
    if (operator === 'strictEqual' && both_objects)
      operator = 'strictEqualObject';
    const head = message ?? heads.get(operator);
    const [left, right] = [a.split('\n'), b.split('\n')];
    if (left.length === 1 && right.length === 1 && a !== b &&
      !is_object(actual) && !is_object(expected) &&
      (typeof actual !== 'string' && typeof expected !== 'string' ||
        a.length + b.length <= short_max) && (actual !== 0 || expected !== 0))
      return `${head}\n\n${a} !== ${b}\n`;
    const lines = left.length + right.length > compared_max
      ? [...left.map((line) => `+ ${line}`),
        ...right.map((line) => `- ${line}`)]
      : compare(left, right);
    return `${head}\n+ actual - expected\n\n${lines.join('\n')}`;
  }

  function unequal(actual, operator) {
    const text = show(actual);
    const head = heads.get(operator === 'notStrictEqual' && is_object(actual)
      ? 'notStrictEqualObject' : operator);
    if (operator === 'notDeepEqual')
      return `${head}\n\n${text}`;
    return text.includes('\n') ? `${head}\n\n${text}\n` : `${head} ${text}`;
  }

  function message_of(actual, expected, operator) {
    switch (operator) {
    case 'deepStrictEqual':
    case 'strictEqual':
      return difference(actual, expected, operator);
    case 'notDeepStrictEqual':
    case 'notStrictEqual':
    case 'notDeepEqual':
      return unequal(actual, operator);
    case 'deepEqual':
      return `${heads.get(operator)}\n\n${show(actual)}\n\n` +
        `should loosely deep-equal\n\n${show(expected)}`;
    default:
      return `${show(actual)} ${operator} ${show(expected)}`;
    }
  }

  class AssertionError extends Error {
    constructor(options) {
      check_object(options, 'options');
      const { message, operator, actual, expected, stackStartFn,
        stackStartFunction } = options;
      const is_given = message !== undefined && message !== null;
      super(!is_given ? message_of(actual, expected, operator)
        : operator === 'deepStrictEqual' || operator === 'strictEqual'
          ? difference(actual, expected, operator, `${message}`)
          : `${message}`);
      this.generatedMessage = !is_given;
      this.code = 'ERR_ASSERTION';
      Object.assign(this, { actual, expected, operator });
      Error.captureStackTrace(this, stackStartFn ?? stackStartFunction ??
        AssertionError);
      /* The head of the stack has the code. */
      Object.defineProperty(this, 'name', { value:
        'AssertionError [ERR_ASSERTION]', configurable: true, writable: true });
      void this.stack;
      this.name = 'AssertionError';
    }
    toString() {
      return `${this.name} [${this.code}]: ${this.message}`;
    }
    [Symbol.for('nodejs.util.inspect.custom')](depth, options) {
      /* The values are in the message. */
      return load('inspect').inspect(this,
        { ...options, customInspect: false, depth: 0 });
    }
  }

  return { AssertionError };
})
