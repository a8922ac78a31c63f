// A bank beside Solana's own runtime: the same random transactions through both,
// and after each the error, the fee, the log, what programs returned and called,
// and every account it names must be the same. The bank is bank_replay's, or that
// of a network of validators, behind their JSON-RPC. Prints TAP; on a difference
// the seed, the transaction and both sides' answers and logs.
//
// Usage: differential.mjs BANK_REPLAY [--count N] [--seed S] [--worlds W]
//        differential.mjs POND --validators V [--count N] [--seed S] [--worlds W]
import { randomBytes } from "node:crypto";
import { parseArgs } from "node:util";
import { PublicKey } from "@solana/web3.js";
import { World, draw, opening } from "./history.mjs";
import { Network } from "./network.mjs";
import { Replay } from "./replay.mjs";
import * as r from "./runtime.mjs";
import * as w from "./wire.mjs";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    count: { type: "string" },
    worlds: { type: "string" },
    seed: { type: "string" },
    validators: { type: "string" },
    verbose: { type: "boolean", default: false },
  },
});
const [program] = positionals;
const validators = Number(values.validators ?? 0);
const count = Number(values.count ?? (validators ? 240 : 20000));
const worlds = Number(values.worlds ?? (validators ? 2 : 20));
const firstSeed = Number(values.seed ?? randomBytes(4).readUInt32LE());
const WALLET_LAMPORTS = 20_000_000_000n;
const DIFFERENCES_MAX = 10;

// A transaction whose lifetime is a nonce that is stored: the instruction that
// advances it goes first.
function withNonce(world, runtime, drawn) {
  const key = world.dice.one(world.nonces);
  const data = runtime.getAccount(key)?.data();
  if (!data || data.length !== 80 || data[4] !== 1) return null;
  // What the others would find as the newest blockhash, see useNonce().
  if (drawn.chosen.includes("nonce")) return null;
  const stored = Buffer.from(data);
  const authority = stored.subarray(8, 40);
  drawn.instructions.unshift({
    program: w.SYSTEM,
    accounts: [
      { key, signer: false, writable: true },
      { key: w.RECENT, signer: false, writable: false },
      { key: authority, signer: true, writable: false },
    ],
    data: w.u32(4),
  });
  return { key, value: stored.subarray(40, 72) };
}

// Some as version 0, with one or two tables; now and then one that is no table, or
// an index past a table's end.
function compileOne(world, drawn, lifetime) {
  const d = world.dice;
  if (!d.chance(25)) return w.compile(drawn.payer, drawn.instructions, lifetime);
  const chosen = [d.one(world.tables), d.one(world.tables)].slice(0, 1 + d.below(2));
  const tables = [...new Set(chosen)].map((table) => {
    const addresses = world.addresses(table);
    if (d.chance(4)) addresses.push(world.listed());
    return { key: d.chance(3) ? d.one(world.blank) : table.key, addresses };
  });
  return w.compileVersioned(drawn.payer, drawn.instructions, lifetime, tables);
}

function both(compiled, signers, known) {
  const wire = w.signed(compiled, signers);
  const other = w.renewed(compiled, known);
  const same = other.message.equals(compiled.message);
  return { wire, sent: same ? wire : w.signed(other, signers) };
}

// wire is the transaction for the runtime, sent the same with the blockhash that
// the other side knows.
function build(world, runtime, { blockhash, known }, first) {
  if (first) {
    const drawn = { chosen: ["opening"], instructions: first, payer: world.wallets[0] };
    const compiled = w.compile(drawn.payer, first, blockhash);
    return { ...drawn, ...compiled, lifetime: blockhash, ...both(compiled, world.signers, known) };
  }
  const drawn = draw(world);
  const d = world.dice;
  let lifetime = d.chance(1) ? d.bytes(32) : blockhash;
  const nonce = d.chance(6) ? withNonce(world, runtime, drawn) : null;
  if (nonce) lifetime = nonce.value;
  const compiled = compileOne(world, drawn, lifetime);
  const signers = d.chance(2) ? new Map() : world.signers;
  const { wire, sent } = both(compiled, signers, lifetime === blockhash ? known : lifetime);
  // A flipped bit may change the keys as well: then only errors are compared.
  // (Only in signatures and keys: at a count that is wrong litesvm panics.)
  const spoilt = d.chance(1) && !compiled.versioned;
  if (spoilt) {
    const signatures = 64 * compiled.keys.filter((m) => m.signer).length;
    const keys = 1 + signatures + 4;
    const at = d.chance(50) ? 1 + d.below(signatures) : keys + d.below(32 * compiled.keys.length);
    const bit = 1 << d.below(8);
    wire[at] ^= bit;
    if (sent !== wire) sent[at] ^= bit;
  }
  return { ...drawn, ...compiled, lifetime, wire, sent, spoilt, nonce: nonce?.key };
}

// One transaction through both; what differs, or nothing.
async function step(world, runtime, peer, transaction, tally) {
  const ours = await peer.execute(transaction);
  // What does not parse is in no slot.
  if (ours.slot) r.setSlot(runtime, ours.slot, ours.earlier);
  const theirs = r.send(runtime, transaction);
  if (peer.ownBlocks) r.burnIncinerated(runtime);
  const result = theirs.thrown ? "malformed" : JSON.stringify(r.errorOf(theirs));
  tally.results.set(result, (tally.results.get(result) ?? 0) + 1);
  const difference = r.compare(runtime, transaction, theirs, ours);
  return difference && [difference, ...r.describe(transaction, theirs, ours)];
}

// The transactions of a world; how many were the same, and what differs then.
async function history(world, runtime, peer, transactions, tally) {
  const beginning = opening(world);
  let hashes;
  for (let i = 0; i < transactions; i++) {
    if (i % peer.blockTransactions === 0) {
      runtime.expireBlockhash();
      r.burnIncinerated(runtime);
      const blockhash = w.key(runtime.latestBlockhash());
      hashes = { blockhash, known: await peer.nextBlock(blockhash) };
    }
    world.slot = peer.slot;
    const transaction = build(world, runtime, hashes, beginning.next().value);
    let difference;
    try {
      difference = await step(world, runtime, peer, transaction, tally);
    } catch (error) {
      difference = [error.stack];
    }
    // The two states part here.
    if (difference) return { done: i, difference: [transaction.chosen.join(), ...difference] };
  }
  return { done: transactions };
}
// Final accounts of a world that differ between endpoints, or from the runtime's.
async function accountsThatDiffer(world, runtime, network) {
  const tables = world.tables.map((table) => table.key);
  const keys = [...world.wallets, ...world.mints, ...world.accounts, ...world.multisigs,
    ...world.nonces, ...world.blank, ...[...world.associated, ...world.nested].map((a) => a.key),
    ...tables];
  const all = await network.finalAccounts(keys);
  return keys.filter((key, i) => {
    const expected = JSON.stringify(r.accountOf(runtime, key));
    return all.some((accounts) => JSON.stringify(accounts[i]) !== expected);
  });
}

async function run(seed, transactions, peer, tally) {
  const world = new World(seed);
  const runtime = new r.svm.LiteSvm();
  world.look = (key) => {
    const data = runtime.getAccount(key)?.data();
    return data && Buffer.from(data);
  };
  runtime.setTransactionHistory(1_000_000n); // for AlreadyProcessed
  for (const [key, account] of await peer.begin(world.wallets, WALLET_LAMPORTS))
    r.setAccount(runtime, key, account);
  for (const wallet of world.wallets) runtime.airdrop(wallet, WALLET_LAMPORTS);
  tally.total += transactions;
  const { done, difference } = await history(world, runtime, peer, transactions, tally);
  const held = Math.min(done, await peer.settled?.() ?? done);
  tally.compared += held;
  // What came after a block that was given up says nothing.
  if (held < done) return console.log(`# seed ${seed}: transaction ${held} left its block`);
  if (difference) {
    tally.differences++;
    const [first, ...lines] = difference;
    console.log(`# seed ${seed}, transaction ${done} (${first}): ${lines.shift()}`);
    for (const line of lines) console.log("#   " + line);
  } else if (validators) {
    const differ = await accountsThatDiffer(world, runtime, peer);
    tally.accounts.push(...differ.map((key) => new PublicKey(key).toBase58()));
  }
}

const tally = { total: 0, compared: 0, differences: 0, results: new Map(), accounts: [] };
const results = [];
const ok = (condition, name, why = []) => {
  for (const line of why.slice(0, DIFFERENCES_MAX)) console.log(`# ${line}`);
  results.push(!!condition);
  console.log(`${condition ? "ok" : "not ok"} ${results.length} - ${name}`);
};

function report() {
  ok(tally.differences === 0,
    `${tally.compared} transactions give the same errors, fees, logs and accounts ` +
      `(seeds from ${firstSeed})`);
  // A history in which hardly anything works would show little.
  const successes = tally.results.get("null") ?? 0;
  ok(successes * 5 > tally.compared,
    `${successes} of them succeeded, ${tally.results.size} different outcomes`);
  if (!values.verbose) return;
  const sorted = [...tally.results].sort((a, b) => b[1] - a[1]);
  for (const [name, n] of sorted) console.log(`# ${n} ${name}`);
}

async function runAll(peerOf) {
  for (let i = 0; i < worlds && tally.differences < DIFFERENCES_MAX; i++)
    await run((firstSeed + i) >>> 0, Math.ceil(count / worlds), await peerOf(), tally);
}

async function throughReplay() {
  console.log("1..2");
  let replay;
  await runAll(() => {
    replay?.end();
    return (replay = new Replay(program));
  });
  replay.end();
  report();
}

async function throughNetwork() {
  console.log("1..7");
  console.log(`# seeds from ${firstSeed}`);
  const network = await Network.start(program, validators, firstSeed);
  try {
    await runAll(() => network);
    report();
    ok(tally.compared * 10 >= tally.total * 9, `${tally.compared} of ${tally.total} were compared`);
    ok(!tally.accounts.length, "the final accounts are the same at each endpoint", tally.accounts);
    const { differ, count: blocks } = await network.blocksThatDiffer();
    ok(!differ.length && blocks > 0, `${blocks} final blocks are the same at each endpoint`, differ);
    const there = await network.refusedButThere();
    ok(!there.length, `${network.refused.size} refused are nowhere, ` +
      `${network.unforeseen} ended otherwise than foreseen`, there);
  } finally {
    const status = await network.end();
    ok(status === 0, `the network ends with status ${status}`);
  }
}

await (validators ? throughNetwork() : throughReplay());
process.exit(results.every((good) => good) ? 0 : 1);
