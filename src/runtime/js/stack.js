/*
 * Stacks in V8's form, which packages read: the text of error.stack,
 * Error.prepareStackTrace with call sites, Error.stackTraceLimit.
 *
 * The engine gives an error a text of lines `name@file:line:column`. The
 * constructors below replace it by a property that is made at its first use.
 * Errors that the engine itself throws have passed no constructor: they keep
 * the engine's text until the library shows or reports them.
 */
'use strict';

(function (library) {
  const { load } = library;

  const engine_error = globalThis.Error;
  const engine_capture = engine_error.captureStackTrace;
  const main_url = 'main.js';

  /* Enough for the frames that a task asks for and those that are left out. */
  engine_error.stackTraceLimit = 100;

  /* ---- frames ---- */

  const placed = /^(.*):(\d+):(\d+)$/s;

  /* {name, url, line, column} of a line of the engine's. */
  function parse_frame(text) {
    const at = text.indexOf('@');
    const name = at < 0 ? '' : text.slice(0, at);
    const place = text.slice(at + 1);
    const found = placed.exec(place);
    const is_code = /^(global|eval|module) code$/.test(name);
    return {
      name: is_code ? '' : name,
      is_eval: name === 'eval code' || place === '',
      is_native: place.startsWith('['),
      url: found ? found[1] : place,
      line: found ? Number(found[2]) : null,
      column: found ? Number(found[3]) : null,
    };
  }

  /* Reflect.construct() of the constructors below. */
  const constructor_frame = /^construct@\[native code\]\n/;

  /* Frames of the library do not help the reader. */
  const parse = (text) => text === '' ? []
    : text.replace(constructor_frame, '').split('\n').map(parse_frame)
      .filter(({ url }) => !url.startsWith('pond:'));

  /* Whether a stack is the engine's text. An empty one is in both forms. */
  const is_engine_text = (text) => text.split('\n').every((line) =>
    /^[^\n]*@(?:.*:\d+:\d+|\[[\w ]+\])?$/.test(line) ||
    /^(?:\S+:\d+:\d+|\[native code\])$/.test(line));

  const file_of = (url) => url === main_url
    ? load('modules').main.filename : url;

  /* "name (file:line:column)", as V8 writes a call site. */
  function frame_text({ name, is_native, is_eval, url, line, column }) {
    const place = is_native || is_eval && !line ? '<anonymous>'
      : line === null ? url : `${file_of(url)}:${line}:${column}`;
    return name ? `${name} (${place})` : place;
  }

  /* ---- the text ---- */

  function head_of(error) {
    try {
      return Error.prototype.toString.call(error);
    } catch {
      return 'Error';
    }
  }

  const text_of = (head, frames) => [head, ...load('source_map')
    .resolve(frames).map((frame) => `    at ${frame_text(frame)}`)].join('\n');

  function prepare(error, frames) {
    if (typeof Error.prepareStackTrace === 'function')
      return Error.prepareStackTrace(error,
        load('call_site').sites_of(frames));
    return text_of(head_of(error), frames);
  }

  const set_value = (error, value) => Object.defineProperty(error, 'stack',
    { value, configurable: true, enumerable: false, writable: true });

  /* Give the error a stack, whose text is made when it is read. */
  function set_stack(error, raw) {
    const limit = Error.stackTraceLimit;
    if (typeof limit !== 'number') {
      set_value(error, undefined);
      return;
    }
    Object.defineProperty(error, 'stack', {
      configurable: true, enumerable: false,
      get() {
        const value = prepare(error, parse(raw).slice(0, Math.max(0, limit)));
        set_value(error, value);
        return value;
      },
      set(value) {
        set_value(this, value);
      },
    });
  }

  /* ---- the constructors ---- */

  /* The constructor shares the engine's prototype, so that the errors that the
   * engine throws are its instances as well. */
  function wrap(own, parent) {
    const wrapped = { [own.name]: function (...values) {
      const error = Reflect.construct(own, values, new.target ?? wrapped);
      set_stack(error, error.stack ?? '');
      return error;
    } }[own.name];
    for (const key of Reflect.ownKeys(own))
      Object.defineProperty(wrapped, key,
        Object.getOwnPropertyDescriptor(own, key));
    Object.setPrototypeOf(wrapped, parent);
    own.prototype.constructor = wrapped;
    Object.defineProperty(globalThis, own.name,
      { value: wrapped, configurable: true, writable: true });
    return wrapped;
  }

  const Error = wrap(engine_error, Function.prototype);
  for (const name of ['AggregateError', 'EvalError', 'RangeError',
    'ReferenceError', 'SuppressedError', 'SyntaxError', 'TypeError',
    'URIError'])
    if (globalThis[name])
      wrap(globalThis[name], Error);

  /* V8's default. */
  Error.stackTraceLimit = 10;

  Object.defineProperty(Error, 'captureStackTrace', {
    configurable: true, writable: true,
    value: { captureStackTrace(target, skipped) {
      if (Object(target) !== target)
        throw new TypeError('Invalid argument');
      const holder = {};
      engine_capture.call(engine_error, holder,
        skipped ?? Error.captureStackTrace);
      set_stack(target, holder.stack ?? '');
    } }.captureStackTrace,
  });

  /* ---- for the library ---- */

  /* The stack of an error as a text in V8's form, without its message if the
   * text does not begin with it. */
  function show(error) {
    const { stack } = error;
    if (typeof stack !== 'string' || stack === '')
      return head_of(error);
    return is_engine_text(stack)
      ? text_of(head_of(error), parse(stack).slice(0, Error.stackTraceLimit))
      : stack;
  }

  /* Lines "at name (file:line:column)" of the task's own code, for a report:
   * names of files are short. */
  function own_lines(error) {
    const { start } = library;
    const folder = start.folder === undefined ? '/' : `${start.folder}/`;
    return show(error).split('\n')
      .filter((line) => /^ +at .*:\d+:\d+\)?$/.test(line))
      .map((line) => line.replace(folder, ''));
  }

  /* Give an error that the engine threw a stack in V8's form. */
  function adopt(error) {
    const own = error instanceof Error &&
      Object.getOwnPropertyDescriptor(error, 'stack');
    if (own && typeof own.value === 'string' && is_engine_text(own.value))
      set_stack(error, own.value);
    return error;
  }

  return { show, own_lines, adopt, frame_text, file_of };
})
