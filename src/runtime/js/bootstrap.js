/*
 * The first script of a worker. It sets up what every task sees, loads main.js
 * and passes messages between C and the parts of the library.
 *
 * Each other file is one function of (library) that returns its exports. A
 * file is loaded at its first use, so a task pays only for what it uses. A
 * spare worker, which has no task yet, loads what most tasks use; such a file
 * must not ask for library.start while it is loaded.
 */
'use strict';

(function (native, is_spare) {
  const loaded = new Map();

  /* The start message, once there is a task. */
  let start;

  const library = {
    native,
    get start() {
      if (!start)
        throw new Error('there is no task yet');
      return start;
    },
    load(name) {
      let exports = loaded.get(name);
      if (!exports) {
        exports = native.load(name)(library);
        loaded.set(name, exports);
      }
      return exports;
    },
    /* When the task began, on the clock of now(). */
    began: 0,
    /* ms, which only grow; and expire(id) of the timers in so many. A
     * simulation has others. */
    now: () => native.now(),
    arm: (id, ms) => native.timer(id, ms),
    /* The exports of a part, or undefined before its first use. */
    peek: (name) => loaded.get(name),
  };

  /* A global that is loaded at its first use and then an ordinary one. */
  function define_lazy(names, part) {
    for (const name of names) {
      Object.defineProperty(globalThis, name, {
        configurable: true,
        enumerable: false,
        get() {
          const value = library.load(part)[name];
          define(name, value);
          return value;
        },
        set(value) {
          define(name, value);
        },
      });
    }
  }

  function define(name, value) {
    Object.defineProperty(globalThis, name, {
      value, configurable: true, enumerable: false, writable: true,
    });
  }

  /* Before anything makes an error. */
  library.load('stack');
  library.load('json');

  /* The symbols of explicit resource management, which Node 20 adds as well.
   * Packages take one of their own where there is none. */
  for (const name of ['dispose', 'asyncDispose'])
    if (!Symbol[name])
      Object.defineProperty(Symbol, name, { value: Symbol(`Symbol.${name}`) });

  define('global', globalThis);
  Object.defineProperty(globalThis, Symbol.toStringTag,
    { value: 'global', configurable: true });
  define('self', globalThis);
  define_lazy(['console'], 'console');
  define_lazy(['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval',
    'setImmediate', 'clearImmediate'], 'timers');
  define_lazy(['TextEncoder', 'TextDecoder', 'atob', 'btoa'], 'encoding');
  define_lazy(['URL', 'URLSearchParams'], 'url');
  define_lazy(['URLPattern'], 'url_pattern');
  define_lazy(['DOMException'], 'dom_exception');
  define_lazy(['Event', 'EventTarget', 'CustomEvent'], 'event_target');
  define_lazy(['AbortController', 'AbortSignal'], 'abort');
  define_lazy(['ErrorEvent', 'PromiseRejectionEvent', 'MessageEvent',
    'CloseEvent'], 'event_kinds');
  define_lazy(['MessageChannel', 'MessagePort', 'BroadcastChannel'],
    'message_port');
  define_lazy(['fetch'], 'fetch');
  define_lazy(['Headers'], 'headers');
  define_lazy(['Request'], 'request');
  define_lazy(['Response'], 'response');
  define_lazy(['Blob', 'File'], 'blob');
  define_lazy(['FormData'], 'form_data');
  define_lazy(['ReadableStream', 'ReadableStreamDefaultReader',
    'ReadableStreamBYOBReader', 'ReadableStreamDefaultController',
    'ReadableByteStreamController', 'ReadableStreamBYOBRequest'],
  'streams/readable');
  define_lazy(['WritableStream', 'WritableStreamDefaultWriter',
    'WritableStreamDefaultController'], 'streams/writable');
  define_lazy(['TransformStream', 'TransformStreamDefaultController'],
    'streams/transform');
  define_lazy(['ByteLengthQueuingStrategy', 'CountQueuingStrategy'],
    'streams/shared');
  define_lazy(['TextEncoderStream', 'TextDecoderStream'], 'streams/text');
  define_lazy(['WebSocket'], 'web_socket');
  define_lazy(['CompressionStream', 'DecompressionStream'],
    'streams/compression');
  define_lazy(['crypto', 'Crypto', 'SubtleCrypto', 'CryptoKey'], 'crypto');
  define_lazy(['structuredClone'], 'clone');
  define_lazy(['performance', 'Performance', 'PerformanceEntry',
    'PerformanceMark', 'PerformanceMeasure', 'PerformanceObserver',
    'PerformanceObserverEntryList'], 'performance');
  define_lazy(['navigator', 'Navigator'], 'navigator');
  define_lazy(['addEventListener', 'removeEventListener', 'dispatchEvent',
    'reportError'], 'global_events');
  for (const name of ['compileStreaming', 'instantiateStreaming'])
    Object.defineProperty(WebAssembly, name, { configurable: true,
      enumerable: true, writable: true, value: (...values) =>
        library.load('wasm_streaming')[name](...values) });
  for (const name of ['onerror', 'onunhandledrejection',
    'onrejectionhandled'])
    Object.defineProperty(globalThis, name, {
      configurable: true, enumerable: false,
      get: () => Reflect.get(loaded.get('global_events')?.handlers ?? {}, name,
        globalThis) ?? null,
      set(handler) {
        Reflect.set(library.load('global_events').handlers, name, handler,
          globalThis);
      },
    });
  define_lazy(['Buffer'], 'node/buffer');
  define_lazy(['process'], 'process');
  define('queueMicrotask', function queueMicrotask(callback) {
    library.load('node/errors').check_function(callback, 'callback');
    const bound = loaded.get('async_context')?.bind(callback) ?? callback;
    Promise.resolve().then(() => {
      try {
        bound();
      } catch (error) {
        library.report(error);
      }
    });
  });

  /* Errors on their way to the node. */

  const is_error = (value) => value instanceof Error ||
    typeof value?.stack === 'string';

  /* The text of a thrown value that is not an error. */
  function describe_value(value) {
    return { message: typeof value === 'string' ? value
      : library.load('inspect').inspect(value), stack: '' };
  }

  function describe(error) {
    if (!is_error(error))
      return describe_value(error);
    const stack = library.load('stack').own_lines(error).join('\n');
    let message = `${error.name}: ${error.message}`;
    for (let cause = error.cause, depth = 0; cause && depth < 4;
      cause = cause.cause, depth++)
      message += `; cause: ${cause.message ?? cause}`;
    return { message, stack };
  }

  /* A task can throw anything, even an object whose getters throw. */
  library.describe_error = function (error) {
    try {
      return describe(error);
    } catch {
      return { message: 'an error that can not be shown', stack: '' };
    }
  };

  /* The calls that are open, by id: "task() of round 3". An error that no call
   * ends with is said to come while they are. */
  const open_calls = new Map();
  const round_places = { task: 0, submission: 0, audit: 1, distribution: 2 };

  function name_call({ function: name, args }) {
    const round = args[round_places[name]];
    return `${name}()${typeof round === 'number' ? ` of round ${round}` : ''}`;
  }

  const during = () => open_calls.size === 0 ? ''
    : ` during ${[...open_calls.values()].slice(0, 3).join(', ')}`;

  function log_uncaught(what, error) {
    const { message, stack } = library.describe_error(error);
    native.log('error', `${what}${during()}: ${message}` +
      (stack ? `\n${stack}` : ''));
  }

  /* An error that nobody caught. */
  library.report = function (error) {
    try {
      library.load('stack').adopt(error);
      if (loaded.get('process')?.take_uncaught(error, 'uncaughtException'))
        return;
      if (loaded.get('global_events')?.take_error(error))
        return;
    } catch (next) {
      error = next;
    }
    log_uncaught('uncaught', error);
  };

  /* Messages */

  const requests = new Map();
  let request_count = 0;

  /* A simulation's (virtual_clock.js). */
  let clock;

  /* Of these, those that nobody wants any more. The node counts them until it
   * has answered. */
  let cancelled_count = 0;

  /* Questions that wait for others to be answered: functions. */
  const waiting = [];

  function send_request(method, params, payload, signal) {
    const id = ++request_count;
    return new Promise((resolve, reject) => {
      native.send(JSON.stringify({ type: 'request', id, method, params }),
        payload);
      clock?.opened(method);
      const request = { method, resolve, reject, is_cancelled: false,
        /* A signal may outlive many requests. */
        settle: () => signal?.removeEventListener('abort', cancel) };
      const cancel = () => {
        request.is_cancelled = true;
        cancelled_count++;
        native.send(JSON.stringify({ type: 'cancel', id }));
        reject(signal.reason);
      };
      signal?.addEventListener('abort', cancel, { once: true });
      requests.set(id, request);
    });
  }

  /* The place is taken in the turn that frees it. */
  function wait_for_place(send, signal) {
    return new Promise((resolve, reject) => {
      const enter = () => {
        signal?.removeEventListener('abort', leave);
        resolve(send());
      };
      const leave = () => {
        waiting.splice(waiting.indexOf(enter), 1);
        reject(signal.reason);
      };
      waiting.push(enter);
      signal?.addEventListener('abort', leave, { once: true });
    });
  }

  /* Ask the node. Resolves to {result, payload}. Where too many questions are
   * open, it fails at once, or waits if it may. A cancelled question is not
   * open, but its place is free only when the node has answered it. */
  library.ask = function (method, params, payload, signal, may_wait = false) {
    const limit = start.limits.open_requests;
    const send = () => send_request(method, params, payload, signal);
    if (signal?.aborted)
      return Promise.reject(signal.reason);
    if (requests.size < limit)
      return send();
    if (may_wait || requests.size - cancelled_count + waiting.length < limit)
      return wait_for_place(send, signal);
    return Promise.reject(new Error(`limit of ${limit} open requests`));
  };

  function answered(message, payload) {
    const request = requests.get(message.id);
    if (!request)
      return;
    requests.delete(message.id);
    clock?.closed(request.method);
    if (request.is_cancelled)
      cancelled_count--;
    waiting.shift()?.();
    request.settle();
    if (message.ok) {
      request.resolve({ result: message.result, payload });
      return;
    }
    const error = new Error(message.error.message);
    error.code = message.error.code;
    request.reject(error);
  }

  /* Errors of the calls themselves have a code for the node. */
  const call_codes = new WeakMap();
  library.coded = function (code, text) {
    const error = new Error(text);
    call_codes.set(error, code);
    return error;
  };
  /* What only another engine has is "unsupported": the node may start the task
   * anew in that one. */
  library.call_code = (error) => call_codes.get(Object(error)) ??
    (error?.code === 'ERR_FEATURE_UNAVAILABLE_ON_PLATFORM' ? 'unsupported' :
      '');

  library.functions = null; /* set by initializeTaskManager() */

  function send_result(id, outcome, payload) {
    const about = { type: 'result', id, waited_ms: clock?.ended(id) };
    native.ended(id);
    open_calls.delete(id);
    try {
      native.send(JSON.stringify({ ...about, ...outcome }), payload);
    } catch (error) {
      native.send(JSON.stringify({ ...about, ok: false,
        error: library.describe_error(error) }));
    }
  }

  function run_call({ id, function: name, args, limit_ms }, payload) {
    const call = library.load('koii/calls').call(name, args, payload, limit_ms,
      id);
    return clock ? Promise.race([call, clock.began(id, name)]) : call;
  }

  async function called(message, payload) {
    if (clock)
      await clock.reached();
    native.began(message.id, message.limit_ms);
    open_calls.set(message.id, name_call(message));
    try {
      const answer = await run_call(message, payload);
      send_result(message.id, { ok: true, result: answer.result ?? null },
        answer.payload);
    } catch (error) {
      send_result(message.id, { ok: false, error:
        { ...library.describe_error(error), code: library.call_code(error) } });
    }
    idle_collect();
  }

  /* The garbage is collected once no call has come for a while, because a node
   * with many tasks needs the memory between rounds. */
  const idle_ms = 500;
  let idle_turn = 0;
  function idle_collect() {
    if (clock)
      return;
    const turn = ++idle_turn;
    library.load('timers').setTimeout(() => {
      if (turn === idle_turn)
        native.collect();
    }, idle_ms);
  }

  const handlers = {
    call: called,
    answer: answered,
    clock: (message) => clock.reach(message),
    stop() {
      loaded.get('process')?.stop();
      native.exit(0);
    },
  };

  /* The callbacks of process.nextTick() come before the promise jobs, which
   * the engine runs when the turn is over. */
  const run_ticks = () => loaded.get('ticks')?.run();

  /* Most tasks use these, and they know nothing of the task. */
  if (is_spare)
    for (const name of ['modules', 'koii/calls', 'koii/task_manager', 'timers',
      'console', 'inspect', 'encoding', 'node/errors', 'node/buffer',
      'event_target', 'node/events', 'url', 'koii/keypair', 'koii/types',
      'koii/http_router', 'koii/http_body', 'koii/http_type', 'koii/http_path',
      'crypto', 'digest', 'node/crypto', 'node/crypto_bytes', 'headers', 'blob',
      'abort', 'streams/readable', 'fetch', 'response', 'request'])
      library.load(name);

  return {
    receive(text, payload) {
      const message = JSON.parse(text);
      handlers[message.type](message, payload);
      run_ticks();
    },

    expire(id) {
      if (clock)
        clock.expire(id);
      else
        library.load('timers').expire(id);
      run_ticks();
    },

    /* The promise jobs of a turn have run. */
    tick: run_ticks,

    reject(promise, reason) {
      try {
        library.load('stack').adopt(reason);
        if (loaded.get('process')?.take_rejection(reason, promise))
          return;
        if (loaded.get('global_events')?.take_rejection(reason, promise))
          return;
      } catch (error) {
        library.report(error);
        return;
      }
      log_uncaught('unhandled rejection', reason);
    },

    begin(start_text) {
      start = JSON.parse(start_text);
      if (start.clock) {
        clock = library.load('virtual_clock');
        library.now = clock.now;
        library.arm = clock.arm;
      }
      library.began = library.now();
      native.began(0, start.limits.load_ms);
      try {
        library.load('modules').run_main();
        library.load('koii/calls').loaded();
        native.send(JSON.stringify({ type: 'ready',
          functions: Object.keys(library.functions ?? {}) }));
      } catch (error) {
        native.send(JSON.stringify({ type: 'failed',
          error: library.describe_error(error) }));
      }
      native.ended(0);
      run_ticks();
    },
  };
})
