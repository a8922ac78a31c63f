const assert = require('assert');
const fs = require('fs');
const timers = require('timers');
const promised = require('timers/promises');
const { promisify, callbackify } = require('util');

const aborted = { name: 'AbortError', code: 'ABORT_ERR' };

exports.checks = {
  async 'promisify knows the functions whose callbacks take no error'() {
    assert.strictEqual(await promisify(setTimeout)(1, 'value'), 'value');
    assert.strictEqual(await promisify(setImmediate)('value'), 'value');
    assert.strictEqual(promisify(setTimeout), promised.setTimeout);
    assert.strictEqual(promisify(timers.setImmediate), promised.setImmediate);
    assert.strictEqual(await promisify(fs.exists)('no-such-file'), false);
    assert.strictEqual(timers.promises, promised);
    assert.strictEqual(require('node:timers/promises'), promised);
  },
  async 'promisify keeps this, properties and custom forms'() {
    const own = { value: 5, get(more, done) {
      done(null, this.value + more);
    } };
    own.get.extra = 1;
    own.get_soon = promisify(own.get);
    assert.strictEqual(await own.get_soon(2), 7);
    assert.strictEqual(own.get_soon.extra, 1);
    const custom = () => 'own';
    const marked = (done) => done();
    marked[promisify.custom] = custom;
    assert.strictEqual(promisify(marked), custom);
    marked[promisify.custom] = 5;
    assert.throws(() => promisify(marked), { code: 'ERR_INVALID_ARG_TYPE' });
    assert.throws(() => promisify('x'), { code: 'ERR_INVALID_ARG_TYPE' });
    const failing = promisify((done) => done(new Error('far')));
    await assert.rejects(failing(), /far/);
  },
  async 'callbackify gives even an empty rejection as an error'() {
    const answer = (own) => new Promise((resolve) =>
      callbackify(own)((error, value) => resolve([error, value])));
    assert.deepStrictEqual(await answer(async () => 5), [null, 5]);
    const [error] = await answer(() => Promise.reject(null));
    assert.strictEqual(error.code, 'ERR_FALSY_VALUE_REJECTION');
    assert.strictEqual(error.reason, null);
    assert.throws(() => callbackify(async () => 5)(),
      { code: 'ERR_INVALID_ARG_TYPE' });
  },
  async 'timers/promises: values, aborts and wrong arguments'() {
    assert.strictEqual(await promised.setTimeout(1, 'a'), 'a');
    assert.strictEqual(await promised.setTimeout(), undefined);
    assert.strictEqual(await promised.setImmediate('b'), 'b');
    assert.strictEqual(await promised.scheduler.wait(1), undefined);
    assert.strictEqual(await promised.scheduler.yield(), undefined);
    const done = AbortSignal.abort('why');
    for (const wait of [promised.setTimeout(60000, 0, { signal: done }),
      promised.setImmediate(0, { signal: done }),
      promised.scheduler.wait(60000, { signal: done }),
      promised.setInterval(60000, 0, { signal: done }).next()])
      await assert.rejects(wait, { ...aborted, cause: 'why' });
    const controller = new AbortController();
    const wait = promised.setTimeout(60000, 0, controller);
    controller.abort();
    await assert.rejects(wait, aborted);
    for (const wait of [promised.setTimeout('x'),
      promised.setTimeout(1, 0, 'x'), promised.setTimeout(1, 0, null),
      promised.setTimeout(1, 0, { signal: 5 }),
      promised.setImmediate(0, { ref: 1 })])
      await assert.rejects(wait, { code: 'ERR_INVALID_ARG_TYPE' });
  },
  async 'timers/promises: setInterval counts what it missed'() {
    let count = 0;
    for await (const value of promised.setInterval(1, 'tick')) {
      assert.strictEqual(value, 'tick');
      if (++count === 3)
        break;
    }
    const controller = new AbortController();
    const ticks = promised.setInterval(60000, 0, controller);
    const next = ticks.next();
    controller.abort();
    await assert.rejects(next, aborted);
    assert.deepStrictEqual(await ticks.next(),
      { value: undefined, done: true });
  },
  async 'timers: arguments and handles'() {
    for (const start of [setTimeout, setInterval, setImmediate])
      for (const wrong of [undefined, null, 'code()', {}])
        assert.throws(() => start(wrong), { code: 'ERR_INVALID_ARG_TYPE' });
    for (const delay of [-1, NaN, Infinity, '1', null, 2 ** 31, {}])
      await new Promise((resolve) => setTimeout(resolve, delay));
    const late = setTimeout(() => assert.fail('it was cleared'), 1);
    assert.strictEqual(typeof +late, 'number');
    clearTimeout(String(+late));
    for (const nothing of [undefined, null, {}, 'x', NaN, 1e9])
      clearTimeout(nothing);
    const values = await new Promise((resolve) =>
      setTimeout((...all) => resolve(all), 1, 'a', 'b'));
    assert.deepStrictEqual(values, ['a', 'b']);
    await promised.setTimeout(5);
  },
  async 'a timer is what its callback is called on'() {
    const timer = await new Promise((resolve) => {
      const own = setTimeout(function () {
        resolve([this, own]);
      }, 1);
    });
    assert.strictEqual(timer[0], timer[1]);
    assert.strictEqual(timer[0].unref().hasRef(), false);
    assert.strictEqual(timer[0].ref().hasRef(), true);
  },
};
