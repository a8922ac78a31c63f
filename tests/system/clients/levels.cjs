// Commitments in a network of four validators, as @solana/web3.js sees them, and
// what the endpoint says of the validators.
'use strict';
const assert = require('node:assert/strict');
const web3 = require('@solana/web3.js');
const WebSocket = require('ws');
const bs58 = require('bs58').default || require('bs58');
const { startNetwork, runTests } = require('./endpoint.cjs');

const KOII = web3.LAMPORTS_PER_SOL;
const VALIDATORS = 4;
const LEVELS = ['processed', 'confirmed', 'finalized'];

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

async function until(look) {
  for (;;) {
    const value = await look();
    if (value) return value;
    await sleep(20);
  }
}

async function call(url, method, ...params) {
  const answer = await fetch(url, { method: 'POST', body: JSON.stringify(
    { jsonrpc: '2.0', id: 1, method, params }),
    headers: { 'Content-Type': 'application/json' } });
  return answer.json();
}

// All messages of a subscription that have come, until the socket is closed.
async function subscribe(url, method, ...params) {
  const socket = new WebSocket(url);
  const seen = [];
  await new Promise((resolve, reject) => {
    socket.on('open', () => socket.send(JSON.stringify(
      { jsonrpc: '2.0', id: 1, method, params })));
    socket.on('message', (data) => {
      const message = JSON.parse(data);
      if (message.id) resolve(); else seen.push(message.params.result);
    });
    socket.on('error', reject);
  });
  return { seen, close: () => socket.close() };
}

function transfer(from, to, lamports) {
  return new web3.Transaction().add(web3.SystemProgram.transfer({
    fromPubkey: from.publicKey, toPubkey: to, lamports }));
}

async function a_transfer_is_confirmed_at_each_commitment({ rpc, ws, payer }) {
  for (const commitment of LEVELS) {
    const connection = new web3.Connection(rpc,
      { commitment, wsEndpoint: ws });
    const to = web3.Keypair.generate().publicKey;
    await web3.sendAndConfirmTransaction(connection,
      transfer(payer, to, KOII), [payer], { commitment });
    assert.equal(await connection.getBalance(to), KOII);
    const account = await connection.getAccountInfoAndContext(to);
    assert.equal(account.value.lamports, KOII);
    // Not before the level that the account was seen at.
    await assert.rejects(connection.getBalanceAndContext(to,
      { commitment, minContextSlot: account.context.slot + 1000 }),
    /Minimum context slot has not been reached/);
  }
}

async function a_status_only_rises({ rpc, ws, payer }) {
  const connection = new web3.Connection(rpc,
    { commitment: 'processed', wsEndpoint: ws });
  const told = [];
  const to = web3.Keypair.generate().publicKey;
  const { blockhash } = await connection.getLatestBlockhash();
  const transaction = transfer(payer, to, KOII);
  transaction.recentBlockhash = blockhash;
  transaction.sign(payer);
  const text = bs58.encode(transaction.signature);
  for (const level of LEVELS) {
    connection.onSignature(text, () => told.push(level), level);
  }
  assert.equal(await connection.sendRawTransaction(transaction.serialize()),
    text);
  const seen = [];
  await until(async () => {
    const { value: [status] } = await connection.getSignatureStatuses([text]);
    if (status && seen.at(-1) !== status.confirmationStatus) {
      seen.push(status.confirmationStatus);
    }
    if (status) {
      assert.equal(status.confirmations === null,
        status.confirmationStatus === 'finalized');
    }
    return status && status.confirmationStatus === 'finalized';
  });
  const order = seen.map((level) => LEVELS.indexOf(level));
  assert.deepEqual(order, [...order].sort());
  await until(() => told.length === 3);
  assert.deepEqual(told, LEVELS);
}

async function slots_stand_in_the_order_of_their_commitments({ rpc }) {
  const before = [0, 0, 0];
  for (let i = 0; i < 30; i++) {
    const slots = [];
    for (const commitment of [...LEVELS].reverse()) {
      slots.unshift((await call(rpc, 'getSlot', { commitment })).result);
    }
    // Asked from the surest on, so each is at least the one before.
    assert(slots[2] <= slots[1] && slots[1] <= slots[0], String(slots));
    assert(slots[2] >= before[2] && slots[1] >= before[1]);
    before.splice(0, 3, ...slots);
    await sleep(20);
  }
}

async function blocks_are_those_of_the_schedule({ rpc }) {
  const { result: newest } = await call(rpc, 'getSlot',
    { commitment: 'confirmed' });
  const { result: slots } = await call(rpc, 'getBlocks', 0, newest,
    { commitment: 'confirmed' });
  assert(slots.length > 5);
  const { result: leaders } = await call(rpc, 'getSlotLeaders', 0, newest + 1);
  const { result: schedule } = await call(rpc, 'getLeaderSchedule');
  for (const slot of slots.slice(-8)) {
    assert(schedule[leaders[slot]].includes(slot));
    const { result: block } = await call(rpc, 'getBlock', slot,
      { commitment: 'confirmed', maxSupportedTransactionVersion: 0 });
    assert(slots.includes(block.parentSlot));
  }
  const { result: { value } } = await call(rpc, 'getBlockProduction',
    { commitment: 'confirmed', range: { firstSlot: 0, lastSlot: newest } });
  const counts = Object.values(value.byIdentity);
  assert.equal(counts.reduce((sum, [all]) => sum + all, 0), newest + 1);
  assert.equal(counts.reduce((sum, [, made]) => sum + made, 0), slots.length);
}

async function all_validators_vote_and_are_connected({ rpc }) {
  await until(async () => (await call(rpc, 'getVoteAccounts')).result.current
    .filter(({ lastVote }) => lastVote > 0).length === VALIDATORS);
  await until(async () =>
    (await call(rpc, 'getClusterNodes')).result.length === VALIDATORS);
  const { result } = await call(rpc, 'pondValidators');
  assert.equal(result.validators.length, VALIDATORS);
  assert.equal(result.halted, null);
  assert.equal((await call(rpc, 'getHealth')).result, 'ok');
}

async function a_quorum_has_signed_what_is_final({ rpc }) {
  const slot = (await call(rpc, 'getSlot')).result;
  const { result } = await call(rpc, 'pondBlockSigners', slot);
  assert.equal(result.commitment, 'finalized');
  assert(3 * result.finalized.stake > 2 * result.totalStake);
  assert(3 * result.notarized.stake > 2 * result.totalStake);
  const { result: { commitment, totalStake } } =
    await call(rpc, 'getBlockCommitment', slot);
  assert(3 * commitment[31] > 2 * totalStake);
}

async function votes_stages_and_roots_are_told({ rpc, ws }) {
  const votes = await subscribe(ws, 'voteSubscribe');
  const updates = await subscribe(ws, 'slotsUpdatesSubscribe');
  const roots = await subscribe(ws, 'rootSubscribe');
  const slots = await subscribe(ws, 'slotSubscribe');
  await until(() => new Set(votes.seen.map((vote) => vote.votePubkey)).size ===
    VALIDATORS && roots.seen.length > 12);
  const root = roots.seen[8];
  const types = await until(() => {
    const found = updates.seen.filter(({ slot }) => slot === root)
      .map(({ type }) => type);
    return found.includes('root') && found;
  });
  const order = ['firstShredReceived', 'completed', 'createdBank', 'frozen',
    'optimisticConfirmation', 'root'].filter((type) => types.includes(type));
  // A leader's own blocks have their bank first.
  assert.deepEqual(types.filter((type) => type !== 'completed'),
    order.filter((type) => type !== 'completed'));
  assert(types.includes('frozen') && types.includes('optimisticConfirmation'));
  assert.deepEqual(roots.seen, [...roots.seen].sort((a, b) => a - b));
  for (const { slot, root: final } of slots.seen) assert(final <= slot);
  for (const socket of [votes, updates, roots, slots]) socket.close();
}

async function main() {
  const network = await startNetwork(process.argv[2], VALIDATORS);
  const connection = new web3.Connection(network.rpc,
    { commitment: 'confirmed', wsEndpoint: network.ws });
  const payer = web3.Keypair.generate();
  let failed = 1;
  try {
    const signature = await connection.requestAirdrop(payer.publicKey,
      100 * KOII);
    await connection.confirmTransaction(
      { signature, ...await connection.getLatestBlockhash() }, 'finalized');
    failed = await runTests([
      a_transfer_is_confirmed_at_each_commitment,
      a_status_only_rises,
      slots_stand_in_the_order_of_their_commitments,
      blocks_are_those_of_the_schedule,
      all_validators_vote_and_are_connected,
      a_quorum_has_signed_what_is_final,
      votes_stages_and_roots_are_told,
    ], { ...network, payer });
  } finally {
    const code = await network.stop();
    if (code !== 0) {
      console.log(`# the network ended with ${code}`);
      failed++;
    }
  }
  process.exit(failed ? 1 : 0);
}

main();
