const assert = require('assert');
const koii = require('@_koii/task-manager/namespace-wrapper');
const { namespaceWrapper } = koii;

exports.checks = {
  async 'runtime memory'() {
    assert.strictEqual(await namespaceWrapper.storeGet('none'), null);
    await namespaceWrapper.storeSet('k', { list: [1, 'zwei', null] });
    assert.deepStrictEqual(await namespaceWrapper.storeGet('k'),
      { list: [1, 'zwei', null] });
    await namespaceWrapper.storeSet('short', 1, { ttlMs: 1 });
    await new Promise((resolve) => setTimeout(resolve, 20));
    assert.strictEqual(await namespaceWrapper.storeGet('short'), null);
    assert.deepStrictEqual(await namespaceWrapper.storeKeys('k'), ['k']);
    assert.strictEqual(await namespaceWrapper.storeRemove('k'), true);
    await assert.rejects(namespaceWrapper.storeSet('big',
      'x'.repeat(2 << 20)), /memory budget/);
  },
  async 'evidence'() {
    const { storage } = namespaceWrapper;
    assert.strictEqual(await storage.put('vier'), 'cid-of-4-bytes');
    assert.strictEqual(await storage.put(new Uint8Array(5)),
      'cid-of-5-bytes');
    assert.strictEqual(await storage.put({ files: { a: 'xy', 'b/c':
      Uint8Array.of(1) } }), 'cid-of-3-bytes');
    assert.ok(await storage.get('x') instanceof Uint8Array);
    assert.strictEqual(await storage.getText('x'), 'evidence €');
    await assert.rejects(storage.put(5), TypeError);
  },
  async 'requests and refusals'() {
    assert.strictEqual(await namespaceWrapper.getRound(), 7);
    assert.deepStrictEqual(await namespaceWrapper.getTaskState({ x: 1 }),
      [{ x: 1 }]);
    assert.strictEqual(await namespaceWrapper.getSlot(), -1);
    await assert.rejects(namespaceWrapper.sendTransaction('a', 'b', 1),
      { code: 'not supported' });
  },
  async 'the account has no secret'() {
    const account = await namespaceWrapper.getSubmitterAccount();
    assert.strictEqual(account.publicKey.toBase58(),
      'Stake111111111111111111111111111111111111111');
    assert.deepStrictEqual(Object.keys(account), ['publicKey']);
    assert.strictEqual(koii.TASK_ID,
      'Task1111111111111111111111111111111111111111');
  },
  async 'a signature is verified here'() {
    /* Node's crypto.sign() over '{"a":1}' with a key of its own. */
    const key = 'FVen3X669xLzsi6N2V91DoiyzHzg1uAgqiT8jZ9nS96Z';
    const signed = 'jhmZdmYacsr6zWM55eBz8fWTKz2W4DccBCsB7zVdsxMHH2ob' +
      '3qS6QJLxWKtJgM4s68khSbs659QG16RAfNJYYD6MrX4dW1iWQ';
    assert.deepStrictEqual(await namespaceWrapper.verifySignature(signed, key),
      { data: '{"a":1}' });
    const wrong = (signed[0] === '2' ? '3' : '2') + signed.slice(1);
    assert.ok((await namespaceWrapper.verifySignature(wrong, key)).error);
  },
  async 'files by name of the method'() {
    await namespaceWrapper.fs('writeFile', 'x.txt', 'x');
    assert.strictEqual(await namespaceWrapper.fs('readFile', 'x.txt', 'utf8'),
      'x');
    await namespaceWrapper.fs('unlink', 'x.txt');
    assert.ok((await namespaceWrapper.getBasePath()).startsWith('/tmp/'));
  },
  'process and require'() {
    assert.deepStrictEqual(process.env, { COLOUR: 'blue' });
    assert.throws(() => require('child_process'),
      { code: 'MODULE_NOT_FOUND' });
    assert.strictEqual(require('process'), process);
    assert.strictEqual(typeof globalThis.native, 'undefined');
  },
};
