// One bank_replay process, which has a bank alone: the blocks end when it is told
// so, and their blockhashes are those that it is given.
import { spawn } from "node:child_process";
import * as w from "./wire.mjs";

export class Replay {
  blockTransactions = 60;
  slot = 1n; // the first block ends at once: nobody knows its blockhash
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
  // Send a frame and wait for the answer.
  call(kind, payload) {
    return new Promise((resolve, reject) => {
      this.pending.push({ resolve, reject });
      this.child.stdin.write(Buffer.concat([Buffer.from(kind), w.u32(payload.length), payload]));
    });
  }
  // The wallets have that much. Gives the accounts that are there besides, as [key,
  // account].
  async begin(wallets, lamports) {
    const genesis = wallets.map((k) => Buffer.concat([k, w.u64(lamports)]));
    await this.call("G", Buffer.concat(genesis));
    return [];
  }
  // What later transactions name as their blockhash.
  async nextBlock(blockhash) {
    await this.call("B", blockhash);
    this.slot++;
    return blockhash;
  }
  async execute({ sent }) {
    const result = JSON.parse(await this.call("T", sent));
    const earlier = [];
    for (let past = this.slot - 1n; past >= 0n; past--) earlier.push(past);
    return { ...result, slot: this.slot, earlier };
  }
  end() {
    this.child.stdin.end();
  }
}
