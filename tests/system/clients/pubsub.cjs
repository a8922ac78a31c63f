// PubSub, message by message: what Solana's nodes send over a WebSocket, which
// clients hide. Through ws, which @solana/web3.js brings along.
'use strict';
const assert = require('node:assert/strict');
const web3 = require('@solana/web3.js');
const WebSocket = require('ws');
const { startEndpoint, runTests } = require('./endpoint.cjs');

const KOII = web3.LAMPORTS_PER_SOL;
const NOBODY = web3.Keypair.generate().publicKey.toBase58();

// A socket whose messages are taken one by one.
async function open(url) {
  const socket = new WebSocket(url);
  const messages = [], waiting = [];
  socket.on('message', (data) => {
    const message = JSON.parse(data);
    if (waiting.length) waiting.shift()(message); else messages.push(message);
  });
  await new Promise((resolve, reject) => {
    socket.on('open', resolve);
    socket.on('error', reject);
  });
  const next = () => messages.length ? Promise.resolve(messages.shift())
    : new Promise((resolve) => waiting.push(resolve));
  let id = 0;
  return {
    next,
    send: (text) => socket.send(text),
    close: () => socket.close(),
    // The answer to a call; notifications in between are dropped.
    async call(method, ...params) {
      socket.send(JSON.stringify({ jsonrpc: '2.0', id: ++id, method, params }));
      for (;;) {
        const message = await next();
        if (message.id === id) return message;
      }
    },
    async notified(subscription) {
      for (;;) {
        const { method, params } = await next();
        if (params && params.subscription === subscription) {
          return { method, result: params.result };
        }
      }
    },
  };
}

const inSocket = (test) => Object.defineProperty(async (context) => {
  const socket = await open(context.ws);
  try {
    await test({ ...context, socket });
  } finally {
    socket.close();
  }
}, 'name', { value: test.name });

async function refuses(socket, code, message, method, ...params) {
  const { error } = await socket.call(method, ...params);
  assert.deepEqual([error.code, error.message], [code, message]);
}

async function contexts_name_no_version({ socket, connection, payer }) {
  const { result: account } = await socket.call('accountSubscribe', NOBODY,
    { encoding: 'base64' });
  const { result: logs } = await socket.call('logsSubscribe',
    { mentions: [NOBODY] });
  const signature = await web3.sendAndConfirmTransaction(connection,
    new web3.Transaction().add(web3.SystemProgram.transfer({
      fromPubkey: payer.publicKey, toPubkey: new web3.PublicKey(NOBODY),
      lamports: KOII })), [payer]);
  const { result: seen } = await socket.notified(logs);
  assert.deepEqual(Object.keys(seen.context), ['slot']);
  assert.equal(seen.value.signature, signature);
  const { method, result } = await socket.notified(account);
  assert.equal(method, 'accountNotification');
  assert.deepEqual(result, { context: { slot: seen.context.slot }, value: {
    data: ['', 'base64'], executable: false, lamports: KOII,
    owner: web3.SystemProgram.programId.toBase58(), rentEpoch: 2 ** 64,
    space: 0 } });
}

// Bytes that are too many for base58 come as a text in their place.
async function long_data_is_told_for_what_it_is({ socket, connection, payer }) {
  const key = web3.Keypair.generate();
  const words = 'error: data too large for bs58 encoding';
  const { result: bare } = await socket.call('accountSubscribe',
    key.publicKey.toBase58());
  const { result: named } = await socket.call('programSubscribe',
    web3.SystemProgram.programId.toBase58(), { encoding: 'base58',
      filters: [{ dataSize: 129 }] });
  await web3.sendAndConfirmTransaction(connection, new web3.Transaction().add(
    web3.SystemProgram.createAccount({ fromPubkey: payer.publicKey,
      newAccountPubkey: key.publicKey, lamports: KOII, space: 129,
      programId: web3.SystemProgram.programId })), [payer, key]);
  const [first, second] = [await socket.next(), await socket.next()]
    .sort((a, b) => a.params.subscription - b.params.subscription)
    .map((message) => message.params);
  assert.deepEqual([first.subscription, first.result.value.data],
    [bare, words]);
  assert.deepEqual([second.subscription, second.result.value.account.data],
    [named, [words, 'base58']]);
}

async function what_is_no_call_for_an_answer_gets_none({ socket }) {
  socket.send('{"jsonrpc":"2.0","method":"ping","params":null}');
  socket.send('{"jsonrpc":"2.0","method":"slotSubscribe","params":[]}');
  const { result } = await socket.call('getVersion');
  assert.equal(typeof result['solana-core'], 'string');
  // Nothing came before the answer, and no slot comes after it.
  socket.send('{"jsonrpc":"2.0","id":7,"method":"nothing"}');
  assert.deepEqual(await socket.next(), { jsonrpc: '2.0', id: 7,
    error: { code: -32601, message: 'Method not found' } });
  socket.send('{"id":8,"method":"slotSubscribe"}');
  assert.deepEqual(await socket.next(), { jsonrpc: '2.0', id: 8, error: {
    code: -32600, message: 'Unsupported JSON-RPC protocol version' } });
  socket.send('{');
  assert.deepEqual(await socket.next(), { jsonrpc: '2.0', id: null,
    error: { code: -32700, message: 'Parse error' } });
}

async function parameters_are_refused_in_solanas_words({ socket }) {
  const refused = (...rest) => refuses(socket, -32602, ...rest);
  await refused('Invalid Request: Invalid pubkey provided',
    'accountSubscribe', 'x');
  await refused('Invalid Request: Invalid pubkey provided',
    'programSubscribe', '0');
  await refused('Invalid Request: Invalid signature provided',
    'signatureSubscribe', NOBODY);
  await refused('Invalid Request: Only 1 address supported',
    'logsSubscribe', { mentions: [] });
  await refused('Invalid Request: Invalid mentions provided',
    'logsSubscribe', { mentions: ['x'] });
  await refused('Invalid Request: Invalid mentions_account_or_program provided',
    'blockSubscribe', { mentionsAccountOrProgram: 'x' });
  await refused('Invalid params: unknown variant `some`, expected one of '
    + '`all`, `allWithVotes`, `mentions`.', 'logsSubscribe', 'some');
  await refused('Invalid params: unknown variant `some`, expected `all` or '
    + '`mentionsAccountOrProgram`.', 'blockSubscribe', { some: NOBODY });
  await refused('Invalid params: invalid type: integer `5`, expected string or '
    + 'map.', 'logsSubscribe', 5);
  await refused('`params` should have at least 1 argument(s)',
    'accountSubscribe');
  await refused('Invalid parameters: Expected from 1 to 2 parameters.',
    'accountSubscribe', NOBODY, {}, 1);
  await refused('Invalid parameters: No parameters were expected',
    'slotSubscribe', 1);
  await refused('Invalid params: invalid length 0, expected a tuple of size 1.',
    'slotUnsubscribe');
  await refused('Invalid params: unknown variant `json`, expected one of '
    + '`binary`, `base58`, `base64`, `jsonParsed`, `base64+zstd`.',
  'accountSubscribe', NOBODY, { encoding: 'json' });
  await refused('Invalid params: unknown variant `some`, expected one of '
    + '`full`, `signatures`, `none`, `accounts`.', 'blockSubscribe', 'all',
  { transactionDetails: 'some' });
  await refused('Invalid params: invalid value: integer `256`, expected u8.',
    'blockSubscribe', 'all', { maxSupportedTransactionVersion: 256 });
  await refused('Method does not support commitment below `confirmed`',
    'blockSubscribe', 'all', { commitment: 'processed' });
  // What a subscription can't use is no reason to refuse it.
  const { result } = await socket.call('accountSubscribe', NOBODY,
    { minContextSlot: 1e9, commitment: 'soon' });
  assert.equal(typeof result, 'number');
}

async function an_id_ends_its_subscription_whatever_its_kind({ socket }) {
  const { result: id } = await socket.call('slotSubscribe');
  const { method, result } = await socket.notified(id);
  assert.equal(method, 'slotNotification');
  assert.deepEqual(Object.keys(result).sort(), ['parent', 'root', 'slot']);
  assert.equal((await socket.call('accountUnsubscribe', id)).result, true);
  await refuses(socket, -32602, 'Invalid subscription id.', 'slotUnsubscribe',
    id);
}

async function main() {
  const endpoint = await startEndpoint(process.argv[2]);
  const connection = new web3.Connection(endpoint.rpc,
    { commitment: 'confirmed', wsEndpoint: endpoint.ws });
  const payer = web3.Keypair.generate();
  let failed = 1;
  try {
    const signature = await connection.requestAirdrop(payer.publicKey,
      50 * KOII);
    await connection.confirmTransaction(
      { signature, ...await connection.getLatestBlockhash() });
    failed = await runTests([
      contexts_name_no_version,
      long_data_is_told_for_what_it_is,
      what_is_no_call_for_an_answer_gets_none,
      parameters_are_refused_in_solanas_words,
      an_id_ends_its_subscription_whatever_its_kind,
    ].map(inSocket), { connection, payer, ws: endpoint.ws });
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
