const assert = require('node:assert');

function make() {
  return new Error('made');
}

/* An error of the engine's own. */
function caught(work) {
  try {
    work();
  } catch (error) {
    return error;
  }
  return null;
}

/* Call work while Error.prepareStackTrace is prepare. */
function prepared(prepare, work) {
  Error.prepareStackTrace = prepare;
  try {
    return work();
  } finally {
    Error.prepareStackTrace = undefined;
  }
}

exports.checks = {
  'a stack begins with the error and goes on with calls'() {
    const lines = make().stack.split('\n');
    assert.strictEqual(lines[0], 'Error: made');
    assert.match(lines[1], /^ {4}at make \((\/.*):4:\d+\)$/);
    assert.ok(lines[1].includes(__filename));
    assert.ok(lines.every((line) => !/pond:/.test(line)));
    assert.ok(lines.length <= 11);
  },
  'the head is that of the first look'() {
    class Own extends Error {
      constructor(text) {
        super(text);
        this.name = 'Own';
      }
    }
    const error = new Own('text');
    assert.match(error.stack, /^Own: text\n/);
    error.message = 'other';
    assert.match(error.stack, /^Own: text\n/);
    assert.deepStrictEqual(Object.keys(error), ['name']);
    error.stack = 'mine';
    assert.strictEqual(error.stack, 'mine');
  },
  'errors are what they were'() {
    const thrown = caught(() => undefined.x);
    assert.ok(thrown instanceof TypeError);
    assert.strictEqual(thrown.constructor, TypeError);
    assert.strictEqual(Object.getPrototypeOf(TypeError), Error);
    assert.strictEqual(Object.prototype.toString.call(new RangeError()),
      '[object Error]');
    assert.ok(Error('called') instanceof Error);
    assert.strictEqual(new Error('a', { cause: 7 }).cause, 7);
    assert.deepStrictEqual(new AggregateError([1, 2], 'a').errors, [1, 2]);
    assert.strictEqual(Error.name, 'Error');
    assert.strictEqual(Error.length, 1);
    assert.strictEqual(Reflect.construct(Error, ['x'], TypeError).constructor,
      TypeError);
  },
  'prepareStackTrace gets call sites'() {
    const holder = {};
    const sites = prepared((error, given) => given, () => {
      Error.captureStackTrace(holder);
      return holder.stack;
    });
    assert.ok(Array.isArray(sites));
    assert.strictEqual(sites[0].getFileName(), __filename);
    assert.strictEqual(sites[0].getLineNumber(), 69);
    assert.ok(sites[0].getColumnNumber() > 0);
    assert.strictEqual(sites[0].isNative(), false);
    assert.strictEqual(sites[0].isEval(), false);
    assert.strictEqual(sites[0].getEvalOrigin(), undefined);
    assert.match(String(sites[0]), /:69:\d+\)?$/);
    const [site] = prepared((error, given) => given, () => make().stack);
    assert.strictEqual(site.getFunctionName(), 'make');
  },
  'prepareStackTrace decides what stack is'() {
    assert.strictEqual(prepared((error, sites) =>
      `${error.message} ${sites.length > 0}`, () => make().stack),
    'made true');
  },
  'captureStackTrace leaves out the calls above a function'() {
    function inner(holder) {
      Error.captureStackTrace(holder, outer);
    }
    function outer(holder) {
      inner(holder);
      return holder;
    }
    const { stack } = outer({ name: 'Name', message: 'text' });
    assert.match(stack, /^[^\n]*\n {4}at /);
    assert.doesNotMatch(stack, /at (inner|outer) /);
    assert.throws(() => Error.captureStackTrace(1), TypeError);
  },
  'stackTraceLimit is the number of calls'() {
    const before = Error.stackTraceLimit;
    assert.strictEqual(before, 10);
    try {
      Error.stackTraceLimit = 1;
      assert.strictEqual(make().stack.split('\n').length, 2);
      Error.stackTraceLimit = 0;
      assert.strictEqual(make().stack, 'Error: made');
      Error.stackTraceLimit = 'none';
      assert.strictEqual(make().stack, undefined);
    } finally {
      Error.stackTraceLimit = before;
    }
  },
  'an error of the engine is shown in the same form'() {
    const { inspect } = require('util');
    const text = inspect(caught(() => undefined.x));
    assert.match(text, /^TypeError: .*\n {4}at .*:\d+:\d+\)?\n/);
    assert.match(inspect(new Error('a', { cause: 'b' })),
      / \{\n {2}\[cause\]: 'b'\n\}$/);
  },
};
