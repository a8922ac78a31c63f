// Transactions in Solana's wire format, built by hand: the test must also be
// able to build those that no library would.
import { createPrivateKey, createPublicKey, sign } from "node:crypto";
import { PublicKey } from "@solana/web3.js";

export const key = (text) => Buffer.from(new PublicKey(text).toBytes());
export const SYSTEM = key("11111111111111111111111111111111");
export const TOKEN = key("TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA");
export const ASSOCIATED = key("ATokenGPvbdGVxr1b2hvZbsiqW5xWH25efTNsLJA8knL");
export const MEMO = key("MemoSq4gqABAXKb96qnH8TysNcWxMyWCqXgDLGmfcHr");
export const MEMO_1 = key("Memo1UhkJRfHyvLMcVucJwxXeuD728EqVDDwQDxFMNo");
export const BUDGET = key("ComputeBudget111111111111111111111111111111");
export const TABLE = key("AddressLookupTab1e1111111111111111111111111");
export const NATIVE_MINT = key("So11111111111111111111111111111111111111112");
export const RENT = key("SysvarRent111111111111111111111111111111111");
export const CLOCK = key("SysvarC1ock11111111111111111111111111111111");
export const RECENT = key("SysvarRecentB1ockHashes11111111111111111111");
export const SLOT_HASHES = key("SysvarS1otHashes111111111111111111111111111");
export const INCINERATOR = key("1nc1nerator11111111111111111111111111111111");

export const u8 = (n) => Buffer.from([n]);
export const u16 = (n) => {
  const b = Buffer.alloc(2);
  b.writeUInt16LE(n);
  return b;
};
export const u32 = (n) => {
  const b = Buffer.alloc(4);
  b.writeUInt32LE(n);
  return b;
};
export const u64 = (n) => {
  const b = Buffer.alloc(8);
  b.writeBigUInt64LE(BigInt.asUintN(64, BigInt(n)));
  return b;
};
export const compact = (n) => {
  const out = [];
  for (; n >= 0x80; n >>= 7) out.push((n & 0x7f) | 0x80);
  return Buffer.from([...out, n]);
};

// A signing key from a seed of 32 bytes.
const PKCS8 = Buffer.from("302e020100300506032b657004220420", "hex");
const SPKI_SIZE = 12;
export function keypair(seed) {
  const secret = createPrivateKey({
    key: Buffer.concat([PKCS8, seed]),
    format: "der",
    type: "pkcs8",
  });
  const spki = createPublicKey(secret).export({ format: "der", type: "spki" });
  return { secret, key: spki.subarray(SPKI_SIZE) };
}

// Where the blockhash is in a message: after header, count and keys.
const placeOf = (body) => ({
  lifetimeAt: body.slice(0, 3).reduce((size, part) => size + part.length, 0),
});

// instructions: [{program, accounts: [{key, signer, writable}], data}]
export function compile(payer, instructions, blockhash) {
  const metas = new Map();
  const add = (meta) => {
    const name = meta.key.toString("hex");
    const had = metas.get(name);
    if (had) {
      had.signer ||= meta.signer;
      had.writable ||= meta.writable;
    } else {
      metas.set(name, { ...meta });
    }
  };
  add({ key: payer, signer: true, writable: true });
  for (const { program, accounts } of instructions) {
    accounts.forEach(add);
    add({ key: program, signer: false, writable: false });
  }
  const group = (m) => (m.signer ? 0 : 2) + (m.writable ? 0 : 1);
  const all = [...metas.values()];
  const keys = [0, 1, 2, 3].flatMap((g) => all.filter((m) => group(m) === g));
  const place = (k) => keys.findIndex((m) => m.key.equals(k));
  const count = (g) => keys.filter((m) => group(m) === g).length;
  const body = [
    Buffer.from([count(0) + count(1), count(1), count(3)]),
    compact(keys.length),
    Buffer.concat(keys.map((m) => m.key)),
    blockhash,
    compact(instructions.length),
  ];
  for (const { program, accounts, data } of instructions)
    body.push(
      u8(place(program)),
      compact(accounts.length),
      Buffer.from(accounts.map((a) => place(a.key))),
      compact(data.length),
      data,
    );
  return { message: Buffer.concat(body), keys, ...placeOf(body) };
}

// The same as a message of version 0, in which tables ({key, addresses}) stand
// for the keys that they hold and that need not be there themselves.
export function compileVersioned(payer, instructions, blockhash, tables) {
  const programs = new Set(instructions.map((i) => i.program.toString("hex")));
  const { message, keys } = compile(payer, instructions, blockhash);
  const lookups = tables.map((table) => ({ table, writable: [], readonly: [] }));
  const looked = new Map();
  for (const meta of keys) {
    const name = meta.key.toString("hex");
    if (meta.signer || programs.has(name)) continue;
    for (const lookup of lookups) {
      const index = lookup.table.addresses.findIndex((a) => a.equals(meta.key));
      if (index < 0 || looked.has(name)) continue;
      looked.set(name, meta);
      (meta.writable ? lookup.writable : lookup.readonly).push(index);
    }
  }
  const used = lookups.filter((l) => l.writable.length + l.readonly.length);
  const at = (lookup, index) => looked.get(lookup.table.addresses[index].toString("hex"));
  const fixed = keys.filter((m) => !looked.has(m.key.toString("hex")));
  const all = [
    ...fixed,
    ...used.flatMap((l) => l.writable.map((i) => at(l, i))),
    ...used.flatMap((l) => l.readonly.map((i) => at(l, i))),
  ];
  const place = (k) => all.findIndex((m) => m.key.equals(k));
  const readonly = fixed.filter((m) => !m.signer && !m.writable).length;
  const body = [
    Buffer.from([0x80, message[0], message[1], readonly]),
    compact(fixed.length),
    Buffer.concat(fixed.map((m) => m.key)),
    blockhash,
    compact(instructions.length),
  ];
  for (const { program, accounts, data } of instructions)
    body.push(
      u8(place(program)),
      compact(accounts.length),
      Buffer.from(accounts.map((a) => place(a.key))),
      compact(data.length),
      data,
    );
  body.push(compact(used.length));
  for (const { table, writable, readonly: others } of used)
    body.push(
      table.key,
      compact(writable.length),
      Buffer.from(writable),
      compact(others.length),
      Buffer.from(others),
    );
  return { message: Buffer.concat(body), keys: all, versioned: true, ...placeOf(body) };
}

// The same message with another blockhash.
export function renewed(compiled, blockhash) {
  const message = Buffer.from(compiled.message);
  blockhash.copy(message, compiled.lifetimeAt);
  return { ...compiled, message };
}

// signers: map from key (hex) to keypair; a key without one gets zeros.
export function signed({ message, keys }, signers) {
  const out = [compact(keys.filter((m) => m.signer).length)];
  for (const meta of keys.filter((m) => m.signer)) {
    const pair = signers.get(meta.key.toString("hex"));
    out.push(pair ? sign(null, message, pair.secret) : Buffer.alloc(64));
  }
  return Buffer.concat([...out, message]);
}
