/*
 * node:os. A task learns nothing of the machine that it runs on: the values are
 * those of any 64-bit Linux, the memory is the task's limit, and the process is
 * the only user. Node's own names for the machine would single out a node.
 */
'use strict';

(function ({ start, load }) {
  const { errno, signals, priority, dlopen } = load('node/system_numbers');
  const { check_integer, check_object } = load('node/errors');

  /* A process without privileges can only lower its priority, and this one
   * not even that. */
  function check_process(pid) {
    check_integer(pid, 'pid', -0x80000000, 0x7fffffff);
  }

  const cpu = () => ({ model: 'unknown', speed: 0,
    times: { user: 0, nice: 0, sys: 0, idle: 0, irq: 0 } });

  const folder = () => start.folder ?? '/';

  const os = {
    EOL: '\n',
    devNull: '/dev/null',
    constants: Object.assign(Object.create(null), { UV_UDP_REUSEADDR: 4,
      dlopen, errno, signals, priority }),
    arch: () => 'x64',
    machine: () => 'x86_64',
    platform: () => 'linux',
    type: () => 'Linux',
    release: () => '6.1.0',
    version: () => '#1 SMP',
    endianness: () => 'LE',
    hostname: () => 'pond',
    homedir: folder,
    tmpdir: folder,
    userInfo(options) {
      if (options !== undefined)
        check_object(options, 'options');
      const user = { uid: 65534, gid: 65534, username: 'nobody',
        homedir: folder(), shell: null };
      if (options?.encoding === 'buffer')
        for (const name of ['username', 'homedir'])
          user[name] = Buffer.from(user[name]);
      return user;
    },
    cpus: () => [cpu()],
    availableParallelism: () => 1,
    loadavg: () => [0, 0, 0],
    networkInterfaces: () => ({}),
    totalmem: () => start.limits.memory_bytes,
    freemem: () => Math.max(0, start.limits.memory_bytes -
      process.memoryUsage.rss()),
    uptime: () => process.uptime(),
    getPriority(pid = 0) {
      check_process(pid);
      return 0;
    },
    setPriority(pid, value) {
      if (value === undefined)
        [pid, value] = [0, pid];
      check_process(pid);
      check_integer(value, 'priority', -20, 19);
      throw load('node/unavailable').refusal('os', 'setPriority()');
    },
  };
  for (const name of ['arch', 'machine', 'platform', 'type', 'release',
    'version', 'hostname', 'homedir', 'tmpdir', 'endianness', 'totalmem',
    'freemem', 'uptime', 'availableParallelism'])
    Object.defineProperty(os[name], Symbol.toPrimitive,
      { value: () => os[name](), configurable: true });
  return os;
})
