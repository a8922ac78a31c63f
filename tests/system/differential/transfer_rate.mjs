// Signed transfers a second through Solana's own runtime (litesvm), which
// verifies signatures and executes, in one thread: the peer of the benchmark
// of the pipeline. Transactions are made beforehand, as bytes. Prints
// "rate<TAB>by the wall's clock<TAB>by processor time".
//
// Usage: transfer_rate.mjs [COUNT]
import { createRequire } from "node:module";
import { PublicKey } from "@solana/web3.js";
import * as w from "./wire.mjs";

const svm = createRequire(import.meta.url)("litesvm/dist/internal.js");
const count = Number(process.argv[2] ?? 8000);
const PAYERS = 64;

const runtime = new svm.LiteSvm();
runtime.setTransactionHistory(1_000_000n); // as a node, it knows what it has had
const payers = Array.from({ length: PAYERS }, (_, i) => {
  const seed = Buffer.alloc(32);
  seed.writeUInt32LE(i + 1);
  return w.keypair(seed);
});
const signers = new Map(payers.map((p) => [p.key.toString("hex"), p]));
for (const payer of payers) runtime.airdrop(payer.key, 1_000_000_000_000n);
const blockhash = w.key(runtime.latestBlockhash());

const wires = Array.from({ length: count }, (_, i) => {
  const to = Buffer.alloc(32);
  to.writeUInt32LE(i + 1);
  const payer = payers[i % PAYERS].key;
  const transfer = {
    program: w.SYSTEM,
    accounts: [
      { key: payer, signer: true, writable: true },
      { key: to, signer: false, writable: true },
    ],
    data: Buffer.concat([w.u32(2), w.u64(1_000_000 + i)]),
  };
  return w.signed(w.compile(payer, [transfer], blockhash), signers);
});

const begin = process.hrtime.bigint();
const beginUsed = process.cpuUsage();
let failed = 0;
for (const wire of wires)
  if (runtime.sendLegacyTransaction(wire) instanceof svm.FailedTransactionMetadata) failed++;
const used = process.cpuUsage(beginUsed);
const elapsed = Number(process.hrtime.bigint() - begin);
if (failed) {
  console.error(`${failed} of ${count} transfers failed`);
  process.exit(1);
}
const perCpuSecond = (count * 1e6) / (used.user + used.system);
console.log(`rate\t${(count * 1e9) / elapsed}\t${perCpuSecond}`);
