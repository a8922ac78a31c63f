// K2's tasks, as its clients write and read them. Their own packages can't be
// had everywhere, so the instructions are built here by hand, from the layouts
// of Koii's published clients and with nothing of this project's in between;
// what they are sent with is @solana/web3.js.
'use strict';
const assert = require('node:assert/strict');
const { createHash } = require('node:crypto');
const fs = require('node:fs');
const path = require('node:path');
const web3 = require('@solana/web3.js');
const token = require('@solana/spl-token');
const { startEndpoint, runTests } = require('./endpoint.cjs');
const borsh = require('./borsh.cjs');

const KOII = web3.LAMPORTS_PER_SOL;
const SLOT_MS = 100;
const ROUND = 30, SUBMISSIONS = 14, AUDITS = 14;
const NATIVE =
  new web3.PublicKey('Koiitask22222222222222222222222222222222222');
const KPL = new web3.PublicKey('KPLTRVs6jA7QTthuJH2cEmyCEskFbSV2xpZw46cganN');
const CLOCK = web3.SYSVAR_CLOCK_PUBKEY;
const RENT = web3.SYSVAR_RENT_PUBKEY;
const SYSTEM = web3.SystemProgram.programId;

// ---- Bytes ----

const u8 = (value) => Buffer.from([value]);
function i64(value) {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64LE(BigInt(value));
  return bytes;
}
const text = (value, size) => {
  const bytes = Buffer.alloc(size, ' ');
  bytes.write(value);
  return bytes;
};
const join = (...parts) => Buffer.concat(parts);

// CreateTask's fields, and UpdateTask's without the total bounty.
function terms({ name, total, perRound, stake }) {
  return join(text(name, 24), text('what it does', 64), text('audit', 64),
    text('DEVELOPMENT', 64), ...total === undefined ? [] : [i64(total)],
    i64(perRound), i64(ROUND), i64(AUDITS), i64(SUBMISSIONS), i64(stake),
    text('bafymetadata', 64), text('', 64), i64(3));
}

function chunk(list, pad) {
  const bytes = Buffer.alloc(512, pad);
  bytes.writeUInt16LE(0, 0);
  bytes.writeUInt16LE(508, 2);
  Buffer.from(list).copy(bytes, 4);
  return bytes;
}

// ---- Accounts: 'sw' signs and is written to ----

function call(programId, data, ...accounts) {
  return new web3.TransactionInstruction({ programId, data,
    keys: accounts.map(([pubkey, rights = '']) => ({ pubkey,
      isSigner: rights.includes('s'), isWritable: rights.includes('w') })) });
}

function managerList(program) {
  return web3.PublicKey.findProgramAddressSync([Buffer.from('manager')],
    program)[0];
}

// Nobody holds the key of a native pot: its address is made up.
function nativePot() {
  for (;;) {
    const made = 'stakepotaccount' +
      web3.Keypair.generate().publicKey.toBase58().slice(15);
    try {
      const key = new web3.PublicKey(made);
      if (web3.PublicKey.isOnCurve(key)) return key;
    } catch { /* not 32 bytes */ }
  }
}

const potSeed = (pot) =>
  createHash('sha256').update(pot.toBase58()).digest();

class Chain {
  constructor({ connection }) {
    this.connection = connection;
  }

  // With a blockhash of its own: slots are short here, and web3.js keeps one
  // for longer than 150 of them.
  async send(instructions, ...signers) {
    const latest = await this.connection.getLatestBlockhash();
    const transaction = new web3.Transaction(latest).add(...instructions);
    transaction.sign(...signers);
    const signature =
      await this.connection.sendRawTransaction(transaction.serialize());
    const { value } =
      await this.connection.confirmTransaction({ signature, ...latest });
    assert.equal(value.err, null);
    return signature;
  }

  async fund(koii = 20) {
    const key = web3.Keypair.generate();
    const signature =
      await this.connection.requestAirdrop(key.publicKey, koii * KOII);
    await this.connection.confirmTransaction(
      { signature, ...await this.connection.getLatestBlockhash() });
    return key;
  }

  async account(from, key, space, extra, programId) {
    const lamports = extra +
      await this.connection.getMinimumBalanceForRentExemption(space);
    return web3.SystemProgram.createAccount({ fromPubkey: from.publicKey,
      newAccountPubkey: key.publicKey, lamports, space, programId });
  }

  // Waits for a place inside a round.
  async until(task, round, offset) {
    const wanted = task.startingSlot + round * ROUND + offset;
    for (;;) {
      const left = wanted - await this.connection.getSlot();
      if (left <= 0) return;
      await new Promise((resolve) => setTimeout(resolve, left * SLOT_MS));
    }
  }

  async data(key) {
    const { data } = await this.connection.getAccountInfo(key);
    return data;
  }
}

// ---- The two programs under one interface ----

class NativeTask {
  constructor(chain) {
    this.chain = chain;
    this.program = NATIVE;
    this.task = web3.Keypair.generate();
    this.key = this.task.publicKey;
    this.pot = nativePot();
    this.flag = (value) => i64(value);
    this.pad = 0;
  }

  async create(payer) {
    this.payer = payer;
    await this.chain.send([
      await this.chain.account(payer, this.task, 20000, 1000, NATIVE),
      call(NATIVE, join(u8(0), terms({ name: 'native', total: 3 * KOII,
        perRound: KOII, stake: KOII })),
      [payer.publicKey, 'sw'], [this.key, 'w'], [this.pot, 'w'], [CLOCK]),
      web3.SystemProgram.transfer({ fromPubkey: payer.publicKey,
        toPubkey: this.pot, lamports: 1_000_000 }),
    ], payer, this.task);
    this.startingSlot = (await this.state()).starting_slot;
  }

  async stake(payer, staker, amount = 2 * KOII) {
    await this.chain.send([
      web3.SystemProgram.createAccount({ fromPubkey: payer.publicKey,
        newAccountPubkey: staker.publicKey, space: 100, programId: NATIVE,
        lamports: amount + 10000 +
          await this.chain.connection.getMinimumBalanceForRentExemption(1000),
      }),
      call(NATIVE, join(u8(9), i64(amount), text('http://sub.koii', 64)),
        [this.key, 'w'], [staker.publicKey, 'sw'], [this.pot, 'w'], [CLOCK]),
    ], payer, staker);
  }

  async fund(payer, amount) {
    const funder = web3.Keypair.generate();
    await this.chain.send([
      await this.chain.account(payer, funder, 100, amount + 1000, NATIVE),
      call(NATIVE, join(u8(8), i64(amount)), [this.key, 'w'],
        [funder.publicKey, 'sw'], [this.pot, 'w'], [SYSTEM], [CLOCK]),
    ], payer, funder);
  }

  async claim(payer, staker) {
    await this.chain.send([
      call(NATIVE, u8(7), [this.key, 'w'], [staker.publicKey, 'sw'],
        [this.pot, 'w'], [payer.publicKey, 'w']),
    ], payer, staker);
  }

  withdraw(payer, staker) {
    return this.chain.send([call(this.program, u8(10), [this.key, 'w'],
      [staker.publicKey, 'sw'], [CLOCK])], payer, staker);
  }

  submit(payer, staker, round, value) {
    return this.chain.send([call(this.program,
      join(u8(1), text(value, 512), i64(round)), [this.key, 'w'],
      [staker.publicKey, 'sw'], [CLOCK])], payer, staker);
  }

  // index 2: of a submission; 3: of a distribution list.
  audit(payer, voter, index, candidate, isValid, round) {
    return this.chain.send([call(this.program,
      join(u8(index), this.flag(isValid), i64(round)), [this.key, 'w'],
      [voter.publicKey, 'sw'], [candidate, index === 3 ? 'w' : ''], [CLOCK])],
    payer, voter);
  }

  // The list's text, as Koii's clients upload it.
  async uploadList(payer, holder, round, list) {
    const plain = JSON.stringify(list);
    const needed = Math.ceil(plain.length / 508);
    for (let i = 0; i < needed; i++) {
      const data = chunk(plain.slice(i * 508, (i + 1) * 508), this.pad);
      data.writeUInt16LE(i, 0);
      await this.chain.send([call(this.program,
        join(u8(11), data, i64(round)), [this.key, this.uploadRights],
        [holder.publicKey, 'sw'])], payer, holder);
    }
  }

  // As Koii's readers do: JSON.parse() of all of the account's data, and of the
  // bytes before the first 0.
  async readList(holder, round) {
    const { data } =
      await this.chain.connection.getAccountInfo(holder.publicKey);
    const bytes = JSON.parse(data.toString())[round][this.key.toBase58()];
    return JSON.parse(
      Buffer.from(bytes.slice(0, bytes.indexOf(0))).toString());
  }

  submitList(payer, staker, holder, round) {
    return this.chain.send([call(this.program, join(u8(12), i64(round)),
      [this.key, 'w'], [staker.publicKey, 'sw'], [holder.publicKey, 'sw'],
      [CLOCK])], payer, staker, holder);
  }

  payout(payer, holder, round) {
    return this.chain.send([call(this.program, join(u8(4), i64(round)),
      [this.key, 'w'], [CLOCK], [holder, 'w'])], payer);
  }

  setActive(payer, value) {
    return this.chain.send([call(this.program, join(u8(6), this.flag(value)),
      [this.key, 'w'], [payer.publicKey, 'sw'],
      [managerList(this.program)])], payer);
  }

  // A private network's faucet is its first manager from the genesis on, so
  // nobody can be the first again.
  async manage(payer, faucet) {
    const list = [managerList(NATIVE), 'w'], second = web3.Keypair.generate();
    const handle = (operation, ...accounts) => this.chain.send([call(NATIVE,
      join(u8(16), text(operation, 24)), list, ...accounts)], payer, faucet);
    await assert.rejects(handle('init', [faucet.publicKey, 's']));
    // The list needs rent for what it grows by, and may get it from anybody.
    await this.chain.send([web3.SystemProgram.transfer({ lamports: 32 * 6960,
      fromPubkey: payer.publicKey, toPubkey: managerList(NATIVE) })], payer);
    await handle('insert', [faucet.publicKey, 's'], [faucet.publicKey, 's'],
      [second.publicKey]);
    await this.chain.send([call(NATIVE, join(u8(16), text('remove', 24)), list,
      [faucet.publicKey, 's'], [second.publicKey, 's'], [second.publicKey])],
    payer, faucet, second);
    await this.chain.send([call(NATIVE, join(u8(5), i64(1)), [this.key, 'w'],
      [faucet.publicKey, 's'], [managerList(NATIVE)])], payer, faucet);
  }

  async update(payer) {
    const task = web3.Keypair.generate(), pot = nativePot();
    await this.chain.send([
      await this.chain.account(payer, task, 20000, 1000, NATIVE),
      call(NATIVE, join(u8(14), terms({ name: 'newer', perRound: KOII,
        stake: KOII })), [payer.publicKey, 'sw'], [this.key, 'w'],
      [this.pot, 'w'], [CLOCK], [task.publicKey, 'w'], [pot, 'w']),
    ], payer, task);
    return task.publicKey;
  }

  async remove(payer) {
    await this.chain.send([call(NATIVE, u8(15), [this.key, 'w'],
      [payer.publicKey, 's'], [this.pot, 'w'],
      [new web3.PublicKey('BurnToken2222222222222222222222222222222222'), 'w'],
      [managerList(NATIVE)])], payer);
  }

  // As K2's clients read it.
  async state() {
    return JSON.parse((await this.chain.data(this.key)).toString());
  }
}
NativeTask.prototype.uploadRights = '';

class KplTask extends NativeTask {
  constructor(chain, mint) {
    super(chain);
    Object.assign(this, { program: KPL, mint, flag: u8,
      potKey: web3.Keypair.generate(), uploadRights: 'w', pad: ' ' });
    this.pot = this.potKey.publicKey;
    this.authority = KplTask.authorityOf(this.pot);
  }

  static authorityOf(pot) {
    return web3.PublicKey.findProgramAddressSync([potSeed(pot)], KPL)[0];
  }

  wallet(owner) {
    return token.getAssociatedTokenAddressSync(this.mint, owner.publicKey);
  }

  async create(payer) {
    this.payer = payer;
    await this.chain.send([
      await this.chain.account(payer, this.task, 20000, 1000, KPL),
      call(KPL, join(u8(0), terms({ name: 'kpl', total: 3e6, perRound: 1e6,
        stake: 1e6 }), potSeed(this.pot)),
      [payer.publicKey, 'sw'], [this.wallet(payer), 'w'], [this.key, 'sw'],
      [this.pot, 'sw'], [this.authority, 'w'], [this.mint], [CLOCK], [RENT],
      [SYSTEM], [token.TOKEN_PROGRAM_ID]),
    ], payer, this.task, this.potKey);
    this.startingSlot = Number((await this.state()).starting_slot);
  }

  async stake(payer, staker, amount = 2e6) {
    await this.chain.send([
      web3.SystemProgram.createAccount({ fromPubkey: payer.publicKey,
        newAccountPubkey: staker.publicKey, space: 100, programId: KPL,
        lamports: 10000 +
          await this.chain.connection.getMinimumBalanceForRentExemption(1000),
      }),
      token.createAssociatedTokenAccountInstruction(payer.publicKey,
        this.wallet(staker), staker.publicKey, this.mint),
      token.createTransferInstruction(this.wallet(payer), this.wallet(staker),
        payer.publicKey, amount),
      call(KPL, join(u8(9), i64(amount), text('http://sub.koii', 64)),
        [this.key, 'w'], [staker.publicKey, 'sw'], [this.wallet(staker), 'w'],
        [this.pot, 'w'], [token.TOKEN_PROGRAM_ID]),
    ], payer, staker);
  }

  async fund(payer, amount) {
    await this.chain.send([call(KPL, join(u8(8), i64(amount)), [this.key, 'w'],
      [payer.publicKey, 'sw'], [this.wallet(payer), 'w'], [this.pot, 'w'],
      [token.TOKEN_PROGRAM_ID])], payer);
  }

  async claim(payer, staker) {
    await this.chain.send([call(KPL, u8(7), [this.key, 'w'],
      [staker.publicKey, 'sw'], [this.pot, 'w'], [this.wallet(payer), 'w'],
      [this.authority, 'w'], [token.TOKEN_PROGRAM_ID])], payer, staker);
  }

  // The first to ask becomes the first manager. The task signs its being
  // allow-listed, too: K2's list of accounts says so.
  async manage(payer) {
    const list = [managerList(KPL), 'w'], second = web3.Keypair.generate();
    const handle = (operation, signers, ...accounts) => this.chain.send(
      [call(KPL, join(u8(15), text(operation, 24)), list, ...accounts)],
      ...signers);
    await handle('init', [payer], [payer.publicKey, 'sw'], [RENT], [SYSTEM]);
    await handle('insert', [payer], [payer.publicKey, 'sw'],
      [payer.publicKey, 'sw'], [second.publicKey, 'w']);
    await handle('remove', [payer, second], [payer.publicKey, 'sw'],
      [second.publicKey, 'sw'], [second.publicKey, 'w']);
    await this.chain.send([call(KPL, join(u8(5), u8(1)),
      [payer.publicKey, 's'], list, [this.key, 'sw'])], payer, this.task);
  }

  async update(payer) {
    const task = web3.Keypair.generate(), pot = web3.Keypair.generate();
    await this.chain.send([
      await this.chain.account(payer, task, 20000, 1000, KPL),
      call(KPL, join(u8(13), terms({ name: 'newer', perRound: 1e6,
        stake: 1e6 }), potSeed(pot.publicKey)),
      [payer.publicKey, 'sw'], [this.key, 'w'], [this.pot, 'w'],
      [this.authority, 'w'], [task.publicKey, 'sw'], [pot.publicKey, 'sw'],
      [KplTask.authorityOf(pot.publicKey), 'w'], [this.mint], [CLOCK], [RENT],
      [SYSTEM], [token.TOKEN_PROGRAM_ID]),
    ], payer, task, pot);
    return task.publicKey;
  }

  async remove(payer) {
    await this.chain.send([call(KPL, u8(14), [this.key, 'w'],
      [payer.publicKey, 'sw'], [this.pot, 'w'], [this.authority, 'w'],
      [managerList(KPL), 'w'], [this.mint, 'w'], [token.TOKEN_PROGRAM_ID])],
    payer);
  }

  // The decoder takes no byte more and none less.
  async state() {
    return borsh.decodeTask(await this.chain.data(this.key));
  }
}

// ---- What both programs must do ----

const by = (key) => key.publicKey.toBase58();

// Four who stake: the first two submit, the second is accused and defended by
// none, a list punishes it; the third withdraws, the fourth votes.
async function lifeOfTask(task, payer, unit) {
  const { chain } = task;
  const [honest, cheat, idle, other] =
    Array.from({ length: 4 }, () => web3.Keypair.generate());
  await task.create(payer);
  for (const staker of [honest, cheat, idle]) await task.stake(payer, staker);
  await task.fund(payer, 2 * unit);
  let state = await task.state();
  assert.equal(Number(state.total_bounty_amount), 5 * unit);
  assert.equal(Number(state.total_stake_amount), 6 * unit);
  assert.equal(Number(state.stake_list[by(idle)]), 2 * unit);
  assert.equal(state.ip_address_list[by(honest)], 'http://sub.koii');
  assert.deepEqual([state.is_active, state.is_allowlisted, state.is_migrated],
    [true, false, false]);

  await task.stake(payer, other);

  const before = await claimed(task, payer);
  await task.withdraw(payer, idle);
  await task.claim(payer, idle);
  assert.equal(await claimed(task, payer) - before, 2 * unit - task.claimFee);

  await chain.until(task, 1, 0);
  await task.submit(payer, honest, 0, 'bafyhonest');
  await task.submit(payer, cheat, 0, 'bafycheat');
  await chain.until(task, 1, SUBMISSIONS);
  await task.audit(payer, honest, 2, cheat.publicKey, 0, 0);
  state = await task.state();
  const submission = state.submissions[0][by(honest)];
  assert.deepEqual([submission.submission_value, Number(submission.round)],
    ['bafyhonest', 0]);
  const audit = state.submissions_audit_trigger[0][by(cheat)];
  assert.equal(new web3.PublicKey(audit.trigger_by).toBase58(), by(honest));
  assert.deepEqual(audit.votes.map((vote) => [vote.is_valid,
    new web3.PublicKey(vote.voter).toBase58()]), [[false, by(honest)]]);
  await checkMethods(task, honest, cheat, unit);

  await chain.until(task, 2, 0);
  const amounts = { [by(honest)]: unit, [by(cheat)]: -unit };
  await task.uploadList(payer, honest, 0, amounts);
  await task.submitList(payer, honest, honest, 0);
  assert.deepEqual(await task.readList(honest, 0), amounts);
  state = await task.state();
  const list = state.distribution_rewards_submission[0][by(honest)];
  assert.equal(new web3.PublicKey(list.submission_value).toBase58(),
    by(honest));
  await chain.until(task, 2, SUBMISSIONS);
  await task.audit(payer, cheat, 3, honest.publicKey, 0, 0);
  // A vote for it balances the accusation, so the list stands.
  await task.audit(payer, other, 3, honest.publicKey, 1, 0);
  state = await task.state();
  assert.equal(state.distributions_audit_trigger[0][by(honest)].votes.length,
    2);
  await chain.until(task, 2, SUBMISSIONS + AUDITS);
  await task.payout(payer, honest.publicKey, 0);
  state = await task.state();
  assert.equal(state.distributions_audit_record[0], 'PayoutSuccessful');
  assert.equal(Number(state.available_balances[by(honest)]), unit);
  assert.equal(Number(state.stake_list[by(cheat)]), unit);
  await task.claim(payer, honest);
  assert(!(by(honest) in (await task.state()).available_balances));
}

// What the owner has of what the task pays in.
async function claimed(task, payer) {
  if (task.program === NATIVE) {
    return task.chain.connection.getBalance(payer.publicKey);
  }
  const { value } = await task.chain.connection.getTokenAccountBalance(
    task.wallet(payer));
  return Number(value.amount);
}

async function ownersInstructions(task, payer, faucet) {
  await task.setActive(payer, 0);
  assert.equal((await task.state()).is_active, false);
  await task.setActive(payer, 1);
  assert.equal((await task.state()).is_active, true);
  await task.manage(payer, faucet);
  assert.equal((await task.state()).is_allowlisted, true);
  const bounty = Number((await task.state()).total_bounty_amount);
  const moved = await task.update(payer);
  const state = await task.state();
  assert.deepEqual([state.is_migrated, state.migrated_to, state.is_active],
    [true, moved.toBase58(), false]);
  const old = task.key;
  task.key = moved;
  const newer = await task.state();
  assert.deepEqual([newer.task_name, Number(newer.total_bounty_amount)],
    ['newer', bounty]);
  task.key = old;
  await task.remove(payer);
}

// K2's own five methods know native tasks only.
async function checkMethods(task, honest, cheat, unit) {
  if (task.program !== NATIVE) return;
  const rpc = async (method, ...params) => {
    const answer = await task.chain.connection._rpcRequest(method, params);
    if (answer.error) throw Object.assign(new Error(answer.error.message),
      answer.error);
    assert(answer.result.context.slot > 0);
    return answer.result.value;
  };
  const parse = ({ data: [encoded, encoding] }) => {
    assert.equal(encoding, 'base64');
    return JSON.parse(Buffer.from(encoded, 'base64').toString());
  };
  const key = task.key.toBase58(), base64 = { encoding: 'base64',
    commitment: 'confirmed' };
  const bare = parse(await rpc('getTaskAccountInfo', key, base64));
  assert.deepEqual([bare.task_name, bare.submissions, bare.stake_list],
    ['native', undefined, undefined]);
  assert.deepEqual([bare.task_manager.length, bare.stake_pot_account.length],
    [32, 32]);
  const full = parse(await rpc('getTaskAccountInfo', key, { ...base64,
    commitment: 'confirmed', submission: true, distribution: true,
    balance: true, stake: true }));
  assert.deepEqual(full, await task.state());
  const rounds = parse(await rpc('getTaskSubmissionInfo', key,
    { ...base64, round: 0 }));
  assert.deepEqual(Object.keys(rounds.submissions[0]).sort(),
    [by(honest), by(cheat)].sort());
  assert(by(cheat) in rounds.submissions_audit_trigger[0]);
  const none = parse(await rpc('getTaskSubmissionInfo', key,
    { ...base64, round: 7 }));
  assert.deepEqual(none.submissions, {});
  const lists = parse(await rpc('getTaskDistributionInfo', key,
    { ...base64, round: -1 }));
  assert.deepEqual(Object.keys(lists).sort(), [
    'distribution_rewards_submission', 'distributions_audit_record',
    'distributions_audit_trigger']);
  const mine = await rpc('getMyTaskSubmissionRoundInfo', key, by(honest),
    { round: 0, commitment: 'confirmed' });
  assert.equal(mine.data.submission_value, 'bafyhonest');
  const stake = await rpc('getMyTaskStakeInfo', key, by(cheat),
    { commitment: 'confirmed' });
  assert.equal(stake.data, 2 * unit);
  await assert.rejects(rpc('getMyTaskStakeInfo', key,
    by(web3.Keypair.generate())), /No stake available on this task/);
  await assert.rejects(rpc('getTaskSubmissionInfo', by(honest)),
    /Cannot find the task contract data/);
}

async function a_native_task_lives(endpoint) {
  const connection = connect(endpoint);
  const chain = new Chain({ connection });
  const payer = await chain.fund(100);
  const task = new NativeTask(chain);
  task.claimFee = 2 * 2 * 5000; // two transactions of two signatures each
  await lifeOfTask(task, payer, KOII);
  await ownersInstructions(task, payer, web3.Keypair.fromSecretKey(
    Uint8Array.from(JSON.parse(fs.readFileSync(
      path.join(endpoint.dir ?? endpoint.folder, 'faucet.json'))))));
}

async function a_kpl_task_lives(endpoint) {
  const connection = connect(endpoint);
  const chain = new Chain({ connection });
  const payer = await chain.fund(100);
  const mint = await token.createMint(connection, payer, payer.publicKey, null,
    6);
  const task = new KplTask(chain, mint);
  task.claimFee = 0;
  await token.createAssociatedTokenAccount(connection, payer, mint,
    payer.publicKey);
  await token.mintTo(connection, payer, mint, task.wallet(payer), payer, 100e6);
  await lifeOfTask(task, payer, 1e6);
  await ownersInstructions(task, payer);
}

async function tasks_are_found_by_their_first_bytes(endpoint) {
  const connection = connect(endpoint);
  const chain = new Chain({ connection });
  const payer = await chain.fund(100);
  const task = new NativeTask(chain);
  await task.create(payer);
  // {"is_allowlisted" and {"is_allowlisted":true, as K2's node asks for them.
  const any = await connection.getProgramAccounts(NATIVE, { filters: [
    { memcmp: { offset: 0, bytes: '2A7XGNY2nv87Z6mpUWwBSnfj' } }] });
  const found = any.find((item) => item.pubkey.equals(task.key));
  assert.deepEqual(JSON.parse(found.account.data.toString()),
    await task.state());
  const listed = await connection.getProgramAccounts(NATIVE, { filters: [
    { memcmp: { offset: 0, bytes: 'aRN1MbEZhbr2W97MTP3RhQjjqHgoZN' } }],
  dataSlice: { offset: 0, length: 22 } });
  assert(!listed.some((item) => item.pubkey.equals(task.key)));
  assert(listed.every((item) =>
    item.account.data.toString() === '{"is_allowlisted":true'));
}

async function a_tasks_instruction_and_data_are_parsed(endpoint) {
  const connection = connect(endpoint);
  const chain = new Chain({ connection });
  const payer = await chain.fund(100);
  const task = new NativeTask(chain);
  await task.create(payer);
  const { value } = await connection.getParsedAccountInfo(task.key);
  assert.deepEqual([value.data.program, value.data.parsed.type],
    ['koii-task', 'task']);
  assert.equal(value.data.parsed.info.task_name, 'native');
  const [{ signature }] = await connection.getSignaturesForAddress(task.key);
  const { transaction, meta } = await connection.getParsedTransaction(signature,
    { maxSupportedTransactionVersion: 0 });
  const types = transaction.message.instructions.map((item) =>
    [item.program, item.parsed.type]);
  assert.equal(meta.err, null);
  assert.deepEqual(types, [['system', 'createAccount'],
    ['koii-task', 'CreateTask'], ['system', 'transfer']]);
}

// One for each test: what web3.js remembers of blockhashes is soon too old.
const connect = ({ rpc, ws }) =>
  new web3.Connection(rpc, { commitment: 'confirmed', wsEndpoint: ws });

async function main() {
  const endpoint = await startEndpoint(process.argv[2], SLOT_MS);
  let failed = 1;
  try {
    failed = await runTests([
      a_native_task_lives,
      a_kpl_task_lives,
      tasks_are_found_by_their_first_bytes,
      a_tasks_instruction_and_data_are_parsed,
    ], endpoint);
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
