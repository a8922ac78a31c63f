/*
 * The modules that require() finds. A task is one bundle, so every module is a
 * part of the library: of Node's, of Koii's, or a package that tasks count on.
 *
 * One table has them all. A row gives the name of a part, or a function that
 * gives the module. Nothing is loaded before its first require().
 */
'use strict';

(function (library) {
  const { load } = library;

  /* Node's modules, without the prefix "node:". */
  const node = {
    /* Names of Node's own files, which old packages know. */
    '_http_agent': 'node/http',
    '_http_client': 'node/http',
    '_http_common': 'node/http',
    '_http_incoming': 'node/http',
    '_http_outgoing': 'node/http',
    '_http_server': 'node/http',
    '_stream_duplex': () => load('node/stream').Duplex,
    '_stream_passthrough': () => load('node/stream').PassThrough,
    '_stream_readable': () => load('node/stream').Readable,
    '_stream_transform': () => load('node/stream').Transform,
    '_stream_wrap': () => load('node/unavailable')
      .refusing_class('_stream_wrap', 'JSStreamWrap'),
    '_stream_writable': () => load('node/stream').Writable,
    '_tls_common': () => load('node/unavailable').get('tls'),
    '_tls_wrap': () => load('node/unavailable').get('tls'),
    'assert': 'node/assert',
    'assert/strict': () => load('node/assert').strict,
    'async_hooks': 'node/async_hooks',
    'buffer': 'node/buffer',
    'constants': 'node/constants',
    'console': () => globalThis.console,
    'crypto': 'node/crypto',
    'diagnostics_channel': 'node/diagnostics_channel',
    'events': 'node/events',
    'fs': 'node/fs',
    'fs/promises': 'node/fs_promises',
    'http': 'node/http',
    'https': 'node/https',
    'inspector/promises': () => load('node/unavailable').get('inspector'),
    'module': 'node/module',
    'os': 'node/os',
    'path': 'node/path',
    'path/posix': 'node/path',
    'path/win32': () => load('node/path').win32,
    'perf_hooks': 'node/perf_hooks',
    'process': () => globalThis.process,
    'punycode': 'packages/punycode',
    'querystring': 'node/querystring',
    'readline': 'node/readline',
    'readline/promises': 'node/readline_promises',
    'stream': 'node/stream',
    'stream/consumers': 'node/stream_consumers',
    'stream/promises': () => load('node/stream').promises,
    'stream/web': 'node/stream_web',
    'string_decoder': 'packages/string_decoder',
    'sys': 'node/util',
    'timers': 'node/timers',
    'timers/promises': 'node/timers_promises',
    'url': 'node/url',
    'util': 'node/util',
    'util/types': 'node/util_types',
    'v8': 'node/v8',
    'vm': 'node/vm',
    'zlib': 'node/zlib',
  };

  /* What needs more than a task of this engine has: node/unavailable.js. */
  const unavailable = ['child_process', 'cluster', 'dgram', 'dns',
    'dns/promises', 'domain', 'http2', 'inspector', 'net', 'repl', 'tls',
    'trace_events', 'tty', 'wasi', 'worker_threads'];

  /* Node has these with the prefix only. */
  const prefixed = ['sea', 'test', 'test/reporters'];

  const packages = {
    '@_koii/task-manager': 'koii/task_manager',
    '@_koii/task-manager/extensions': 'koii/extensions',
    '@_koii/task-manager/namespace-wrapper': 'koii/namespace_wrapper',
    '@_koii/namespace-wrapper': 'koii/namespace_wrapper',
    '@_koii/namespace-wrapper/dist/types': 'koii/types',
    '@_koii/storage-task-sdk': 'koii/storage_sdk',
    'express': 'koii/express',
  };

  const own = (table, name) =>
    Object.hasOwn(table, name) ? table[name] : undefined;

  /* A name of Node's, without the prefix. */
  const node_row = (name) => own(node, name) ??
    (unavailable.includes(name) ? () => load('node/unavailable').get(name)
      : undefined);

  function row_of(name) {
    if (!name.startsWith('node:'))
      return own(packages, name) ?? node_row(name);
    const plain = name.slice('node:'.length);
    return prefixed.includes(plain)
      ? () => load('node/unavailable').get(plain) : node_row(plain);
  }

  /* The name of the row, or undefined. Packages ask for "punycode/" so that
   * they get a package of that name, which is not in the bundle then. */
  function find(name) {
    const plain = name.endsWith('/') ? name.slice(0, -1) : name;
    return row_of(plain) ? plain : undefined;
  }

  /* Bundlers read a module's default export from this property. */
  function add_default(exports) {
    if (!Object.hasOwn(exports, 'default') && Object.isExtensible(exports))
      Object.defineProperty(exports, 'default',
        { value: exports, configurable: true, writable: true });
    return exports;
  }

  function load_row(name) {
    const row = row_of(name);
    if (own(packages, name))
      library.has_packages = true;
    return add_default(typeof row === 'string' ? load(row) : row());
  }

  function check_name(name) {
    if (typeof name === 'string' && name !== '')
      return name;
    const { check_string, arg_value } = load('node/errors');
    check_string(name, 'id');
    throw arg_value('id', name, 'must be a non-empty string');
  }

  function not_found(name, filename) {
    const { make } = load('node/errors');
    if (name.startsWith('node:'))
      return make(Error, 'ERR_UNKNOWN_BUILTIN_MODULE',
        `No such built-in module: ${name}`);
    return Object.assign(make(Error, 'MODULE_NOT_FOUND',
      `Cannot find module '${name}'. A task is one bundle, so the bundler ` +
      'must put its packages and files into it. This engine has the modules ' +
      `of Node and ${Object.keys(packages).join(', ')}\n` +
      `Require stack:\n- ${filename}`), { requireStack: [filename] });
  }

  /* The bundle is not a file, so the task's folder stands for its folder. Both
   * are known when it runs: a spare loads this file without a task. */
  let folder;
  let main_filename;

  function Module(id = '', parent = undefined) {
    this.id = id;
    this.path = folder;
    this.exports = {};
    this.filename = null;
    this.loaded = false;
    this.children = [];
    this.paths = [];
    Object.defineProperty(this, 'parent',
      { value: parent, configurable: true, writable: true });
  }

  Module.prototype.require = function (name) {
    return require_from(check_name(name), this.filename ?? main_filename);
  };

  function require_from(name, filename) {
    const found = find(name);
    if (found !== undefined)
      return load_row(found);
    if (Object.hasOwn(cache, name))
      return cache[name].exports;
    throw not_found(name, filename);
  }

  const main = new Module('.', null);
  const cache = Object.create(null);
  const extensions = Object.assign(Object.create(null), {
    '.js': unloadable, '.json': unloadable, '.node': unloadable });

  function unloadable(module, filename) {
    throw not_found(filename, main_filename);
  }

  function make_require(filename) {
    function require(name) {
      return require_from(check_name(name), filename);
    }
    require.resolve = function resolve(name) {
      load('node/errors').check_string(name, 'request');
      if (find(name) !== undefined)
        return name;
      if (Object.hasOwn(cache, name))
        return name;
      throw not_found(name, filename);
    };
    /* Nothing is looked for in folders. */
    require.resolve.paths = function paths(name) {
      load('node/errors').check_string(name, 'request');
      return find(name) === undefined ? [] : null;
    };
    return Object.assign(require, { main, extensions, cache });
  }

  /* Run the task's bundle. */
  function run_main() {
    folder = library.start.folder ?? '/';
    main_filename = `${folder === '/' ? '' : folder}/main.js`;
    main.path = folder;
    main.filename = main_filename;
    cache[main_filename] = main;
    library.require = make_require(main_filename);
    library.native.main().call(main.exports, main.exports, library.require,
      main, main_filename, folder);
    main.loaded = true;
  }

  return {
    run_main, make_require, main, cache, extensions, Module,
    get node_names() {
      return [...Object.keys(node), ...unavailable].sort();
    },
    is_node: (name) => Boolean(name.startsWith('node:') ? row_of(name)
      : node_row(name)),
    get: load_row,
    /* For packages, which ask as Node's code does. */
    get_plain: (name) => load_row(find(name)),
  };
})
