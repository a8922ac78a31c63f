/*
 * Modules of Node that need what a task of this engine has not: processes,
 * sockets, threads, a terminal. Bundles load them and seldom use them. So every
 * name is there, and what can't be done throws when it is called.
 *
 * One table has them all. Of a module it says
 *   functions  that throw
 *   promised   functions that return a rejected promise
 *   classes    that can be extended, and throw when an object is made
 *   emitters   classes like those, whose prototype is an EventEmitter's
 *   works      what can be done, as a function of the names above
 */
'use strict';

(function ({ load }) {
  const words = (text) => text.trim().split(/\s+/);

  const queries = words(`lookup lookupService setServers resolve resolve4
    resolve6 resolveAny resolveCaa resolveCname resolveMx resolveNaptr resolveNs
    resolvePtr resolveSoa resolveSrv resolveTxt reverse`);

  /* What queries fail with (c-ares). */
  const dns_codes = Object.fromEntries(words(`NODATA FORMERR SERVFAIL NOTFOUND
    NOTIMP REFUSED BADQUERY BADNAME BADFAMILY BADRESP CONNREFUSED TIMEOUT FILE
    NOMEM DESTRUCTION BADSTR BADFLAGS NONAME BADHINTS NOTINITIALIZED
    LOADIPHLPAPI ADDRGETNETWORKPARAMS CANCELLED`)
    .map((name) => [name, `E${name}`]).concat([['EOF', 'EOF']]));

  let result_order = 'verbatim';
  const dns_settings = {
    getServers: () => [],
    getDefaultResultOrder: () => result_order,
    setDefaultResultOrder(order) {
      if (!['verbatim', 'ipv4first', 'ipv6first'].includes(order))
        throw load('node/errors').arg_value('dnsOrder', order, 'must be one ' +
          'of: \'verbatim\', \'ipv4first\', \'ipv6first\'');
      result_order = order;
    },
  };

  /* Data that a thread hands to those that it starts. */
  const environment = new Map();

  let selects_family = true;
  let family_timeout_ms = 250;

  const table = {
    child_process: {
      functions: words(`_forkChild exec execFile execFileSync execSync fork
        spawn spawnSync`),
      emitters: ['ChildProcess'],
    },
    cluster: {
      functions: words('setupPrimary setupMaster fork disconnect'),
      emitters: ['Worker'],
      works: (names) => Object.assign(new (load('node/events'))(), names, {
        isWorker: false, isMaster: true, isPrimary: true, workers: {},
        settings: {}, SCHED_NONE: 1, SCHED_RR: 2, schedulingPolicy: 2 }),
    },
    dgram: {
      functions: words('_createSocketHandle createSocket'),
      emitters: ['Socket'],
    },
    dns: {
      functions: queries,
      classes: ['Resolver'],
      works: (names) => ({ ...names, ...dns_codes, ...dns_settings,
        ADDRCONFIG: 32, ALL: 16, V4MAPPED: 8,
        get promises() {
          return load('modules').get('dns/promises');
        } }),
    },
    'dns/promises': {
      promised: queries,
      classes: ['Resolver'],
      works: (names) => ({ ...names, ...dns_codes, ...dns_settings }),
    },
    domain: {
      functions: words('create createDomain'),
      emitters: ['Domain'],
      works: (names) => ({ ...names, _stack: [], active: null }),
    },
    http2: {
      functions: words(`connect createServer createSecureServer
        getDefaultSettings getPackedSettings getUnpackedSettings
        performServerHandshake`),
      emitters: ['Http2ServerRequest', 'Http2ServerResponse'],
      works: (names) => ({ ...names, ...load('node/http2_constants') }),
    },
    inspector: {
      functions: words('open waitForDebugger'),
      emitters: ['Session'],
      works: (names) => ({ ...names, console: globalThis.console,
        url: () => undefined,
        close() {},
        Network: { requestWillBeSent() {}, responseReceived() {},
          loadingFinished() {}, loadingFailed() {} } }),
    },
    net: {
      functions: words(`_createServerHandle connect createConnection
        createServer`),
      emitters: ['Server'],
      works: (names) => ({ ...names, ...load('node/net_address'),
        Socket: load('node/http_socket').NetSocket,
        Stream: load('node/http_socket').NetSocket,
        getDefaultAutoSelectFamily: () => selects_family,
        setDefaultAutoSelectFamily(value) {
          load('node/errors').check_boolean(value, 'value');
          selects_family = value;
        },
        getDefaultAutoSelectFamilyAttemptTimeout: () => family_timeout_ms,
        setDefaultAutoSelectFamilyAttemptTimeout(value) {
          load('node/errors').check_integer(value, 'value', 1);
          family_timeout_ms = Math.max(value, 10);
        },
        /* Node ignores this as well. */
        _setSimultaneousAccepts() {} }),
    },
    repl: {
      functions: ['start'],
      emitters: ['REPLServer'],
      works: (names) => ({ ...names, writer: load('inspect').inspect,
        REPL_MODE_SLOPPY: Symbol('repl-sloppy'),
        REPL_MODE_STRICT: Symbol('repl-strict'),
        Recoverable: class Recoverable extends SyntaxError {
          constructor(error) {
            super();
            this.err = error;
          }
        },
        isValidSyntax(text) {
          try {
            new (load('node/vm').Script)(text);
            return true;
          } catch {
            return false;
          }
        },
        get builtinModules() {
          return load('modules').node_names;
        },
        get _builtinLibs() {
          return load('modules').node_names;
        } }),
    },
    sea: {
      functions: words('getAsset getRawAsset getAssetAsBlob'),
      works: (names) => ({ ...names, isSea: () => false }),
    },
    test: {
      functions: words(`after afterEach before beforeEach describe it only run
        skip suite test todo`),
      works: (names) => Object.assign(names.test, names, { mock: null }),
    },
    'test/reporters': {
      functions: words('dot junit spec tap'),
      /* Node's is an object. */
      works: (names) => ({ ...names, lcov: {} }),
    },
    tls: {
      functions: words(`checkServerIdentity connect convertALPNProtocols
        createSecureContext createSecurePair createServer getCiphers`),
      classes: ['SecureContext'],
      emitters: ['Server'],
      works: (names) => ({ ...names,
        TLSSocket: load('node/http_socket').TLSSocket, CLIENT_RENEG_LIMIT: 3,
        CLIENT_RENEG_WINDOW: 600, DEFAULT_CIPHERS: 'HIGH:!aNULL',
        DEFAULT_ECDH_CURVE: 'auto', DEFAULT_MIN_VERSION: 'TLSv1.2',
        DEFAULT_MAX_VERSION: 'TLSv1.3',
        /* The node checks certificates, by those of its machine. */
        rootCertificates: Object.freeze([]) }),
    },
    trace_events: {
      functions: ['createTracing'],
      works: (names) => ({ ...names, getEnabledCategories: () => undefined }),
    },
    tty: {
      emitters: words('ReadStream WriteStream'),
      works(names) {
        Object.assign(names.WriteStream.prototype, {
          getColorDepth: () => 1,
          hasColors: () => false,
        });
        return { ...names, isatty: () => false };
      },
    },
    wasi: { classes: ['WASI'] },
    worker_threads: {
      functions: words(`markAsUntransferable moveMessagePortToContext
        postMessageToThread receiveMessageOnPort`),
      emitters: ['Worker'],
      works: (names) => ({ ...names, isMainThread: true, threadId: 0,
        parentPort: null, workerData: null, resourceLimits: {},
        SHARE_ENV: Symbol.for('nodejs.worker_threads.SHARE_ENV'),
        getEnvironmentData: (key) => environment.get(key),
        setEnvironmentData(key, value) {
          if (value === undefined)
            environment.delete(key);
          else
            environment.set(key, value);
        },
        get MessageChannel() {
          return globalThis.MessageChannel;
        },
        get MessagePort() {
          return globalThis.MessagePort;
        },
        get BroadcastChannel() {
          return globalThis.BroadcastChannel;
        } }),
    },
  };

  function refusal(module, name) {
    return load('node/errors').make(Error,
      'ERR_FEATURE_UNAVAILABLE_ON_PLATFORM', `${module}.${name} is not ` +
      'available in this engine. A task that needs it must run in Node: ' +
      'write "engine: node" into its metadata');
  }

  /* The function has no prototype, as Node's have none that matters. */
  function refusing_function(module, name) {
    const own = { [name]: () => {
      throw refusal(module, `${name}()`);
    } };
    return own[name];
  }

  function refusing_promise(module, name) {
    const own = { [name]: async () => {
      throw refusal(module, `${name}()`);
    } };
    return own[name];
  }

  /* This is a function and no class, because old packages call it with their
   * own object. */
  function refusing_class(module, name, base) {
    const own = { [name]: function () {
      throw refusal(module, name);
    } };
    if (base) {
      Object.setPrototypeOf(own[name], base);
      Object.setPrototypeOf(own[name].prototype, base.prototype);
    }
    return own[name];
  }

  const makers = {
    functions: refusing_function,
    promised: refusing_promise,
    classes: refusing_class,
    emitters: (module, name) =>
      refusing_class(module, name, load('node/events')),
  };

  function make(name) {
    const row = table[name];
    const names = {};
    for (const [kind, maker] of Object.entries(makers))
      for (const each of row[kind] ?? [])
        names[each] = maker(name, each);
    return row.works ? row.works(names) : names;
  }

  const made = new Map();

  return {
    refusal, refusing_function, refusing_class,
    names: Object.keys(table),
    /* A module is made at its first use, and once. */
    get(name) {
      if (!made.has(name))
        made.set(name, make(name));
      return made.get(name);
    },
  };
})
