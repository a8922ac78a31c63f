/*
 * What a bundle of the engine `node` tries, all of it in one process. A line for
 * each attempt: "ok NAME CODE" if it was refused as it must be, "not NAME WHAT"
 * if it got through or was refused in another way.
 *
 * The driver gives, as the task's variables: NEIGHBOUR (another task's folder),
 * WALLET (a file of the operator), HOME_OF_OPERATOR, SERVICE (a port on the
 * machine's loopback), SOCKET (a Unix socket of the machine), ABSTRACT (its
 * like without a path), MARKER (what stands in the node's own environment, cut
 * in two), NODE_PROCESS (its number), CALLS (a program to run).
 */
'use strict';
const child = require('node:child_process');
const dgram = require('node:dgram');
const fs = require('node:fs');
const net = require('node:net');
const os = require('node:os');
const path = require('node:path');

const {NEIGHBOUR, WALLET, HOME_OF_OPERATOR, SERVICE, SOCKET, ABSTRACT} =
    process.env;
const marker = process.env.MARKER.split('|').join('');
const attempts = [];

/* attempt() throws, or rejects, with one of the codes. A promise that says "no"
 * by its value throws none(value). */
function attack(name, codes, attempt) {
  attempts.push({name, codes: codes.split(' '), attempt});
}

function none(code) {
  throw Object.assign(new Error(code), {code});
}

function run(program, ...words) {
  const done = child.spawnSync(program, words, {encoding: 'utf8'});
  if (done.error) {
    throw done.error;
  }
  return done.status === 0 ? done.stdout || 'done' : none(`EXIT_${done.status}`);
}

function link(options) {
  return new Promise((resolve, reject) => {
    net.connect(options).on('connect', () => resolve('connected'))
        .on('error', reject);
  });
}

/* Speak to a proxy as a program without the preload would. */
function speak(port, text) {
  return new Promise((resolve, reject) => {
    const all = [];
    net.connect(port, '127.0.0.1').on('data', (data) => all.push(data))
        .on('error', reject)
        .on('close', () => resolve(Buffer.concat(all)))
        .end(text);
  });
}

async function ask(text) {
  const answer = await speak(Number(process.env.POND_PROXY_PORT), text);
  return answer[0] === 0 ? answer.toString() : none(`PROXY_${answer[0]}`);
}

async function askHttp(text) {
  /* The preload keeps it from this process, not from others. */
  const port = new URL(require('node:child_process').execFileSync(
      'printenv', ['HTTP_PROXY']).toString().trim()).port;
  const answer = String(await speak(Number(port), text));
  const status = /^HTTP\/1\.1 (\d+)/.exec(answer)?.[1];
  return status === '200' ? answer : none(`HTTP_${status}`);
}

/* ---- files ---- */

attack('users-of-the-machine', 'ONLY_ITSELF', () => {
  const users = fs.readFileSync('/etc/passwd', 'utf8').trim().split('\n');
  return users.length > 1 ? users : none('ONLY_ITSELF');
});
attack('shadow', 'ENOENT', () => fs.readFileSync('/etc/shadow'));
attack('hosts-of-the-machine', 'ONLY_LOCALHOST', () => {
  const hosts = fs.readFileSync('/etc/hosts', 'utf8');
  return /localhost\n.*localhost\n$/.test(hosts) ? none('ONLY_LOCALHOST') : hosts;
});
attack('wallet', 'ENOENT', () => fs.readFileSync(WALLET));
attack('wallet-by-dots', 'ENOENT', () => fs.readFileSync(
    `${'../'.repeat(40)}${WALLET}`));
attack('wallet-by-symlink', 'ENOENT', () => {
  fs.symlinkSync(WALLET, 'a-link');
  return fs.readFileSync('a-link');
});
attack('wallet-by-hard-link', 'ENOENT', () => fs.linkSync(WALLET, 'a-name'));
attack('wallet-by-descriptor-path', 'ENOENT EACCES', () =>
  fs.readFileSync(`/proc/self/cwd/../../${WALLET}`));
attack('wallet-by-root-of-first', 'EACCES ENOENT', () =>
  fs.readFileSync(`/proc/1/root${WALLET}`));
attack('wallet-overwritten', 'ENOENT', () => fs.writeFileSync(WALLET, 'x'));
attack('home-of-the-operator', 'ENOENT EACCES', () =>
  fs.readdirSync(HOME_OF_OPERATOR));
attack('another-task-read', 'ENOENT', () =>
  fs.readFileSync(path.join(NEIGHBOUR, 'secret')));
attack('another-task-listed', 'ENOENT', () => fs.readdirSync(NEIGHBOUR));
attack('another-task-written', 'ENOENT', () =>
  fs.writeFileSync(path.join(NEIGHBOUR, 'secret'), 'stolen'));
attack('another-task-renamed', 'ENOENT', () =>
  fs.renameSync(NEIGHBOUR, `${NEIGHBOUR}-gone`));
attack('root-listed', 'EACCES', () => fs.readdirSync('/'));
attack('program-replaced', 'EROFS EACCES', () =>
  fs.writeFileSync('/usr/bin/node', 'x'));
attack('library-replaced', 'EROFS EACCES', () =>
  fs.renameSync('/usr/lib', '/usr/lib2'));
attack('cron-job', 'EROFS EACCES ENOENT', () =>
  fs.writeFileSync('/etc/cron.d/x', 'x'));
attack('shell-profile', 'EROFS EACCES ENOENT', () =>
  fs.writeFileSync('/etc/profile', 'x'));
attack('file-at-root', 'EROFS EACCES', () => fs.writeFileSync('/x', 'x'));
attack('device-made', 'EXIT_1', () => run('mknod', 'disk', 'b', '254', '0'));
attack('disk-opened', 'ENOENT', () => fs.openSync('/dev/vda'));
attack('file-above-the-limit', 'EFBIG', () =>
  fs.writeSync(fs.openSync('big', 'w'), 'x', 1 << 30));
attack('descriptor-flood', 'EMFILE', () => {
  const all = [];
  try {
    for (;;) {
      all.push(fs.openSync('/dev/null'));
    }
  } finally {
    all.forEach((fd) => fs.closeSync(fd));
  }
});
attack('shared-memory-flood', 'ENOSPC', () => {
  const block = Buffer.alloc(1 << 20, 1);
  try {
    for (let i = 0; i < 4096; i++) {
      fs.appendFileSync('/dev/shm/flood', block);
    }
  } finally {
    fs.unlinkSync('/dev/shm/flood');
  }
});

/* ---- /proc and the environment ---- */

attack('environment-of-the-node', 'NOTHING', () => {
  for (const name of fs.readdirSync('/proc')) {
    let text = '';
    try {
      text = fs.readFileSync(`/proc/${name}/environ`, 'latin1');
    } catch (error) {
      continue;
    }
    if (text.includes(marker)) {
      return name;
    }
  }
  return JSON.stringify(process.env).includes(marker) ? 'own' : none('NOTHING');
});
attack('environment-of-the-first', 'EACCES', () =>
  fs.readFileSync('/proc/1/environ'));
attack('processes-of-others', 'NOTHING', () => {
  const known = ['node', 'pond-launch'];
  const others = fs.readdirSync('/proc').filter((name) => /^\d+$/.test(name))
      .map((name) => fs.readFileSync(`/proc/${name}/comm`, 'utf8').trim())
      .filter((name) => !known.includes(name));
  return others.length ? others : none('NOTHING');
});
attack('descriptors-of-the-node', 'NOTHING', () => {
  const own = (target) => /^(pipe|socket|anon_inode):/.test(target) ||
      target.startsWith('/dev/') || target.startsWith(process.cwd()) ||
      target.startsWith('/proc/');
  const all = fs.readdirSync('/proc/self/fd').map((name) => {
    try {
      return fs.readlinkSync(`/proc/self/fd/${name}`);
    } catch (error) {
      return '/dev/null';
    }
  });
  const others = all.filter((target) => !own(target));
  return others.length ? others : none('NOTHING');
});
attack('launcher-socket', 'EBADF EINVAL', () => fs.writeSync(4, 'S'));
attack('kernel-memory', 'NOTHING ENOENT', () =>
  fs.readFileSync('/proc/kcore').length || none('NOTHING'));
attack('kernel-symbols', 'NOTHING ENOENT', () =>
  fs.readFileSync('/proc/kallsyms').length || none('NOTHING'));
attack('core-pattern', 'EROFS EACCES', () =>
  fs.writeFileSync('/proc/sys/kernel/core_pattern', '|/tmp/x'));
/* Where a kernel has it, /dev/null lies over it: 1, 3. */
attack('sysrq', 'ENOENT COVERED', () =>
  fs.statSync('/proc/sysrq-trigger').rdev === 0x103
      ? none('COVERED') : fs.writeFileSync('/proc/sysrq-trigger', 'b'));
attack('oom-score', 'EROFS EACCES', () =>
  fs.writeFileSync('/proc/self/oom_score_adj', '-1000'));
attack('machine-name', 'HIDDEN', () =>
  os.hostname() === 'task' ? none('HIDDEN') : os.hostname());

/* ---- processes ---- */

/* Before Landlock knew signals the call itself is allowed. The kernel lets no
 * signal from inside end the first of a PID namespace: it is still there. */
attack('kill-the-first', 'EPERM STILL_THERE', async () => {
  process.kill(1, 'SIGKILL');
  await new Promise((resolve) => setTimeout(resolve, 200));
  process.kill(1, 0);
  none('STILL_THERE');
});
attack('kill-the-node', 'ESRCH EPERM', () =>
  process.kill(Number(process.env.NODE_PROCESS), 'SIGKILL'));
attack('debug-the-node', 'ESRCH EPERM', () =>
  process._debugProcess(Number(process.env.NODE_PROCESS)));
attack('set-user-id-program', 'EXIT_1 EXIT_126', () =>
  run('su', '-c', 'cat /etc/shadow'));
attack('user-namespace', 'EXIT_1', () => run('unshare', '-Ur', 'id'));
attack('mount', 'EXIT_1 EXIT_32', () =>
  run('mount', '-t', 'tmpfs', 'none', '/tmp'));
attack('tracer', 'EXIT_1', () => run('strace', '-p', '1'));
attack('process-flood', 'EAGAIN', async () => {
  const all = [];
  let failure = 'done';
  while (all.length < 2000 && failure === 'done') {
    const one = child.spawn('sleep', ['60'], {stdio: 'ignore'});
    one.on('error', () => {});
    if (one.pid === undefined) {
      failure = 'EAGAIN';
    } else {
      all.push(new Promise((resolve) => one.on('exit', resolve)));
      all.at(-1).kill = () => one.kill('SIGKILL');
    }
  }
  all.forEach((one) => one.kill());
  await Promise.all(all);
  return failure === 'EAGAIN' ? none(failure) : failure;
});

/* ---- the network ---- */

attack('service-of-the-machine', 'ECONNREFUSED', () =>
  link({port: Number(SERVICE), host: '127.0.0.1'}));
attack('service-by-name', 'ECONNREFUSED', () =>
  link({port: Number(SERVICE), host: 'localhost', family: 4}));
attack('service-by-ipv6', 'ECONNREFUSED', () =>
  link({port: Number(SERVICE), host: '::1'}));
attack('service-by-a-rooted-name', 'EACCES ENOTFOUND', () =>
  link({port: Number(SERVICE), host: 'localhost.'}));
attack('service-by-hex', 'EACCES', () =>
  link({port: Number(SERVICE), host: '0x7f000001'}));
attack('service-by-number', 'EACCES', () =>
  link({port: Number(SERVICE), host: '2130706433'}));
attack('service-by-carried-ipv4', 'EACCES', () =>
  link({port: Number(SERVICE), host: '64:ff9b::7f00:1'}));
attack('service-by-proxy-line', 'PROXY_3', () =>
  ask(`127.0.0.1 ${SERVICE}\nx`));
attack('service-by-proxy-line-name', 'PROXY_3', () =>
  ask(`localhost ${SERVICE}\nx`));
attack('service-by-connect', 'HTTP_403', () =>
  askHttp(`CONNECT 127.0.0.1:${SERVICE} HTTP/1.1\r\n\r\n`));
attack('service-by-absolute-url', 'HTTP_403', () =>
  askHttp(`GET http://[::1]:${SERVICE}/ HTTP/1.1\r\n\r\n`));
attack('two-requests-in-one', 'HTTP_403', () => askHttp(
    `GET http://localhost:${SERVICE}/ HTTP/1.1\r\nHost: a\r\n\r\n` +
    `GET http://localhost:${SERVICE}/ HTTP/1.1\r\n\r\n`));
attack('broken-proxy-request', 'HTTP_502', () =>
  askHttp('CONNECT a b c d HTTP/1.1\r\n\r\n'));
attack('proxy-head-flood', 'HTTP_502 ECONNRESET EPIPE', () =>
  askHttp(`GET http://a/ HTTP/1.1\r\n${'a: b\r\n'.repeat(100000)}`));
attack('metadata', 'EACCES', () => fetch('http://169.254.169.254/latest')
    .catch((error) => Promise.reject(error.cause)));
attack('metadata-of-azure', 'EACCES', () =>
  link({port: 80, host: '168.63.129.16'}));
attack('local-network', 'EACCES', () => link({port: 80, host: '192.168.1.1'}));
attack('mail', 'EACCES', () => link({port: 25, host: '1.1.1.1'}));
attack('without-the-preload', 'EXIT_7 EXIT_28', () => run('env', '-i', 'curl',
    '-sS', '-m', '5', 'http://169.254.169.254/'));
attack('udp', 'ENETUNREACH EPERM', () => new Promise((resolve, reject) => {
  const socket = dgram.createSocket('udp4');
  socket.send('x', 53, '1.1.1.1', (error) => {
    socket.close();
    return error ? reject(error) : resolve('sent');
  });
}));
attack('unix-socket', 'ENOENT', () => link({path: SOCKET}));
attack('abstract-unix-socket', 'ECONNREFUSED EPERM', () =>
  link({path: `\0${ABSTRACT}`}));
attack('container-engine', 'ENOENT', () => link({path: '/var/run/docker.sock'}));
attack('system-bus', 'ENOENT', () =>
  link({path: '/run/dbus/system_bus_socket'}));

/* ---- the kernel ---- */

/* A program that the task brought along prints a line for each call. */
function calls() {
  const done = child.spawnSync(process.env.CALLS,
      ['program', process.env.NODE_PROCESS], {encoding: 'utf8'});
  const lines = (done.stdout ?? '').trim().split('\n');
  for (const line of lines) {
    const [name, how, what] = line.split(' ');
    const isRefused = how === 'refused' || how === 'killed';
    console.log(isRefused ? 'ok' : 'not', `call-${name}`, what ?? how);
  }
}

(async () => {
  for (const {name, codes, attempt} of attempts) {
    let result;
    try {
      result = `not ${name} ${JSON.stringify(await attempt())}`;
    } catch (error) {
      const code = error.code ?? error.message;
      result = `${codes.includes(code) ? 'ok' : 'not'} ${name} ${code}`;
    }
    console.log(result);
  }
  calls();
  console.log('over');
  process.exit(0);
})();
