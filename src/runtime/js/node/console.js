/*
 * console.Console: the methods of console over streams of the caller's.
 */
'use strict';

(function ({ load }) {
  const { arg_type, check_boolean, check_integer, check_object } =
    load('node/errors');

  function check_stream(stream, name) {
    if (typeof stream?.write !== 'function')
      throw load('node/errors').make(TypeError, 'ERR_CONSOLE_WRITABLE_STREAM',
        `Console expects a writable stream instance for ${name}`);
    return stream;
  }

  const to_error = new Set(['warn', 'error']);

  function read_options(first, stderr, ignoreErrors) {
    return typeof first?.write === 'function'
      ? { stdout: first, stderr, ignoreErrors } : first ?? {};
  }

  function Console(first, second, third) {
    if (!new.target)
      return Reflect.construct(Console, arguments);
    const options = read_options(first, second, third);
    const { ignoreErrors = true, inspectOptions, colorMode = 'auto',
      groupIndentation = 2 } = options;
    const stdout = check_stream(options.stdout, 'stdout');
    const stderr = check_stream(options.stderr ?? stdout, 'stderr');
    check_boolean(ignoreErrors, 'ignoreErrors');
    check_integer(groupIndentation, 'groupIndentation', 0, 1000);
    if (inspectOptions !== undefined)
      check_object(inspectOptions, 'options.inspectOptions');
    if (colorMode !== 'auto' && typeof colorMode !== 'boolean')
      throw arg_type('colorMode', 'one of: \'auto\', true, false', colorMode);

    const methods = load('console').make((level, text) => {
      const stream = to_error.has(level) ? stderr : stdout;
      /* A stream that fails does not end the program. */
      const ignore = () => {};
      if (ignoreErrors)
        stream.once?.('error', ignore);
      try {
        stream.write(`${text}\n`, ignoreErrors ? ignore : undefined);
      } catch (error) {
        if (!ignoreErrors)
          throw error;
      } finally {
        stream.removeListener?.('error', ignore);
      }
    }, () => ({ colors: colorMode === 'auto' ? Boolean(stdout.isTTY)
      : colorMode, ...inspectOptions }), ' '.repeat(groupIndentation));
    Object.assign(this, methods);
    for (const [name, value] of [['_stdout', stdout], ['_stderr', stderr]])
      Object.defineProperty(this, name,
        { value, configurable: true, writable: true });
    return this;
  }

  /* The global console is one. */
  Object.defineProperty(Console, Symbol.hasInstance, { value(value) {
    return value === globalThis.console ||
      Function.prototype[Symbol.hasInstance].call(Console, value);
  } });

  return { Console };
})
