/*
 * The answers of node:fs's asynchronous forms. The calls themselves are made
 * at once. Their answers come in a later turn of the loop, as in Node, so that
 * a long chain of them leaves time for timers and messages.
 */
'use strict';

(function ({ load, report }) {
  let waiting = [];

  function answer_all() {
    const answers = waiting;
    waiting = [];
    for (const answer of answers)
      try {
        answer();
      } catch (error) {
        report(error);
      }
  }

  function later(answer) {
    if (waiting.push(answer) === 1)
      load('timers').setImmediate(answer_all);
  }

  const is_of_argument = (error) =>
    String(error?.code).startsWith('ERR_INVALID_ARG') ||
    error?.code === 'ERR_OUT_OF_RANGE' ||
    error?.code === 'ERR_INVALID_URL_SCHEME' ||
    error?.code === 'ERR_FEATURE_UNAVAILABLE_ON_PLATFORM';

  /* As in Node, wrong arguments throw, and errors of the file go to the
   * callback. */
  function call(own, done) {
    let error = null;
    let value;
    try {
      value = own();
    } catch (thrown) {
      if (is_of_argument(thrown))
        throw thrown;
      error = thrown;
    }
    later(() => error ? done(error) : done(null, value));
  }

  /* As in Node, whatever is wrong rejects. */
  function promise(own) {
    return new Promise((resolve, reject) => {
      try {
        const value = own();
        later(() => resolve(value));
      } catch (error) {
        later(() => reject(error));
      }
    });
  }

  return { later, call, promise };
})
