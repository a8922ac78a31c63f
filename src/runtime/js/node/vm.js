/*
 * node:vm over the one context that a task has. Scripts run in it; a second
 * context would need another global object of the engine's, which a worker does
 * not make.
 */
'use strict';

(function ({ native, load }) {
  const { arg_type, check_integer, check_object, check_string } =
    load('node/errors');
  const { refusing_function } = load('node/unavailable');

  function read_options(options, name = 'options') {
    if (typeof options === 'string')
      options = { filename: options };
    if (options !== undefined)
      check_object(options, name);
    const { filename = 'evalmachine.<anonymous>', lineOffset = 0,
      columnOffset = 0 } = options ?? {};
    check_string(filename, `${name}.filename`);
    check_integer(lineOffset, `${name}.lineOffset`);
    check_integer(columnOffset, `${name}.columnOffset`);
    return { filename, line: Math.max(1, lineOffset + 1) };
  }

  class Script {
    #code;
    #options;
    constructor(code, options) {
      this.#code = `${code}`;
      this.#options = read_options(options);
      native.script(this.#code, this.#options.filename, this.#options.line,
        false);
      const map = /\/\/# sourceMappingURL=(\S+)\s*$/.exec(this.#code);
      this.sourceMapURL = map?.[1];
      this.cachedDataRejected = undefined;
    }
    runInThisContext() {
      return native.script(this.#code, this.#options.filename,
        this.#options.line, true);
    }
    /* What V8 would keep is not there. An empty cache is a valid one. */
    createCachedData() {
      return Buffer.alloc(0);
    }
  }
  for (const name of ['runInContext', 'runInNewContext'])
    Object.defineProperty(Script.prototype, name, { configurable: true,
      writable: true, value: refusing_function('vm', `Script.${name}`) });

  function compileFunction(code, params = [], options = {}) {
    check_string(code, 'code');
    if (!Array.isArray(params))
      throw arg_type('params', 'an instance of Array', params);
    params.forEach((each, at) => check_string(each, `params[${at}]`));
    const { filename, line } = read_options(options);
    if (options.parsingContext || options.contextExtensions?.length)
      return refusing_function('vm', 'compileFunction with a context')();
    /* A parameter that closes the list would be code. */
    Reflect.construct(Function, [...params, '']);
    return native.script(`(function (${params.join(',')}) {${code}\n})`,
      filename, line, true);
  }

  const vm = {
    Script, compileFunction,
    createScript: (code, options) => new Script(code, options),
    runInThisContext: (code, options) =>
      new Script(code, options).runInThisContext(),
    isContext(object) {
      if (Object(object) !== object)
        throw arg_type('object', 'of type object', object);
      return false;
    },
    constants: Object.freeze({ __proto__: null,
      USE_MAIN_CONTEXT_DEFAULT_LOADER:
        Symbol('vm_dynamic_import_main_context_default'),
      DONT_CONTEXTIFY: Symbol('vm_context_no_contextify') }),
  };
  for (const name of ['createContext', 'runInContext', 'runInNewContext',
    'measureMemory'])
    vm[name] = refusing_function('vm', name);
  return vm;
})
