/*
 * What a bundle of the engine `pond` tries. submission(n) makes attempt n and
 * gives "ok NAME CODE" if it was refused as it must be, "not NAME WHAT" if it
 * got through, and "over" behind the last.
 *
 * Variables: NEIGHBOUR, WALLET, SERVICE, MARKER as in attacks.js.
 */
'use strict';
const fs = require('fs');
const {initializeTaskManager, namespaceWrapper} =
    require('@_koii/task-manager');

const {NEIGHBOUR, WALLET, SERVICE} = process.env;
const marker = process.env.MARKER.split('|').join('');
const NO_FEATURE = 'ERR_FEATURE_UNAVAILABLE_ON_PLATFORM';
const attempts = [];

function attack(name, codes, attempt) {
  attempts.push({name, codes: codes.split(' '), attempt});
}

function none(code) {
  throw Object.assign(new Error(code), {code});
}

/* ---- files: none but the folder's exist ---- */

const OUTSIDE = 'ENOENT EACCES EPERM EXDEV ELOOP';
attack('users', OUTSIDE, () => fs.readFileSync('/etc/passwd'));
attack('wallet', OUTSIDE, () => fs.readFileSync(WALLET));
attack('wallet-by-dots', OUTSIDE, () =>
  fs.readFileSync(`${'../'.repeat(40)}${WALLET}`));
attack('wallet-by-encoded-url', OUTSIDE + ' ERR_INVALID_URL', () =>
  fs.readFileSync(new URL(`file:///x/%2e%2e/..${WALLET}`)));
attack('wallet-overwritten', OUTSIDE, () => fs.writeFileSync(WALLET, 'x'));
attack('wallet-copied', OUTSIDE, () => fs.copyFileSync(WALLET, 'copy'));
attack('wallet-renamed', OUTSIDE, () => fs.renameSync(WALLET, 'mine'));
attack('wallet-by-symlink', `${OUTSIDE} ${NO_FEATURE}`, () => {
  fs.symlinkSync(WALLET, 'link');
  return fs.readFileSync('link');
});
attack('wallet-by-hard-link', `${OUTSIDE} ${NO_FEATURE}`, () =>
  fs.linkSync(WALLET, 'name'));
attack('wallet-with-a-zero', 'ERR_INVALID_ARG_VALUE EINVAL', () =>
  fs.readFileSync(`x\0${WALLET}`));
attack('another-task', OUTSIDE, () => fs.readFileSync(`${NEIGHBOUR}/secret`));
attack('another-task-by-dots', OUTSIDE, () =>
  fs.readdirSync(`../${NEIGHBOUR.split('/').at(-1)}`));
attack('another-task-written', OUTSIDE, () =>
  fs.writeFileSync(`${NEIGHBOUR}/secret`, 'stolen'));
attack('environment-file', OUTSIDE, () =>
  fs.readFileSync('/proc/self/environ'));
attack('memory-file', OUTSIDE, () => fs.openSync('/proc/self/mem', 'r+'));
attack('folder-of-processes', OUTSIDE, () => fs.readdirSync('/proc'));
attack('device', OUTSIDE, () => fs.readFileSync('/dev/vda'));
attack('root', OUTSIDE, () => fs.readdirSync('/'));
attack('descriptor-of-the-node', 'EBADF', () =>
  fs.writeSync(3, Buffer.from([0, 0, 0, 0])));
attack('every-other-descriptor', 'EBADF', () => {
  for (let fd = 0; fd < 64; fd++) {
    try {
      fs.fstatSync(fd);
      return fd;
    } catch (error) {
      if (error.code !== 'EBADF') {
        throw error;
      }
    }
  }
  return none('EBADF');
});
attack('descriptor-flood', 'EMFILE', () => {
  const all = [];
  try {
    for (;;) {
      all.push(fs.openSync(`file-${all.length}`, 'w'));
    }
  } finally {
    all.forEach((fd) => fs.closeSync(fd));
  }
});
attack('large-file', 'EFBIG', () => {
  const fd = fs.openSync('large', 'w');
  try {
    fs.writeSync(fd, 'x', 2 ** 40);
  } finally {
    fs.closeSync(fd);
  }
});
attack('disk-flood', 'EDQUOT', () => {
  const block = Buffer.alloc(1 << 20, 1);
  const names = [];
  try {
    for (;;) {
      names.push(`flood-${names.length}`);
      fs.writeFileSync(names.at(-1), block);
    }
  } finally {
    names.forEach((name) => fs.rmSync(name, {force: true}));
  }
});

/* ---- processes, the network, the engine ---- */

attack('shell', NO_FEATURE, () => require('child_process').execSync('id'));
attack('program', NO_FEATURE, () => require('child_process').spawn('/bin/sh'));
attack('thread', NO_FEATURE, () =>
  new (require('worker_threads').Worker)('1', {eval: true}));
attack('cluster', NO_FEATURE, () => require('cluster').fork());
attack('inspector', `${NO_FEATURE} MODULE_NOT_FOUND`, () =>
  require('inspector').open());
attack('service', NO_FEATURE, () =>
  require('net').connect(Number(SERVICE), '127.0.0.1'));
attack('server', NO_FEATURE, () => require('net').createServer().listen(0));
attack('tls', NO_FEATURE, () => require('tls').connect(443, '127.0.0.1'));
attack('udp', NO_FEATURE, () => require('dgram').createSocket('udp4'));
attack('names', `${NO_FEATURE} ENOTFOUND EREFUSED`, () =>
  require('dns').promises.lookup('localhost'));
attack('signal-to-the-node', `${NO_FEATURE} EPERM ESRCH`, () =>
  process.kill(process.ppid, 'SIGKILL'));
attack('native-addon', `${NO_FEATURE} ERR_DLOPEN_FAILED MODULE_NOT_FOUND`, () =>
  require('./evil.node'));
attack('module-from-outside', 'MODULE_NOT_FOUND', () =>
  require('/etc/passwd'));
attack('binding', `${NO_FEATURE} NOTHING`, () => {
  const binding = process.binding('spawn_sync');
  return binding.spawn ? binding.spawn({file: '/bin/sh'}) : none('NOTHING');
});
attack('environment', 'NOTHING', () =>
  JSON.stringify(process.env).includes(marker) ? 'there' : none('NOTHING'));
attack('arguments', 'NOTHING', () =>
  process.argv.join().includes(marker) ? 'there' : none('NOTHING'));
attack('home', 'NOTHING', () =>
  require('os').homedir() === '/root' ? 'there' : none('NOTHING'));
attack('machine-name', 'HIDDEN', () =>
  ['pond', 'task', ''].includes(require('os').hostname()) ?
    none('HIDDEN') : require('os').hostname());
/* The C functions are the library's, and no name leads there. */
attack('engine-functions', 'NOTHING', () => {
  const seen = new Set();
  const look = (value, place, depth) => {
    if (depth > 4 || value === null || seen.has(value) ||
        (typeof value !== 'object' && typeof value !== 'function')) {
      return;
    }
    seen.add(value);
    for (const key of Reflect.ownKeys(value)) {
      const text = String(key);
      if (/^(file_open|descriptor_write|channel_send|folder_make)$/.test(text)) {
        throw Object.assign(new Error(text), {code: `${place}.${text}`});
      }
      let inner;
      try {
        inner = value[key];
      } catch (error) {
        continue;
      }
      look(inner, `${place}.${text}`, depth + 1);
    }
  };
  look(globalThis, 'globalThis', 0);
  return none('NOTHING');
});
attack('library-by-stack', 'NOTHING', () => {
  Error.prepareStackTrace = (error, sites) => sites;
  const sites = new Error('x').stack;
  delete Error.prepareStackTrace;
  const found = Array.isArray(sites) &&
      sites.some((site) => site.getFunction() || site.getThis());
  return found ? 'there' : none('NOTHING');
});
attack('library-by-caller', 'NOTHING TypeError', () => {
  function sloppy() {
    return sloppy.caller;
  }
  const caller = Function(`${sloppy}; return sloppy()`)();
  return caller && !/sloppy/.test(String(caller)) ? String(caller) :
    none('NOTHING');
});

/* ---- the node, by its own calls ---- */

/* Koii's wrapper gives what the node refuses as {error}. */
async function take(answer) {
  const given = await answer;
  if (given?.error)
    throw given.error;
  return given;
}
attack('payment', 'ANY', () =>
  take(namespaceWrapper.sendTransaction('a', 'b', 1000)));
attack('claim', 'ANY', () => take(namespaceWrapper.claimReward('a', 'b', 'c')));
/* The node does these by itself, from what the six functions gave. */
attack('submission-by-hand', 'NO_EFFECT', async () =>
  await namespaceWrapper.checkSubmissionAndUpdateRound('forged', 1) ??
      none('NO_EFFECT'));
attack('verdict-by-hand', 'NO_EFFECT', async () =>
  await namespaceWrapper.auditSubmission('a', false, 'b', 1) ??
      none('NO_EFFECT'));
attack('list-by-hand', 'ANY', () =>
  take(namespaceWrapper.distributionListSubmissionOnChain(1)));
attack('store-flood', 'ANY', async () => {
  const text = 'x'.repeat(1 << 20);
  for (let i = 0; i < 1000; i++) {
    await namespaceWrapper.storeSet(`key-${i}`, text);
  }
});
attack('key-flood', 'ANY', () =>
  namespaceWrapper.storeSet('k'.repeat(1 << 20), 'x'));
attack('cyclic-value', 'ANY', () => {
  const value = {};
  value.value = value;
  return namespaceWrapper.storeSet('cyclic', value);
});

initializeTaskManager({
  setup() {}, task() {}, audit() { return true; },
  distribution() { return {}; }, routes() {},
  async submission(round) {
    if (round >= attempts.length) {
      return 'over';
    }
    const {name, codes, attempt} = attempts[round];
    let result;
    try {
      result = `not ${name} ${JSON.stringify(await attempt())}`;
    } catch (error) {
      const code = error.code ?? error.name;
      const isWell = codes.includes(code) || codes[0] === 'ANY';
      result = `${isWell ? 'ok' : 'not'} ${name} ${code} ` +
          (codes[0] === 'ANY' ? error.message : '');
    }
    return result.slice(0, 400);
  },
});
