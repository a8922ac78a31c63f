// @solana/spl-token, unmodified, against the settlement endpoint.
'use strict';
const assert = require('node:assert/strict');
const web3 = require('@solana/web3.js');
const token = require('@solana/spl-token');
const { startEndpoint, runTests } = require('./endpoint.cjs');

const KOII = web3.LAMPORTS_PER_SOL;
const DECIMALS = 6;
// What is asked without the library has to say so: else it is what is final,
// which comes later.
const COMMITMENT = 'confirmed';

async function fund(connection) {
  const key = web3.Keypair.generate();
  const signature = await connection.requestAirdrop(key.publicKey, 10 * KOII);
  await connection.confirmTransaction(
    { signature, ...await connection.getLatestBlockhash() });
  return key;
}

// A mint, and two wallets of which the first holds 1000 tokens.
async function prepare(connection) {
  const owner = await fund(connection);
  const other = await fund(connection);
  const mint = await token.createMint(connection, owner, owner.publicKey,
    owner.publicKey, DECIMALS);
  const from = await token.getOrCreateAssociatedTokenAccount(
    connection, owner, mint, owner.publicKey);
  const to = await token.getOrCreateAssociatedTokenAccount(
    connection, owner, mint, other.publicKey);
  await token.mintTo(connection, owner, mint, from.address, owner, 1000e6);
  return { owner, other, mint, from: from.address, to: to.address };
}

async function tokens_are_minted_and_transferred({ connection }) {
  const { owner, mint, from, to } = await prepare(connection);
  await token.transferChecked(connection, owner, from, mint, to, owner, 250e6,
    DECIMALS);
  assert.equal((await token.getAccount(connection, from)).amount, 750000000n);
  assert.equal((await token.getAccount(connection, to)).amount, 250000000n);
  assert.equal((await token.getMint(connection, mint)).supply, 1000000000n);
}

async function balances_and_supply_are_told({ connection }) {
  const { mint, from } = await prepare(connection);
  const { value: balance } = await connection.getTokenAccountBalance(from);
  assert.deepEqual(balance, { amount: '1000000000', decimals: DECIMALS,
    uiAmount: 1000, uiAmountString: '1000' });
  const { value: supply } = await connection.getTokenSupply(mint);
  assert.equal(supply.uiAmountString, '1000');
  const { value: largest } = await connection.getTokenLargestAccounts(mint);
  assert.deepEqual(largest.map((item) => [item.address.toBase58(),
    item.amount]).at(0), [from.toBase58(), '1000000000']);
  assert.equal(largest.length, 2);
}

// What making an associated account calls, as getTransaction shows it, and as a
// simulation does that is asked for it.
async function calls_of_programs_are_shown({ connection }) {
  const { owner, mint } = await prepare(connection);
  const holder = web3.Keypair.generate().publicKey;
  const address = token.getAssociatedTokenAddressSync(mint, holder);
  const transaction = new web3.Transaction({ feePayer: owner.publicKey,
    ...await connection.getLatestBlockhash() });
  transaction.add(
    web3.SystemProgram.transfer({ fromPubkey: owner.publicKey,
      toPubkey: holder, lamports: KOII }),
    token.createAssociatedTokenAccountInstruction(owner.publicKey, address,
      holder, mint));
  transaction.sign(owner);
  const wire = transaction.serialize();
  const calls = [['spl-token', 'getAccountDataSize'],
    ['system', 'createAccount'], ['spl-token', 'initializeImmutableOwner'],
    ['spl-token', 'initializeAccount3']];
  const check = (inner) => {
    assert.equal(inner.length, 1);
    assert.equal(inner[0].index, 1);
    assert.deepEqual(inner[0].instructions.map(({ program, parsed }) =>
      [program, parsed.type]), calls);
    assert.ok(inner[0].instructions.every((each) => each.stackHeight === 2));
    assert.equal(inner[0].instructions[1].parsed.info.newAccount,
      address.toBase58());
  };

  const simulate = async (options) => (await connection._rpcRequest(
    'simulateTransaction', [wire.toString('base64'),
      { encoding: 'base64', commitment: COMMITMENT, ...options }]))
    .result.value.innerInstructions;
  check(await simulate({ innerInstructions: true }));
  assert.equal(await simulate({}), null);

  const signature = await connection.sendRawTransaction(wire);
  await connection.confirmTransaction(
    { signature, ...await connection.getLatestBlockhash() });
  const parsed = await connection.getParsedTransaction(signature);
  check(parsed.meta.innerInstructions);

  const { meta, transaction: { message } } =
    await connection.getTransaction(signature);
  const [{ index, instructions }] = meta.innerInstructions;
  assert.equal(index, 1);
  assert.deepEqual(instructions.map((each) =>
    message.accountKeys[each.programIdIndex].toBase58()),
  [token.TOKEN_PROGRAM_ID, web3.SystemProgram.programId,
    token.TOKEN_PROGRAM_ID, token.TOKEN_PROGRAM_ID].map(String));
  const [payer, created] = instructions[1].accounts;
  assert.equal(message.accountKeys[payer].toBase58(),
    owner.publicKey.toBase58());
  assert.equal(message.accountKeys[created].toBase58(), address.toBase58());
}

async function accounts_of_an_owner_are_found({ connection }) {
  const { owner, mint, from } = await prepare(connection);
  const { value: raw } = await connection.getTokenAccountsByOwner(
    owner.publicKey, { mint });
  assert.deepEqual(raw.map((item) => item.pubkey.toBase58()),
    [from.toBase58()]);
  const { value: parsed } = await connection.getParsedTokenAccountsByOwner(
    owner.publicKey, { programId: token.TOKEN_PROGRAM_ID });
  const { info, type } = parsed[0].account.data.parsed;
  assert.equal(type, 'account');
  assert.equal(info.mint, mint.toBase58());
  assert.equal(info.tokenAmount.uiAmount, 1000);
}

async function accounts_of_a_delegate_are_found({ connection }) {
  const { owner, other, from } = await prepare(connection);
  await token.approve(connection, owner, from, other.publicKey, owner, 5e6);
  const { value } = await connection.getTokenAccountsByOwner(
    owner.publicKey, { programId: token.TOKEN_PROGRAM_ID });
  assert.equal(value.length, 1);
  const response = await connection._rpcRequest('getTokenAccountsByDelegate', [
    other.publicKey.toBase58(),
    { programId: token.TOKEN_PROGRAM_ID.toBase58() },
    { encoding: 'jsonParsed', commitment: COMMITMENT }]);
  const { info } = response.result.value[0].account.data.parsed;
  assert.equal(info.delegatedAmount.amount, '5000000');
}

async function token_instructions_are_parsed({ connection }) {
  const { owner, mint, from, to } = await prepare(connection);
  const signature = await token.transferChecked(connection, owner, from, mint,
    to, owner, 1e6, DECIMALS);
  const found = await connection.getParsedTransaction(signature,
    { commitment: 'confirmed', maxSupportedTransactionVersion: 0 });
  const [instruction] = found.transaction.message.instructions;
  assert.equal(instruction.program, 'spl-token');
  assert.equal(instruction.parsed.type, 'transferChecked');
  assert.deepEqual(instruction.parsed.info, {
    source: from.toBase58(),
    mint: mint.toBase58(),
    destination: to.toBase58(),
    authority: owner.publicKey.toBase58(),
    tokenAmount: { amount: '1000000', decimals: 6, uiAmount: 1,
      uiAmountString: '1' } });
}

async function token_balances_stand_in_the_transaction({ connection }) {
  const { owner, other, from, to, mint } = await prepare(connection);
  const signature = await token.transfer(connection, owner, from, to, owner,
    400e6);
  const { meta, transaction } = await connection.getTransaction(signature,
    { commitment: 'confirmed', maxSupportedTransactionVersion: 0 });
  const keys = transaction.message.staticAccountKeys.map(String);
  const amounts = (balances) => Object.fromEntries(balances.map((item) =>
    [keys[item.accountIndex], [item.owner, item.mint,
      item.uiTokenAmount.uiAmountString]]));
  const [a, b] = [owner.publicKey.toBase58(), other.publicKey.toBase58()];
  assert.deepEqual(amounts(meta.preTokenBalances), {
    [from]: [a, mint.toBase58(), '1000'], [to]: [b, mint.toBase58(), '0'] });
  assert.deepEqual(amounts(meta.postTokenBalances), {
    [from]: [a, mint.toBase58(), '600'], [to]: [b, mint.toBase58(), '400'] });
}

// Its mint needs no account for that: its decimals are known.
async function wrapped_coins_have_their_decimals({ connection }) {
  const { owner } = await prepare(connection);
  const address = await token.createWrappedNativeAccount(connection, owner,
    owner.publicKey, KOII, web3.Keypair.generate());
  const [{ signature }] =
    await connection.getSignaturesForAddress(address, {}, 'confirmed');
  const whole = { amount: String(KOII), decimals: 9, uiAmount: 1,
    uiAmountString: '1' };
  assert.deepEqual((await connection.getTokenAccountBalance(address)).value,
    whole);
  const { meta } = await connection.getTransaction(signature,
    { commitment: 'confirmed', maxSupportedTransactionVersion: 0 });
  assert.deepEqual(meta.postTokenBalances.map((item) => item.uiTokenAmount),
    [whole]);
  const { value: parsed } = await connection.getParsedAccountInfo(address);
  assert.deepEqual([parsed.data.parsed.info.isNative,
    parsed.data.parsed.info.tokenAmount], [true, whole]);
  const { value: [largest] } =
    await connection.getTokenLargestAccounts(token.NATIVE_MINT);
  assert.equal(largest.address.toBase58(), address.toBase58());
}

// The mint of wrapped coins is an account, too, and associated ones go with it.
async function coins_are_wrapped_and_unwrapped({ connection }) {
  const { owner } = await prepare(connection);
  const mint = await token.getMint(connection, token.NATIVE_MINT);
  assert.deepEqual([mint.decimals, mint.mintAuthority, mint.freezeAuthority],
    [9, null, null]);
  const address = await token.createWrappedNativeAccount(connection, owner,
    owner.publicKey, KOII);
  assert.deepEqual(address, token.getAssociatedTokenAddressSync(
    token.NATIVE_MINT, owner.publicKey));
  await web3.sendAndConfirmTransaction(connection, new web3.Transaction().add(
    web3.SystemProgram.transfer({ fromPubkey: owner.publicKey,
      toPubkey: address, lamports: 500 }),
    token.createSyncNativeInstruction(address)), [owner]);
  const account = await token.getAccount(connection, address);
  assert.deepEqual([account.amount, account.isNative],
    [BigInt(KOII) + 500n, true]);
  const before = await connection.getBalance(owner.publicKey);
  await token.closeAccount(connection, owner, address, owner.publicKey, owner);
  const held = BigInt(KOII) + 500n + account.rentExemptReserve;
  assert.equal(BigInt(await connection.getBalance(owner.publicKey)),
    BigInt(before) + held - 5000n);
}

// Each method has its words for what is no mint.
async function what_is_no_mint_is_told_apart({ connection }) {
  const { owner, mint, from } = await prepare(connection);
  const nobody = web3.Keypair.generate().publicKey;
  const wallet = owner.publicKey;
  for (const [method, key, words] of [
    ['getTokenSupply', nobody, 'could not find account'],
    ['getTokenSupply', wallet, 'not a Token mint'],
    ['getTokenSupply', from, 'mint could not be unpacked'],
    ['getTokenLargestAccounts', nobody, 'could not find mint'],
    ['getTokenLargestAccounts', wallet, 'Token mint could not be unpacked'],
    ['getTokenLargestAccounts', from, 'Token mint could not be unpacked'],
    ['getTokenAccountBalance', mint, 'not a Token account']]) {
    const { error } = await connection._rpcRequest(method,
      [key, { commitment: COMMITMENT }]);
    assert.deepEqual([error.code, error.message],
      [-32602, `Invalid param: ${words}`]);
  }
  const { error } = await connection._rpcRequest('getTokenAccountsByOwner',
    [wallet, { mint: nobody }, { commitment: COMMITMENT }]);
  assert.equal(error.message, 'Invalid param: could not find mint');
}

async function the_greater_key_stands_first_of_equal_amounts({ connection }) {
  const { owner, mint, from, to } = await prepare(connection);
  await token.transfer(connection, owner, from, to, owner, 500e6);
  const { value: largest } = await connection.getTokenLargestAccounts(mint);
  assert.deepEqual(largest.map((item) => item.address.toBase58()),
    [from, to].sort((a, b) => Buffer.compare(b.toBuffer(), a.toBuffer()))
      .map(String));
}

// What has no parsed form yet is not among the parsed ones.
async function accounts_without_a_form_are_not_listed({ connection }) {
  const { owner } = await prepare(connection);
  const empty = web3.Keypair.generate();
  await web3.sendAndConfirmTransaction(connection, new web3.Transaction().add(
    web3.SystemProgram.createAccount({ fromPubkey: owner.publicKey,
      newAccountPubkey: empty.publicKey, lamports: KOII, space: 165,
      programId: token.TOKEN_PROGRAM_ID })), [owner, empty]);
  const has = (list) => list.some((item) => item.pubkey.equals(empty.publicKey));
  assert(has(await connection.getProgramAccounts(token.TOKEN_PROGRAM_ID)));
  assert(!has(await connection.getParsedProgramAccounts(
    token.TOKEN_PROGRAM_ID)));
  // The filter that web3.js does not send asks for the same.
  const { result } = await connection._rpcRequest('getProgramAccounts',
    [token.TOKEN_PROGRAM_ID, { encoding: 'base64', commitment: COMMITMENT,
      filters: ['tokenAccountState'] }]);
  assert(result.length > 0);
  assert(result.every((item) => item.account.space === 165
    && item.pubkey !== empty.publicKey.toBase58()));
  const { value } = await connection.getParsedAccountInfo(empty.publicKey);
  assert.equal(value.data.length, 165);
}

async function a_mint_is_parsed({ connection }) {
  const { owner, mint } = await prepare(connection);
  const { value } = await connection.getParsedAccountInfo(mint);
  assert.equal(value.data.program, 'spl-token');
  assert.deepEqual(value.data.parsed, { type: 'mint', info: {
    decimals: DECIMALS, freezeAuthority: owner.publicKey.toBase58(),
    isInitialized: true, mintAuthority: owner.publicKey.toBase58(),
    supply: '1000000000' } });
}

async function failures_carry_the_tokens_program_error({ connection }) {
  const { owner, from, to } = await prepare(connection);
  await assert.rejects(
    token.transfer(connection, owner, from, to, owner, 5000e6),
    (error) => {
      assert.match(error.message, /custom program error: 0x1/);
      return true;
    });
}

async function accounts_are_closed_and_frozen({ connection }) {
  const { owner, mint, from, to } = await prepare(connection);
  await token.freezeAccount(connection, owner, from, mint, owner);
  await assert.rejects(token.transfer(connection, owner, from, to, owner, 1),
    /custom program error: 0x11/);
  await token.thawAccount(connection, owner, from, mint, owner);
  await token.burn(connection, owner, from, mint, owner, 1000e6);
  await token.closeAccount(connection, owner, from, owner.publicKey, owner);
  assert.equal(await connection.getAccountInfo(from), null);
}

async function main() {
  const endpoint = await startEndpoint(process.argv[2]);
  const connection = new web3.Connection(endpoint.rpc,
    { commitment: COMMITMENT, wsEndpoint: endpoint.ws });
  let failed = 1;
  try {
    failed = await runTests([
      tokens_are_minted_and_transferred,
      balances_and_supply_are_told,
      calls_of_programs_are_shown,
      accounts_of_an_owner_are_found,
      accounts_of_a_delegate_are_found,
      token_instructions_are_parsed,
      token_balances_stand_in_the_transaction,
      wrapped_coins_have_their_decimals,
      coins_are_wrapped_and_unwrapped,
      what_is_no_mint_is_told_apart,
      the_greater_key_stands_first_of_equal_amounts,
      accounts_without_a_form_are_not_listed,
      a_mint_is_parsed,
      failures_carry_the_tokens_program_error,
      accounts_are_closed_and_frozen,
    ], { connection });
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
