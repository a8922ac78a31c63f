/*
 * console writes lines of the task's log, at the log's levels. Groups indent.
 */
'use strict';

(function ({ native, load }) {
  /* A longer line is cut, because it would crowd out other lines. */
  const line_max = 16384;
  const counts = new Map();
  const began = new Map();
  let indent = '';

  function write(level, values) {
    let text = values.every((value) => typeof value === 'string') &&
      !(values.length > 1 && values[0].includes('%'))
      ? values.join(' ') : load('inspect').format(...values);
    if (text.length > line_max)
      text = `${text.slice(0, line_max)}... (${text.length} characters)`;
    native.log(level, indent ? indent + text.replaceAll('\n', '\n' + indent)
      : text);
  }

  function passed(label) {
    if (!began.has(label))
      return null;
    return `${label}: ${(native.now() - began.get(label)).toFixed(3)} ms`;
  }

  const console = {
    log: (...values) => write('info', values),
    info: (...values) => write('info', values),
    debug: (...values) => write('debug', values),
    warn: (...values) => write('warn', values),
    error: (...values) => write('error', values),
    trace(...values) {
      const trace = { name: 'Trace',
        message: load('inspect').format(...values) };
      Error.captureStackTrace(trace, console.trace);
      write('error', [trace.stack]);
    },
    assert(condition, ...values) {
      if (!condition)
        write('error', ['Assertion failed', ...values]);
    },
    dir: (value, options) =>
      write('info', [load('inspect').inspect(value, options)]),
    dirxml: (...values) => write('info', values),
    table: (value) => write('info', [value]),
    group(...values) {
      if (values.length)
        write('info', values);
      indent += '  ';
    },
    groupEnd() {
      indent = indent.slice(2);
    },
    count(label = 'default') {
      counts.set(label, (counts.get(label) ?? 0) + 1);
      write('info', [`${label}: ${counts.get(label)}`]);
    },
    countReset(label = 'default') {
      counts.delete(label);
    },
    time(label = 'default') {
      began.set(label, native.now());
    },
    timeLog(label = 'default', ...values) {
      const text = passed(label);
      if (text)
        write('info', [text, ...values]);
    },
    timeEnd(label = 'default') {
      const text = passed(label);
      began.delete(label);
      if (text)
        write('info', [text]);
    },
    clear() {},
  };
  console.groupCollapsed = console.group;
  return { console };
})
