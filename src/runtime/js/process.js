/*
 * The part of process that bundles for Node use. The environment holds the
 * task's variables and nothing from the machine.
 */
'use strict';

(function ({ native, start, load }) {
  const began = native.now();

  /* A written value becomes a text. */
  const env = new Proxy({ ...start.variables }, {
    set(target, name, value) {
      load('own').set(target, name, `${value}`);
      return true;
    },
  });

  const process = {
    env,
    argv: ['pond-worker', 'main.js', start.task.name, start.task.id],
    pid: 1,
    platform: 'linux',
    arch: 'x64',
    version: 'v20.0.0',
    versions: { node: '20.0.0', pond: start.task.node_version },
    title: 'pond-worker',
    exitCode: undefined,
    browser: false,
    cwd: () => start.folder ?? '/',
    uptime: () => (native.now() - began) / 1000,
    exit(code = process.exitCode ?? 0) {
      native.exit(Number(code) & 0x3f);
    },
    hrtime: Object.assign((before) => {
      const now = native.now();
      let seconds = Math.floor(now / 1000);
      let nanoseconds = Math.floor((now % 1000) * 1e6);
      if (before) {
        seconds -= before[0];
        nanoseconds -= before[1];
        if (nanoseconds < 0) {
          seconds--;
          nanoseconds += 1e9;
        }
      }
      return [seconds, nanoseconds];
    }, { bigint: () => BigInt(Math.floor(native.now() * 1e6)) }),
    nextTick(callback, ...values) {
      load('node/errors').check_function(callback, 'callback');
      queueMicrotask(() => callback(...values));
    },
    memoryUsage: Object.assign(
      () => ({ rss: 0, heapTotal: 0, heapUsed: 0, external: 0 }),
      { rss: () => 0 }),
    cpuUsage: () => ({ user: 0, system: 0 }),
    release: { name: 'node' },
    execPath: '/usr/bin/node',
    execArgv: [],
    emitWarning: (warning) => console.warn(String(warning)),
    stdout: { write: (text) => (console.log(String(text).trimEnd()), true) },
    stderr: { write: (text) => (console.error(String(text).trimEnd()), true) },
    /* The node ends a task without notice, so no event ever comes. */
    on: () => process,
    once: () => process,
    off: () => process,
    addListener: () => process,
    removeListener: () => process,
    removeAllListeners: () => process,
    listeners: () => [],
    listenerCount: () => 0,
    emit: () => false,
  };
  return { process };
})
