// @solana/kit, unmodified, against the settlement endpoint. It checks the type
// of each answer less than it trusts it, so what is tested here is mostly that
// its own view of the protocol (bigint numbers, transaction builders,
// confirmation) works.
'use strict';
if (Number(process.versions.node.split('.')[0]) < 20) {
  console.log('1..1');
  console.log(`ok 1 - clients/kit # SKIP @solana/kit needs a newer Node.js than ${process.version}`);
  process.exit(0);
}
const assert = require('node:assert/strict');
const kit = require('@solana/kit');
const { startEndpoint, runTests } = require('./endpoint.cjs');

async function fund({ rpc, subscriptions }, amount = 10_000_000_000n) {
  const signer = await kit.generateKeyPairSigner();
  const airdrop = kit.airdropFactory(
    { rpc, rpcSubscriptions: subscriptions });
  await airdrop({ commitment: 'confirmed', lamports: kit.lamports(amount),
    recipientAddress: signer.address });
  return signer;
}

// System's Transfer, as bytes: index u32, lamports u64.
function transfer(from, to, amount) {
  const data = new Uint8Array(12);
  const view = new DataView(data.buffer);
  view.setUint32(0, 2, true);
  view.setBigUint64(4, amount, true);
  return {
    programAddress: kit.address('11111111111111111111111111111111'),
    accounts: [
      { address: from.address, role: kit.AccountRole.WRITABLE_SIGNER,
        signer: from },
      { address: to, role: kit.AccountRole.WRITABLE }],
    data };
}

async function an_airdrop_arrives(context) {
  const signer = await fund(context, 3_000_000_000n);
  const { value } = await context.rpc.getBalance(signer.address).send();
  assert.equal(value, 3_000_000_000n);
}

async function a_transfer_is_sent_and_confirmed(context) {
  const { rpc, subscriptions } = context;
  const from = await fund(context);
  const to = (await kit.generateKeyPairSigner()).address;
  const { value: latest } = await rpc.getLatestBlockhash().send();
  const message = kit.pipe(
    kit.createTransactionMessage({ version: 0 }),
    (m) => kit.setTransactionMessageFeePayerSigner(from, m),
    (m) => kit.setTransactionMessageLifetimeUsingBlockhash(latest, m),
    (m) => kit.appendTransactionMessageInstruction(
      transfer(from, to, 2_000_000_000n), m));
  const transaction = await kit.signTransactionMessageWithSigners(message);
  await kit.sendAndConfirmTransactionFactory(
    { rpc, rpcSubscriptions: subscriptions })(
    transaction, { commitment: 'confirmed' });
  const { value } = await rpc.getBalance(to).send();
  assert.equal(value, 2_000_000_000n);
  const found = await rpc.getTransaction(
    kit.getSignatureFromTransaction(transaction),
    { maxSupportedTransactionVersion: 0, encoding: 'json' }).send();
  assert.equal(found.meta.fee, 5000n);
}

async function account_notifications_come({ rpc, subscriptions }) {
  const { address } = await kit.generateKeyPairSigner();
  const abort = new AbortController();
  const changes = await subscriptions.accountNotifications(address,
    { commitment: 'confirmed', encoding: 'base64' })
    .subscribe({ abortSignal: abort.signal });
  await rpc.requestAirdrop(address, kit.lamports(5_000_000_000n)).send();
  for await (const { value } of changes) {
    assert.equal(value.lamports, 5_000_000_000n);
    break;
  }
  abort.abort();
}

async function slot_notifications_come({ subscriptions }) {
  const abort = new AbortController();
  const slots = await subscriptions.slotNotifications()
    .subscribe({ abortSignal: abort.signal });
  let last = 0n;
  for await (const { slot, parent } of slots) {
    assert(slot > parent && slot > last);
    const is_second = last > 0n;
    last = slot;
    if (is_second) break;
  }
  abort.abort();
}

async function the_network_is_described({ rpc, validators }) {
  const identity = await rpc.getIdentity().send();
  const schedule = await rpc.getLeaderSchedule().send();
  assert(Object.keys(schedule).includes(identity.identity));
  assert.equal(Object.keys(schedule).length, validators?.length ?? 1);
  // One of several leads only now and then.
  let led;
  while (!(led?.[1] > 0n)) {
    const { value } = await rpc.getBlockProduction().send();
    led = value.byIdentity[identity.identity];
  }
  const [slots, blocks] = led;
  assert(blocks <= slots);
  assert.equal((await rpc.getInflationRate().send()).total, 0);
  const { value: largest } = await rpc.getLargestAccounts().send();
  assert(largest.length > 1 && largest[0].lamports >= largest[1].lamports);
  const nodes = await rpc.getClusterNodes().send();
  assert(nodes.some((node) => node.pubkey === identity.identity));
  const commitment = await rpc.getBlockCommitment(
    await rpc.getSlot({ commitment: 'confirmed' }).send()).send();
  assert.equal(commitment.commitment.length, 32);
}

async function errors_are_recognised({ rpc }) {
  await assert.rejects(rpc.getBlock(10n ** 9n).send(), (error) =>
    kit.isSolanaError(error,
      kit.SOLANA_ERROR__JSON_RPC__SERVER_ERROR_BLOCK_NOT_AVAILABLE));
  await assert.rejects(rpc.getHighestSnapshotSlot().send(), (error) =>
    kit.isSolanaError(error,
      kit.SOLANA_ERROR__JSON_RPC__SERVER_ERROR_NO_SNAPSHOT));
}

async function main() {
  const endpoint = await startEndpoint(process.argv[2]);
  let failed = 1;
  try {
    failed = await runTests([
      an_airdrop_arrives,
      a_transfer_is_sent_and_confirmed,
      account_notifications_come,
      slot_notifications_come,
      the_network_is_described,
      errors_are_recognised,
    ], { validators: endpoint.validators,
      rpc: kit.createSolanaRpc(endpoint.rpc),
      subscriptions: kit.createSolanaRpcSubscriptions(endpoint.ws) });
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
