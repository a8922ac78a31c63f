/*
 * process.stdin, stdout and stderr. What is written becomes lines of the task's
 * log. There is no input.
 */
'use strict';

(function ({ native, load }) {
  const { Readable, Writable } = load('node/stream');

  /* A line without an end is logged after this time, or when it is this long:
   * a prompt or a progress bar has none. */
  const wait_ms = 100;
  const line_max = 16384;

  const lines = [];

  function make_line(level) {
    let begun = '';
    let timer = null;
    const flush = () => {
      load('timers').clearTimeout(timer);
      timer = null;
      if (begun)
        native.log(level, begun);
      begun = '';
    };
    lines.push(flush);
    return function write(text) {
      const ended = (begun + text).split('\n');
      begun = ended.pop();
      for (const line of ended)
        native.log(level, line.replace(/\r$/, ''));
      if (begun.length > line_max)
        flush();
      else if (begun && !timer)
        timer = load('timers').setTimeout(flush, wait_ms);
    };
  }

  function make_output(fd, level) {
    const write_line = make_line(level);
    const decoder = new TextDecoder();
    const stream = new Writable({
      decodeStrings: false,
      write(chunk, encoding, done) {
        write_line(typeof chunk === 'string' ? chunk
          : decoder.decode(chunk, { stream: true }));
        done();
      },
    });
    return Object.assign(stream, { fd, _type: 'pipe',
      /* These streams are never closed. */
      destroySoon() {},
      _destroy(error, done) {
        done(error);
      } });
  }

  const stdin = Object.assign(new Readable({ read() {
    this.push(null);
  } }), { fd: 0 });

  return {
    stdin,
    stdout: make_output(1, 'info'),
    stderr: make_output(2, 'error'),
    flush() {
      for (const each of lines)
        each();
    },
  };
})
