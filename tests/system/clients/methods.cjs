// Every method of the RPC through @solana/web3.js, whose decoders refuse
// answers of another shape, and through @solana/kit; each with its options and
// encodings, and with the code of Solana's error where it has one.
'use strict';
if (Number(process.versions.node.split('.')[0]) < 20) {
  console.log('1..1');
  console.log(`ok 1 - clients/methods # SKIP @solana/kit needs a newer Node.js than ${process.version}`);
  process.exit(0);
}
const assert = require('node:assert/strict');
const zlib = require('node:zlib');
const kit = require('@solana/kit');
const token = require('@solana/spl-token');
const web3 = require('@solana/web3.js');
const { startEndpoint, runTests } = require('./endpoint.cjs');

const KOII = web3.LAMPORTS_PER_SOL;
const NOBODY = web3.Keypair.generate().publicKey;
const MEMO = new web3.PublicKey('MemoSq4gqABAXKb96qnH8TysNcWxMyWCqXgDLGmfcHr');
const V0 = { maxSupportedTransactionVersion: 0 };
const COMMITMENTS = ['processed', 'confirmed', 'finalized'];

// The result, or an Error with the code.
async function call({ connection }, method, ...params) {
  const answer = await connection._rpcRequest(method, params);
  if (!answer.error) return answer.result;
  throw Object.assign(new Error(answer.error.message), answer.error);
}

const refuses = (promise, code, words = /./) =>
  assert.rejects(promise, (error) => {
    assert.equal(error.code, code, error.message);
    assert.match(error.message, words);
    return true;
  });

async function confirm(connection, signature) {
  const { value } = await connection.confirmTransaction(
    { signature, ...await connection.getLatestBlockhash() });
  assert.equal(value.err, null);
  return signature;
}

const pay = (from, to, lamports = KOII) => web3.SystemProgram.transfer(
  { fromPubkey: from.publicKey, toPubkey: to, lamports });

// One wallet, one recipient, a mint and two transactions that all tests read.
async function prepare(context) {
  const { connection } = context;
  const payer = web3.Keypair.generate();
  await confirm(connection,
    await connection.requestAirdrop(payer.publicKey, 50 * KOII));
  const to = web3.Keypair.generate().publicKey;
  const send = (...instructions) => web3.sendAndConfirmTransaction(connection,
    new web3.Transaction().add(...instructions), [payer]);
  const first = await send(pay(payer, to));
  const second = await send(
    web3.ComputeBudgetProgram.setComputeUnitPrice({ microLamports: 2_000_000 }),
    pay(payer, to), new web3.TransactionInstruction(
      { programId: MEMO, keys: [], data: Buffer.from('a memo') }));
  const mint = await token.createMint(connection, payer, payer.publicKey, null,
    6);
  const wallet = await token.createAssociatedTokenAccount(connection, payer,
    mint, payer.publicKey);
  await token.mintTo(connection, payer, mint, wallet, payer, 5e6);
  const { value } = await connection.getSignatureStatus(second);
  Object.assign(context, { payer, to, send, first, second, mint, wallet,
    slot: value.slot });
}

async function accounts_come_in_every_encoding_and_slice(context) {
  const { connection, rpc, mint, to } = context;
  const raw = (await connection.getAccountInfo(mint)).data;
  const key = mint.toBase58();
  const get = async (options) =>
    (await call(context, 'getAccountInfo', key, options)).value;
  for (const [encoding, decode] of [
    ['base58', (text) => Buffer.from(kit.getBase58Encoder().encode(text))],
    ['base64', (text) => Buffer.from(text, 'base64')]]) {
    const { data, space, rentEpoch } = await get({ encoding });
    assert.deepEqual([decode(data[0]), data[1], space],
      [raw, encoding, raw.length]);
    assert(rentEpoch > 1e18);
  }
  const { value: zstd } = await rpc.getAccountInfo(kit.address(key),
    { encoding: 'base64+zstd' }).send();
  assert.deepEqual([...Buffer.from(zstd.data[0], 'base64').subarray(0, 4)],
    [0x28, 0xb5, 0x2f, 0xfd]);
  if (zlib.zstdDecompressSync) {
    assert.deepEqual(
      zlib.zstdDecompressSync(Buffer.from(zstd.data[0], 'base64')), raw);
  }
  assert.equal(typeof (await get()).data, 'string');
  assert.equal((await get({ encoding: 'jsonParsed' })).data.parsed.type,
    'mint');
  const sliced = await connection.getAccountInfo(mint,
    { dataSlice: { offset: 4, length: 8 } });
  assert.deepEqual(sliced.data, raw.subarray(4, 12));
  const past = await get({ encoding: 'base64',
    dataSlice: { offset: 1000, length: 8 } });
  assert.deepEqual(past.data, ['', 'base64']);
  assert.equal((await get({ encoding: 'base64' })).owner,
    token.TOKEN_PROGRAM_ID.toBase58());
  await refuses(call(context, 'getAccountInfo', context.wallet.toBase58()),
    -32600, /please use Base64 encoding/);
  await refuses(get({ encoding: 'hex' }), -32602);
  assert.equal(await connection.getAccountInfo(NOBODY), null);
  const many = await connection.getMultipleAccountsInfo([mint, NOBODY, to]);
  assert.deepEqual(many.map((item) => item && item.data.length),
    [raw.length, null, 0]);
  const parsed = await connection.getMultipleParsedAccounts([mint]);
  assert.equal(parsed.value[0].data.program, 'spl-token');
  await refuses(call(context, 'getMultipleAccounts',
    Array(101).fill(key)), -32602, /Too many inputs provided; max 100/);
}

async function commitments_and_the_least_slot_are_looked_at(context) {
  const { connection, payer, rpc, to } = context;
  for (const commitment of COMMITMENTS) {
    assert.equal(await connection.getBalance(to, commitment), 2 * KOII);
    const slot = await connection.getSlot(commitment);
    assert(slot >= context.slot);
    assert.equal(await connection.getBalance(to,
      { commitment, minContextSlot: slot }), 2 * KOII);
    assert((await rpc.getBlockHeight({ commitment }).send()) > 0n);
  }
  for (const [method, ...params] of [['getBalance', to], ['getSlot'],
    ['getLatestBlockhash'], ['getEpochInfo'], ['getTransactionCount'],
    ['getBlockHeight'], ['getAccountInfo', to], ['getMultipleAccounts', [to]],
    ['getProgramAccounts', MEMO], ['getVoteAccounts'],
    ['getStakeMinimumDelegation'], ['getSignaturesForAddress', to]]) {
    await refuses(call(context, method, ...params, { minContextSlot: 1e9 }),
      -32016, /Minimum context slot has not been reached/);
  }
  // As on Solana: an unknown commitment counts as absent.
  assert(await call(context, 'getSlot', { commitment: 'soon' }) > 0);
  await refuses(call(context, 'getTokenSupply', context.mint,
    { commitment: 'soon' }), -32602, /unknown variant `soon`/);
  for (const [method, ...params] of [['getBlock', context.slot],
    ['getTransaction', context.first], ['getBlocks', 1, 2],
    ['getBlocksWithLimit', 1, 2],
    ['getSignaturesForAddress', payer.publicKey]]) {
    await refuses(call(context, method, ...params,
      { commitment: 'processed' }), -32602, /below `confirmed`/);
  }
}

async function blocks_come_in_every_encoding_and_detail(context) {
  const { connection, rpc, slot, second } = context;
  const get = (options) => rpc.getBlock(BigInt(slot),
    { maxSupportedTransactionVersion: 0, ...options }).send();
  const names = async (transactionDetails) =>
    (await get({ transactionDetails })).signatures;
  assert.deepEqual(await names('signatures'), [second]);
  const none = await get({ transactionDetails: 'none', rewards: false });
  assert.deepEqual(['transactions', 'signatures', 'rewards']
    .filter((name) => name in none), []);
  assert.deepEqual((await get({ rewards: true })).rewards, []);
  const accounts = (await get({ transactionDetails: 'accounts' }))
    .transactions[0];
  assert.equal(accounts.transaction.accountKeys[0].pubkey,
    context.payer.publicKey.toBase58());
  assert.equal(accounts.transaction.signatures[0], second);
  const wire = {};
  for (const encoding of ['base58', 'base64', 'json', 'jsonParsed']) {
    const [item] = (await get({ encoding })).transactions;
    wire[encoding] = item.transaction;
    assert.deepEqual([item.meta.err, item.version], [null, 'legacy']);
  }
  assert.deepEqual(Buffer.from(kit.getBase58Encoder().encode(
    wire.base58[0])), Buffer.from(wire.base64[0], 'base64'));
  assert.equal(wire.json.signatures[0], second);
  assert.deepEqual(wire.jsonParsed.message.instructions.map((item) =>
    item.program), [undefined, 'system', 'spl-memo']);
  assert.equal(wire.jsonParsed.message.instructions[2].parsed, 'a memo');
  const block = await connection.getParsedBlock(slot, V0);
  assert.equal(block.parentSlot, slot - 1);
  assert.equal(await connection.getBlockTime(slot), block.blockTime);
  assert.deepEqual(await connection.getBlocks(slot - 2, slot),
    [slot - 2, slot - 1, slot]);
  assert((await call(context, 'getBlocks', slot)).length > 0);
  assert.deepEqual(await rpc.getBlocksWithLimit(BigInt(slot), 1).send(),
    [BigInt(slot)]);
  const { commitment, totalStake } =
    await rpc.getBlockCommitment(BigInt(slot)).send();
  assert.deepEqual([commitment.length, commitment[31]], [32, totalStake]);
  await refuses(call(context, 'getBlock', 1e9), -32004);
  await refuses(call(context, 'getBlockTime', 1e9), -32004);
  await refuses(call(context, 'getBlocks', 0, 'x'), -32602);
  await refuses(call(context, 'getBlocksWithLimit', 0, 500001), -32602);
}

async function transactions_come_in_every_encoding(context) {
  const { connection, rpc, first, second, to } = context;
  const base64 = await rpc.getTransaction(second, { encoding: 'base64',
    maxSupportedTransactionVersion: 0 }).send();
  const parsed = await connection.getParsedTransaction(second, V0);
  assert.deepEqual(web3.Transaction.from(
    Buffer.from(base64.transaction[0], 'base64')).signature,
  Buffer.from(kit.getBase58Encoder().encode(second)));
  const [, transfer] = parsed.transaction.message.instructions;
  assert.deepEqual(transfer.parsed, { type: 'transfer', info: {
    source: context.payer.publicKey.toBase58(), destination: to.toBase58(),
    lamports: KOII } });
  // The priority: 2 roe a unit, for two builtin programs and the memo.
  assert.equal(parsed.meta.fee, 5000 + 2 * (3000 + 3000 + 200000));
  assert.equal(await connection.getTransaction(
    kit.getBase58Decoder().decode(new Uint8Array(64).fill(7)), V0), null);
  await refuses(call(context, 'getTransaction', 'abc'), -32602, /WrongSize/);
  await refuses(call(context, 'getTransaction', '0OIl'), -32602, /Invalid$/);
  const both = await connection.getSignatureStatuses([first,
    kit.getBase58Decoder().decode(new Uint8Array(64).fill(7))],
  { searchTransactionHistory: true });
  assert.deepEqual(both.value.map((item) => item && item.confirmationStatus),
    ['finalized', null]);
  await refuses(call(context, 'getSignatureStatuses',
    Array(257).fill(first)), -32602, /max 256/);
  const history = await connection.getSignaturesForAddress(to, { limit: 1 });
  assert.deepEqual([history.length, history[0].signature, history[0].memo],
    [1, second, '[6] a memo']);
  assert.deepEqual((await connection.getSignaturesForAddress(to,
    { before: second })).map((item) => item.signature), [first]);
  assert.deepEqual((await connection.getSignaturesForAddress(to,
    { until: first })).map((item) => item.signature), [second]);
  await refuses(call(context, 'getSignaturesForAddress', to,
    { limit: 1001 }), -32602);
  assert((await connection.getTransactionCount()) >= 5);
}

// A lookup table, and a transfer whose recipient stands only in it.
async function loaded_addresses_are_shown(context) {
  const { connection, payer, rpc, send } = context;
  const to = web3.Keypair.generate().publicKey;
  const recentSlot = await connection.getSlot() - 1;
  const authority = { authority: payer.publicKey, payer: payer.publicKey };
  const [create, lookupTable] =
    web3.AddressLookupTableProgram.createLookupTable({ ...authority,
      recentSlot });
  const made = await send(create,
    web3.AddressLookupTableProgram.extendLookupTable({ ...authority,
      lookupTable, addresses: [to, MEMO] }));
  const { slot } = (await connection.getSignatureStatus(made)).value;
  while (await connection.getSlot() <= slot) await new Promise((resolve) =>
    setTimeout(resolve, 50));
  const [first, second] = (await connection.getParsedTransaction(made, V0))
    .transaction.message.instructions;
  assert.deepEqual([first.program, first.parsed.type, second.parsed.type],
    ['address-lookup-table', 'createLookupTable', 'extendLookupTable']);
  assert.deepEqual(second.parsed.info, {
    lookupTableAccount: lookupTable.toBase58(),
    lookupTableAuthority: payer.publicKey.toBase58(),
    newAddresses: [to, MEMO].map(String),
    payerAccount: payer.publicKey.toBase58(),
    systemProgram: web3.SystemProgram.programId.toBase58() });
  const table = (await connection.getAddressLookupTable(lookupTable)).value;
  const { blockhash } = await connection.getLatestBlockhash();
  const transfer = pay(payer, to);
  transfer.keys.push({ pubkey: web3.SYSVAR_CLOCK_PUBKEY, isSigner: false,
    isWritable: true });
  const transaction = new web3.VersionedTransaction(new web3.TransactionMessage(
    { payerKey: payer.publicKey, recentBlockhash: blockhash,
      instructions: [transfer] }).compileToV0Message([table]));
  transaction.sign([payer]);
  const signature = await confirm(connection,
    await connection.sendTransaction(transaction));
  const get = (encoding) => rpc.getTransaction(signature, { encoding,
    maxSupportedTransactionVersion: 0 }).send();
  for (const encoding of ['json', 'base64']) {
    const { meta } = await get(encoding);
    assert.deepEqual([meta.loadedAddresses, meta.rewards],
      [{ writable: [to.toBase58()], readonly: [] }, []]);
  }
  // The parsed form has them among its keys.
  const parsed = await get('jsonParsed');
  assert(!('loadedAddresses' in parsed.meta));
  const { accountKeys } = parsed.transaction.message;
  assert.deepEqual(accountKeys.at(-1), { pubkey: to.toBase58(), signer: false,
    source: 'lookupTable', writable: true });
  // Named as writable, which a sysvar never is.
  assert.equal(accountKeys.find((item) =>
    item.pubkey === web3.SYSVAR_CLOCK_PUBKEY.toBase58()).writable, false);
  await refuses(call(context, 'getTransaction', signature), -32015,
    /"maxSupportedTransactionVersion": 0$/);
  const block = async (options) => (await rpc.getBlock(parsed.slot,
    { maxSupportedTransactionVersion: 0, ...options }).send())
    .transactions[0].meta;
  assert.deepEqual((await block({})).rewards, []);
  assert.equal((await block({ rewards: false })).rewards, null);
  const accounts = { transactionDetails: 'accounts' };
  assert.deepEqual((await block(accounts)).rewards, []);
  assert(!('rewards' in await block({ ...accounts, rewards: false })));
}

// What clients of web3.js' first years call, K2's among them.
async function older_names_are_known(context) {
  const { connection, first, second, slot, to } = context;
  assert.deepEqual((await connection.getConfirmedSignaturesForAddress2(to,
    { before: second })).map((item) => item.signature), [first]);
  const { blockhash } = await connection.getLatestBlockhash();
  assert.deepEqual((await connection.getFeeCalculatorForBlockhash(blockhash))
    .value, { lamportsPerSignature: 5000 });
  assert.equal((await call(context, 'getFeeCalculatorForBlockhash', NOBODY))
    .value, null);
  assert.equal((await call(context, 'getConfirmedTransaction', first))
    .transaction.signatures[0], first);
  assert.deepEqual(await call(context, 'getConfirmedBlocks', slot, slot),
    [slot]);
  assert.deepEqual(await call(context, 'getConfirmedBlocksWithLimit', slot, 1),
    [slot]);
}

async function memos_that_are_no_text_are_named_so(context) {
  const { connection, payer } = context;
  const transaction = new web3.Transaction(
    await connection.getLatestBlockhash()).add(new web3.TransactionInstruction(
    { programId: MEMO, keys: [], data: Buffer.from([0x80]) }));
  const signature = await connection.sendTransaction(transaction, [payer],
    { skipPreflight: true });
  await connection.confirmTransaction(signature);
  const [newest] = await connection.getSignaturesForAddress(payer.publicKey,
    { limit: 1 });
  assert.deepEqual([newest.signature, newest.memo],
    [signature, '[1] (unparsable)']);
}

async function fees_are_told(context) {
  const { connection, payer, rpc, to, slot } = context;
  const latest = await connection.getLatestBlockhash();
  const message = new web3.TransactionMessage({ payerKey: payer.publicKey,
    recentBlockhash: latest.blockhash, instructions: [pay(payer, to)] });
  assert.equal((await connection.getFeeForMessage(
    message.compileToV0Message())).value, 5000);
  message.recentBlockhash = NOBODY.toBase58();
  assert.equal((await connection.getFeeForMessage(
    message.compileToV0Message())).value, null);
  await refuses(call(context, 'getFeeForMessage', 'AAAA'), -32602);
  const bid = async (options) => {
    const fees = await connection.getRecentPrioritizationFees(options);
    assert(fees.length > 3 && fees.length <= 150);
    return fees.find((item) => item.slot === slot).prioritizationFee;
  };
  assert.equal(await bid(), 2_000_000);
  assert.equal(await bid({ lockedWritableAccounts: [to] }), 2_000_000);
  const [oldest, next] = await rpc.getRecentPrioritizationFees().send();
  assert(oldest.slot < next.slot);
  await refuses(call(context, 'getRecentPrioritizationFees',
    Array(129).fill(to)), -32602);
  const fees = await call(context, 'getFees');
  for (const { value } of [fees, await call(context, 'getRecentBlockhash')]) {
    assert.equal(value.feeCalculator.lamportsPerSignature, 5000);
  }
  assert(fees.value.lastValidBlockHeight > 150);
  assert.equal((await rpc.isBlockhashValid(latest.blockhash).send()).value,
    true);
  assert.equal(await connection.getMinimumBalanceForRentExemption(100),
    228 * 6960);
}

async function program_accounts_are_filtered(context) {
  const { connection, rpc, mint, wallet } = context;
  const keys = async (...filters) =>
    (await connection.getProgramAccounts(token.TOKEN_PROGRAM_ID, { filters }))
      .map((item) => item.pubkey.toBase58());
  assert.deepEqual(await keys({ dataSize: 165 }), [wallet.toBase58()]);
  assert.deepEqual((await keys({ dataSize: 82 })).sort(),
    [mint, token.NATIVE_MINT].map(String).sort());
  const bytes = mint.toBytes();
  for (const memcmp of [
    { offset: 0, bytes: mint.toBase58() },
    { offset: 0, encoding: 'base64', bytes: mint.toBuffer().toString('base64') },
    { offset: 0, encoding: 'bytes', bytes: [...bytes] },
    { offset: 0, bytes: [...bytes] }]) {
    assert.deepEqual(await keys({ memcmp }), [wallet.toBase58()]);
  }
  assert.deepEqual(await keys({ memcmp: { offset: 1000, bytes: '2' } }), []);
  const { value, context: at } = await rpc.getProgramAccounts(
    kit.address(token.TOKEN_PROGRAM_ID.toBase58()), { withContext: true,
      encoding: 'base64', dataSlice: { offset: 0, length: 3 } }).send();
  assert(at.slot > 0n);
  assert.deepEqual(value.map((item) => Buffer.from(item.account.data[0],
    'base64').length), [3, 3, 3]);
  const parsed = await connection.getParsedProgramAccounts(
    token.TOKEN_PROGRAM_ID);
  assert.deepEqual(parsed.map((item) => item.account.data.parsed.type).sort(),
    ['account', 'mint', 'mint']);
  for (const filter of [{ memcmp: { offset: 0, bytes: [256] } },
    { memcmp: { offset: 0, bytes: '0' } }, { x: 1 },
    { memcmp: { offset: 0, bytes: Array(129).fill(1) } }]) {
    await refuses(call(context, 'getProgramAccounts', token.TOKEN_PROGRAM_ID,
      { filters: [filter] }), -32602);
  }
  await refuses(call(context, 'getProgramAccounts', token.TOKEN_PROGRAM_ID,
    { filters: Array(5).fill({ dataSize: 1 }) }), -32602,
  /Too many filters provided; max 4/);
}

async function tokens_are_found(context) {
  const { connection, payer, mint, wallet, rpc } = context;
  const owner = kit.address(payer.publicKey.toBase58());
  assert.equal((await connection.getTokenAccountBalance(wallet)).value.amount,
    '5000000');
  assert.equal((await connection.getTokenSupply(mint)).value.uiAmount, 5);
  assert.equal((await connection.getTokenLargestAccounts(mint)).value[0]
    .uiAmountString, '5');
  const mine = await rpc.getTokenAccountsByOwner(owner,
    { mint: kit.address(mint.toBase58()) }, { encoding: 'jsonParsed' }).send();
  assert.equal(mine.value[0].pubkey, wallet.toBase58());
  // Wallets ask for those of the second token program as well.
  const others = await connection.getParsedTokenAccountsByOwner(
    payer.publicKey, { programId: token.TOKEN_2022_PROGRAM_ID });
  assert.deepEqual(others.value, []);
  const delegated = await rpc.getTokenAccountsByDelegate(owner,
    { programId: kit.address(token.TOKEN_PROGRAM_ID.toBase58()) },
    { encoding: 'base64' }).send();
  assert.deepEqual(delegated.value, []);
  await refuses(call(context, 'getTokenAccountsByOwner', owner,
    { programId: MEMO }), -32602, /unrecognized Token program id/);
  await refuses(call(context, 'getTokenAccountBalance', NOBODY), -32602,
    /could not find account/);
  await refuses(call(context, 'getTokenSupply', wallet), -32602,
    /mint could not be unpacked/);
}

async function token_authorities_and_multisigs_are_parsed(context) {
  const { connection, payer, mint } = context;
  const parsed = async (signature) =>
    (await connection.getParsedTransaction(signature, V0)).transaction.message
      .instructions.map((item) => item.parsed).filter(Boolean);
  const find = async (signature, type) =>
    (await parsed(signature)).find((item) => item.type === type)?.info;
  const [{ signature: made }] =
    (await connection.getSignaturesForAddress(mint)).slice(-1);
  assert.deepEqual(await find(made, 'initializeMint2'), { decimals: 6,
    mint: mint.toBase58(), mintAuthority: payer.publicKey.toBase58() });
  const multisig = web3.Keypair.generate();
  const signers = [payer.publicKey, NOBODY];
  await token.createMultisig(connection, payer, signers, 1, multisig);
  const [{ signature }] =
    await connection.getSignaturesForAddress(multisig.publicKey);
  assert.deepEqual(await find(signature, 'initializeMultisig'), { m: 1,
    multisig: multisig.publicKey.toBase58(), signers: signers.map(String),
    rentSysvar: web3.SYSVAR_RENT_PUBKEY.toBase58() });
  const changed = await token.setAuthority(connection, payer, mint, payer,
    token.AuthorityType.MintTokens, multisig.publicKey);
  assert.deepEqual(await find(changed, 'setAuthority'), {
    authority: payer.publicKey.toBase58(), authorityType: 'mintTokens',
    mint: mint.toBase58(), newAuthority: multisig.publicKey.toBase58() });
}

async function the_cluster_is_described(context) {
  const { connection, rpc, slot } = context;
  const { identity } = await rpc.getIdentity().send();
  const [node] = await connection.getClusterNodes();
  assert.deepEqual([node.pubkey, node.gossip], [identity, null]);
  const epoch = await connection.getEpochInfo();
  const schedule = await connection.getEpochSchedule();
  assert.equal(epoch.slotsInEpoch, schedule.slotsPerEpoch);
  assert.equal(schedule.getEpoch(epoch.absoluteSlot), epoch.epoch);
  assert.match(await connection.getGenesisHash(), /^\w{43,44}$/);
  assert.equal(await rpc.getHealth().send(), 'ok');
  const health = await fetch(new URL('/health', connection.rpcEndpoint));
  assert.deepEqual([health.status, await health.text()], [200, 'ok']);
  const leaders = await connection.getLeaderSchedule();
  assert.equal(leaders[identity].length, schedule.slotsPerEpoch);
  assert.deepEqual(await rpc.getLeaderSchedule(null,
    { identity: NOBODY.toBase58() }).send(), {});
  assert.equal(await connection.getSlotLeader(), identity);
  assert.deepEqual((await connection.getSlotLeaders(slot, 3)).map(String),
    [identity, identity, identity]);
  await refuses(call(context, 'getSlotLeaders', 0, 5001), -32602);
  // The schedule reaches to the next epoch's end.
  const end = 2 * schedule.slotsPerEpoch;
  assert.equal((await connection.getSlotLeaders(end - 2, 2)).length, 2);
  await refuses(call(context, 'getSlotLeaders', end - 1, 2), -32602);
  const { value: production } = await connection.getBlockProduction(
    { identity, range: { firstSlot: 1, lastSlot: slot } });
  assert.deepEqual(production.byIdentity[identity][0], slot);
  await refuses(call(context, 'getBlockProduction',
    { range: { firstSlot: 1e9 } }), -32602);
  const votes = await connection.getVoteAccounts();
  assert.deepEqual([votes.current.length, votes.delinquent], [1, []]);
  const { votePubkey } = votes.current[0];
  const ask = async (key) =>
    (await rpc.getVoteAccounts({ votePubkey: kit.address(key) }).send())
      .current.length;
  assert.deepEqual([await ask(votePubkey), await ask(NOBODY.toBase58())],
    [1, 0]);
  await refuses(call(context, 'getVoteAccounts', { votePubkey: 'x' }), -32602);
  const version = await connection.getVersion();
  assert.equal(typeof version['feature-set'], 'number');
  assert.equal(await connection.getFirstAvailableBlock(), 0);
  assert.equal(await connection.getMinimumLedgerSlot(), 0);
  await refuses(call(context, 'getHighestSnapshotSlot'), -32008);
  const samples = await connection.getRecentPerformanceSamples(5);
  assert(samples.every((item) => item.numSlots > 0));
}

async function supply_stake_and_inflation_are_told(context) {
  const { connection, rpc } = context;
  const { value: supply } = await connection.getSupply(
    { excludeNonCirculatingAccountsList: true });
  assert.equal(supply.circulating + supply.nonCirculating, supply.total);
  const largest = async (filter) =>
    (await connection.getLargestAccounts({ filter })).value.length;
  assert(await largest('circulating') > 2);
  assert.equal(await largest('nonCirculating'), 0);
  await refuses(call(context, 'getLargestAccounts', { filter: 'x' }), -32602);
  assert.equal((await connection.getStakeMinimumDelegation()).value, 0);
  const governor = await connection.getInflationGovernor();
  assert.deepEqual([governor.initial, governor.terminal], [0, 0]);
  assert.equal((await connection.getInflationRate()).total, 0);
  // Those of an epoch stand in the next one's first block.
  await refuses(call(context, 'getInflationReward', [NOBODY]), -32004,
    /Block not available for slot 432000/);
  await refuses(call(context, 'getInflationReward', ['x']), -32602);
}

async function transactions_are_sent_and_simulated(context) {
  const { connection, payer, to, rpc } = context;
  const latest = await connection.getLatestBlockhash();
  const make = (blockhash, lamports = KOII) => {
    const transaction = new web3.VersionedTransaction(
      new web3.TransactionMessage({ payerKey: payer.publicKey,
        recentBlockhash: blockhash, instructions: [pay(payer, to, lamports)],
      }).compileToV0Message());
    transaction.sign([payer]);
    return transaction;
  };
  const good = make(latest.blockhash), old = make(NOBODY.toBase58());
  const poor = make(latest.blockhash, 1000 * KOII);
  const unsigned = new web3.VersionedTransaction(good.message);
  const accounts = { encoding: 'base64', addresses: [to.toBase58()] };
  const simulate = async (transaction, options) =>
    (await connection.simulateTransaction(transaction, options)).value;
  const before = await connection.getBalance(to);
  const done = await simulate(good, { sigVerify: true, accounts });
  assert.deepEqual([done.err, done.accounts[0].lamports],
    [null, before + KOII]);
  assert.equal((await simulate(unsigned)).err, null);
  assert.equal((await simulate(old, { accounts })).err, 'BlockhashNotFound');
  const replaced = await rpc.simulateTransaction(
    Buffer.from(old.serialize()).toString('base64'),
    { encoding: 'base64', replaceRecentBlockhash: true }).send();
  assert.equal(replaced.value.err, null);
  assert(replaced.value.replacementBlockhash.lastValidBlockHeight > 150n);
  const failed = await simulate(poor, { accounts });
  assert.deepEqual([failed.err, failed.accounts],
    [{ InstructionError: [0, { Custom: 1 }] }, [null]]);
  const wire = (transaction) =>
    Buffer.from(transaction.serialize()).toString('base64');
  const raw = (method, transaction, options) => call(context, method,
    wire(transaction), { encoding: 'base64', ...options });
  await refuses(raw('simulateTransaction', good,
    { sigVerify: true, replaceRecentBlockhash: true }), -32602);
  await refuses(raw('simulateTransaction', unsigned, { sigVerify: true }),
    -32003);
  await refuses(raw('simulateTransaction', good, { accounts:
    { encoding: 'base58', addresses: [] } }), -32602);
  // Accounts without lamports are shown, those that are named twice as well.
  const nobody = NOBODY.toBase58();
  const gone = new web3.VersionedTransaction(new web3.TransactionMessage({
    payerKey: payer.publicKey, recentBlockhash: latest.blockhash,
    instructions: [pay(payer, NOBODY, 0)] }).compileToV0Message());
  assert.deepEqual((await simulate(gone, { accounts: { encoding: 'base64',
    addresses: [nobody, nobody] } })).accounts.map((item) =>
    [item.lamports, item.data, item.owner, item.space]),
  Array(2).fill([0, ['', 'base64'], web3.PublicKey.default.toBase58(), 0]));
  await refuses(raw('simulateTransaction', good, { accounts:
    { encoding: 'json', addresses: [] } }), -32602, /unknown variant `json`/);
  const lost = new web3.VersionedTransaction(new web3.TransactionMessage({
    payerKey: payer.publicKey, recentBlockhash: latest.blockhash,
    instructions: [pay(payer, to)] }).compileToV0Message([
    new web3.AddressLookupTableAccount({ key: NOBODY,
      state: { addresses: [to] } })]));
  lost.sign([payer]);
  for (const method of ['sendTransaction', 'simulateTransaction']) {
    await refuses(raw(method, lost), -32602, new RegExp('^invalid transaction: '
      + "Transaction loads an address table account that doesn't exist$"));
  }
  await refuses(raw('sendTransaction', unsigned), -32003);
  await refuses(raw('sendTransaction', old), -32002, /Blockhash not found/);
  await refuses(raw('sendTransaction', poor, { maxRetries: 0 }), -32002);
  await refuses(call(context, 'sendTransaction', 'AAAA'), -32602);
  await refuses(raw('sendTransaction', good, { minContextSlot: 1e9 }), -32016);
  const signature = await connection.sendTransaction(good,
    { maxRetries: 3, preflightCommitment: 'processed' });
  await confirm(connection, signature);
  const base58 = kit.getBase58Decoder().decode(
    make((await connection.getLatestBlockhash()).blockhash, KOII + 1)
      .serialize());
  await confirm(connection, await call(context, 'sendTransaction', base58,
    { skipPreflight: true }));
  assert.equal(await connection.getBalance(to), before + 2 * KOII + 1);
  await refuses(call(context, 'requestAirdrop', payer.publicKey), -32602);
}

async function durable_nonces_are_priced_and_parsed(context) {
  const { connection, payer, to } = context;
  const key = web3.Keypair.generate();
  await web3.sendAndConfirmTransaction(connection, new web3.Transaction().add(
    web3.SystemProgram.createNonceAccount({ fromPubkey: payer.publicKey,
      noncePubkey: key.publicKey, authorizedPubkey: payer.publicKey,
      lamports: KOII })), [payer, key]);
  const nonce = await connection.getNonce(key.publicKey);
  const parsed = await connection.getParsedAccountInfo(key.publicKey);
  assert.deepEqual([parsed.value.data.program,
    parsed.value.data.parsed.info.blockhash], ['nonce', nonce.nonce]);
  const message = new web3.TransactionMessage({ payerKey: payer.publicKey,
    recentBlockhash: nonce.nonce, instructions: [
      web3.SystemProgram.nonceAdvance({ noncePubkey: key.publicKey,
        authorizedPubkey: payer.publicKey }), pay(payer, to)] });
  assert.equal((await connection.getFeeForMessage(
    message.compileToLegacyMessage())).value, 5000);
}

async function main() {
  const endpoint = await startEndpoint(process.argv[2]);
  const connection = new web3.Connection(endpoint.rpc,
    { commitment: 'confirmed', wsEndpoint: endpoint.ws });
  const context = { connection,
    rpc: kit.createSolanaRpc(endpoint.rpc) };
  let failed = 1;
  try {
    await prepare(context);
    failed = await runTests([
      accounts_come_in_every_encoding_and_slice,
      commitments_and_the_least_slot_are_looked_at,
      blocks_come_in_every_encoding_and_detail,
      transactions_come_in_every_encoding,
      loaded_addresses_are_shown,
      older_names_are_known,
      memos_that_are_no_text_are_named_so,
      fees_are_told,
      program_accounts_are_filtered,
      tokens_are_found,
      token_authorities_and_multisigs_are_parsed,
      the_cluster_is_described,
      supply_stake_and_inflation_are_told,
      transactions_are_sent_and_simulated,
      durable_nonces_are_priced_and_parsed,
    ], context);
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
