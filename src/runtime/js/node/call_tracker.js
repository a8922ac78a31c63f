/*
 * assert.CallTracker: functions that must be called a number of times.
 */
'use strict';

(function ({ load }) {
  const { check_integer, arg_value } = load('node/errors');

  class CallTracker {
    #tracked = new Map(); /* function -> {own, exact, calls, name, stack} */

    calls(own, exact = 1) {
      if (typeof own === 'number')
        [own, exact] = [() => {}, own];
      own ??= () => {};
      check_integer(exact, 'expected', 1, 0xffffffff);
      const record = { exact, calls: [], name: own.name || 'calls',
        stack: new Error() };
      const tracked = new Proxy(own, {
        apply(target, receiver, values) {
          record.calls.push(Object.freeze({ thisArg: receiver,
            arguments: Object.freeze([...values]) }));
          return Reflect.apply(target, receiver, values);
        },
      });
      this.#tracked.set(tracked, record);
      return tracked;
    }
    #find(tracked) {
      const record = this.#tracked.get(tracked);
      if (!record)
        throw arg_value('tracked', tracked, 'is not a tracked function');
      return record;
    }
    getCalls(tracked) {
      return Object.freeze([...this.#find(tracked).calls]);
    }
    reset(tracked) {
      const records = tracked === undefined ? [...this.#tracked.values()]
        : [this.#find(tracked)];
      for (const record of records)
        record.calls = [];
    }
    report() {
      return [...this.#tracked.values()]
        .filter(({ exact, calls }) => exact !== calls.length)
        .map(({ exact, calls, name, stack }) => ({
          message: `Expected the ${name} function to be executed ${exact} ` +
            `time(s) but was executed ${calls.length} time(s).`,
          actual: calls.length, expected: exact, operator: name, stack }));
    }
    verify() {
      const report = this.report();
      if (!report.length)
        return;
      const { AssertionError } = load('node/assertion_error');
      throw new AssertionError({ message: report.length === 1
        ? report[0].message
        : 'Functions were not called the expected number of times',
      details: report });
    }
  }

  return { CallTracker };
})
