/*
 * node:readline over streams that are no terminal, because a task has none:
 * lines of an input, questions, and the control sequences for an output.
 */
'use strict';

(function ({ load }) {
  const EventEmitter = load('node/events');
  const { make, arg_value, check_function, check_signal, abort_error } =
    load('node/errors');

  /* How long a "\n" belongs to the "\r" before it, unless the caller says. */
  const break_ms = 100;

  const line_break = /\r\n|[\n\r\u2028\u2029]/;

  function closed_error() {
    return make(Error, 'ERR_USE_AFTER_CLOSE', 'readline was closed');
  }

  /* The options, whichever way they were given. */
  function options_of(input, output, completer, terminal) {
    return typeof input?.input === 'object' && input.input !== null ||
      input?.input === undefined && input?.on === undefined && input
      ? input : { input, output, completer, terminal };
  }

  class Interface extends EventEmitter {
    #decoder;
    #rest = '';
    #return_ms = 0;
    #question = null;
    #prompt = '> ';
    #listeners;

    constructor(input, output, completer, terminal) {
      super();
      const options = options_of(input, output, completer, terminal);
      this.input = options.input;
      this.output = options.output;
      this.terminal = Boolean(options.terminal);
      this.line = '';
      this.cursor = 0;
      this.closed = false;
      this.paused = false;
      this.crlfDelay = Math.max(break_ms, options.crlfDelay || break_ms);
      this.completer = options.completer;
      if (options.completer !== undefined &&
        typeof options.completer !== 'function')
        throw arg_value('completer', options.completer);
      if (typeof this.input?.on !== 'function')
        throw new TypeError('input.on is not a function');
      if (options.prompt !== undefined)
        this.#prompt = String(options.prompt);
      check_signal(options.signal, 'options.signal');
      this.#decoder = new (load('packages/string_decoder').StringDecoder)(
        'utf8');
      this.#listen(options.signal);
      this.input.resume();
    }

    #listen(signal) {
      this.#listeners = {
        data: (chunk) => this.#take(chunk),
        end: () => this.#end(),
        error: (error) => this.emit('error', error),
      };
      for (const [name, own] of Object.entries(this.#listeners))
        this.input.on(name, own);
      if (!signal)
        return;
      const stop = () => this.close();
      if (signal.aborted) {
        process.nextTick(stop);
        return;
      }
      signal.addEventListener('abort', stop, { once: true });
      /* A signal may outlive many interfaces and questions. */
      this.once('close', () => signal.removeEventListener('abort', stop));
    }

    #take(chunk) {
      let text = typeof chunk === 'string' ? chunk
        : this.#decoder.write(chunk);
      if (!text)
        return;
      /* A "\n" that comes soon after a "\r" is the same line's end. */
      if (this.#return_ms && text[0] === '\n' &&
        Date.now() - this.#return_ms <= this.crlfDelay)
        text = text.slice(1);
      this.#return_ms = text.endsWith('\r') ? Date.now() : 0;
      const lines = (this.#rest + text).split(line_break);
      this.#rest = lines.pop();
      for (const line of lines)
        this.#line(line);
    }

    #line(text) {
      const question = this.#question;
      this.#question = null;
      this.#restore_prompt();
      if (question)
        question(text);
      else
        this.emit('line', text);
    }

    #end() {
      const rest = this.#rest + this.#decoder.end();
      this.#rest = '';
      if (rest)
        this.#line(rest);
      this.close();
    }

    close() {
      if (this.closed)
        return;
      this.pause();
      for (const [name, own] of Object.entries(this.#listeners))
        this.input.removeListener(name, own);
      this.closed = true;
      this.emit('close');
    }

    [Symbol.dispose]() {
      this.close();
    }

    pause() {
      if (this.closed)
        throw closed_error();
      if (this.paused)
        return this;
      this.input.pause();
      this.paused = true;
      this.emit('pause');
      return this;
    }

    resume() {
      if (this.closed)
        throw closed_error();
      if (!this.paused)
        return this;
      this.input.resume();
      this.paused = false;
      this.emit('resume');
      return this;
    }

    getPrompt() {
      return this.#prompt;
    }

    setPrompt(prompt) {
      this.#prompt = String(prompt);
    }

    prompt() {
      if (this.paused)
        this.resume();
      this.output?.write?.(this.#prompt);
    }

    #old_prompt = null;
    #restore_prompt() {
      if (this.#old_prompt !== null)
        this.#prompt = this.#old_prompt;
      this.#old_prompt = null;
    }

    question(query, options, done) {
      if (this.closed)
        throw closed_error();
      if (typeof options === 'function')
        [options, done] = [undefined, options];
      check_signal(options?.signal, 'options.signal');
      if (options?.signal?.aborted || typeof done !== 'function')
        return;
      if (this.#question) {
        this.prompt();
        return;
      }
      this.#old_prompt = this.#prompt;
      this.#prompt = String(query);
      const signal = options?.signal;
      const answered = (text) => {
        signal?.removeEventListener('abort', cancelled);
        done(text);
      };
      const cancelled = () => {
        if (this.#question !== answered)
          return;
        this.#question = null;
        this.#restore_prompt();
      };
      this.#question = answered;
      signal?.addEventListener('abort', cancelled, { once: true });
      this.prompt();
    }

    /* As if the text had come from the input. */
    write(text) {
      if (this.closed)
        throw closed_error();
      if (this.paused)
        this.resume();
      if (text !== undefined && text !== null)
        this.#take(text);
    }

    getCursorPos() {
      return { rows: 0, cols: this.#prompt.length + this.cursor };
    }

    /* Every line from now on; leaving the loop closes the interface. */
    [Symbol.asyncIterator]() {
      const lines = EventEmitter.on(this, 'line');
      this.once('close', () => lines.return());
      if (this.closed)
        lines.return();
      return {
        next: async () => {
          const { value, done } = await lines.next();
          return { value: done ? undefined : value[0], done };
        },
        return: async () => {
          this.close();
          return { value: undefined, done: true };
        },
        [Symbol.asyncIterator]() {
          return this;
        },
      };
    }
  }

  Interface.prototype.question[
    Symbol.for('nodejs.util.promisify.custom')] = function (query, options) {
    return ask(this, query, options);
  };

  /* question() as a promise. */
  function ask(own, query, options) {
    return new Promise((resolve, reject) => {
      const signal = options?.signal;
      if (signal?.aborted) {
        reject(abort_error(signal));
        return;
      }
      const cancelled = () => reject(abort_error(signal));
      signal?.addEventListener('abort', cancelled, { once: true });
      own.question(query, options ?? {}, (answer) => {
        signal?.removeEventListener('abort', cancelled);
        resolve(answer);
      });
    });
  }

  /* ---- control sequences (ECMA-48) ---- */

  function column(x, y) {
    if (typeof x !== 'number' || Number.isNaN(x))
      throw arg_value('x', x);
    if (typeof y === 'number' && Number.isNaN(y))
      throw arg_value('y', y);
    return typeof y === 'number' ? `\x1b[${y + 1};${x + 1}H`
      : `\x1b[${x + 1}G`;
  }

  const lines = new Map([[-1, '\x1b[1K'], [0, '\x1b[2K'], [1, '\x1b[0K']]);
  const line_text = (way) => lines.get(Math.sign(way)) ?? lines.get(0);

  function move_text(x, y) {
    const part = (count, plus, minus) => count > 0 ? `\x1b[${count}${plus}`
      : count < 0 ? `\x1b[${-count}${minus}` : '';
    return part(x, 'C', 'D') + part(y, 'B', 'A');
  }

  function send(stream, text, done) {
    if (done !== undefined)
      check_function(done, 'callback');
    if (stream === null || stream === undefined || text === '') {
      if (done)
        process.nextTick(done, null);
      return true;
    }
    return stream.write(text, done);
  }

  function clearLine(stream, way, done) {
    return send(stream, line_text(way), done);
  }
  function clearScreenDown(stream, done) {
    return send(stream, '\x1b[0J', done);
  }
  function cursorTo(stream, x, y, done) {
    if (typeof y === 'function')
      [y, done] = [undefined, y];
    return send(stream, column(x, y), done);
  }
  function moveCursor(stream, x, y, done) {
    return send(stream, move_text(x, y), done);
  }

  function emitKeypressEvents() {
    throw make(Error, 'ERR_FEATURE_UNAVAILABLE_ON_PLATFORM',
      'readline.emitKeypressEvents() needs a terminal, which a task does not ' +
      'have');
  }

  function createInterface(input, output, completer, terminal) {
    return new Interface(input, output, completer, terminal);
  }

  const readline = { Interface, clearLine, clearScreenDown, createInterface,
    cursorTo, emitKeypressEvents, moveCursor,
    get promises() {
      return load('node/readline_promises');
    },
  };
  Object.defineProperty(readline, 'inside', { value: {
    ask, column, line_text, move_text } });
  return readline;
})
