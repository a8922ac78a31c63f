/*
 * node:module: what is known of the modules, and require() for a file. There
 * are no files to load, so the steps of Node's loader are missing.
 */
'use strict';

(function ({ load }) {
  const modules = load('modules');
  const { arg_value } = load('node/errors');
  const { Module } = modules;

  /* The path of a file: URL or of an absolute path. */
  function path_of(file) {
    const { URL, fileURLToPath } = load('node/url');
    try {
      if (file instanceof URL || /^file:/.test(file))
        return fileURLToPath(file);
    } catch {
      /* The error below says it. */
    }
    if (typeof file === 'string' && file.startsWith('/'))
      return file;
    throw arg_value('filename', file, 'must be a file URL object, file URL ' +
      'string, or absolute path string');
  }

  const wrapper = ['(function (exports, require, module, __filename, ' +
    '__dirname) { ', '\n});'];

  function node_modules_of(from) {
    const parts = load('node/path').resolve(from).split('/').filter(Boolean);
    const paths = [];
    for (let count = parts.length; count >= 0; count--)
      if (parts[count - 1] !== 'node_modules')
        paths.push(['', ...parts.slice(0, count), 'node_modules'].join('/'));
    return paths;
  }

  /* A source map for those who read places themselves. Lines and columns of
   * findEntry() count from 0, those of findOrigin() from 1. */
  class SourceMap {
    #payload;
    #entries = null;
    constructor(payload) {
      load('node/errors').check_object(payload, 'payload');
      this.#payload = structuredClone(payload);
    }
    get payload() {
      return structuredClone(this.#payload);
    }
    get lineLengths() {
      return undefined;
    }
    #read() {
      const { sources = [], names = [], mappings = '' } = this.#payload;
      const entries = [];
      load('source_map').read_mappings(mappings, (line, column, source,
        source_line, source_column, name) => {
        entries.push({ generatedLine: line, generatedColumn: column,
          ...source >= 0 && { originalSource: sources[source],
            originalLine: source_line, originalColumn: source_column },
          ...name >= 0 && { name: names[name] } });
      });
      return entries;
    }
    findEntry(line, column) {
      this.#entries ??= this.#read();
      return this.#entries.findLast((entry) => entry.generatedLine < line ||
        entry.generatedLine === line && entry.generatedColumn <= column) ?? {};
    }
    findOrigin(line, column) {
      const entry = this.findEntry(line - 1, column - 1);
      if (entry.originalSource === undefined)
        return {};
      return { name: entry.name, fileName: entry.originalSource,
        lineNumber: entry.originalLine + line - entry.generatedLine,
        columnNumber: entry.originalColumn + column - entry.generatedColumn };
    }
  }

  function findSourceMap(path) {
    const map = path === modules.main.filename
      ? load('source_map').find_main_map() : null;
    return map ? new SourceMap(map) : undefined;
  }

  const { refusing_function } = load('node/unavailable');

  Object.assign(Module, {
    SourceMap, findSourceMap,
    register: refusing_function('module', 'register'),
    runMain: refusing_function('module', 'runMain'),
    Module,
    builtinModules: modules.node_names,
    isBuiltin: (name) => modules.is_node(`${name}`),
    createRequire: (file) => modules.make_require(path_of(file)),
    wrapper,
    wrap: (script) => wrapper[0] + script + wrapper[1],
    globalPaths: [],
    _cache: modules.cache,
    _extensions: modules.extensions,
    _pathCache: Object.create(null),
    _nodeModulePaths: node_modules_of,
    _resolveFilename: (name) => library_require().resolve(name),
    _load: (name) => library_require()(name),
    /* All modules of Node are CommonJS here, so exports need no copying. */
    syncBuiltinESMExports() {},
  });

  function library_require() {
    return modules.make_require(modules.main.filename);
  }

  return Module;
})
