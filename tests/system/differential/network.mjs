// A network of validators through JSON-RPC, with the calls of Replay: each
// transaction goes to one endpoint, and what came of it is asked of another.
import { createRequire } from "node:module";
import { join } from "node:path";
import bs58 from "bs58";
import { PublicKey } from "@solana/web3.js";
import { dice } from "./history.mjs";
import { chargedHere } from "./runtime.mjs";
import * as w from "./wire.mjs";

// The tests of the clients start networks, too.
const source = process.env.POND_SOURCE ?? import.meta.dirname;
const { startNetwork } = createRequire(join(source, "network.mjs"))("../clients/endpoint.cjs");

const SLOT_MS = 50;
const LEVELS = ["processed", "confirmed", "finalized"];
const POLL_MS = 5;
const RESEND_MS = 2000; // as clients do; a message takes effect once
const WAIT_MS = 60_000;
const BATCH = 50; // calls in one request

const TOO_EARLY = -32016; // minContextSlot is not there yet
const INVALID = -32602;
const SIGNATURE_FAILURE = -32003;
const PREFLIGHT_FAILURE = -32002;

// Addresses that could not be looked up are told in words alone.
const UNRESOLVED = new Map([
  ["doesn't exist", "AddressLookupTableNotFound"],
  ["an invalid owner", "InvalidAddressLookupTableOwner"],
  ["invalid data", "InvalidAddressLookupTableData"],
  ["an invalid index", "InvalidAddressLookupTableIndex"],
]);

// In the genesis.
const SHARED = [w.NATIVE_MINT];

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const atLeast = (a, b) => LEVELS.indexOf(a) >= LEVELS.indexOf(b);
const text = (value) => JSON.stringify(value);

async function post(endpoint, body) {
  const answer = await fetch(endpoint, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: text(body),
  });
  return answer.json();
}

function resultOf({ result, error }) {
  if (error) throw Object.assign(new Error(error.message), error);
  return result;
}

const call = async (endpoint, method, params) =>
  resultOf(await post(endpoint, { jsonrpc: "2.0", id: 1, method, params }));

// Many calls of one method, in order.
async function callMany(endpoint, method, list) {
  const results = [];
  for (let at = 0; at < list.length; at += BATCH) {
    const body = list
      .slice(at, at + BATCH)
      .map((params, id) => ({ jsonrpc: "2.0", id, method, params }));
    const answers = await post(endpoint, body);
    answers.sort((a, b) => a.id - b.id);
    results.push(...answers.map(resultOf));
  }
  return results;
}

// The answer once the endpoint has the slot that is asked for, or what read()
// makes of it once that is not null.
async function waitFor(what, read) {
  for (const end = Date.now() + WAIT_MS; ; await sleep(POLL_MS)) {
    try {
      const found = await read();
      if (found !== null) return found;
    } catch (error) {
      if (error.code !== TOO_EARLY) throw error;
    }
    if (Date.now() > end) throw Object.assign(new Error(`${what}: not in time`), { late: true });
  }
}
const callWhenThere = (endpoint, method, params) =>
  waitFor(method, () => call(endpoint, method, params));

// What an error of simulateTransaction or of a preflight says.
function refusalOf(error) {
  switch (error.code) {
    case PREFLIGHT_FAILURE:
      return { err: error.data.err, logs: error.data.logs };
    case SIGNATURE_FAILURE:
      return { err: "SignatureFailure", logs: [] };
    case INVALID: {
      const words = [...UNRESOLVED.keys()].find((end) => error.message.endsWith(end));
      return { err: UNRESOLVED.get(words) ?? "Parse", logs: [], text: error.message };
    }
    default:
      throw error;
  }
}

// Executed, so it pays its fee and stands in a block, whatever came of it.
const isRecorded = ({ err, logs }) => err === null || logs.length > 0 || chargedHere.has(err);

const accountOf = (account) =>
  account && [account.lamports, account.owner, account.executable, account.data[0]];

const returnedOf = ({ returnData }) =>
  returnData ? [returnData.programId, returnData.data[0]] : null;

const innerOf = (meta) =>
  meta.innerInstructions.flatMap(({ index, instructions }) =>
    instructions.map((inner) => [
      index,
      inner.stackHeight,
      inner.programIdIndex,
      inner.accounts,
      Buffer.from(bs58.decode(inner.data)).toString("base64"),
    ]),
  );

export class Network {
  blockTransactions = 25;
  ownBlocks = true; // a transaction is seen when its block has ended
  unforeseen = 0; // executed with another result than the simulation's
  refused = new Set(); // signatures that must be in no block
  recorded = new Set();

  static async start(pond, count, seed) {
    return new Network(await startNetwork(pond, count, SLOT_MS), seed);
  }
  constructor(network, seed) {
    this.network = network;
    this.endpoints = (network.validators ?? [network]).map(({ rpc }) => rpc);
    this.dice = dice(seed);
    this.last = 0; // the slot of the newest transaction
    this.blocks = []; // slots that have one, newest first
  }

  // Where the next transaction is not before.
  get slot() {
    return BigInt(this.last + 1);
  }

  // Two endpoints, which differ where there are several.
  two() {
    const first = this.dice.below(this.endpoints.length);
    const step = this.endpoints.length > 1 ? 1 + this.dice.below(this.endpoints.length - 1) : 0;
    const second = (first + step) % this.endpoints.length;
    return [this.endpoints[first], this.endpoints[second]];
  }

  // Begin a world: its wallets have that much. Gives the accounts that no world has
  // to itself, as [key, account].
  async begin(wallets, lamports) {
    this.history = [];
    for (const wallet of wallets) {
      const [there, other] = this.two();
      const id = await call(there, "requestAirdrop", [
        new PublicKey(wallet).toBase58(),
        Number(lamports),
      ]);
      this.last = (await this.reached(other, id, "finalized")).slot;
    }
    const [there] = this.two();
    const names = SHARED.map((key) => new PublicKey(key).toBase58());
    const accounts = await this.accounts(there, names, "finalized", this.last);
    return SHARED.map((key, i) => [key, accounts[i]]).filter(([, account]) => account);
  }

  async nextBlock() {
    const { value } = await callWhenThere(this.dice.one(this.endpoints),
      "getLatestBlockhash", [{ commitment: "finalized", minContextSlot: this.last }]);
    return w.key(value.blockhash);
  }

  async execute({ sent, keys }) {
    const [there, other] = this.two();
    const names = keys.map(({ key }) => new PublicKey(key).toBase58());
    const foreseen = await this.foresee(there, sent);
    if (!isRecorded(foreseen)) return this.refuse(there, other, sent, names, foreseen);
    try {
      return await this.land(there, other, sent, names, foreseen);
    } catch (error) {
      if (!error.refusal) throw error;
      this.unforeseen++;
      return this.refuse(there, other, sent, names, error.refusal);
    }
  }

  // It takes no effect, now or later, and another endpoint says the same.
  async refuse(there, other, wire, names, refusal) {
    this.history.push(null);
    if (refusal.err === "Parse") return refusal;
    this.refused.add(bs58.encode(wire.subarray(1, 65)));
    await this.mustRefuse(other, wire, refusal);
    // The slot of a refusal is not told, but it was not later than the newest; and
    // a table that was gone stays gone.
    const newest = await call(there, "getSlot", [{ commitment: "processed" }]);
    const confirmed = { commitment: "confirmed", minContextSlot: newest };
    this.last = await callWhenThere(there, "getSlot", [confirmed]);
    await this.learn(there, this.last + 1, "confirmed");
    return {
      ...refusal,
      recorded: false,
      returned: null,
      inner: [],
      accounts: await this.accounts(other, names, this.dice.one(LEVELS), this.last),
      slot: this.slot,
      earlier: this.blocks,
    };
  }

  // Which slots before that one have a block.
  async learn(endpoint, before, commitment) {
    const known = this.blocks.length ? Number(this.blocks[0]) + 1 : 0;
    if (known >= before) return;
    const more = await call(endpoint, "getBlocks", [known, before - 1, { commitment }]);
    this.blocks = [...more.reverse().map(BigInt), ...this.blocks];
  }

  // What the newest state of an endpoint makes of it. A slot later than the newest
  // transaction's: what that added to a lookup table counts from there on.
  async foresee(endpoint, wire) {
    const options = {
      encoding: "base64",
      sigVerify: true,
      commitment: "processed",
      minContextSlot: this.last + 1,
    };
    try {
      const { value } = await callWhenThere(endpoint, "simulateTransaction", [
        wire.toString("base64"),
        options,
      ]);
      return { err: value.err, logs: value.logs ?? [] };
    } catch (error) {
      return refusalOf(error);
    }
  }

  send(endpoint, wire, skipPreflight) {
    const options = {
      encoding: "base64",
      skipPreflight,
      preflightCommitment: "processed",
      minContextSlot: this.last + 1,
    };
    return callWhenThere(endpoint, "sendTransaction", [wire.toString("base64"), options]);
  }

  async mustRefuse(endpoint, wire, { err }) {
    const refusal = await this.send(endpoint, wire, false).then(
      () => ({ err: null }),
      (error) => refusalOf(error),
    );
    if (text(refusal.err) !== text(err))
      throw new Error(`refused for ${text(err)} by one, another says ${text(refusal.err)}`);
  }

  // The status at an endpoint, once it is at least of that level.
  reached(endpoint, id, level, again = async () => {}) {
    let sent = Date.now();
    return waitFor(`${id} ${level}`, async () => {
      const { value } = await call(endpoint, "getSignatureStatuses", [[id]]);
      if (value[0] && atLeast(value[0].confirmationStatus, level)) return value[0];
      if (Date.now() < sent + RESEND_MS) return null;
      sent = Date.now();
      await again();
      return null;
    });
  }

  // A leader may have dropped it, because it would be refused by now.
  async sendAgain(endpoint, wire, id) {
    const foreseen = await this.foresee(endpoint, wire);
    const { value } = await call(endpoint, "getSignatureStatuses", [[id]]);
    if (value[0]) return; // there, and soon elsewhere
    if (!isRecorded(foreseen))
      throw Object.assign(new Error(`${id} was dropped`), { refusal: foreseen });
    await this.send(endpoint, wire, true);
  }

  // Send what will be executed, if only to fail, and see it elsewhere.
  async land(there, other, wire, names, foreseen) {
    if (foreseen.err !== null && this.dice.chance(30)) await this.mustRefuse(other, wire, foreseen);
    const skip = foreseen.err !== null || this.dice.chance(50);
    const level = this.dice.one(LEVELS);
    const id = await this.send(there, wire, skip);
    const again = () => this.sendAgain(there, wire, id);
    for (;;) {
      const early = await this.reached(other, id, level, again);
      const accounts = await this.accounts(other, names, level, early.slot);
      const certain = await this.reached(other, id, "confirmed", again);
      if (certain.slot !== early.slot) continue; // its block came to nothing
      const seen = atLeast(level, "confirmed") ? level : "confirmed";
      const result = await this.result(other, id, seen);
      if (text(result.err) !== text(foreseen.err)) this.unforeseen++;
      this.recorded.add(id);
      this.history.push({ id, slot: certain.slot });
      return { ...result, accounts };
    }
  }

  // What the block has of a transaction, and what the block stands on.
  async result(endpoint, id, commitment) {
    const { slot, meta } = await call(endpoint, "getTransaction", [
      id,
      { commitment, encoding: "json", maxSupportedTransactionVersion: 0 },
    ]);
    const { previousBlockhash } = await call(endpoint, "getBlock", [
      slot,
      { commitment, transactionDetails: "none", rewards: false },
    ]);
    await this.learn(endpoint, slot, commitment);
    const earlier = this.blocks;
    this.blocks = [BigInt(slot), ...earlier];
    this.last = slot;
    return {
      err: meta.err,
      recorded: true,
      fee: meta.fee,
      logs: meta.logMessages,
      returned: returnedOf(meta),
      inner: innerOf(meta),
      slot: BigInt(slot),
      earlier,
      previous: w.key(previousBlockhash),
    };
  }

  async accounts(endpoint, names, commitment, minContextSlot) {
    const { value } = await callWhenThere(endpoint, "getMultipleAccounts", [
      names,
      { commitment, minContextSlot, encoding: "base64" },
    ]);
    return value.map(accountOf);
  }

  // How many transactions of this world are final where they were seen: a block
  // that was confirmed may still be given up.
  async settled() {
    const sent = this.history.filter((one) => one);
    const found = await callMany(await this.finalAt(this.dice.one(this.endpoints)),
      "getSignatureStatuses", sent.map(({ id }) => [[id], { searchTransactionHistory: true }]));
    const lost = sent.find(({ slot }, i) => found[i].value[0]?.slot !== slot);
    return lost ? this.history.indexOf(lost) : this.history.length;
  }

  // An endpoint, once all that was executed is final there.
  async finalAt(endpoint) {
    await callWhenThere(endpoint, "getSlot", [
      { commitment: "finalized", minContextSlot: this.last },
    ]);
    return endpoint;
  }

  // The final accounts with those keys, by endpoint.
  finalAccounts(keys) {
    const names = keys.map((key) => new PublicKey(key).toBase58());
    return Promise.all(
      this.endpoints.map((one) => this.accounts(one, names, "finalized", this.last)));
  }

  // Slots of which endpoints have different blocks, or a block for some alone; and
  // the number of blocks.
  async blocksThatDiffer() {
    const span = [0, this.last, { commitment: "finalized" }];
    const details = { commitment: "finalized", maxSupportedTransactionVersion: 0 };
    const all = [];
    for (const endpoint of this.endpoints) {
      const slots = await call(await this.finalAt(endpoint), "getBlocks", span);
      const blocks = await callMany(endpoint, "getBlock", slots.map((slot) => [slot, details]));
      all.push(new Map(slots.map((slot, i) => [slot, text(blocks[i])])));
    }
    const slots = new Set(all.flatMap((blocks) => [...blocks.keys()]));
    const differ = [...slots].filter((slot) => all.some((b) => b.get(slot) !== all[0].get(slot)));
    return { differ, count: slots.size };
  }

  // Of the signatures that were refused, those that an endpoint has all the same.
  async refusedButThere() {
    const ids = [...this.refused].filter((id) => !this.recorded.has(id));
    const there = [];
    for (const endpoint of this.endpoints) {
      const found = await callMany(endpoint, "getSignatureStatuses",
        ids.map((id) => [[id], { searchTransactionHistory: true }]));
      there.push(...ids.filter((id, i) => found[i].value[0]));
    }
    return there;
  }

  end() {
    return this.network.stop();
  }
}
