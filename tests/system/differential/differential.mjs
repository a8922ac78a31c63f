// The bank beside Solana's own runtime: the same random transactions through
// both, and after each the error, the fee, the log, what programs returned and
// called, and every account it names must be the same. Prints TAP; on a
// difference the seed, the transaction and both sides' answers and logs.
//
// Usage: differential.mjs BANK_REPLAY [--count N] [--seed S] [--worlds W]
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { parseArgs } from "node:util";
import { PublicKey } from "@solana/web3.js";
import { World, draw, opening } from "./history.mjs";
import * as w from "./wire.mjs";

const svm = createRequire(import.meta.url)("litesvm/dist/internal.js");

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    count: { type: "string", default: "20000" },
    worlds: { type: "string", default: "20" },
    seed: { type: "string" },
    verbose: { type: "boolean", default: false },
  },
});
const count = Number(values.count);
const worlds = Number(values.worlds);
const firstSeed = Number(values.seed ?? randomBytes(4).readUInt32LE());
const WALLET_LAMPORTS = 20_000_000_000n;
const BLOCK_TRANSACTIONS = 60;
const PACKET_SIZE = 1232;
const DIFFERENCES_MAX = 10;

// One bank_replay process; call() sends a frame and waits for the answer.
class Replay {
  constructor(path) {
    this.child = spawn(path, { stdio: ["pipe", "pipe", "inherit"] });
    this.pending = [];
    this.input = Buffer.alloc(0);
    this.child.stdout.on("data", (data) => this.take(data));
    this.child.on("exit", (code) => {
      for (const { reject } of this.pending)
        reject(new Error(`bank_replay ended with status ${code}`));
    });
  }
  take(data) {
    this.input = Buffer.concat([this.input, data]);
    while (this.input.length >= 4) {
      const size = this.input.readUInt32LE();
      if (this.input.length < 4 + size) return;
      const text = this.input.subarray(4, 4 + size).toString();
      this.input = this.input.subarray(4 + size);
      this.pending.shift().resolve(text);
    }
  }
  call(kind, payload) {
    return new Promise((resolve, reject) => {
      this.pending.push({ resolve, reject });
      this.child.stdin.write(Buffer.concat([Buffer.from(kind), w.u32(payload.length), payload]));
    });
  }
  end() {
    this.child.stdin.end();
  }
}

// litesvm gives errors without fields as numbers, and their names stand in its
// declarations only.
const declarations = readFileSync(
  createRequire(import.meta.url).resolve("litesvm/dist/internal.d.ts"), "utf8");
function namesOf(type) {
  const [, body] = declarations.match(new RegExp(`enum ${type} \\{([^}]*)\\}`));
  return new Map([...body.matchAll(/(\w+) = (\d+)/g)].map(([, name, n]) => [Number(n), name]));
}
const transactionErrors = namesOf("TransactionErrorFieldless");
const instructionErrors = namesOf("InstructionErrorFieldless");

// litesvm's error as JSON-RPC writes it.
function errorOf(outcome) {
  if (!(outcome instanceof svm.FailedTransactionMetadata)) return null;
  const error = outcome.err();
  if (typeof error === "number")
    return transactionErrors.get(error);
  if (error instanceof svm.TransactionErrorInstructionError) {
    const inner = error.err();
    if (typeof inner === "number")
      return {
        InstructionError: [error.index, instructionErrors.get(inner)],
      };
    return { InstructionError: [error.index, { Custom: inner.code }] };
  }
  if (error instanceof svm.TransactionErrorInsufficientFundsForRent)
    return { InsufficientFundsForRent: { account_index: error.accountIndex } };
  if (error instanceof svm.TransactionErrorDuplicateInstruction)
    return { DuplicateInstruction: error.index };
  return String(error);
}

// Accounts that are the runtime's own affair: programs and sysvars.
const own = new Set(
  [w.SYSTEM, w.TOKEN, w.ASSOCIATED, w.MEMO, w.MEMO_1, w.BUDGET, w.RENT, w.CLOCK, w.RECENT,
   w.TABLE, w.SLOT_HASHES].map(
    (k) => k.toString("hex"),
  ),
);

function accountOf(runtime, key) {
  const account = runtime.getAccount(key);
  if (!account || (account.lamports() === 0n && !account.data().length)) return null;
  return [
    Number(account.lamports()),
    new PublicKey(account.owner()).toBase58(),
    account.executable(),
    Buffer.from(account.data()).toString("base64"),
  ];
}

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

// Let the runtime's clock and recent slots be those of the bank. It takes the
// hashes as text, and nothing here depends on them.
function setSlot(runtime, slot) {
  const hash = new PublicKey(w.SYSTEM).toBase58();
  const recent = [];
  for (let past = slot - 1n; past >= 0n; past--) recent.push({ slot: past, hash });
  runtime.warpToSlot(slot);
  runtime.setSlotHashes(recent);
}

function build(world, runtime, blockhash, first) {
  if (first) {
    const drawn = { chosen: ["opening"], instructions: first, payer: world.wallets[0] };
    const compiled = w.compile(drawn.payer, first, blockhash);
    return { ...drawn, ...compiled, wire: w.signed(compiled, world.signers) };
  }
  const drawn = draw(world);
  const d = world.dice;
  let lifetime = d.chance(1) ? d.bytes(32) : blockhash;
  const nonce = d.chance(6) ? withNonce(world, runtime, drawn) : null;
  if (nonce) lifetime = nonce.value;
  const compiled = compileOne(world, drawn, lifetime);
  const signers = d.chance(2) ? new Map() : world.signers;
  const wire = w.signed(compiled, signers);
  // A flipped bit may change the keys as well: then only errors are compared.
  // (Only in signatures and keys: at a count that is wrong litesvm panics.)
  const spoilt = d.chance(1) && !compiled.versioned;
  if (spoilt) {
    const signatures = 64 * compiled.keys.filter((m) => m.signer).length;
    const keys = 1 + signatures + 4;
    const at = d.chance(50) ? 1 + d.below(signatures) : keys + d.below(32 * compiled.keys.length);
    wire[at] ^= 1 << d.below(8);
  }
  return { ...drawn, ...compiled, wire, spoilt, nonce: nonce?.key };
}

function send(runtime, { wire, versioned }) {
  // It takes what does not fit a packet, and no node ever hands it that.
  if (wire.length > PACKET_SIZE) return { thrown: "too large" };
  try {
    return versioned
      ? runtime.sendVersionedTransaction(wire)
      : runtime.sendLegacyTransaction(wire);
  } catch (error) {
    return { thrown: String(error) };
  }
}

// What litesvm does not charge for and the network does (SIMD-0082): it is
// made up for, so that the two go on alike.
const chargedHere = new Set([
  "MaxLoadedAccountsDataSizeExceeded",
  "ProgramAccountNotFound",
  "InvalidProgramForExecution",
]);

function charge(runtime, payer, fee) {
  const account = runtime.getAccount(payer);
  runtime.setAccount(
    payer,
    new svm.Account(
      account.lamports() - BigInt(fee),
      account.data(),
      account.owner(),
      account.executable(),
      account.rentEpoch(),
    ),
  );
}

// litesvm leaves the nonce of a transaction that failed unused, and takes a
// transaction's own lifetime for the newest blockhash when it moves one on;
// the network does neither.
function useNonce(runtime, transaction, ours) {
  const account = runtime.getAccount(transaction.nonce);
  const place = transaction.keys.findIndex((m) => m.key.equals(transaction.nonce));
  const data = Buffer.from(ours.accounts[place][3], "base64");
  runtime.setAccount(
    transaction.nonce,
    new svm.Account(
      account.lamports(),
      data,
      account.owner(),
      account.executable(),
      account.rentEpoch(),
    ),
  );
}

// The calls of programs, as bank_replay writes them.
function innerOf(theirs) {
  const meta = theirs.meta?.() ?? theirs;
  return meta.innerInstructions().flatMap((list, outer) =>
    list.map((inner) => {
      const called = inner.instruction();
      return [
        outer,
        inner.stackHeight(),
        called.programIdIndex(),
        [...called.accounts()],
        Buffer.from(called.data()).toString("base64"),
      ];
    }),
  );
}

// What a program returned last, as bank_replay writes it.
function returnedOf(theirs) {
  const returned = (theirs.meta?.() ?? theirs).returnData();
  if (!returned.data().length) return null;
  return [
    new PublicKey(returned.programId()).toBase58(),
    Buffer.from(returned.data()).toString("base64"),
  ];
}

// Work is counted in other units here, and what is wrong with a text is not
// reported in Rust's words.
const comparable = (logs) =>
  logs.map((line) =>
    line
      .replace(/consumed \d+ of \d+ compute/, "consumed compute")
      .replace(/failed: (invalid|incomplete) utf-8 .*/, "failed: Program failed to complete"),
  );

function compare(runtime, transaction, theirs, ours) {
  const error = theirs.thrown ? "malformed" : errorOf(theirs);
  const logs = theirs.thrown ? [] : (theirs.meta?.() ?? theirs).logs();
  // Neither executes what is malformed; at what point it is found out differs.
  if (ours.err === "Parse" || theirs.thrown) {
    const refused = (ours.err === "Parse" || !ours.recorded) && error && !logs.length;
    return refused ? null : `malformed for one: ${error} / ${ours.text ?? ours.err}`;
  }
  // The network checks signatures before it looks anything up, litesvm after.
  if (ours.err === "SignatureFailure" && /AddressLookupTable/.test(error)) return null;
  // Sent a second time: the first stands in the ledger here, see chargedHere.
  if (chargedHere.has(error) && ours.err === "AlreadyProcessed") return null;
  if (JSON.stringify(error) !== JSON.stringify(ours.err))
    return `error ${JSON.stringify(error)} / ${JSON.stringify(ours.err)}`;
  if (transaction.spoilt || !ours.accounts) return null;
  for (const [name, a, b] of [
    ["logs", comparable(logs), comparable(ours.logs)],
    ["return data", returnedOf(theirs), ours.returned],
    ["inner instructions", innerOf(theirs), ours.inner],
  ])
    if (JSON.stringify(a) !== JSON.stringify(b))
      return `${name} ${JSON.stringify(a)} / ${JSON.stringify(b)}`;
  if (chargedHere.has(error)) charge(runtime, transaction.payer, ours.fee);
  if (transaction.nonce && ours.recorded) useNonce(runtime, transaction, ours);
  for (const [i, meta] of transaction.keys.entries()) {
    if (own.has(meta.key.toString("hex")) || i >= ours.accounts.length) continue;
    const a = JSON.stringify(accountOf(runtime, meta.key));
    const b = JSON.stringify(ours.accounts[i]);
    if (a !== b) return `account ${i} (${new PublicKey(meta.key).toBase58()}) ${a} / ${b}`;
  }
  return null;
}

function describe(transaction, theirs, ours) {
  const lines = [`transaction ${transaction.wire.toString("base64")}`];
  for (const i of transaction.instructions)
    lines.push(
      `  ${new PublicKey(i.program).toBase58()} data ${i.data.toString("hex")} accounts ` +
        i.accounts
          .map(
            (a) =>
              new PublicKey(a.key).toBase58().slice(0, 6) +
              (a.signer ? "s" : "") +
              (a.writable ? "w" : ""),
          )
          .join(" "),
    );
  const logs = theirs.thrown ? [theirs.thrown] : (theirs.meta?.() ?? theirs).logs();
  lines.push("  theirs:", ...logs.map((l) => "    " + l));
  lines.push("  ours:", ...(ours.logs ?? [ours.text]).map((l) => "    " + l));
  return lines;
}

async function run(seed, transactions, tally) {
  const world = new World(seed);
  const runtime = new svm.LiteSvm();
  world.look = (key) => {
    const data = runtime.getAccount(key)?.data();
    return data && Buffer.from(data);
  };
  const replay = new Replay(positionals[0]);
  runtime.setTransactionHistory(1_000_000n); // for AlreadyProcessed
  const genesis = world.wallets.map((k) => Buffer.concat([k, w.u64(WALLET_LAMPORTS)]));
  await replay.call("G", Buffer.concat(genesis));
  for (const wallet of world.wallets) runtime.airdrop(wallet, WALLET_LAMPORTS);
  let blockhash;
  world.slot = 1n; // the first block ends at once: nobody knows its blockhash
  const beginning = opening(world);
  for (let i = 0; i < transactions; i++) {
    if (i % BLOCK_TRANSACTIONS === 0) {
      world.slot++;
      setSlot(runtime, world.slot);
      runtime.expireBlockhash();
      blockhash = w.key(runtime.latestBlockhash());
      await replay.call("B", blockhash);
    }
    const transaction = build(world, runtime, blockhash, beginning.next().value);
    const ours = JSON.parse(await replay.call("T", transaction.wire));
    const theirs = send(runtime, transaction);
    tally.total++;
    const result = theirs.thrown ? "malformed" : JSON.stringify(errorOf(theirs));
    tally.results.set(result, (tally.results.get(result) ?? 0) + 1);
    const difference = compare(runtime, transaction, theirs, ours);
    if (!difference) continue;
    tally.differences++;
    console.log(`# seed ${seed}, transaction ${i} (${transaction.chosen}): ${difference}`);
    for (const line of describe(transaction, theirs, ours)) console.log("#   " + line);
    break; // the two states part here
  }
  replay.end();
}

const tally = { total: 0, differences: 0, results: new Map() };
for (let i = 0; i < worlds && tally.differences < DIFFERENCES_MAX; i++)
  await run((firstSeed + i) >>> 0, Math.ceil(count / worlds), tally);
const successes = tally.results.get("null") ?? 0;
const ok = (condition, number, name) =>
  console.log(`${condition ? "ok" : "not ok"} ${number} - ${name}`);
console.log("1..2");
ok(
  tally.differences === 0,
  1,
  `${tally.total} transactions give the same errors, fees, logs and accounts (seeds from ${firstSeed})`,
);
// A history in which hardly anything works would show little.
ok(successes * 5 > tally.total, 2, `${successes} of them succeeded, ${tally.results.size} different outcomes`);
if (values.verbose)
  for (const [name, n] of [...tally.results].sort((a, b) => b[1] - a[1])) console.log(`# ${n} ${name}`);
process.exit(tally.differences ? 1 : 0);
