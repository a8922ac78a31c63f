/*
 * process, as far as a task has one. The environment holds the task's variables
 * and nothing from the machine; the user is nobody; there is no other process
 * to reach.
 */
'use strict';

(function (library) {
  const { native, start, load } = library;
  const { make, arg_type, out_of_range, check_boolean, check_function,
    check_integer, check_number, check_object, check_string } =
    load('node/errors');
  const EventEmitter = load('node/events');
  const began = library.now();
  const folder = start.folder ?? '/';
  const nobody = 65534;

  /* Bundles compare this. The engine behaves as this version does. */
  const version = '20.20.2';

  const refuse = (name) =>
    load('node/unavailable').refusing_function('process', name);

  /* A written value becomes a text. */
  const env = new Proxy({ ...start.variables }, {
    set(target, name, value) {
      load('own').set(target, name, `${value}`);
      return true;
    },
  });

  /* Node's process has a class of its own, which nobody can construct. */
  const prototype = Object.create(EventEmitter.prototype, {
    constructor: { value: function process() {
      throw new TypeError('Illegal constructor');
    }, configurable: true, writable: true },
    [Symbol.toStringTag]: { value: 'process', configurable: true },
  });
  const process = Object.create(prototype);
  EventEmitter.call(process);

  /* ---- time ---- */

  function hrtime(before) {
    const now = library.now();
    let seconds = Math.floor(now / 1000);
    let nanoseconds = Math.floor((now % 1000) * 1e6);
    if (before !== undefined) {
      if (!Array.isArray(before))
        throw arg_type('time', 'an instance of Array', before);
      if (before.length !== 2)
        throw out_of_range('time', '2', before.length);
      seconds -= before[0];
      nanoseconds -= before[1];
      if (nanoseconds < 0) {
        seconds--;
        nanoseconds += 1e9;
      }
    }
    return [seconds, nanoseconds];
  }
  hrtime.bigint = () => BigInt(Math.floor(library.now() * 1e6));

  /* ---- what the process uses ---- */

  function memoryUsage() {
    const { heapSize, heapCapacity, extraMemorySize } = native.heap();
    /* Before its first collection the engine counts next to nothing. */
    const heapUsed = heapSize > 1e5 ? heapSize : heapCapacity;
    return { rss: native.resident(),
      heapTotal: Math.max(heapCapacity, heapUsed), heapUsed,
      external: extraMemorySize, arrayBuffers: extraMemorySize };
  }
  memoryUsage.rss = () => native.resident();

  function cpuUsage(before) {
    const [user, system] = native.usage();
    if (before === undefined)
      return { user, system };
    check_object(before, 'prevValue');
    for (const name of ['user', 'system'])
      check_number(before[name], `prevValue.${name}`, 0);
    return { user: user - before.user, system: system - before.system };
  }

  function resourceUsage() {
    const [userCPUTime, systemCPUTime, maxRSS, minorPageFault, majorPageFault,
      fsRead, fsWrite, voluntaryContextSwitches,
      involuntaryContextSwitches] = native.usage();
    return { userCPUTime, systemCPUTime, maxRSS, sharedMemorySize: 0,
      unsharedDataSize: 0, unsharedStackSize: 0, minorPageFault,
      majorPageFault, swappedOut: 0, fsRead, fsWrite, ipcSent: 0,
      ipcReceived: 0, signalsCount: 0, voluntaryContextSwitches,
      involuntaryContextSwitches };
  }

  /* ---- ends ---- */

  let exit_code;
  let is_exiting = false;

  function check_code(code) {
    if (code === undefined || code === null || Number.isInteger(code))
      return code;
    if (typeof code === 'string' && code !== '' &&
      Number.isInteger(Number(code)))
      return code;
    if (typeof code === 'number')
      throw out_of_range('code', 'an integer', code);
    throw arg_type('code', 'of type number', code);
  }

  /* The codes from 64 on are the worker's own. */
  function leave(code) {
    native.exit(Number(code ?? 0) & 0x3f);
  }

  /* Listeners of exit run once, and can set the code still. */
  function emit_exit() {
    if (is_exiting)
      return;
    is_exiting = true;
    try {
      process.emit('exit', Number(exit_code ?? 0));
    } finally {
      library.peek('process_streams')?.flush();
    }
  }

  function exit(code) {
    if (check_code(code) !== undefined)
      exit_code = code;
    emit_exit();
    leave(exit_code);
  }

  function kill(pid, signal) {
    if (typeof pid !== 'number' && !/^-?\d+$/.test(pid))
      throw arg_type('pid', 'of type number', pid);
    const { signals } = load('node/system_numbers');
    if (typeof signal === 'string' && !Object.hasOwn(signals, signal))
      throw make(TypeError, 'ERR_UNKNOWN_SIGNAL', `Unknown signal: ${signal}`);
    if (signal === 0 && Number(pid) === process.pid)
      return true;
    throw load('node/unavailable').refusal('process', 'kill()');
  }

  /* ---- errors and warnings ---- */

  let capture = null;

  /* Whether the task has taken the error. */
  function take_uncaught(error, origin) {
    process.emit('uncaughtExceptionMonitor', error, origin);
    if (capture) {
      capture(error);
      return true;
    }
    return process.emit('uncaughtException', error, origin);
  }

  function set_capture(work) {
    if (work !== null)
      check_function(work, 'fn');
    if (work && capture)
      throw make(Error, 'ERR_UNCAUGHT_EXCEPTION_CAPTURE_ALREADY_SET',
        '`process.setupUncaughtExceptionCapture()` was called while a ' +
        'capture callback was already active');
    capture = work;
  }

  function warning_of(warning, type, code) {
    if (warning instanceof Error)
      return warning;
    check_string(warning, 'warning');
    const options = typeof type === 'object' && type !== null ? type
      : { type: typeof type === 'function' ? undefined : type,
        code: typeof code === 'function' ? undefined : code };
    const error = new Error(warning);
    error.name = String(options.type ?? 'Warning');
    if (options.code !== undefined)
      error.code = options.code;
    if (options.detail !== undefined)
      error.detail = options.detail;
    return error;
  }

  function emitWarning(warning, type, code) {
    const error = warning_of(warning, type, code);
    if (error.name === 'DeprecationWarning') {
      if (process.noDeprecation)
        return;
      if (process.throwDeprecation)
        throw error;
    }
    process.nextTick(() => {
      const label = error.code ? `[${error.code}] ` : '';
      native.log('warn', `${label}${error.name}: ${error.message}` +
        (error.detail ? `\n${error.detail}` : ''));
      process.emit('warning', error);
    });
  }

  /* ---- the rest ---- */

  /* Packages read a binding while they load, to call it seldom. */
  const bindings = new Set(['async_wrap', 'buffer', 'cares_wrap', 'config',
    'constants', 'contextify', 'crypto', 'fs', 'fs_event_wrap', 'http_parser',
    'icu', 'inspector', 'js_stream', 'natives', 'os', 'pipe_wrap',
    'process_wrap', 'signal_wrap', 'spawn_sync', 'stream_wrap', 'tcp_wrap',
    'tls_wrap', 'tty_wrap', 'udp_wrap', 'url', 'util', 'uv', 'v8', 'zlib']);

  function binding(name) {
    if (!bindings.has(name))
      throw new Error(`No such module: ${name}`);
    if (name === 'constants')
      return { os: load('node/os').constants,
        fs: load('modules').get('fs').constants };
    return new Proxy({}, {
      get: (target, key) => target[key] ?? (typeof key === 'string'
        ? load('node/unavailable').refusing_class(
          `process.binding('${name}')`, key) : undefined),
    });
  }

  let mask = 0o22;
  function umask(value) {
    const before = mask;
    if (value !== undefined) {
      const number = typeof value === 'string' ? parseInt(value, 8) : value;
      check_integer(number, 'mask', 0, 0xffffffff);
      mask = number & 0o777;
    }
    return before;
  }

  /* The folder is the only one that there is. */
  function chdir(directory) {
    check_string(directory, 'directory');
    if (load('node/path').resolve(directory) !== folder)
      throw load('node/unavailable').refusal('process', 'chdir()');
  }

  function run_assert(value, message) {
    if (!value)
      throw make(Error, 'ERR_ASSERTION', message ?? 'assertion error');
  }

  Object.assign(process, {
    env,
    title: 'pond-worker',
    argv: ['/usr/bin/node', load('modules').main.filename, start.task.name,
      start.task.id],
    argv0: 'node',
    execPath: '/usr/bin/node',
    execArgv: [],
    pid: 1,
    ppid: 0,
    debugPort: 9229,
    platform: 'linux',
    arch: 'x64',
    version: `v${version}`,
    versions: Object.freeze({ node: version, modules: '115',
      pond: start.task.node_version }),
    release: { name: 'node', lts: 'Iron' },
    config: Object.freeze({ target_defaults: Object.freeze({}),
      variables: Object.freeze({}) }),
    features: { inspector: false, debug: false, uv: false, ipv6: true,
      tls_alpn: false, tls_sni: false, tls_ocsp: false, tls: false,
      cached_builtins: false },
    allowedNodeEnvironmentFlags: Object.freeze(new Set()),
    moduleLoadList: [],
    domain: null,
    sourceMapsEnabled: true,
    browser: false,
    nextTick: load('ticks').nextTick,
    hrtime, memoryUsage, cpuUsage, resourceUsage, exit, kill, emitWarning,
    binding, umask, chdir,
    assert: run_assert,
    cwd: () => folder,
    uptime: () => (library.now() - began) / 1000,
    constrainedMemory: () => start.limits.memory_bytes,
    availableMemory: () => Math.max(0,
      start.limits.memory_bytes - native.resident()),
    getuid: () => nobody, geteuid: () => nobody, getgid: () => nobody,
    getegid: () => nobody, getgroups: () => [nobody],
    abort() {
      native.log('error', 'process.abort()');
      leave(6); /* SIGABRT */
    },
    reallyExit: leave,
    setUncaughtExceptionCaptureCallback: set_capture,
    hasUncaughtExceptionCaptureCallback: () => capture !== null,
    getActiveResourcesInfo: () => [],
    getBuiltinModule(name) {
      check_string(name, 'id');
      return load('modules').is_node(name) ? load('modules').get(name)
        : undefined;
    },
    setSourceMapsEnabled(value) {
      check_boolean(value, 'val');
      process.sourceMapsEnabled = value;
    },
    openStdin: () => process.stdin,
  });
  for (const name of ['dlopen', 'initgroups', 'loadEnvFile', 'setegid',
    'seteuid', 'setgid', 'setgroups', 'setuid'])
    process[name] = refuse(name);
  process.report = { getReport: refuse('report.getReport'),
    writeReport: refuse('report.writeReport') };

  Object.defineProperty(process, 'exitCode', {
    configurable: true, enumerable: true,
    get: () => exit_code,
    set(code) {
      exit_code = check_code(code) ?? undefined;
    },
  });
  Object.defineProperty(process, 'mainModule', {
    configurable: true, enumerable: true,
    get: () => load('modules').main,
  });

  /* The streams load Node's, which few tasks need for this. */
  for (const name of ['stdin', 'stdout', 'stderr'])
    Object.defineProperty(process, name, {
      configurable: true, enumerable: true,
      get: () => load('process_streams')[name],
    });

  return {
    process, take_uncaught, emit_exit,
    /* Whether the task has taken a promise's rejection. */
    take_rejection: (reason, promise) =>
      process.emit('unhandledRejection', reason, promise),
    /* Tell the task that the node ends it, as a signal would. */
    stop() {
      process.emit('SIGTERM', 'SIGTERM');
      emit_exit();
    },
  };
})
