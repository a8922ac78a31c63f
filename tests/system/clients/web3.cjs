// @solana/web3.js, unmodified, against the settlement endpoint.
'use strict';
const assert = require('node:assert/strict');
const web3 = require('@solana/web3.js');
const { startEndpoint, runTests } = require('./endpoint.cjs');

const KOII = web3.LAMPORTS_PER_SOL;
const FEE = 5000;

async function fund(connection, amount = 10 * KOII) {
  const key = web3.Keypair.generate();
  const signature = await connection.requestAirdrop(key.publicKey, amount);
  const latest = await connection.getLatestBlockhash();
  const { value } = await connection.confirmTransaction(
    { signature, ...latest }, 'finalized');
  assert.equal(value.err, null);
  return key;
}

function transfer(from, to, lamports) {
  return new web3.Transaction().add(web3.SystemProgram.transfer({
    fromPubkey: from.publicKey, toPubkey: to, lamports }));
}

async function an_airdrop_is_confirmed_over_the_websocket({ connection }) {
  const key = await fund(connection, 3 * KOII);
  assert.equal(await connection.getBalance(key.publicKey), 3 * KOII);
}

async function a_transfer_moves_lamports_and_costs_the_fee({ connection }) {
  const from = await fund(connection);
  const to = web3.Keypair.generate().publicKey;
  await web3.sendAndConfirmTransaction(
    connection, transfer(from, to, 2 * KOII), [from]);
  assert.equal(await connection.getBalance(to), 2 * KOII);
  assert.equal(await connection.getBalance(from.publicKey), 8 * KOII - FEE);
}

async function a_transfer_without_funds_fails_as_on_solana({ connection }) {
  const from = await fund(connection, KOII);
  const to = web3.Keypair.generate().publicKey;
  await assert.rejects(
    web3.sendAndConfirmTransaction(
      connection, transfer(from, to, 2 * KOII), [from]),
    (error) => {
      assert(error instanceof web3.SendTransactionError);
      assert.match(error.message, /custom program error: 0x1/);
      assert(error.logs.some((line) => /insufficient lamports/.test(line)));
      return true;
    });
  assert.equal(await connection.getBalance(from.publicKey), KOII);
}

async function a_failing_transaction_pays_its_fee_and_shows_its_error(
  { connection }) {
  const from = await fund(connection, KOII);
  const to = web3.Keypair.generate().publicKey;
  const signature = await connection.sendTransaction(
    transfer(from, to, 2 * KOII), [from], { skipPreflight: true });
  const latest = await connection.getLatestBlockhash();
  const { value } = await connection.confirmTransaction(
    { signature, ...latest }, 'confirmed');
  assert.deepEqual(value.err, { InstructionError: [0, { Custom: 1 }] });
  const { value: status } = await connection.getSignatureStatus(signature);
  assert.deepEqual(status.err, value.err);
  assert.equal(await connection.getBalance(from.publicKey), KOII - FEE);
}

async function get_transaction_shows_what_happened({ connection }) {
  const from = await fund(connection);
  const to = web3.Keypair.generate().publicKey;
  const signature = await web3.sendAndConfirmTransaction(
    connection, transfer(from, to, KOII), [from]);
  const found = await connection.getTransaction(signature,
    { commitment: 'confirmed', maxSupportedTransactionVersion: 0 });
  assert.equal(found.version, 'legacy');
  assert.equal(found.meta.err, null);
  assert.equal(found.meta.fee, FEE);
  const keys = found.transaction.message.staticAccountKeys.map(String);
  assert.equal(keys[0], from.publicKey.toBase58());
  const at = keys.indexOf(to.toBase58());
  assert.equal(found.meta.preBalances[at], 0);
  assert.equal(found.meta.postBalances[at], KOII);
  assert.deepEqual(found.meta.logMessages, [
    'Program 11111111111111111111111111111111 invoke [1]',
    'Program 11111111111111111111111111111111 success']);
  assert(Math.abs(found.blockTime - Date.now() / 1000) < 60);

  const parsed = await connection.getParsedTransaction(signature,
    { maxSupportedTransactionVersion: 0 });
  assert.equal(parsed.transaction.message.accountKeys[0].signer, true);
}

async function get_block_holds_the_transaction({ connection }) {
  const from = await fund(connection);
  const signature = await web3.sendAndConfirmTransaction(
    connection, transfer(from, web3.Keypair.generate().publicKey, KOII),
    [from]);
  const { value: status } = await connection.getSignatureStatus(signature);
  const block = await connection.getBlock(status.slot,
    { maxSupportedTransactionVersion: 0 });
  assert(block.transactions.some(
    (item) => item.transaction.signatures[0] === signature));
  const parent = await connection.getBlock(block.parentSlot,
    { maxSupportedTransactionVersion: 0 });
  assert.equal(parent.blockhash, block.previousBlockhash);
  const slots = await connection.getBlocks(block.parentSlot, status.slot);
  assert.deepEqual(slots, [block.parentSlot, status.slot]);
  const signatures = await connection.getBlockSignatures(status.slot);
  assert(signatures.signatures.includes(signature));
  assert.equal(await connection.getBlockTime(status.slot), block.blockTime);
}

async function history_of_an_address_pages_backwards({ connection }) {
  const from = await fund(connection);
  const to = web3.Keypair.generate().publicKey;
  const sent = [];
  for (let i = 0; i < 4; i++) {
    sent.unshift(await web3.sendAndConfirmTransaction(
      connection, transfer(from, to, KOII), [from]));
  }
  const all = await connection.getSignaturesForAddress(to);
  assert.deepEqual(all.map((item) => item.signature), sent);
  const page = await connection.getSignaturesForAddress(
    to, { before: sent[0], until: sent[3], limit: 10 });
  assert.deepEqual(page.map((item) => item.signature), [sent[1], sent[2]]);
}

async function program_accounts_are_filtered_by_size_and_bytes(
  { connection }) {
  const from = await fund(connection);
  const owner = web3.Keypair.generate().publicKey;
  const keys = [web3.Keypair.generate(), web3.Keypair.generate()];
  for (const [index, key] of keys.entries()) {
    const space = 10 + index;
    const transaction = new web3.Transaction().add(
      web3.SystemProgram.createAccount({
        fromPubkey: from.publicKey,
        newAccountPubkey: key.publicKey,
        lamports: await connection.getMinimumBalanceForRentExemption(space),
        space,
        programId: owner }));
    await web3.sendAndConfirmTransaction(connection, transaction, [from, key]);
  }
  const all = await connection.getProgramAccounts(owner);
  assert.equal(all.length, 2);
  const sized = await connection.getProgramAccounts(owner,
    { filters: [{ dataSize: 11 }] });
  assert.deepEqual(sized.map((item) => item.pubkey.toBase58()),
    [keys[1].publicKey.toBase58()]);
  const zeros = await connection.getProgramAccounts(owner,
    { filters: [{ memcmp: { offset: 8, bytes: '111' } }],
      dataSlice: { offset: 0, length: 4 } });
  assert.equal(zeros.length, 1);
  assert.equal(zeros[0].account.data.length, 4);
  const info = await connection.getAccountInfo(keys[0].publicKey);
  assert.deepEqual([info.data.length, info.owner.toBase58()],
    [10, owner.toBase58()]);
}

async function versioned_transactions_are_taken({ connection }) {
  const from = await fund(connection);
  const to = web3.Keypair.generate().publicKey;
  const latest = await connection.getLatestBlockhash();
  const message = new web3.TransactionMessage({
    payerKey: from.publicKey,
    recentBlockhash: latest.blockhash,
    instructions: transfer(from, to, KOII).instructions,
  }).compileToV0Message();
  const transaction = new web3.VersionedTransaction(message);
  transaction.sign([from]);
  const simulated = await connection.simulateTransaction(transaction);
  assert.equal(simulated.value.err, null);
  const signature = await connection.sendTransaction(transaction);
  await connection.confirmTransaction({ signature, ...latest });
  assert.equal(await connection.getBalance(to), KOII);
  const found = await connection.getTransaction(signature,
    { maxSupportedTransactionVersion: 0 });
  assert.equal(found.version, 0);
  await assert.rejects(connection.getTransaction(signature),
    (error) => error.code === -32015);
}

async function simulation_returns_accounts({ connection }) {
  const from = await fund(connection);
  const to = web3.Keypair.generate().publicKey;
  const transaction = transfer(from, to, KOII);
  transaction.feePayer = from.publicKey;
  const { value } = await connection.simulateTransaction(transaction, [from],
    [to]);
  assert.equal(value.err, null);
  assert.equal(value.accounts[0].lamports, KOII);
}

async function fees_and_blockhashes_are_told({ connection }) {
  const from = await fund(connection);
  const transaction = transfer(from, from.publicKey, 1);
  const latest = await connection.getLatestBlockhash();
  transaction.feePayer = from.publicKey;
  transaction.recentBlockhash = latest.blockhash;
  const { value: fee } =
    await connection.getFeeForMessage(transaction.compileMessage());
  assert.equal(fee, FEE);
  assert.equal(
    (await connection.isBlockhashValid(latest.blockhash)).value, true);
  assert.equal((await connection.isBlockhashValid(
    web3.Keypair.generate().publicKey.toBase58())).value, false);
}

async function a_sent_transaction_is_not_executed_twice({ connection }) {
  const from = await fund(connection);
  const to = web3.Keypair.generate().publicKey;
  const transaction = transfer(from, to, KOII);
  const signature = await web3.sendAndConfirmTransaction(
    connection, transaction, [from]);
  await assert.rejects(connection.sendRawTransaction(transaction.serialize()),
    /already been processed/);
  const again = await connection.sendRawTransaction(transaction.serialize(),
    { skipPreflight: true });
  assert.equal(again, signature);
  const slot = await connection.getSlot();
  while (await connection.getSlot() < slot + 3);
  assert.equal(await connection.getBalance(to), KOII);
}

async function an_account_is_watched({ connection }) {
  const key = web3.Keypair.generate().publicKey;
  let id;
  const seen = new Promise((resolve) => {
    id = connection.onAccountChange(key, (account, context) =>
      resolve({ account, context }), { commitment: 'confirmed' });
  });
  await slots_pass(connection, 2);
  await connection.requestAirdrop(key, 2 * KOII);
  const { account, context } = await seen;
  assert.equal(account.lamports, 2 * KOII);
  assert(context.slot > 0);
  await connection.removeAccountChangeListener(id);
}

async function slots_pass(connection, count) {
  await new Promise((resolve) => {
    const slots = [];
    const id = connection.onSlotChange(({ slot }) => {
      if (slots.length) assert(slot > slots.at(-1));
      slots.push(slot);
      if (slots.length === count) {
        connection.removeSlotChangeListener(id).then(resolve);
      }
    });
  });
}

async function slots_logs_programs_and_roots_are_told({ connection }) {
  const logs = [], accounts = [], roots = [];
  const from = await fund(connection);
  const ids = [
    connection.onLogs(from.publicKey, (item) => logs.push(item)),
    connection.onProgramAccountChange(web3.SystemProgram.programId,
      (item) => accounts.push(item)),
    connection.onRootChange((root) => roots.push(root)),
  ];
  await slots_pass(connection, 3);
  const to = web3.Keypair.generate().publicKey;
  const signature = await web3.sendAndConfirmTransaction(
    connection, transfer(from, to, KOII), [from]);
  await slots_pass(connection, 3);
  assert.deepEqual(logs.map((item) => item.signature), [signature]);
  assert(accounts.some((item) => item.accountId.equals(to)));
  assert(roots.length > 2);
  await connection.removeOnLogsListener(ids[0]);
  await connection.removeProgramAccountChangeListener(ids[1]);
  await connection.removeRootChangeListener(ids[2]);
}

// web3.js knows no blockSubscribe: by hand.
async function blocks_and_slot_updates_are_told({ connection, ws }) {
  const WebSocket = require('ws');
  const socket = new WebSocket(ws);
  const seen = [];
  const subscribe = (id, method, params) =>
    socket.send(JSON.stringify({ jsonrpc: '2.0', id, method, params }));
  await new Promise((resolve) => socket.on('open', resolve));
  const key = web3.Keypair.generate().publicKey;
  socket.on('message', (data) => seen.push(JSON.parse(data)));
  subscribe(1, 'blockSubscribe', [{ mentionsAccountOrProgram: key.toBase58() },
    { transactionDetails: 'signatures', maxSupportedTransactionVersion: 0 }]);
  subscribe(2, 'slotsUpdatesSubscribe');
  subscribe(3, 'voteSubscribe');
  subscribe(4, 'blockSubscribe', ['none']);
  await slots_pass(connection, 2);
  const signature = await connection.requestAirdrop(key, KOII);
  await connection.confirmTransaction(
    { signature, ...await connection.getLatestBlockhash() });
  await slots_pass(connection, 2);
  socket.close();
  const blocks = seen.filter((item) => item.method === 'blockNotification');
  assert.equal(blocks.length, 1);
  assert.deepEqual(blocks[0].params.result.value.block.signatures,
    [signature]);
  const updates = seen
    .filter((item) => item.method === 'slotsUpdatesNotification')
    .map((item) => item.params.result);
  // Another leader's block is whole before its bank is opened.
  const types = updates.filter((item) => item.type !== 'firstShredReceived' &&
    item.slot === blocks[0].params.result.value.slot).map((item) => item.type);
  assert.deepEqual(types.slice(0, 2).sort(), ['completed', 'createdBank']);
  assert.deepEqual(types.slice(2), ['frozen', 'optimisticConfirmation', 'root']);
  const [{ stats }] = updates.filter((item) => item.type === 'frozen' &&
    item.slot === blocks[0].params.result.value.slot);
  assert.deepEqual(stats, { maxTransactionsPerEntry: 1,
    numFailedTransactions: 0, numSuccessfulTransactions: 1,
    numTransactionEntries: 1 });
  assert(seen.find((item) => item.id === 3).result > 0);
  assert.equal(seen.find((item) => item.id === 4).error.code, -32602);
}

// Wrong parameters, and the end of what is not there, are answered as errors.
async function subscriptions_begin_and_end({ ws }) {
  const WebSocket = require('ws');
  const socket = new WebSocket(ws);
  await new Promise((resolve) => socket.on('open', resolve));
  let id = 0;
  const call = (method, ...params) => new Promise((resolve) => {
    const mine = ++id;
    const listen = (data) => {
      const answer = JSON.parse(data);
      if (answer.id !== mine) return;
      socket.off('message', listen);
      resolve(answer);
    };
    socket.on('message', listen);
    socket.send(JSON.stringify({ jsonrpc: '2.0', id: mine, method, params }));
  });
  const key = web3.Keypair.generate().publicKey.toBase58();
  const kinds = { account: [key], block: ['all'], logs: ['all'],
    program: [key, { filters: [{ dataSize: 1 }] }], root: [], slot: [],
    signature: ['1'.repeat(64)], slotsUpdates: [], vote: [] };
  for (const [kind, params] of Object.entries(kinds)) {
    const { result } = await call(`${kind}Subscribe`, ...params);
    assert(result > 0, kind);
    assert.equal((await call(`${kind}Unsubscribe`, result)).result, true);
    const again = await call(`${kind}Unsubscribe`, result);
    assert.deepEqual([again.error.code, again.error.message],
      [-32602, 'Invalid subscription id.']);
  }
  for (const [method, ...params] of [['accountSubscribe'],
    ['accountSubscribe', 'x'], ['logsSubscribe', { mentions: [key, key] }],
    ['programSubscribe', key, { filters: [{ memcmp: {} }] }],
    ['signatureSubscribe', key], ['accountSubscribe', key, { encoding: 1 }],
    ['blockSubscribe', 'all', { commitment: 'processed' }]]) {
    assert.equal((await call(method, ...params)).error.code, -32602, method);
  }
  assert.equal((await call('noSubscribe')).error.code, -32601);
  socket.close();
}

// web3.js ends the subscription after the first of the two: by hand as well.
async function a_signature_is_told_to_have_come_and_to_be_final(
  { connection, ws }) {
  const WebSocket = require('ws');
  const socket = new WebSocket(ws), seen = [];
  await new Promise((resolve) => socket.on('open', resolve));
  const signature = await connection.requestAirdrop(
    web3.Keypair.generate().publicKey, KOII);
  const options = { commitment: 'confirmed', enableReceivedNotification: true };
  const received = new Promise((resolve) =>
    connection.onSignatureWithOptions(signature, resolve, options));
  const both = new Promise((resolve) => socket.on('message', (data) => {
    const message = JSON.parse(data);
    if (message.method) seen.push(message.params.result.value);
    if (seen.length === 2) resolve();
  }));
  socket.send(JSON.stringify({ jsonrpc: '2.0', id: 1,
    method: 'signatureSubscribe', params: [signature, options] }));
  assert.deepEqual(await received, { type: 'received' });
  await both;
  socket.close();
  assert.deepEqual(seen, ['receivedSignature', { err: null }]);
}

// A transaction of version 0, for a client that reads it and for another.
async function blocks_are_told_in_the_form_asked_for({ connection, ws }) {
  const WebSocket = require('ws');
  const socket = new WebSocket(ws);
  const values = {}, ids = {};
  await new Promise((resolve) => socket.on('open', resolve));
  const from = await fund(connection);
  const mine = { mentionsAccountOrProgram: from.publicKey.toBase58() };
  const whole = new Promise((resolve) => socket.on('message', (data) => {
    const message = JSON.parse(data);
    if (message.id) ids[message.result] = message.id;
    else values[ids[message.params.subscription]] = message.params.result.value;
    if (Object.keys(values).length === 3) resolve();
  }));
  const subscribe = (id, ...params) => socket.send(JSON.stringify(
    { jsonrpc: '2.0', id, method: 'blockSubscribe', params }));
  subscribe(1, mine, { maxSupportedTransactionVersion: 0 });
  subscribe(2, mine);
  subscribe(3, mine, { maxSupportedTransactionVersion: 0, showRewards: true,
    encoding: 'jsonParsed', transactionDetails: 'accounts' });
  const latest = await connection.getLatestBlockhash();
  const transaction = new web3.VersionedTransaction(
    new web3.TransactionMessage({ payerKey: from.publicKey,
      recentBlockhash: latest.blockhash, instructions: transfer(from,
        web3.Keypair.generate().publicKey, KOII).instructions,
    }).compileToV0Message());
  transaction.sign([from]);
  const signature = await connection.sendTransaction(transaction);
  await whole;
  socket.close();
  const [item] = values[1].block.transactions;
  assert.deepEqual([item.version, item.transaction[1]], [0, 'base64']);
  assert.equal('rewards' in values[1].block, false);
  assert.deepEqual([values[2].block, values[2].err],
    [null, { UnsupportedTransactionVersion: 0 }]);
  assert.equal(values[3].block.transactions[0].transaction.signatures[0],
    signature);
  assert.deepEqual(values[3].block.rewards, []);
}

async function the_network_describes_itself({ connection, validators }) {
  const epoch = await connection.getEpochInfo();
  assert.equal(epoch.epoch * epoch.slotsInEpoch + epoch.slotIndex,
    epoch.absoluteSlot);
  const version = await connection.getVersion();
  assert.match(version['solana-core'], /^\d+\.\d+\.\d+$/);
  const { current } = await connection.getVoteAccounts();
  assert.equal(current.length, validators?.length ?? 1);
  const leader = await connection.getSlotLeader();
  assert(current.some(({ nodePubkey }) => nodePubkey === leader));
  const supply = await connection.getSupply();
  assert(supply.value.total > 0);
  assert.match(await connection.getGenesisHash(), /^[1-9A-HJ-NP-Za-km-z]{43,44}$/);
  assert.equal(await connection.getFirstAvailableBlock(), 0);
  assert.equal(await connection.getMinimumLedgerSlot(), 0);
}

async function wrong_requests_get_solanas_codes({ rpc }) {
  const ask = async (body) => (await fetch(rpc, { method: 'POST',
    headers: { 'content-type': 'application/json' }, body })).json();
  const call = (method, params) =>
    ask(JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }));
  assert.equal((await ask('{')).error.code, -32700);
  assert.equal((await ask('[]')).error.code, -32600);
  assert.equal((await call('noSuchMethod')).error.code, -32601);
  assert.equal((await call('getBalance')).error.code, -32602);
  assert.equal((await call('getBalance', ['x'])).error.message,
    'Invalid param: WrongSize');
  assert.equal((await call('getSlot', [{ minContextSlot: 1e9 }])).error.code,
    -32016);
  assert.equal((await call('getBlock', [1e9])).error.code, -32004);
  assert.equal(
    (await call('getTaskAccountInfo', [web3.Keypair.generate().publicKey])).
      result.value, null);
  const batch = await ask(JSON.stringify([
    { jsonrpc: '2.0', id: 'a', method: 'getHealth' },
    { jsonrpc: '2.0', method: 'getHealth' },
    { jsonrpc: '2.0', id: 2, method: 'getSlot' }]));
  assert.deepEqual(batch.map((item) => item.id), ['a', 2]);
  assert.equal(batch[0].result, 'ok');
}

async function main() {
  const endpoint = await startEndpoint(process.argv[2]);
  const connection = new web3.Connection(endpoint.rpc,
    { commitment: 'confirmed', wsEndpoint: endpoint.ws });
  let failed = 1;
  try {
    failed = await runTests([
      an_airdrop_is_confirmed_over_the_websocket,
      a_transfer_moves_lamports_and_costs_the_fee,
      a_transfer_without_funds_fails_as_on_solana,
      a_failing_transaction_pays_its_fee_and_shows_its_error,
      get_transaction_shows_what_happened,
      get_block_holds_the_transaction,
      history_of_an_address_pages_backwards,
      program_accounts_are_filtered_by_size_and_bytes,
      versioned_transactions_are_taken,
      simulation_returns_accounts,
      fees_and_blockhashes_are_told,
      a_sent_transaction_is_not_executed_twice,
      an_account_is_watched,
      slots_logs_programs_and_roots_are_told,
      blocks_and_slot_updates_are_told,
      subscriptions_begin_and_end,
      a_signature_is_told_to_have_come_and_to_be_final,
      blocks_are_told_in_the_form_asked_for,
      the_network_describes_itself,
      wrong_requests_get_solanas_codes,
    ], { connection, ...endpoint });
  } finally {
    const code = await endpoint.stop();
    if (code !== 0) {
      console.log(`# the validator ended with ${code}`);
      failed++;
    }
  }
  process.exit(failed ? 1 : 0);
}

main();
