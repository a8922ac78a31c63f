const assert = require('node:assert');
const { EventEmitter, once } = require('events');
const { AsyncLocalStorage, AsyncResource } = require('async_hooks');
const sleep = require('timers/promises').setTimeout;

const type_error = { code: 'ERR_INVALID_ARG_TYPE' };

/* Run work while process has no other listeners of the event. */
async function alone(event, work) {
  const others = process.listeners(event);
  process.removeAllListeners(event);
  try {
    await work();
  } finally {
    process.removeAllListeners(event);
    for (const other of others)
      process.on(event, other);
  }
}

exports.checks = {
  'process is an EventEmitter with a tag of its own'() {
    assert.strictEqual(Object.prototype.toString.call(process),
      '[object process]');
    assert.ok(process instanceof EventEmitter);
    assert.strictEqual(process.constructor.name, 'process');
    let heard;
    process.once('own', (value) => {
      heard = value;
    });
    assert.strictEqual(process.emit('own', 7), true);
    assert.strictEqual(process.emit('own', 8), false);
    assert.strictEqual(heard, 7);
  },
  'process looks like that of a Node 20'() {
    assert.match(process.version, /^v20\./);
    assert.strictEqual(`v${process.versions.node}`, process.version);
    assert.strictEqual(process.release.name, 'node');
    assert.ok(Array.isArray(process.execArgv));
    assert.strictEqual(process.argv[1], __filename);
    assert.strictEqual(process.cwd(), __dirname);
    assert.strictEqual(process.mainModule, module);
    assert.strictEqual(typeof process.getuid(), 'number');
    assert.ok(process.config.variables);
    assert.strictEqual(process.getBuiltinModule('node:events'), EventEmitter);
    assert.strictEqual(process.getBuiltinModule('left-pad'), undefined);
  },
  'nextTick comes before promises, and after those that asked for it'() {
    const order = [];
    return new Promise((resolve) => setTimeout(() => {
      Promise.resolve().then(() => {
        order.push('promise');
        process.nextTick(() => order.push('tick of a promise'));
      }).then(() => order.push('second promise'));
      queueMicrotask(() => order.push('microtask'));
      process.nextTick((...values) => {
        order.push(`tick ${values}`);
        Promise.resolve().then(() => order.push('promise of a tick'));
        process.nextTick(() => order.push('tick of a tick'));
      }, 1, 2);
      process.nextTick(() => order.push('second tick'));
      setTimeout(resolve, 5);
    })).then(() => assert.deepStrictEqual(order, ['tick 1,2', 'second tick',
      'tick of a tick', 'promise', 'microtask', 'promise of a tick',
      'second promise', 'tick of a promise']));
  },
  'nextTick takes functions only'() {
    for (const value of [undefined, null, 'x', {}])
      assert.throws(() => process.nextTick(value), type_error);
  },
  'what the process uses is true'() {
    const { rss, heapUsed, heapTotal } = process.memoryUsage();
    assert.ok(rss > 1e6 && heapUsed > 1e5 && heapTotal >= heapUsed,
      `${rss} ${heapUsed} ${heapTotal}`);
    assert.ok(process.memoryUsage.rss() > 1e6);
    const before = process.cpuUsage();
    const began = process.hrtime.bigint();
    while (process.hrtime.bigint() - began < 5000000n);
    const { user, system } = process.cpuUsage(before);
    assert.ok(user + system > 0);
    assert.ok(process.resourceUsage().maxRSS > 1000);
    assert.ok(process.uptime() > 0);
    assert.ok(process.hrtime(process.hrtime())[0] === 0);
    assert.throws(() => process.hrtime(1), type_error);
  },
  'exit codes are integers'() {
    process.exitCode = 3;
    process.exitCode = '4';
    assert.throws(() => {
      process.exitCode = 'x';
    }, type_error);
    assert.throws(() => {
      process.exitCode = 1.5;
    }, { code: 'ERR_OUT_OF_RANGE' });
    process.exitCode = undefined;
    assert.strictEqual(process.exitCode, undefined);
  },
  'warnings are events'() {
    return alone('warning', async () => {
      const heard = once(process, 'warning');
      process.emitWarning('old', { code: 'P1', type: 'Own' });
      const [warning] = await heard;
      assert.strictEqual(warning.name, 'Own');
      assert.strictEqual(warning.code, 'P1');
      assert.strictEqual(warning.message, 'old');
      assert.throws(() => process.emitWarning(7), type_error);
    });
  },
  'an error that nobody caught goes to the listener'() {
    return alone('uncaughtException', async () => {
      const heard = once(process, 'uncaughtException');
      setTimeout(() => {
        throw new Error('from a timer');
      });
      const [error, origin] = await heard;
      assert.strictEqual(error.message, 'from a timer');
      assert.strictEqual(origin, 'uncaughtException');
    });
  },
  'a rejection that nobody caught goes to the listener'() {
    return alone('unhandledRejection', async () => {
      const heard = once(process, 'unhandledRejection');
      const rejected = Promise.reject(new Error('lost'));
      const [reason, promise] = await heard;
      assert.strictEqual(reason.message, 'lost');
      assert.strictEqual(promise, rejected);
    });
  },
  'bindings are there and signals go nowhere'() {
    assert.throws(() => process.binding('none'), /No such module: none/);
    assert.ok(process.binding('fs'));
    assert.strictEqual(process.kill(process.pid, 0), true);
    assert.throws(() => process.kill(process.pid, 'SIGNONE'),
      { code: 'ERR_UNKNOWN_SIGNAL' });
    const before = process.umask(0o77);
    assert.strictEqual(process.umask(before), 0o77);
  },
  'stdout and stderr are streams'() {
    const { Writable } = require('stream');
    assert.ok(process.stdout instanceof Writable);
    assert.strictEqual(process.stderr.fd, 2);
    assert.strictEqual(require('tty').isatty(1), Boolean(process.stdout.isTTY));
    return new Promise((resolve) => process.stderr.write('', resolve));
  },
  'AsyncLocalStorage goes with timers, ticks and then()'() {
    const storage = new AsyncLocalStorage();
    const inner = new AsyncLocalStorage();
    return new Promise((resolve) => {
      const seen = [];
      const see = (name) => () => seen.push(`${name} ${storage.getStore()}`);
      storage.run('a', () => {
        see('call')();
        setTimeout(see('timer'));
        process.nextTick(see('tick'));
        queueMicrotask(see('microtask'));
        Promise.resolve().then(see('then'));
        inner.run('b', () => storage.exit(see('exit')));
        setTimeout(AsyncResource.bind(() => storage.run('c', see('run'))));
      });
      see('after')();
      setTimeout(() => resolve(seen.sort()), 20);
    }).then((seen) => assert.deepStrictEqual(seen, ['after undefined', 'call a',
      'exit undefined', 'microtask a', 'run c', 'then a', 'tick a',
      'timer a']));
  },
  async 'AsyncLocalStorage goes with await, and each call has its own'() {
    const storage = new AsyncLocalStorage();
    const seen = new Set();
    const see = (place) => seen.add(`${storage.getStore()} ${place}`);
    async function* numbers() {
      await sleep(1);
      see('generator');
      yield 1;
    }
    async function work() {
      see('begin');
      await sleep(2);
      see('await');
      await (async () => {
        await Promise.resolve();
        see('inner');
      })();
      await Promise.reject(new Error('x')).catch(() => see('catch'));
      for await (const number of numbers())
        see(`loop ${number}`);
      await Promise.all([sleep(1), sleep(2).finally(() => see('finally'))]);
      see('end');
    }
    const places = ['begin', 'await', 'inner', 'catch', 'generator', 'loop 1',
      'finally', 'end'];
    const shared = sleep(1);
    await Promise.all([storage.run('a', work), storage.run('b', work), work(),
      storage.run('c', async () => {
        await shared;
        see('shared');
        await storage.run('d', () => sleep(1));
        see('again');
      }), (async () => {
        await shared;
        see('shared');
      })()]);
    see('after');
    assert.deepStrictEqual([...seen].sort(), [
      ...['a', 'b', 'undefined'].flatMap((store) =>
        places.map((place) => `${store} ${place}`)),
      'c shared', 'c again', 'undefined shared', 'undefined after'].sort());
    assert.strictEqual(await storage.run('e', async () => {
      const promise = Promise.resolve(1);
      return await promise + await Promise.resolve(promise);
    }), 2);
  },
  'AsyncResource keeps the stores of its making'() {
    const storage = new AsyncLocalStorage();
    const resource = storage.run(1, () => new AsyncResource('OWN'));
    const snapshot = storage.run(2, () => AsyncLocalStorage.snapshot());
    assert.strictEqual(resource.runInAsyncScope(() => storage.getStore()), 1);
    assert.strictEqual(snapshot(() => storage.getStore()), 2);
    assert.strictEqual(storage.getStore(), undefined);
    return sleep(1);
  },
};
