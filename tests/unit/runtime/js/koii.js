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
  },
  async 'refusals have the forms of Koii\'s wrapper'() {
    assert.strictEqual(await namespaceWrapper.getSlot(), 0);
    for (const name of ['getNodes', 'getProgramAccounts', 'getRpcUrl',
      'getAverageSlotTime', 'getTaskStateById', 'sendTransaction',
      'claimReward', 'uploadDistributionList',
      'distributionListSubmissionOnChain']) {
      const { error } = await namespaceWrapper[name]('a', 'b', 1);
      assert.ok(error instanceof Error, name);
      assert.strictEqual(error.code, 'not supported', name);
    }
    for (const name of ['getTaskSubmissionInfo', 'getTaskDistributionInfo',
      'getDistributionList'])
      assert.strictEqual(await namespaceWrapper[name](1, 2), null, name);
    for (const name of ['checkSubmissionAndUpdateRound', 'auditSubmission',
      'distributionListAuditSubmission', 'payoutTrigger'])
      assert.strictEqual(await namespaceWrapper[name]('a', 1), undefined, name);
  },
  /* What Koii's own wrapper (1.0.23) says of the same rounds under Node. */
  async 'the node for a list is selected as by Koii'() {
    const select = namespaceWrapper.nodeSelectionDistributionList;
    assert.strictEqual(await select(100, false), 'AAAA1');
    assert.strictEqual(await select(100, true), 'DDDD4444');
    assert.strictEqual(await select(101, false), 'AAAA1');
    assert.strictEqual(await select(101, true), 'CCCC333');
    assert.strictEqual(await select(98, false), 'EEEE5');
    assert.strictEqual(await select(97, false),
      'No submisssions found in N-1 round');
    assert.strictEqual(await select(1, false), undefined);
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
    for (const level of ['log', 'warn', 'error'])
      assert.strictEqual(await namespaceWrapper.logMessage(level, 'm', 'a'),
        true);
    assert.strictEqual(await namespaceWrapper.logMessage('x', 'm', 'a'), false);
    assert.strictEqual(
      await namespaceWrapper.retrieveThroughHttpGateway('x', 'f.json'),
      'evidence \u20ac');
    for (const name of ['validateAndVoteOnNodes',
      'validateAndVoteOnDistributionList',
      'submitTask', 'defaultTaskSetup'])
      assert.strictEqual(await namespaceWrapper[name](1), undefined);
    for (const name of ['stakeOnChain', 'fsStaking'])
      await assert.rejects(namespaceWrapper[name](1), new RegExp(name));
    assert.match(await namespaceWrapper.getTaskNodeVersion(), /^1\.\d+\.\d+$/);
    await assert.rejects(namespaceWrapper.fs('constructor', 'x'),
      /fs has no constructor/);
  },
  /* What 106 tasks name of Koii's modules, with those of the published types
   * that none of them names. */
  'each name that tasks use is there'() {
    for (const name of ['storeGet', 'storeSet', 'getTaskState',
      'defaultTaskSetup', 'distributionListSubmissionOnChain',
      'uploadDistributionList', 'validateAndVoteOnDistributionList',
      'validateAndVoteOnNodes', 'checkSubmissionAndUpdateRound',
      'getDistributionList', 'getSlot', 'getSubmitterAccount', 'getRpcUrl',
      'getBasePath', 'getTaskSubmissionInfo',
      'selectAndGenerateDistributionList', 'getTaskLevelDBPath', 'getDb',
      'payloadSigning', 'verifySignature', 'getRound', 'getMainAccountPubkey',
      'getNodes', 'logMessage', 'fs', 'getTaskStateById', 'bs58Decode',
      'fsReadStream', 'submitTask', 'fsWriteStream', 'fsStaking',
      'bs58Encode', 'decodePayload', 'getProgramAccounts',
      'sendAndConfirmTransactionWrapper', 'sendTransaction', 'claimReward',
      'stakeOnChain', 'logger', 'getTaskDBPath', 'getTaskDistributionInfo',
      'getTaskNodeVersion', 'auditSubmission', 'fetchWithTimeout',
      'retrieveThroughHttpGateway', 'distributionListAuditSubmission',
      'nodeSelectionDistributionList', 'getAverageSlotTime', 'payoutTrigger'])
      assert.strictEqual(typeof namespaceWrapper[name], 'function', name);
    for (const from of ['@_koii/namespace-wrapper',
      '@_koii/task-manager/namespace-wrapper']) {
      const module = require(from);
      assert.strictEqual(module.namespaceWrapper, namespaceWrapper);
      for (const [name, type] of [['TASK_ID', 'string'],
        ['MAIN_ACCOUNT_PUBKEY', 'string'], ['SECRET_KEY', 'string'],
        ['SERVICE_URL', 'string'],
        ['STAKE', 'number'], ['TASK_NODE_PORT', 'number'],
        ['taskNodeAdministered', 'boolean'], ['_server', 'object'],
        ['app', 'function']])
        assert.strictEqual(typeof module[name], type, name);
      assert.ok('K2_NODE_URL' in module);
      for (const name of ['get', 'post', 'use', 'delete', 'set', 'listen'])
        assert.strictEqual(typeof module.app[name], 'function', name);
    }
    const manager = require('@_koii/task-manager');
    for (const name of ['initializeTaskManager', 'getTaskManager'])
      assert.strictEqual(typeof manager[name], 'function', name);
    for (const name of ['getOrcaClient', 'initializeOrcaClient'])
      assert.strictEqual(
        typeof require('@_koii/task-manager/extensions')[name], 'function');
    assert.deepStrictEqual(
      { ...require('@_koii/namespace-wrapper/dist/types').LogLevel },
      { Log: 'log', Warn: 'warn', Error: 'error' });
    const { KoiiStorageClient } = require('@_koii/storage-task-sdk');
    const client = new KoiiStorageClient('task', 'http://k2', true);
    for (const name of ['uploadFile', 'getFile'])
      assert.strictEqual(typeof client[name], 'function', name);
  },
  'a task manager takes six functions'() {
    const { initializeTaskManager } = require('@_koii/task-manager');
    const functions = Object.fromEntries(['setup', 'task', 'submission',
      'audit', 'distribution', 'routes'].map((name) => [name, () => 1]));
    assert.throws(() => initializeTaskManager(functions),
      /was called before/);
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
    const file = { name: 'c', arrayBuffer: async () => new ArrayBuffer(5) };
    assert.strictEqual((await client.uploadFile(file)).cid, 'cid-of-5-bytes');
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
