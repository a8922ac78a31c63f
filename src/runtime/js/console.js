/*
 * console writes lines of the task's log, at the log's levels. Groups indent.
 */
'use strict';

(function (library) {
  const { native, load } = library;

  /* A longer line is cut, because it would crowd out other lines. */
  const line_max = 16384;
  /* 1.5 ms, 2.5 s or 1:02.345 (m:ss.mmm), in Node's way. */
  function show_time(ms) {
    if (ms < 1000)
      return `${Number(ms.toFixed(3))}ms`;
    if (ms < 60000)
      return `${(ms / 1000).toFixed(3)}s`;
    const pad = (value, size) => String(value).padStart(size, '0');
    const hours = Math.floor(ms / 3600000);
    const minutes = Math.floor(ms / 60000) % 60;
    const seconds = pad((ms / 1000 % 60).toFixed(3), 6);
    return hours ? `${hours}:${pad(minutes, 2)}:${seconds} (h:mm:ss.mmm)`
      : `${minutes}:${seconds} (m:ss.mmm)`;
  }

  /* ---- tables ---- */

  const is_plain = (value) => value === null ||
    typeof value !== 'object' && typeof value !== 'function';

  const show_cell = (value) => load('inspect').inspect(value, {
    depth: !is_plain(value) && Object.keys(value).length > 2 ? -1 : 0,
    maxArrayLength: 3, breakLength: Infinity });

  /* Lines of text; columns are lists that begin with their heading. */
  function draw(columns) {
    const widths = columns.map((column) =>
      Math.max(...column.map((cell) => [...cell].length)) + 2);
    const rule = (left, middle, right) => left +
      widths.map((width) => '\u2500'.repeat(width)).join(middle) + right;
    const row = (place) => '\u2502' + columns.map((column, index) => {
      const cell = column[place] ?? '';
      return ` ${cell}${' '.repeat(widths[index] - [...cell].length - 1)}`;
    }).join('\u2502') + '\u2502';
    return [rule('\u250c', '\u252c', '\u2510'), row(0),
      rule('\u251c', '\u253c', '\u2524'),
      ...columns[0].slice(1).map((_, place) => row(place + 1)),
      rule('\u2514', '\u2534', '\u2518')].join('\n');
  }

  function draw_entries(list, names) {
    const index = ['(iteration index)', ...list.map((_, at) => String(at))];
    return draw([index, ...names.map((name, place) =>
      [name, ...list.map((entry) => show_cell(entry[place]))])]);
  }

  function draw_object(data, properties) {
    const rows = Object.keys(data);
    const columns = new Map(); /* name -> cells by row */
    const values = [];
    rows.forEach((key, at) => {
      const item = data[key];
      if (is_plain(item))
        values[at] = show_cell(item);
      for (const name of properties ?? (is_plain(item) ? []
        : Object.keys(item))) {
        const cells = columns.get(name) ?? [];
        columns.set(name, cells);
        if (!is_plain(item) && Object.hasOwn(item, name))
          cells[at] = show_cell(item[name]);
      }
    });
    const cells_of = (cells) => rows.map((_, at) => cells[at] ?? '');
    return draw([['(index)', ...rows],
      ...[...columns].map(([name, cells]) => [name, ...cells_of(cells)]),
      ...values.length ? [['Values', ...cells_of(values)]] : []]);
  }

  function draw_table(data, properties) {
    if (properties !== undefined && !Array.isArray(properties))
      throw load('node/errors').arg_type('properties', 'an instance of Array',
        properties);
    if (data instanceof Map)
      return draw_entries([...data], ['Key', 'Values']);
    if (data instanceof Set)
      return draw_entries([...data].map((item) => [item]), ['Values']);
    return draw_object(data, properties?.map(String));
  }

  /* The methods, which share counts, times and the indent. print(level, text)
   * writes; inspect_options() says how values are shown. */
  function make(print, inspect_options = () => ({}), step = '  ') {
    const counts = new Map();
    const began = new Map();
    let indent = '';

    function write(level, values) {
      const text = values.every((value) => typeof value === 'string') &&
        !(values.length > 1 && values[0].includes('%')) ? values.join(' ')
        : load('inspect').formatWithOptions(inspect_options(), ...values);
      print(level, indent ? indent + text.replaceAll('\n', `\n${indent}`)
        : text);
    }

    const warn = (text) => write('warn', [`Warning: ${text}`]);

    function log_time(label, method, values) {
      label = `${label}`;
      if (!began.has(label))
        warn(`No such label '${label}' for console.${method}()`);
      else
        write('info', [
          `${label}: ${show_time(library.now() - began.get(label))}`,
          ...values]);
    }

    const methods = {
      log: (...values) => write('info', values),
      warn: (...values) => write('warn', values),
      dir: (value, options) => write('info',
        [load('inspect').inspect(value, { customInspect: false,
          ...inspect_options(), ...options })]),
      time(label = 'default') {
        label = `${label}`;
        if (began.has(label))
          warn(`Label '${label}' already exists for console.time()`);
        else
          began.set(label, library.now());
      },
      timeEnd(label = 'default') {
        log_time(label, 'timeEnd', []);
        began.delete(`${label}`);
      },
      timeLog(label = 'default', ...values) {
        log_time(label, 'timeLog', values);
      },
      trace(...values) {
        const trace = { name: 'Trace',
          message: load('inspect').format(...values) };
        Error.captureStackTrace(trace, methods.trace);
        write('error', [trace.stack]);
      },
      assert(condition, ...values) {
        if (condition)
          return;
        const [first, ...rest] = values;
        write('error', values.length ? [`Assertion failed: ${first}`, ...rest]
          : ['Assertion failed']);
      },
      clear() {},
      count(label = 'default') {
        label = `${label}`;
        counts.set(label, (counts.get(label) ?? 0) + 1);
        write('info', [`${label}: ${counts.get(label)}`]);
      },
      countReset(label = 'default') {
        label = `${label}`;
        if (!counts.delete(label))
          warn(`Count for '${label}' does not exist`);
      },
      group(...values) {
        if (values.length)
          write('info', values);
        indent += step;
      },
      groupEnd() {
        indent = indent.slice(0, -step.length || undefined);
      },
      table(data, properties = undefined) {
        write('info', [is_plain(data) ? data : draw_table(data, properties)]);
      },
      debug: (...values) => write('debug', values),
      info: (...values) => write('info', values),
      dirxml: (...values) => write('info', values),
      error: (...values) => write('error', values),
      /* For a debugger, which a task has not. */
      profile() {},
      profileEnd() {},
      timeStamp() {},
      context: () => methods,
      createTask: () => ({ run: (work) => work() }),
    };
    methods.groupCollapsed = methods.group;
    return methods;
  }

  function print_line(level, text) {
    native.log(level, text.length > line_max
      ? `${text.slice(0, line_max)}... (${text.length} characters)` : text);
  }

  const console = make(print_line);
  Object.defineProperty(console, Symbol.toStringTag,
    { value: 'console', configurable: true });
  Object.defineProperty(console, 'Console', { configurable: true,
    enumerable: true,
    get: () => load('node/console').Console });
  /* The streams of Node's console. */
  for (const [name, stream] of [['_stdout', 'stdout'], ['_stderr', 'stderr']])
    Object.defineProperty(console, name, { configurable: true,
      get: () => load('process').process[stream] });
  return { console, make };
})
