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
    assert.strictEqual(await namespaceWrapper.getSlot(), 0);
    await assert.rejects(namespaceWrapper.sendTransaction('a', 'b', 1),
      { code: 'not supported' });
  },
  async 'the account has no secret'() {
    const account = await namespaceWrapper.getSubmitterAccount();
    assert.strictEqual(account.publicKey.toBase58(),
      'Stake111111111111111111111111111111111111111');
    assert.deepStrictEqual(Object.keys(account), ['publicKey', 'secretKey']);
    const { secretKey } = account;
    for (const take of [() => Uint8Array.from(secretKey),
      () => new Uint8Array(secretKey), () => secretKey[0],
      () => secretKey.length, () => Object.values(secretKey),
      () => secretKey.slice(0, 32), () => [...secretKey]])
      assert.throws(take, /stays with the node/);
    /* To print it is no mistake. */
    assert.match(require('util').inspect(account), /stays with the node/);
    assert.match(`${secretKey}`, /stays with the node/);
    assert.match(JSON.stringify(account), /stays with the node/);
    assert.strictEqual(koii.TASK_ID,
      'Task1111111111111111111111111111111111111111');
  },
  async 'a payload is signed with the key that is given'() {
    const { secretKey } = await namespaceWrapper.getSubmitterAccount();
    const body = { a: 1, text: '\u20ac/' };
    const signed = async (...key) => Buffer.from(
      await namespaceWrapper.bs58Decode(
        await namespaceWrapper.payloadSigning(body, ...key))).toString();
    assert.strictEqual(await signed(), 'main ' + JSON.stringify(body));
    assert.strictEqual(await signed(secretKey),
      'staking ' + JSON.stringify(body));
    /* RFC 8032, 7.1, test 1: seed and public key. */
    const own = Buffer.from('9d61b19deffd5a60ba844af492ec2cc44449c5697b326919' +
      '703bac031cae7f60d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af02' +
      '1a68f707511a', 'hex');
    const text = await namespaceWrapper.payloadSigning(body, own);
    assert.deepStrictEqual(await namespaceWrapper.verifySignature(text,
      await namespaceWrapper.bs58Encode(own.subarray(32))),
    { data: JSON.stringify(body) });
    await assert.rejects(namespaceWrapper.payloadSigning(body, 'secret'),
      TypeError);
    await assert.rejects(namespaceWrapper.payloadSigning(body,
      new Uint8Array(32)), TypeError);
  },
  async 'what Koii\'s tasks import is there'() {
    const manager = require('@_koii/task-manager');
    const { getOrcaClient, initializeOrcaClient } =
      require('@_koii/task-manager/extensions');
    await assert.rejects(getOrcaClient(), /getOrcaClient.*not supported/);
    await assert.rejects(initializeOrcaClient(), /Orca/);
    assert.strictEqual(
      require('@_koii/namespace-wrapper/dist/types').LogLevel.Error, 'error');
    assert.strictEqual(manager.getTaskManager(), manager.taskRunner);
    for (const name of ['submitTask', 'auditTask', 'auditDistribution',
      'submitDistributionList', 'selectAndGenerateDistributionList'])
      assert.strictEqual(await manager.taskRunner[name](1), undefined);
    assert.strictEqual(await namespaceWrapper.getMainAccountPubkey(),
      'Main1111111111111111111111111111111111111111');
    assert.strictEqual(await namespaceWrapper.logMessage('error', 'm', 'a'),
      true);
    for (const name of ['nodeSelectionDistributionList',
      'validateAndVoteOnNodes', 'validateAndVoteOnDistributionList',
      'submitTask', 'defaultTaskSetup'])
      assert.strictEqual(await namespaceWrapper[name](1), undefined);
    for (const name of ['getDb', 'stakeOnChain', 'fsStaking'])
      await assert.rejects(namespaceWrapper[name](1), new RegExp(name));
    assert.match(await namespaceWrapper.getTaskNodeVersion(), /^1\.\d+\.\d+$/);
    for (const name of ['STAKE', '_server'])
      assert.ok(name in koii);
    await assert.rejects(namespaceWrapper.fs('constructor', 'x'),
      /fs has no constructor/);
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
    assert.strictEqual(__dirname, await namespaceWrapper.getBasePath());
    assert.strictEqual(__filename, `${__dirname}/main.js`);
  },
  async 'the storage SDK keeps files in the store of the node'() {
    const { KoiiStorageClient } = require('@_koii/storage-task-sdk');
    const client = KoiiStorageClient.getInstance({});
    assert.ok(client instanceof KoiiStorageClient);
    assert.strictEqual(KoiiStorageClient.getInstance({}), client);
    await namespaceWrapper.fs('writeFile', 'proof.json', '[1]');
    const path = `${await namespaceWrapper.getBasePath()}/proof.json`;
    const { cid } = await client.uploadFile(path, {});
    assert.strictEqual(cid, 'cid-of-3-bytes');
    const more = await client.uploadFile([path, new File(['four'], 'b.txt')]);
    assert.strictEqual(more.cid, 'cid-of-7-bytes');
    const blob = await client.getFile(cid, 'proof.json');
    assert.ok(blob instanceof Blob);
    assert.strictEqual(await blob.text(), 'evidence \u20ac');
    await assert.rejects(client.uploadFile('missing.txt'), { code: 'ENOENT' });
    await assert.rejects(client.uploadFile(7), TypeError);
    await namespaceWrapper.fs('unlink', 'proof.json');
  },
  'process and require'() {
    assert.deepStrictEqual(process.env, { COLOUR: 'blue' });
    assert.throws(() => require('left-pad'),
      { code: 'MODULE_NOT_FOUND' });
    assert.strictEqual(require('process'), process);
    assert.strictEqual(typeof globalThis.native, 'undefined');
  },
};
