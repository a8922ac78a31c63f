// Solana's own runtime (litesvm), and its answers beside those of a bank.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { PublicKey } from "@solana/web3.js";
import * as w from "./wire.mjs";

export const svm = createRequire(import.meta.url)("litesvm/dist/internal.js");
const PACKET_SIZE = 1232;
const SLOT_HASHES_MAX = 512;

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
export function errorOf(outcome) {
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
export const own = new Set(
  [w.SYSTEM, w.TOKEN, w.ASSOCIATED, w.MEMO, w.MEMO_1, w.BUDGET, w.RENT, w.CLOCK, w.RECENT,
   w.TABLE, w.SLOT_HASHES].map(
    (k) => k.toString("hex"),
  ),
);

export function accountOf(runtime, key) {
  const account = runtime.getAccount(key);
  if (!account || (account.lamports() === 0n && !account.data().length)) return null;
  return [
    Number(account.lamports()),
    new PublicKey(account.owner()).toBase58(),
    account.executable(),
    Buffer.from(account.data()).toString("base64"),
  ];
}

// The reverse of accountOf().
export function setAccount(runtime, key, [lamports, owner, executable, data]) {
  runtime.setAccount(
    key,
    new svm.Account(
      BigInt(lamports), Buffer.from(data, "base64"), w.key(owner), executable, 0n),
  );
}

// What the end of a block burns, which litesvm has no blocks for.
export function burnIncinerated(runtime) {
  if (accountOf(runtime, w.INCINERATOR))
    setAccount(runtime, w.INCINERATOR, [0, new PublicKey(w.SYSTEM).toBase58(), false, ""]);
}

// Let the runtime's clock and recent slots (newest first) be those of the bank. It
// takes the hashes as text, and nothing here depends on them.
export function setSlot(runtime, slot, earlier) {
  if (runtime.getClock().slot === slot) return;
  const hash = new PublicKey(w.SYSTEM).toBase58();
  runtime.warpToSlot(slot);
  runtime.setSlotHashes(earlier.slice(0, SLOT_HASHES_MAX).map((past) => ({ slot: past, hash })));
}

export function send(runtime, { wire, versioned }) {
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
export const chargedHere = new Set([
  "MaxLoadedAccountsDataSizeExceeded",
  "ProgramAccountNotFound",
  "InvalidProgramForExecution",
]);

function charge(runtime, payer, fee) {
  const account = runtime.getAccount(payer);
  change(runtime, payer, { lamports: account.lamports() - BigInt(fee) });
}

function change(runtime, key, { lamports, data }) {
  const account = runtime.getAccount(key);
  runtime.setAccount(
    key,
    new svm.Account(
      lamports ?? account.lamports(),
      data ?? account.data(),
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
  const place = transaction.keys.findIndex((m) => m.key.equals(transaction.nonce));
  const data = Buffer.from(ours.accounts[place][3], "base64");
  change(runtime, transaction.nonce, { data });
}

// The value of a nonce that a block moves on, by the blockhash of the block before.
const nonceOf = (blockhash) =>
  createHash("sha256").update("DURABLE_NONCE").update(blockhash).digest();

// Nonces that the transaction moved on have another value where its own blockhash
// is not the newest: that of the block before the one it is in.
function renewNonces(runtime, { keys, lifetime }, previous) {
  for (const { key } of keys) {
    const found = runtime.getAccount(key)?.data();
    const data = found && Buffer.from(found);
    if (data?.length !== 80 || !data.subarray(40, 72).equals(nonceOf(lifetime))) continue;
    nonceOf(previous).copy(data, 40);
    change(runtime, key, { data });
  }
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

export function compare(runtime, transaction, theirs, ours) {
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
  if (ours.previous) renewNonces(runtime, transaction, ours.previous);
  for (const [i, meta] of transaction.keys.entries()) {
    if (own.has(meta.key.toString("hex")) || i >= ours.accounts.length) continue;
    const a = JSON.stringify(accountOf(runtime, meta.key));
    const b = JSON.stringify(ours.accounts[i]);
    if (a !== b) return `account ${i} (${new PublicKey(meta.key).toBase58()}) ${a} / ${b}`;
  }
  return null;
}

export function describe(transaction, theirs, ours) {
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
