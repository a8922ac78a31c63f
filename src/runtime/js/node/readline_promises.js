/*
 * node:readline/promises.
 */
'use strict';

(function ({ load }) {
  const readline = load('node/readline');
  const { ask, column, line_text, move_text } = readline.inside;
  const { arg_type, check_boolean, check_integer } = load('node/errors');

  class Interface extends readline.Interface {
    question(query, options = {}) {
      if (this.closed)
        return Promise.reject(load('node/errors').make(Error,
          'ERR_USE_AFTER_CLOSE', 'readline was closed'));
      /* ask() calls the other class's question. */
      return ask({ question: super.question.bind(this) }, query, options);
    }
  }

  /* Collects control sequences and writes them at once. */
  class Readline {
    #stream;
    #actions = [];
    #is_immediate = false;

    constructor(stream, options = {}) {
      if (typeof stream?.write !== 'function')
        throw arg_type('stream', 'an instance of Stream', stream);
      if (options.autoCommit !== undefined)
        check_boolean(options.autoCommit, 'options.autoCommit');
      this.#stream = stream;
      this.#is_immediate = Boolean(options.autoCommit);
    }
    #add(text) {
      if (this.#is_immediate)
        process.nextTick(() => this.#stream.write(text));
      else
        this.#actions.push(text);
      return this;
    }
    clearLine(way) {
      check_integer(way, 'dir', -1, 1);
      return this.#add(line_text(way));
    }
    clearScreenDown() {
      return this.#add('\x1b[0J');
    }
    cursorTo(x, y) {
      check_integer(x, 'x');
      if (y !== undefined && y !== null)
        check_integer(y, 'y');
      return this.#add(column(x, y));
    }
    moveCursor(x, y) {
      check_integer(x, 'dx');
      check_integer(y, 'dy');
      return this.#add(move_text(x, y));
    }
    commit() {
      const text = this.#actions.splice(0).join('');
      return new Promise((resolve) => this.#stream.write(text,
        () => resolve()));
    }
    rollback() {
      this.#actions = [];
      return this;
    }
  }

  function createInterface(input, output, completer, terminal) {
    return new Interface(input, output, completer, terminal);
  }

  return { Interface, Readline, createInterface };
})
