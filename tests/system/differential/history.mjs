// Random transactions of a small world: few keys, mints and accounts, so that
// instructions meet accounts in every state. Most are nearly right; what is
// wrong with them is drawn too.
import { createHash } from "node:crypto";
import { PublicKey } from "@solana/web3.js";
import * as w from "./wire.mjs";

// xorshift32: the same seed, the same history.
export function dice(seed) {
  let x = seed >>> 0 || 1;
  const next = () => {
    x ^= x << 13;
    x >>>= 0;
    x ^= x >>> 17;
    x ^= x << 5;
    x >>>= 0;
    return x;
  };
  for (let i = 0; i < 8; i++) next();
  return {
    below: (n) => next() % n,
    one: (list) => list[next() % list.length],
    chance: (percent) => next() % 100 < percent,
    bytes: (n) => Buffer.from(Array.from({ length: n }, () => next() & 255)),
  };
}

const named = (key, signer, writable) => ({ key, signer, writable });

export class World {
  constructor(seed) {
    this.dice = dice(seed);
    this.signers = new Map();
    const make = (kind, count) =>
      Array.from({ length: count }, (_, i) => {
        const seedBytes = createHash("sha256")
          .update(`${seed} ${kind} ${i}`)
          .digest();
        const pair = w.keypair(seedBytes);
        this.signers.set(pair.key.toString("hex"), pair);
        return pair.key;
      });
    this.wallets = make("wallet", 6);
    this.mints = make("mint", 4);
    this.accounts = make("account", 10);
    this.multisigs = make("multisig", 2);
    this.nonces = make("nonce", 3);
    this.blank = make("blank", 8);
    this.associated = [];
    for (const wallet of this.wallets)
      for (const mint of this.mints.slice(0, 2))
        this.associated.push({ wallet, mint, key: associated(wallet, mint) });
    this.tables = []; // {key, authority}
    this.slot = 0n; // set by what runs the history
    this.nested = this.associated
      .slice(0, 4)
      .map((a) => ({ ...a, key: associated(a.key, this.mints[1]) }));
  }

  wallet = () => this.dice.one(this.wallets);
  mint = () =>
    this.dice.chance(12) ? w.NATIVE_MINT : this.dice.one(this.mints);
  account = () =>
    this.dice.chance(30)
      ? this.dice.one(this.associated).key
      : this.dice.one(this.accounts);
  anything = () =>
    this.dice.one([
      ...this.wallets,
      ...this.mints,
      ...this.accounts,
      ...this.multisigs,
      ...this.nonces,
      ...this.blank,
      w.INCINERATOR,
      w.SYSTEM,
      w.RENT,
    ]);
  authority = () =>
    this.dice.chance(12) ? this.dice.one(this.multisigs) : this.wallet();
  amount = () =>
    this.dice.one([0, 1, 2, 5, 100, 1000, 10n ** 9n, 2n ** 63n, 2n ** 64n - 1n]);
  lamports = () =>
    this.dice.one([
      0, 1, 5000, 890880, 890881, 1461600, 2039280, 3361680, 10 ** 7, 10 ** 8,
      2n ** 63n, 2n ** 64n - 1n,
    ]);

  // The addresses a lookup table holds, if it is one.
  addresses(table) {
    const data = this.look(table.key);
    const held = [];
    for (let at = 56; data && at + 32 <= data.length; at += 32)
      held.push(Buffer.from(data.subarray(at, at + 32)));
    return held;
  }
  // Nonces stay out: whether one may be looked up differs between versions.
  listed = () =>
    this.dice.one([...this.wallets, ...this.mints, ...this.accounts, ...this.blank, w.RENT]);

  // Mostly the one who may: what stands at an offset of the account's data.
  // look(key) gives the data as it now is, or nothing.
  of(key, offset) {
    const data = this.dice.chance(70) && this.look(key);
    return data && data.length >= offset + 32
      ? Buffer.from(data.subarray(offset, offset + 32))
      : this.authority();
  }
  owner = (account) => this.of(account, 32);
  minter = (mint) => this.of(mint, 4);
  freezer = (mint) => this.of(mint, 50);
  // Mostly an account of the same mint, or that account's mint.
  fellow(account) {
    const mint = this.look(account)?.subarray(0, 32);
    const all = [...this.accounts, ...this.associated.map((a) => a.key)];
    const same = all.filter((k) => mint?.length === 32 && this.look(k)?.subarray(0, 32).equals(mint));
    return same.length && this.dice.chance(70) ? this.dice.one(same) : this.account();
  }
  mintOf(account) {
    const mint = this.look(account)?.subarray(0, 32);
    return mint?.length === 32 && this.dice.chance(80) ? Buffer.from(mint) : this.mint();
  }

  // The accounts an authority adds: itself, and signers if it is a multisig.
  authorities(authority = this.authority()) {
    const multi = this.multisigs.some((m) => m.equals(authority));
    if (!multi) return [named(authority, !this.dice.chance(4), false)];
    const count = this.dice.below(5);
    const signers = Array.from({ length: count }, () =>
      named(this.wallet(), !this.dice.chance(8), false),
    );
    return [named(authority, false, false), ...signers];
  }
}

export function associated(wallet, mint) {
  return Buffer.from(
    PublicKey.findProgramAddressSync(
      [wallet, w.TOKEN, mint],
      new PublicKey(w.ASSOCIATED),
    )[0].toBytes(),
  );
}

const token = (accounts, ...data) => ({
  program: w.TOKEN,
  accounts,
  data: Buffer.concat(data),
});
const system = (accounts, ...data) => ({
  program: w.SYSTEM,
  accounts,
  data: Buffer.concat(data),
});
const option = (d, key) => (d.chance(60) ? Buffer.concat([w.u8(1), key]) : w.u8(0));
const seedText = (d) => Buffer.from(d.one(["", "a", "vault", "x".repeat(33)]));
const bincode = (bytes) => Buffer.concat([w.u64(bytes.length), bytes]);
const withSeed = (base, seed, owner) =>
  createHash("sha256").update(base).update(seed).update(owner).digest();

const lookupTable = (accounts, ...data) => ({
  program: w.TABLE,
  accounts,
  data: Buffer.concat(data),
});

// A table at the address that its authority and a slot give.
function newTable(o, d, authority, slot) {
  const [at, bump] = PublicKey.findProgramAddressSync(
    [authority, w.u64(slot)],
    new PublicKey(w.TABLE),
  );
  const table = { key: Buffer.from(at.toBytes()), authority };
  if (!o.tables.some((t) => t.key.equals(table.key))) o.tables.push(table);
  return [
    table,
    lookupTable(
      [
        named(d.chance(97) ? table.key : d.one(o.blank), false, true),
        named(authority, d.chance(50), false),
        named(o.wallet(), !d.chance(4), true),
        named(w.SYSTEM, false, false),
      ],
      w.u32(0),
      w.u64(slot),
      w.u8(d.chance(97) ? bump : d.below(256)),
    ),
  ];
}

function extendTable(o, d, table, count) {
  const added = Array.from({ length: count }, () => o.listed());
  return lookupTable(
    [
      named(table.key, false, !d.chance(3)),
      named(d.chance(94) ? table.authority : o.wallet(), !d.chance(4), false),
      ...(d.chance(92) ? [named(o.wallet(), !d.chance(4), true), named(w.SYSTEM, false, false)] : []),
    ],
    w.u32(2),
    w.u64(count),
    ...added,
  );
}

// Each returns a list of instructions.
const makers = {
  transfer: (o, d) => [
    system(
      [named(o.wallet(), true, true), named(o.anything(), false, true)],
      w.u32(2),
      w.u64(o.lamports()),
    ),
  ],
  createAccount: (o, d) => {
    const [space, owner] = d.one([
      [0, w.SYSTEM],
      [82, w.TOKEN],
      [165, w.TOKEN],
      [355, w.TOKEN],
      [80, w.SYSTEM],
      [10, undefined],
      [166, w.TOKEN],
    ]);
    return [
      system(
        [
          named(o.wallet(), true, true),
          named(o.anything(), !d.chance(5), true),
        ],
        w.u32(0),
        w.u64(o.lamports()),
        w.u64(d.chance(2) ? 11 * 2 ** 20 : space),
        owner ?? o.wallet(),
      ),
    ];
  },
  assign: (o, d) => [
    system(
      [named(d.one(o.blank), !d.chance(5), true)],
      w.u32(1),
      d.one([w.SYSTEM, w.SYSTEM, w.TOKEN]),
    ),
  ],
  allocate: (o, d) => [
    system(
      [named(d.one(o.blank), !d.chance(5), true)],
      w.u32(8),
      w.u64(d.one([0, 1, 80, 165, 11 * 2 ** 20])),
    ),
  ],
  seeded: (o, d) => {
    const base = o.wallet();
    const seed = seedText(d);
    const owner = d.one([w.SYSTEM, w.TOKEN]);
    const at = d.chance(90) ? withSeed(base, seed, owner) : d.one(o.blank);
    const from = o.wallet();
    return d.one([
      () => [
        system(
          [
            named(from, true, true),
            named(at, false, true),
            named(base, !d.chance(5), false),
          ],
          w.u32(3),
          base,
          bincode(seed),
          w.u64(o.lamports()),
          w.u64(d.one([0, 165])),
          owner,
        ),
      ],
      () => [
        system(
          [named(at, false, true), named(base, !d.chance(5), false)],
          w.u32(9),
          base,
          bincode(seed),
          w.u64(d.one([0, 10])),
          owner,
        ),
      ],
      () => [
        system(
          [named(at, false, true), named(base, !d.chance(5), false)],
          w.u32(10),
          base,
          bincode(seed),
          owner,
        ),
      ],
      () => [
        system(
          [
            named(at, false, true),
            named(base, !d.chance(5), false),
            named(o.anything(), false, true),
          ],
          w.u32(11),
          w.u64(o.lamports()),
          bincode(seed),
          owner,
        ),
      ],
    ])();
  },
  newMint: (o, d) => {
    const mint = d.one(o.mints);
    return [
      system(
        [named(o.wallet(), true, true), named(mint, true, true)],
        w.u32(0),
        w.u64(d.one([1461600, 1461599, 2000000])),
        w.u64(82),
        w.TOKEN,
      ),
      ...makers.initializeMint(o, d, mint),
    ];
  },
  initializeMint: (o, d, mint = d.one(o.mints)) => [
    d.chance(50)
      ? token(
          [named(mint, false, true), named(w.RENT, false, false)],
          w.u8(0),
          w.u8(d.one([0, 2, 9])),
          o.authority(),
          option(d, o.authority()),
        )
      : token(
          [named(mint, false, true)],
          w.u8(20),
          w.u8(d.one([0, 2, 9])),
          o.authority(),
          option(d, o.authority()),
        ),
  ],
  newAccount: (o, d) => {
    const account = d.one(o.accounts);
    return [
      system(
        [named(o.wallet(), true, true), named(account, true, true)],
        w.u32(0),
        w.u64(d.one([2039280, 2039280, 2039279, 5000000])),
        w.u64(165),
        w.TOKEN,
      ),
      ...makers.initializeAccount(o, d, account),
    ];
  },
  initializeAccount: (o, d, account = d.one(o.accounts)) => {
    const mint = o.mint();
    const owner = d.chance(3) ? w.INCINERATOR : o.authority();
    return [
      d.one([
        () =>
          token(
            [
              named(account, false, true),
              named(mint, false, false),
              named(owner, false, false),
              named(d.chance(95) ? w.RENT : w.CLOCK, false, false),
            ],
            w.u8(1),
          ),
        () =>
          token(
            [
              named(account, false, true),
              named(mint, false, false),
              named(w.RENT, false, false),
            ],
            w.u8(16),
            owner,
          ),
        () =>
          token(
            [named(account, false, true), named(mint, false, false)],
            w.u8(18),
            owner,
          ),
      ])(),
    ];
  },
  newMultisig: (o, d) => {
    const multisig = d.one(o.multisigs);
    const signers = Array.from({ length: d.below(13) }, () =>
      named(o.wallet(), false, false),
    );
    const required = d.one([0, 1, 2, 2, 3, 12]);
    const rent = d.chance(50);
    return [
      system(
        [named(o.wallet(), true, true), named(multisig, true, true)],
        w.u32(0),
        w.u64(3361680),
        w.u64(355),
        w.TOKEN,
      ),
      token(
        [
          named(multisig, false, true),
          ...(rent ? [named(w.RENT, false, false)] : []),
          ...signers,
        ],
        w.u8(rent ? 2 : 19),
        w.u8(required),
      ),
    ];
  },
  tokenTransfer: (o, d) => {
    const checked = d.chance(40);
    const from = o.account();
    return [
      token(
        [
          named(from, false, true),
          ...(checked ? [named(o.mintOf(from), false, false)] : []),
          named(o.fellow(from), false, true),
          ...o.authorities(o.owner(from)),
        ],
        w.u8(checked ? 12 : 3),
        w.u64(o.amount()),
        checked ? w.u8(d.one([0, 2, 9])) : Buffer.alloc(0),
      ),
    ];
  },
  approve: (o, d) => {
    const checked = d.chance(40);
    const account = o.account();
    return [
      token(
        [
          named(account, false, true),
          ...(checked ? [named(o.mintOf(account), false, false)] : []),
          named(o.wallet(), false, false),
          ...o.authorities(o.owner(account)),
        ],
        w.u8(checked ? 13 : 4),
        w.u64(o.amount()),
        checked ? w.u8(d.one([0, 2, 9])) : Buffer.alloc(0),
      ),
    ];
  },
  revoke: (o) => [
    token([named(o.account(), false, true), ...o.authorities()], w.u8(5)),
  ],
  setAuthority: (o, d) => [
    token(
      [
        named(d.chance(60) ? o.account() : d.one(o.mints), false, true),
        ...o.authorities(),
      ],
      w.u8(6),
      w.u8(d.below(5)),
      option(d, o.authority()),
    ),
  ],
  mintTo: (o, d) => {
    const checked = d.chance(30);
    const to = o.account();
    const mint = o.mintOf(to);
    return [
      token(
        [
          named(mint, false, true),
          named(to, false, true),
          ...o.authorities(o.minter(mint)),
        ],
        w.u8(checked ? 14 : 7),
        w.u64(o.amount()),
        checked ? w.u8(d.one([0, 2, 9])) : Buffer.alloc(0),
      ),
    ];
  },
  burn: (o, d) => {
    const checked = d.chance(30);
    const from = o.account();
    return [
      token(
        [
          named(from, false, true),
          named(o.mintOf(from), false, true),
          ...o.authorities(o.owner(from)),
        ],
        w.u8(checked ? 15 : 8),
        w.u64(o.amount()),
        checked ? w.u8(d.one([0, 2, 9])) : Buffer.alloc(0),
      ),
    ];
  },
  closeAccount: (o, d) => {
    const account = o.account();
    return [
      token(
        [
          named(account, false, true),
          // A program's account, too, which gets nothing and must not say so
          // before its time.
          named(d.chance(85) ? o.wallet() : d.one([w.SYSTEM, o.anything()]), false, true),
          ...o.authorities(o.owner(account)),
        ],
        w.u8(9),
      ),
    ];
  },
  freeze: (o, d) => {
    const account = o.account();
    const mint = o.mintOf(account);
    return [
      token(
        [
          named(account, false, true),
          named(mint, false, false),
          ...o.authorities(o.freezer(mint)),
        ],
        w.u8(d.chance(40) ? 10 : 11),
      ),
    ];
  },
  syncNative: (o, d) => [
    token(
      [
        named(o.account(), false, true),
        ...(d.chance(20) ? [named(w.RENT, false, false)] : []),
      ],
      w.u8(17),
    ),
  ],
  tokenQuery: (o, d) => [
    d.one([
      () => token([named(o.mint(), false, false)], w.u8(21)),
      () => token([named(o.account(), false, true)], w.u8(22)),
      () => token([named(o.mint(), false, false)], w.u8(23), w.u64(o.amount())),
      () =>
        token(
          [named(o.mint(), false, false)],
          w.u8(24),
          Buffer.from(
            d.one(["1", "0.5", "1.25", ".", "", "a", "1e3", "99999999999999999999", "+1", "-1", "1..2", "7.", ".5"]),
          ),
        ),
    ])(),
  ],
  withdrawExcess: (o, d) => [
    token(
      [
        named(d.one([o.account(), d.one(o.mints), d.one(o.multisigs)]), d.chance(10), true),
        named(o.wallet(), false, true),
        ...o.authorities(),
      ],
      w.u8(38),
    ),
  ],
  unwrap: (o, d) => [
    token(
      [
        named(o.account(), false, true),
        named(o.wallet(), false, true),
        ...o.authorities(),
      ],
      w.u8(45),
      d.chance(50) ? w.u8(0) : Buffer.concat([w.u8(1), w.u64(o.amount())]),
    ),
  ],
  batch: (o, d) => {
    const inner = Array.from(
      { length: 1 + d.below(3) },
      () =>
        makers[
          d.one(["tokenTransfer", "mintTo", "burn", "approve", "revoke", "closeAccount"])
        ](o, d)[0],
    );
    return [
      token(
        inner.flatMap((i) => i.accounts),
        w.u8(255),
        ...inner.flatMap((i) => [
          w.u8(i.accounts.length + (d.chance(3) ? 1 : 0)),
          w.u8(i.data.length + (d.chance(3) ? 1 : 0)),
          i.data,
        ]),
      ),
    ];
  },
  associatedCreate: (o, d) => {
    const to = d.one(o.associated);
    return [
      {
        program: w.ASSOCIATED,
        accounts: [
          named(o.wallet(), !d.chance(4), true),
          named(to.key, false, !d.chance(3)),
          named(d.chance(96) ? to.wallet : o.wallet(), false, false),
          named(to.mint, false, false),
          named(d.chance(98) ? w.SYSTEM : w.TOKEN, false, false),
          named(d.chance(98) ? w.TOKEN : w.SYSTEM, false, false),
        ],
        data: d.one([Buffer.alloc(0), w.u8(0), w.u8(1), w.u8(1), w.u8(3)]),
      },
    ];
  },
  nestedCreate: (o, d) => {
    const to = d.one(o.nested);
    const owner = associated(to.wallet, to.mint);
    return [
      {
        program: w.ASSOCIATED,
        accounts: [
          named(o.wallet(), true, true),
          named(to.key, false, true),
          named(owner, false, false),
          named(o.mints[1], false, false),
          named(w.SYSTEM, false, false),
          named(w.TOKEN, false, false),
        ],
        data: w.u8(1),
      },
    ];
  },
  nestedRecover: (o, d) => {
    const to = d.one(o.nested);
    return [
      {
        program: w.ASSOCIATED,
        accounts: [
          named(to.key, false, true),
          named(o.mints[1], false, false),
          named(associated(to.wallet, o.mints[1]), false, true),
          named(associated(to.wallet, to.mint), false, false),
          named(to.mint, false, false),
          named(to.wallet, !d.chance(8), true),
          named(w.TOKEN, false, false),
        ],
        data: w.u8(2),
      },
    ];
  },
  memo: (o, d) => [
    {
      program: d.one([w.MEMO, w.MEMO, w.MEMO_1]),
      accounts: d.chance(50) ? [named(o.wallet(), !d.chance(5), false)] : [],
      data: d.one([
        Buffer.from("a memo"),
        Buffer.from("ä€🚀"),
        Buffer.from([0xff]),
        Buffer.alloc(0),
      ]),
    },
  ],
  nonce: (o, d) => {
    const nonce = d.one(o.nonces);
    const authority = o.wallet();
    const recent = named(w.RECENT, false, false);
    const rent = named(w.RENT, false, false);
    return d.one([
      () => [
        system(
          [named(o.wallet(), true, true), named(nonce, true, true)],
          w.u32(0),
          w.u64(d.one([1447680, 1447679, 2000000])),
          w.u64(80),
          w.SYSTEM,
        ),
        system([named(nonce, false, true), recent, rent], w.u32(6), authority),
      ],
      () => [
        system(
          [named(nonce, false, true), recent, named(authority, !d.chance(5), false)],
          w.u32(4),
        ),
      ],
      () => [
        system(
          [
            named(nonce, false, true),
            named(o.wallet(), false, true),
            recent,
            rent,
            named(authority, !d.chance(5), false),
          ],
          w.u32(5),
          w.u64(d.one([0, 1, 1447680, 2000000, 552320])),
        ),
      ],
      () => [
        system(
          [named(nonce, false, true), named(authority, !d.chance(5), false)],
          w.u32(7),
          o.wallet(),
        ),
      ],
      () => [system([named(nonce, false, true)], w.u32(12))],
    ])();
  },
  lookup: (o, d) => {
    if (!o.tables.length || d.chance(25)) {
      const slot = d.one([o.slot - 1n, o.slot - 1n, o.slot - 2n, o.slot, o.slot + 100n]);
      return [newTable(o, d, o.wallet(), slot)[1]];
    }
    const table = d.one(o.tables);
    if (d.chance(60)) return [extendTable(o, d, table, d.below(7))];
    return [
      lookupTable(
        [
          named(table.key, false, !d.chance(3)),
          named(d.chance(90) ? table.authority : o.wallet(), !d.chance(5), false),
          named(d.chance(96) ? o.wallet() : table.key, false, !d.chance(4)),
        ],
        w.u32(d.one([1, 3, 4, 4, 4, 5])),
      ),
    ];
  },
  // Not so few units that a program runs out of them: Solana's programs are
  // interpreted, these are not, and they count different things.
  budget: (o, d) => [
    {
      program: w.BUDGET,
      accounts: [],
      data: d.one([
        Buffer.concat([w.u8(2), w.u32(d.one([200000, 1400000, 2000000]))]),
        Buffer.concat([w.u8(3), w.u64(d.one([0, 1, 1000, 1000000]))]),
        Buffer.concat([w.u8(1), w.u32(d.one([32 * 1024, 33 * 1024, 1000]))]),
        Buffer.concat([w.u8(4), w.u32(d.one([0, 1, 64 << 20]))]),
        w.u8(9),
      ]),
    },
  ],
};

const weights = {
  newMint: 3, newAccount: 8, mintTo: 10, tokenTransfer: 10, transfer: 8,
  associatedCreate: 5, seeded: 4, nonce: 6, approve: 4, burn: 5, closeAccount: 4,
  setAuthority: 4, freeze: 4, createAccount: 4, batch: 3, lookup: 6,
};

// Break it: cut data, drop or repeat an account, flip a flag.
function spoil(d, instruction) {
  const { accounts } = instruction;
  switch (d.below(6)) {
    case 0:
      instruction.data = instruction.data.subarray(0, d.below(instruction.data.length + 1));
      break;
    case 1:
      instruction.data = Buffer.concat([instruction.data, d.bytes(1 + d.below(4))]);
      break;
    case 2:
      accounts.splice(d.below(accounts.length + 1), 1);
      break;
    case 3:
      if (accounts.length) accounts.push({ ...d.one(accounts) });
      break;
    case 4:
      if (accounts.length) d.one(accounts).writable = false;
      break;
    default:
      if (instruction.data.length)
        instruction.data = Buffer.from(instruction.data).fill(
          d.one([0, 1, 2, 3, 9, 12, 14, 40, 255]), 0, 1);
  }
}

// A spoilt budget may have become a limit that bites: of units, see above; of
// loaded data, where Solana's programs are accounts of a hundred kilobytes.
function enough(instruction) {
  const { program, data } = instruction;
  if (!program.equals(w.BUDGET) || data.length < 5) return;
  const value = data.readUInt32LE(1);
  const least = { 2: 200000, 4: value > 1 ? 64 << 20 : value }[data[0]] ?? value;
  if (value < least) instruction.data = Buffer.concat([w.u8(data[0]), w.u32(least)]);
}

// What a world begins with, made as it should be: mints, accounts with tokens
// in them, multisigs, nonces. Later transactions meet it.
export function* opening(world) {
  const d = world.dice;
  const payer = world.wallets[0];
  const create = (key, lamports, space, owner) =>
    system(
      [named(payer, true, true), named(key, true, true)],
      w.u32(0),
      w.u64(lamports),
      w.u64(space),
      owner,
    );
  for (const mint of world.mints) {
    const data = [w.u8(20), w.u8(2), world.wallet(), w.u8(1), world.wallet()];
    const authority = data[2];
    yield [create(mint, 1461600, 82, w.TOKEN), token([named(mint, false, true)], ...data)];
    for (const account of world.accounts.filter(() => d.chance(25))) {
      yield [
        create(account, 2039280, 165, w.TOKEN),
        token(
          [named(account, false, true), named(mint, false, false)],
          w.u8(18),
          world.wallet(),
        ),
      ];
      yield [
        token(
          [named(mint, false, true), named(account, false, true), named(authority, true, false)],
          w.u8(7),
          w.u64(d.one([5, 1000, 10n ** 9n])),
        ),
      ];
    }
  }
  for (const nonce of world.nonces)
    yield [
      create(nonce, 1447680, 80, w.SYSTEM),
      system(
        [
          named(nonce, false, true),
          named(w.RECENT, false, false),
          named(w.RENT, false, false),
        ],
        w.u32(6),
        world.wallet(),
      ),
    ];
  for (let i = 0; i < 3; i++) {
    const [table, made] = newTable(world, d, world.wallets[i], world.slot - 1n);
    yield [made];
    yield [extendTable(world, d, table, 12)];
  }
  const [first] = world.multisigs;
  yield [
    create(first, 3361680, 355, w.TOKEN),
    token(
      [named(first, false, true), ...world.wallets.slice(0, 3).map((k) => named(k, false, false))],
      w.u8(19),
      w.u8(2),
    ),
  ];
}

export function draw(world) {
  const d = world.dice;
  const names = Object.keys(makers).flatMap((name) =>
    Array(weights[name] ?? 2).fill(name),
  );
  const chosen = Array.from({ length: 1 + (d.chance(25) ? d.below(3) : 0) }, () =>
    d.one(names),
  );
  const instructions = chosen
    .flatMap((name) => makers[name](world, d))
    .map((i) => ({ ...i, accounts: i.accounts.map((a) => ({ ...a })) }));
  if (d.chance(12)) spoil(d, d.one(instructions));
  instructions.forEach(enough);
  return { chosen, instructions, payer: world.wallet() };
}
