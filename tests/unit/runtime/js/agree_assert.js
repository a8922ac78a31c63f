/*
 * assert: what is thrown, and with which words. Below are the lines that Node 20 gives. A null stands
 * where a worker differs on purpose.
 */
const assert = require('node:assert');

async function lines() {
  const a = require("assert");
  const L = [];
  const t = (f) => {
    try {
      f();
      L.push("ok");
    } catch (e) {
      L.push([JSON.stringify(e.message), e.code, e.operator, e.generatedMessage, e.name].join(" "));
    }
  };
  t(() => a.strictEqual(1, 2));
  t(() => a.strictEqual("a", "b"));
  t(() => a.strictEqual({ a: 1 }, { a: 1 }));
  t(() => a.equal(1, 2));
  t(() => a.notEqual(1, 1));
  t(() => a.notStrictEqual(1, 1));
  t(() => a.notStrictEqual({ a: 1 }, { a: 1 }));
  t(() => a.deepEqual({ a: 1 }, { a: 2 }));
  t(() => a.deepStrictEqual({ a: 1 }, { a: 2 }));
  t(() => a.deepStrictEqual([1, 2, 3], [1, 2, 4]));
  t(() => a.notDeepStrictEqual({ a: 1 }, { a: 1 }));
  t(() => a.notDeepEqual({ a: 1 }, { a: 1 }));
  t(() => a.ok());
  t(() => a(null, "msg"));
  t(() => a.fail());
  t(() => a.fail("x"));
  t(() => a.throws(() => {
  }));
  t(() => a.throws(() => {
  }, TypeError));
  t(() => a.throws(() => {
  }, TypeError, "own"));
  t(() => a.throws(() => {
    throw new Error("x");
  }, /y/));
  t(() => a.throws(() => {
    throw new Error("x");
  }, { message: "y" }));
  t(() => a.throws(() => {
    throw new Error("x");
  }, TypeError));
  t(() => a.throws(() => {
    throw new Error("x");
  }, () => false));
  t(() => a.throws(() => {
    throw new Error("x");
  }, "x"));
  t(() => a.throws("x"));
  t(() => a.doesNotThrow(() => {
    throw new Error("x");
  }));
  t(() => a.doesNotThrow(() => {
    throw new Error("x");
  }, "own"));
  t(() => a.match("abc", /x/));
  t(() => a.match(1, /x/));
  t(() => a.doesNotMatch("abc", /a/));
  t(() => a.ifError(null));
  t(() => a.ifError(new Error("e")));
  t(() => a.ifError("s"));
  t(() => a.strictEqual(NaN, NaN));
  t(() => a.strictEqual(1, 2, "m"));
  t(() => a.strictEqual(1, 2, new RangeError("r")));
  t(() => a.strictEqual("a".repeat(10) + "\n", "b"));
  t(() => a.equal("a", "b"));
  t(() => a.equal({ a: 1 }, { b: 1 }));
  t(() => a.strictEqual([1, 2], [1, 3]));
  t(() => a.deepStrictEqual(/* @__PURE__ */ new Map([[1, 2]]), /* @__PURE__ */ new Map([[1, 3]])));
  t(() => a.deepStrictEqual(1, "1"));
  t(() => a.strictEqual(1));
  t(() => {
    throw new a.AssertionError({ actual: 1, expected: 2, operator: "strictEqual" });
  });
  t(() => {
    throw new a.AssertionError({ message: "m" });
  });
  t(() => {
    throw new a.AssertionError({ actual: 1, expected: 2, operator: "foo" });
  });
  t(() => new a.AssertionError());
  t(() => a.throws(() => {
    throw { a: 1 };
  }, { a: 1 }));
  t(() => a.throws(() => {
    throw new Error("m");
  }, {}));
  t(() => a.throws(() => {
    throw new Error("m");
  }, 5));
  t(() => a.throws(() => {
    throw new Error("wrong");
  }, { message: /wr/, name: "Error" }));
  t(() => a.throws(() => {
    throw new Error("wrong");
  }, new Error("wrong")));
  t(() => a.throws(() => {
    throw 5;
  }, { a: 1 }));
  t(() => a.deepStrictEqual([1, 2, [3]], [1, 2, [3]]));
  t(() => a.deepEqual([1], ["1"]));
  t(() => a.deepStrictEqual(/* @__PURE__ */ new Set([1, { a: 1 }]), /* @__PURE__ */ new Set([{ a: 1 }, 1])));
  t(() => a.deepEqual(/* @__PURE__ */ new Set([1]), /* @__PURE__ */ new Set(["1"])));
  t(() => a.deepStrictEqual([0], [-0]));
  t(() => a.deepEqual([0], [-0]));
  t(() => a.deepStrictEqual(NaN, NaN));
  t(() => a.deepEqual(NaN, NaN));
  t(() => a.deepStrictEqual({ a: void 0 }, {}));
  t(() => a.deepEqual({ a: void 0 }, {}));
  t(() => a.deepStrictEqual(/* @__PURE__ */ Object.create(null), {}));
  t(() => a.deepEqual(/* @__PURE__ */ Object.create(null), {}));
  t(() => a.deepStrictEqual(new Date(1), new Date(1)));
  t(() => a.deepStrictEqual(/a/g, /a/g));
  t(() => a.deepStrictEqual(/a/g, /a/i));
  t(() => a.deepStrictEqual([1, , 3], [1, void 0, 3]));
  t(() => a.deepStrictEqual(new Uint8Array([1]), new Uint8Array([1])));
  t(() => a.deepStrictEqual(new Uint8Array([1]), Buffer.from([1])));
  t(() => a.deepEqual(new Uint8Array([1]), Buffer.from([1])));
  t(() => a.deepStrictEqual(Object(1), Object(1)));
  t(() => a.deepStrictEqual(Object(1), Object(2)));
  t(() => a.deepStrictEqual(new Error("a"), new Error("a")));
  t(() => a.deepStrictEqual(new Error("a"), new TypeError("a")));
  t(() => a.deepEqual(1, "1"));
  t(() => a.deepEqual(null, void 0));
  t(() => a.deepStrictEqual({ [Symbol.for("x")]: 1 }, { [Symbol.for("x")]: 2 }));
  t(() => {
    const x = {};
    x.x = x;
    const y = {};
    y.y = y;
    a.deepStrictEqual(x, y);
  });
  t(() => {
    const x = {};
    x.x = x;
    const y = {};
    y.x = y;
    a.deepStrictEqual(x, y);
  });
  t(() => a.deepStrictEqual("a".repeat(5), "b"));
  t(() => a.deepEqual({}, []));
  t(() => a.deepStrictEqual(/* @__PURE__ */ new Map([[{ a: 1 }, 1]]), /* @__PURE__ */ new Map([[{ a: 1 }, 1]])));
  t(() => a.deepEqual(/* @__PURE__ */ new Map([["1", 1]]), /* @__PURE__ */ new Map([[1, 1]])));
  t(() => a.deepEqual("a", "b"));
  t(() => a.deepStrictEqual(() => {
  }, () => {
  }));
  t(() => a.strict.equal(1, "1"));
  t(() => a.strict.deepEqual({ a: 1 }, { a: "1" }));
  t(() => a.strict(0, "q"));
  L.push(a.strict.strict === a.strict, require("assert/strict") === a.strict);
  t(() => {
    const c = new a.CallTracker();
    const f = c.calls(() => 5, 2);
    f(1);
    L.push(c.report()[0].message, c.getCalls(f).length);
    c.verify();
  });
  return (async () => {
    for (const f of [() => a.rejects(Promise.resolve(1)), () => a.rejects(Promise.reject(new Error("r")), /r/), () => a.rejects(() => 5), () => a.rejects(5), () => a.doesNotReject(Promise.reject(new Error("q"))), () => a.rejects(Promise.reject(new Error("r")), { message: "z" }), () => a.rejects(() => {
      throw new Error("sync");
    })])
      try {
        await f();
        L.push("ok");
      } catch (e) {
        L.push(JSON.stringify(e.message) + e.code + e.operator);
      }
    return L;
  })();
}

const expected = [
  '"Expected values to be strictly equal:\\n\\n1 !== 2\\n" ERR_ASSERTION strictEqual true AssertionError',
  '"Expected values to be strictly equal:\\n\\n\'a\' !== \'b\'\\n" ERR_ASSERTION strictEqual true AssertionError',
  '"Values have same structure but are not reference-equal:\\n\\n{\\n  a: 1\\n}\\n" ERR_ASSERTION strictEqual true AssertionError',
  '"1 == 2" ERR_ASSERTION == true AssertionError',
  '"1 != 1" ERR_ASSERTION != true AssertionError',
  '"Expected \\"actual\\" to be strictly unequal to: 1" ERR_ASSERTION notStrictEqual true AssertionError',
  'ok',
  '"Expected values to be loosely deep-equal:\\n\\n{\\n  a: 1\\n}\\n\\nshould loosely deep-equal\\n\\n{\\n  a: 2\\n}" ERR_ASSERTION deepEqual true AssertionError',
  '"Expected values to be strictly deep-equal:\\n+ actual - expected\\n\\n  {\\n+   a: 1\\n-   a: 2\\n  }" ERR_ASSERTION deepStrictEqual true AssertionError',
  '"Expected values to be strictly deep-equal:\\n+ actual - expected\\n\\n  [\\n    1,\\n    2,\\n+   3\\n-   4\\n  ]" ERR_ASSERTION deepStrictEqual true AssertionError',
  '"Expected \\"actual\\" not to be strictly deep-equal to:\\n\\n{\\n  a: 1\\n}\\n" ERR_ASSERTION notDeepStrictEqual true AssertionError',
  '"Expected \\"actual\\" not to be loosely deep-equal to:\\n\\n{\\n  a: 1\\n}" ERR_ASSERTION notDeepEqual true AssertionError',
  '"No value argument passed to `assert.ok()`" ERR_ASSERTION == true AssertionError',
  '"msg" ERR_ASSERTION == false AssertionError',
  '"Failed" ERR_ASSERTION fail true AssertionError',
  '"x" ERR_ASSERTION fail false AssertionError',
  '"Missing expected exception." ERR_ASSERTION throws false AssertionError',
  '"Missing expected exception (TypeError)." ERR_ASSERTION throws false AssertionError',
  '"Missing expected exception (TypeError): own" ERR_ASSERTION throws false AssertionError',
  '"The input did not match the regular expression /y/. Input:\\n\\n\'Error: x\'\\n" ERR_ASSERTION throws true AssertionError',
  '"Expected values to be strictly deep-equal:\\n+ actual - expected\\n\\n  Comparison {\\n+   message: \'x\'\\n-   message: \'y\'\\n  }" ERR_ASSERTION throws true AssertionError',
  '"The error is expected to be an instance of \\"TypeError\\". Received \\"Error\\"\\n\\nError message:\\n\\nx" ERR_ASSERTION throws true AssertionError',
  '"The validation function is expected to return \\"true\\". Received false\\n\\nCaught error:\\n\\nError: x" ERR_ASSERTION throws true AssertionError',
  '"The \\"error/message\\" argument is ambiguous. The error message \\"x\\" is identical to the message." ERR_AMBIGUOUS_ARGUMENT   TypeError',
  '"The \\"fn\\" argument must be of type function. Received type string (\'x\')" ERR_INVALID_ARG_TYPE   TypeError',
  '"Got unwanted exception.\\nActual message: \\"x\\"" ERR_ASSERTION doesNotThrow false AssertionError',
  '"Got unwanted exception: own\\nActual message: \\"x\\"" ERR_ASSERTION doesNotThrow false AssertionError',
  '"The input did not match the regular expression /x/. Input:\\n\\n\'abc\'\\n" ERR_ASSERTION match true AssertionError',
  '"The \\"string\\" argument must be of type string. Received type number (1)" ERR_ASSERTION match true AssertionError',
  '"The input was expected to not match the regular expression /a/. Input:\\n\\n\'abc\'\\n" ERR_ASSERTION doesNotMatch true AssertionError',
  'ok',
  '"ifError got unwanted exception: e" ERR_ASSERTION ifError false AssertionError',
  '"ifError got unwanted exception: \'s\'" ERR_ASSERTION ifError false AssertionError',
  'ok',
  '"m\\n\\n1 !== 2\\n" ERR_ASSERTION strictEqual false AssertionError',
  '"r"    RangeError',
  '"Expected values to be strictly equal:\\n+ actual - expected\\n\\n+ \'aaaaaaaaaa\\\\n\'\\n- \'b\'" ERR_ASSERTION strictEqual true AssertionError',
  '"\'a\' == \'b\'" ERR_ASSERTION == true AssertionError',
  '"{\\n  a: 1\\n} == {\\n  b: 1\\n}" ERR_ASSERTION == true AssertionError',
  '"Expected \\"actual\\" to be reference-equal to \\"expected\\":\\n+ actual - expected\\n\\n  [\\n    1,\\n+   2\\n-   3\\n  ]" ERR_ASSERTION strictEqual true AssertionError',
  '"Expected values to be strictly deep-equal:\\n+ actual - expected\\n\\n  Map(1) {\\n+   1 => 2\\n-   1 => 3\\n  }" ERR_ASSERTION deepStrictEqual true AssertionError',
  '"Expected values to be strictly deep-equal:\\n\\n1 !== \'1\'\\n" ERR_ASSERTION deepStrictEqual true AssertionError',
  '"The \\"actual\\" and \\"expected\\" arguments must be specified" ERR_MISSING_ARGS   TypeError',
  '"Expected values to be strictly equal:\\n\\n1 !== 2\\n" ERR_ASSERTION strictEqual true AssertionError',
  '"m" ERR_ASSERTION  false AssertionError',
  '"1 foo 2" ERR_ASSERTION foo true AssertionError',
  '"The \\"options\\" argument must be of type object. Received undefined" ERR_INVALID_ARG_TYPE   TypeError',
  'ok',
  '"The argument \'error\' may not be an empty object. Received {}" ERR_INVALID_ARG_VALUE   TypeError',
  '"The \\"error\\" argument must be of type function or an instance of Error, RegExp, or Object. Received type number (5)" ERR_INVALID_ARG_TYPE   TypeError',
  'ok',
  'ok',
  '"Expected values to be strictly deep-equal:\\n+ actual - expected\\n\\n+ 5\\n- {\\n-   a: 1\\n- }" ERR_ASSERTION throws true AssertionError',
  'ok',
  'ok',
  'ok',
  'ok',
  '"Expected values to be strictly deep-equal:\\n+ actual - expected\\n\\n  [\\n+   0\\n-   -0\\n  ]" ERR_ASSERTION deepStrictEqual true AssertionError',
  'ok',
  'ok',
  'ok',
  '"Expected values to be strictly deep-equal:\\n+ actual - expected\\n\\n+ {\\n+   a: undefined\\n+ }\\n- {}" ERR_ASSERTION deepStrictEqual true AssertionError',
  '"Expected values to be loosely deep-equal:\\n\\n{\\n  a: undefined\\n}\\n\\nshould loosely deep-equal\\n\\n{}" ERR_ASSERTION deepEqual true AssertionError',
  '"Expected values to be strictly deep-equal:\\n+ actual - expected\\n\\n+ [Object: null prototype] {}\\n- {}" ERR_ASSERTION deepStrictEqual true AssertionError',
  'ok',
  'ok',
  'ok',
  '"Expected values to be strictly deep-equal:\\n+ actual - expected\\n\\n+ /a/g\\n- /a/i" ERR_ASSERTION deepStrictEqual true AssertionError',
  '"Expected values to be strictly deep-equal:\\n+ actual - expected\\n\\n  [\\n    1,\\n+   <1 empty item>,\\n-   undefined,\\n    3\\n  ]" ERR_ASSERTION deepStrictEqual true AssertionError',
  'ok',
  '"Expected values to be strictly deep-equal:\\n+ actual - expected\\n\\n+ Uint8Array(1) [\\n- Buffer(1) [Uint8Array] [\\n    1\\n  ]" ERR_ASSERTION deepStrictEqual true AssertionError',
  'ok',
  'ok',
  null,
  'ok',
  '"Expected values to be strictly deep-equal:\\n+ actual - expected\\n\\n+ [Error: a]\\n- [TypeError: a]" ERR_ASSERTION deepStrictEqual true AssertionError',
  'ok',
  'ok',
  '"Expected values to be strictly deep-equal:\\n+ actual - expected\\n\\n  {\\n+   [Symbol(x)]: 1\\n-   [Symbol(x)]: 2\\n  }" ERR_ASSERTION deepStrictEqual true AssertionError',
  '"Expected values to be strictly deep-equal:\\n+ actual - expected\\n\\n  <ref *1> {\\n+   x: [Circular *1]\\n-   y: [Circular *1]\\n  }" ERR_ASSERTION deepStrictEqual true AssertionError',
  'ok',
  '"Expected values to be strictly deep-equal:\\n\\n\'aaaaa\' !== \'b\'\\n" ERR_ASSERTION deepStrictEqual true AssertionError',
  '"Expected values to be loosely deep-equal:\\n\\n{}\\n\\nshould loosely deep-equal\\n\\n[]" ERR_ASSERTION deepEqual true AssertionError',
  'ok',
  'ok',
  '"Expected values to be loosely deep-equal:\\n\\n\'a\'\\n\\nshould loosely deep-equal\\n\\n\'b\'" ERR_ASSERTION deepEqual true AssertionError',
  '"Values have same structure but are not reference-equal:\\n\\n[Function (anonymous)]\\n" ERR_ASSERTION deepStrictEqual true AssertionError',
  '"Expected values to be strictly equal:\\n\\n1 !== \'1\'\\n" ERR_ASSERTION strictEqual true AssertionError',
  '"Expected values to be strictly deep-equal:\\n+ actual - expected\\n\\n  {\\n+   a: 1\\n-   a: \'1\'\\n  }" ERR_ASSERTION deepStrictEqual true AssertionError',
  '"q" ERR_ASSERTION == false AssertionError',
  'true',
  'true',
  'Expected the calls function to be executed 2 time(s) but was executed 1 time(s).',
  '1',
  '"Expected the calls function to be executed 2 time(s) but was executed 1 time(s)." ERR_ASSERTION  false AssertionError',
  '"Missing expected rejection."ERR_ASSERTIONrejects',
  'ok',
  '"Expected instance of Promise to be returned from the \\"promiseFn\\" function but got type number (5)."ERR_INVALID_RETURN_VALUEundefined',
  '"The \\"promiseFn\\" argument must be of type function or an instance of Promise. Received type number (5)"ERR_INVALID_ARG_TYPEundefined',
  '"Got unwanted rejection.\\nActual message: \\"q\\""ERR_ASSERTIONdoesNotReject',
  '"Expected values to be strictly deep-equal:\\n+ actual - expected\\n\\n  Comparison {\\n+   message: \'r\'\\n-   message: \'z\'\\n  }"ERR_ASSERTIONrejects',
  '"sync"undefinedundefined',
];

exports.checks = {
  async 'each line is Node\'s'() {
    const found = await lines();
    assert.strictEqual(found.length, expected.length);
    assert.deepStrictEqual(found.map((line, at) =>
      expected[at] === null ? null : String(line)), expected);
  },
  'nearly all lines are compared'() {
    assert.ok(expected.filter((line) => line === null).length <= 3);
  },
  'there are lines'() {
    assert.ok(expected.length >= 19);
  },
};
