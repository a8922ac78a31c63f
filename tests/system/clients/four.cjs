// Real clients against four validators, a client at each, commitments mixed:
// what one endpoint says must hold at every other.
'use strict';
if (Number(process.versions.node.split('.')[0]) < 20) {
  console.log('1..1');
  console.log(`ok 1 - clients/four # SKIP @solana/kit needs a newer Node.js than ${process.version}`);
  process.exit(0);
}
const assert = require('node:assert/strict');
const web3 = require('@solana/web3.js');
const token = require('@solana/spl-token');
const kit = require('@solana/kit');
const { startNetwork, runTests } = require('./endpoint.cjs');

const COUNT = 4;
const SLOT_MS = 150;
const KOII = web3.LAMPORTS_PER_SOL;
const LEVELS = ['processed', 'confirmed', 'finalized'];

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

async function until(what, text) {
  const end = Date.now() + 90000;
  for (;;) {
    const found = await what();
    if (found) return found;
    if (Date.now() > end) throw new Error(`never: ${text}`);
    await sleep(50);
  }
}

function sendTransfer(connection, from, to, lamports, blockhash) {
  const transaction = new web3.Transaction({ feePayer: from.publicKey,
    ...blockhash }).add(web3.SystemProgram.transfer(
    { fromPubkey: from.publicKey, toPubkey: to, lamports }));
  transaction.sign(from);
  return connection.sendRawTransaction(transaction.serialize(),
    { skipPreflight: true });
}

async function fund(connection, amount = 100 * KOII) {
  const key = web3.Keypair.generate();
  const signature = await connection.requestAirdrop(key.publicKey, amount);
  await connection.confirmTransaction({ signature,
    ...await connection.getLatestBlockhash('confirmed') }, 'finalized');
  return key;
}

// Wait until an endpoint's level has that slot.
function reached(connection, level, slot) {
  return until(async () => await connection.getSlot(level) >= slot,
    `slot ${slot} ${level}`);
}

async function what_is_sent_to_one_is_seen_at_all({ connections }) {
  for (const [index, connection] of connections.entries()) {
    const to = web3.Keypair.generate().publicKey;
    const signature = await connection.requestAirdrop(to, KOII);
    for (const level of LEVELS) {
      await connection.confirmTransaction({ signature,
        ...await connection.getLatestBlockhash('confirmed') }, level);
    }
    const { value } = await connection.getSignatureStatus(signature);
    assert.equal(value.confirmationStatus, 'finalized');
    assert.equal(value.confirmations, null);
    for (const other of connections) {
      await reached(other, 'finalized', value.slot);
      for (const level of LEVELS)
        assert.equal(await other.getBalance(to, level), KOII,
          `${level} of an airdrop at ${index}`);
    }
  }
}

async function what_one_calls_final_all_have({ connections }) {
  const from = await fund(connections[0]);
  const sent = [];
  for (let i = 0; i < 60; i++) {
    const connection = connections[i % COUNT];
    const blockhash = await connections[(i + 1) % COUNT].getLatestBlockhash(
      LEVELS[i % 3] === 'processed' ? 'confirmed' : LEVELS[i % 3]);
    const to = web3.Keypair.generate().publicKey;
    sent.push({ connection, to, lamports: KOII / 10 + i,
      signature: await sendTransfer(connection, from, to, KOII / 10 + i,
        blockhash) });
  }
  for (const one of sent) {
    one.status = await until(async () => {
      const { value } = await one.connection.getSignatureStatus(one.signature);
      return value?.confirmationStatus === 'finalized' && value;
    }, `${one.signature} final`);
    assert.equal(one.status.err, null);
  }
  const last = Math.max(...sent.map((one) => one.status.slot));
  for (const connection of connections) {
    await reached(connection, 'finalized', last);
    for (const one of sent) {
      const found = await connection.getTransaction(one.signature,
        { commitment: 'finalized', maxSupportedTransactionVersion: 0 });
      assert.equal(found.slot, one.status.slot);
      assert.equal(await connection.getBalance(one.to, 'finalized'),
        one.lamports);
    }
  }
}

async function blocks_are_the_same_at_all({ connections }) {
  const slots = await Promise.all(connections.map((c) => c.getSlot('finalized')));
  const last = Math.min(...slots);
  const first = Math.max(1, last - 40);
  const lists = await Promise.all(connections.map(
    (c) => c.getBlocks(first, last, 'finalized')));
  for (const list of lists) assert.deepEqual(list, lists[0]);
  for (const slot of lists[0].slice(-10)) {
    const blocks = await Promise.all(connections.map((c) => c.getBlock(slot,
      { commitment: 'finalized', maxSupportedTransactionVersion: 0 })));
    for (const block of blocks) assert.deepEqual(block, blocks[0]);
  }
}

async function levels_are_in_order_and_never_fall({ connections }) {
  const newest = connections.map(() => ({}));
  for (let look = 0; look < 40; look++) {
    for (const [index, connection] of connections.entries()) {
      const before = newest[index];
      // The lower levels are asked for later, so they may not be ahead.
      const finalized = await connection.getSlot('finalized');
      const confirmed = await connection.getSlot('confirmed');
      const processed = await connection.getSlot('processed');
      assert.ok(finalized <= confirmed && confirmed <= processed,
        `${finalized} ${confirmed} ${processed}`);
      for (const [level, slot] of
        Object.entries({ finalized, confirmed, processed })) {
        assert.ok(slot >= (before[level] ?? 0), `${level} fell`);
        before[level] = slot;
      }
    }
    await sleep(30);
  }
}

async function a_later_slot_can_be_insisted_on({ connections }) {
  const slot = await connections[0].getSlot('processed');
  await assert.rejects(connections[1].getBalance(
    web3.Keypair.generate().publicKey,
    { commitment: 'finalized', minContextSlot: slot + 1000 }), /-32016|Minimum context slot/);
  await reached(connections[1], 'finalized', slot);
  await connections[1].getBalance(web3.Keypair.generate().publicKey,
    { commitment: 'finalized', minContextSlot: slot });
}

async function tokens_move_from_endpoint_to_endpoint({ connections }) {
  const [one, two, three, four] = connections;
  const final = { commitment: 'finalized' };
  const owner = await fund(one);
  const mint = await token.createMint(one, owner, owner.publicKey, null, 6,
    undefined, final);
  await reached(two, 'finalized', await one.getSlot('finalized'));
  const from = await token.getOrCreateAssociatedTokenAccount(two, owner, mint,
    owner.publicKey, false, 'finalized', final);
  await token.mintTo(two, owner, mint, from.address, owner, 1000e6, [], final);
  const other = await fund(three);
  await reached(three, 'finalized', await two.getSlot('finalized'));
  const to = await token.getOrCreateAssociatedTokenAccount(three, owner, mint,
    other.publicKey, false, 'finalized', final);
  await token.transferChecked(three, owner, from.address, mint, to.address,
    owner, 250e6, 6, [], final);
  await reached(four, 'finalized', await three.getSlot('finalized'));
  assert.equal((await token.getAccount(four, to.address, 'finalized')).amount,
    250000000n);
}

async function kit_sends_at_one_and_confirms_at_another({ validators }) {
  const clients = validators.map(({ rpc, ws }) => ({
    rpc: kit.createSolanaRpc(rpc),
    rpcSubscriptions: kit.createSolanaRpcSubscriptions(ws) }));
  const signer = await kit.generateKeyPairSigner();
  await kit.airdropFactory(clients[0])({ commitment: 'finalized',
    lamports: kit.lamports(5_000_000_000n), recipientAddress: signer.address });
  for (const [index, level] of ['processed', 'confirmed', 'finalized'].entries()) {
    const { value: latest } = await clients[index].rpc.getLatestBlockhash().send();
    const to = (await kit.generateKeyPairSigner()).address;
    const data = new Uint8Array(12);
    data[0] = 2;
    new DataView(data.buffer).setBigUint64(4, 1_000_000_000n, true);
    const message = kit.pipe(kit.createTransactionMessage({ version: 0 }),
      (m) => kit.setTransactionMessageFeePayerSigner(signer, m),
      (m) => kit.setTransactionMessageLifetimeUsingBlockhash(latest, m),
      (m) => kit.appendTransactionMessageInstruction({
        programAddress: kit.address('11111111111111111111111111111111'),
        accounts: [
          { address: signer.address, role: kit.AccountRole.WRITABLE_SIGNER,
            signer },
          { address: to, role: kit.AccountRole.WRITABLE }],
        data }, m));
    const transaction = await kit.signTransactionMessageWithSigners(message);
    const signature = kit.getSignatureFromTransaction(transaction);
    await clients[index].rpc.sendTransaction(
      kit.getBase64EncodedWireTransaction(transaction),
      { encoding: 'base64', skipPreflight: true }).send();
    const other = clients[COUNT - 1];
    await until(async () => {
      const { value: [status] } =
        await other.rpc.getSignatureStatuses([signature]).send();
      return status && (status.confirmationStatus === level ||
        LEVELS.indexOf(status.confirmationStatus) > LEVELS.indexOf(level));
    }, `${level} at another`);
    const { value } = await other.rpc.getBalance(to,
      { commitment: level }).send();
    assert.equal(value, 1_000_000_000n);
  }
}

async function signatures_and_accounts_are_told_at_each_level({ connections }) {
  const from = await fund(connections[1]);
  for (const level of LEVELS) {
    const to = web3.Keypair.generate().publicKey;
    const changed = new Promise((resolve) =>
      connections[2].onAccountChange(to, resolve, { commitment: level }));
    // The subscription has to be there before the transfer is.
    await connections[2].getSlot();
    await sleep(300);
    const signature = await sendTransfer(connections[1], from, to, KOII,
      await connections[1].getLatestBlockhash('confirmed'));
    const told = new Promise((resolve) =>
      connections[3].onSignature(signature, resolve, level));
    assert.equal((await changed).lamports, KOII);
    assert.equal((await told).err, null);
  }
}

async function slots_roots_and_votes_are_told({ connections, validators }) {
  const heard = { slots: new Set(), roots: [], votes: new Set() };
  connections[0].onSlotChange(({ slot }) => heard.slots.add(slot));
  connections[0].onRootChange((root) => heard.roots.push(root));
  const socket = new WebSocketClient(validators[0].ws);
  socket.onmessage = ({ data }) => {
    const { method, params } = JSON.parse(data);
    if (method === 'voteNotification')
      heard.votes.add(params.result.value?.votePubkey ?? params.result.votePubkey);
  };
  await new Promise((resolve) => { socket.onopen = resolve; });
  socket.send(JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'voteSubscribe' }));
  await until(() => heard.slots.size > 8 && heard.roots.length > 8 &&
    heard.votes.size === COUNT, 'slots, roots and votes of all');
  assert.ok(heard.roots.every((root, i) => !i || root > heard.roots[i - 1]));
  socket.close();
}

async function the_network_is_described_alike({ connections, validators }) {
  const names = validators.map((one) => one.identity).sort();
  const epoch = await connections[0].getEpochInfo();
  const schedules = await Promise.all(connections.map(
    (c) => c.getLeaderSchedule()));
  for (const schedule of schedules) assert.deepEqual(schedule, schedules[0]);
  const leaders = await Promise.all(connections.map(
    (c) => c.getSlotLeaders(epoch.absoluteSlot, 40)));
  for (const list of leaders) assert.deepEqual(list, leaders[0]);
  assert.ok(leaders[0].every((leader) => names.includes(leader.toBase58())));
  for (let slot = 0; slot < 40; slot++) {
    const at = epoch.slotIndex + slot;
    assert.ok(schedules[0][leaders[0][slot].toBase58()].includes(at));
  }
  for (const connection of connections) {
    const nodes = await connection.getClusterNodes();
    assert.deepEqual(nodes.map((node) => node.pubkey).sort(), names);
    const votes = await until(async () => {
      const found = await connection.getVoteAccounts();
      return found.current.length === COUNT && found;
    }, 'four that vote');
    assert.deepEqual(votes.current.map((one) => one.nodePubkey).sort(), names);
    assert.ok(votes.current.every((one) => one.lastVote > 0 &&
      one.activatedStake > 0));
  }
  const identities = await Promise.all(validators.map(
    async ({ rpc }) => (await call(rpc, 'getIdentity')).identity));
  assert.deepEqual(identities, validators.map((one) => one.identity));
}

async function call(rpc, method, params = []) {
  const answer = await fetch(rpc, { method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }) });
  const { result, error } = await answer.json();
  if (error) throw Object.assign(new Error(error.message), error);
  return result;
}

// The last test: it ends a validator, which `pond up` starts again.
async function slots_of_a_dead_leader_are_skipped({ connections, validators }) {
  const dead = validators[3];
  const [alive] = connections;
  const from = await alive.getSlot('finalized');
  process.kill(dead.pid, 'SIGKILL');
  const { skipped } = await until(async () => {
    const last = await alive.getSlot('finalized');
    if (last < from + 24) return false;
    const there = new Set(await alive.getBlocks(from, last, 'finalized'));
    const missing = [];
    for (let slot = from; slot <= last; slot++)
      if (!there.has(slot)) missing.push(slot);
    return missing.length >= 4 && { skipped: missing };
  }, 'skipped slots');
  const leaders = await alive.getSlotLeaders(skipped.at(-1), 1);
  assert.equal(leaders[0].toBase58(), dead.identity);
  await assert.rejects(call(validators[0].rpc, 'getBlock', [skipped.at(-1)]),
    { code: -32007 });
  const { byIdentity } = (await call(validators[0].rpc,
    'getBlockProduction')).value;
  assert.ok(byIdentity[dead.identity][0] > byIdentity[dead.identity][1]);
  await until(async () => {
    try {
      return await connections[3].getSlot('finalized') > skipped.at(-1);
    } catch {
      return false;
    }
  }, 'it comes back');
  const slot = await connections[3].getSlot('finalized');
  await reached(alive, 'finalized', slot);
  assert.deepEqual(await connections[3].getBlocks(slot - 20, slot, 'finalized'),
    await alive.getBlocks(slot - 20, slot, 'finalized'));
}

const WebSocketClient = globalThis.WebSocket ?? require('ws');

async function main() {
  const network = await startNetwork(process.argv[2], COUNT, SLOT_MS);
  const connections = network.validators.map(({ rpc, ws }) =>
    new web3.Connection(rpc, { commitment: 'confirmed', wsEndpoint: ws,
      disableRetryOnRateLimit: true }));
  let failed = 1;
  try {
    failed = await runTests([
      what_is_sent_to_one_is_seen_at_all,
      what_one_calls_final_all_have,
      blocks_are_the_same_at_all,
      levels_are_in_order_and_never_fall,
      a_later_slot_can_be_insisted_on,
      tokens_move_from_endpoint_to_endpoint,
      kit_sends_at_one_and_confirms_at_another,
      signatures_and_accounts_are_told_at_each_level,
      slots_roots_and_votes_are_told,
      the_network_is_described_alike,
      slots_of_a_dead_leader_are_skipped,
    ], { connections, ...network });
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
