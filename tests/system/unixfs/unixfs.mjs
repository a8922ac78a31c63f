// UnixFS and CAR beside Helia's importer, exporter and CAR library: random
// trees get the same CID from both sides, what one side archives the other one
// reads, and the contents come back. Prints TAP; the seed of a difference with
// it.
//
// Usage: unixfs.mjs UNIXFS_PEER [--count N] [--seed S]
import { execFileSync } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { parseArgs } from "node:util";
import { CarReader, CarWriter } from "@ipld/car";
import { MemoryBlockstore } from "blockstore-core/memory";
import { exporter } from "ipfs-unixfs-exporter";
import { importer } from "ipfs-unixfs-importer";
import { fixedSize } from "ipfs-unixfs-importer/chunker";
import { balanced } from "ipfs-unixfs-importer/layout";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    count: { type: "string", default: "12" },
    seed: { type: "string" },
  },
});
const peer = positionals[0];
const count = Number(values.count);
const firstSeed = Number(values.seed ?? randomBytes(4).readUInt32LE());
const work = fs.mkdtempSync(path.join(os.tmpdir(), "pond-unixfs-"));

// xorshift32: enough for choosing shapes.
function chooser(seed) {
  let x = seed * 2654435761 + 1 >>> 0 || 1;
  return (bound) => {
    x ^= x << 13;
    x >>>= 0;
    x ^= x >>> 17;
    x ^= x << 5;
    x >>>= 0;
    return x % bound;
  };
}

const LETTERS = ["a", "Z", "0", ".", "-", " ", "ü", "語", "~", "_"];

function name(choose, number) {
  let text = `${number}`;
  for (let i = choose(12); i > 0; i--) text += LETTERS[choose(LETTERS.length)];
  return text;
}

function content(choose, chunk) {
  const sizes = [0, 1, chunk - 1, chunk, chunk + 1, choose(chunk * 40)];
  const size = sizes[choose(sizes.length)];
  const out = Buffer.alloc(size);
  for (let at = 0, i = 0; at < size; at += 32, i++)
    createHash("sha256").update(`${choose(1 << 30)} ${i}`).digest()
      .copy(out, at);
  return out;
}

// Folders are small unless they hold files only: the importer leaves
// subdirectories out where it compares a folder's size with the threshold.
function makeTree(choose, where, chunk, depth) {
  fs.mkdirSync(where);
  const flat = depth === 0 || choose(3) === 0;
  const entries = flat ? choose(200) + 1 : choose(6) + 1;
  for (let i = 0; i < entries; i++) {
    const entry = path.join(where, name(choose, i));
    const kind = flat ? choose(20) : choose(10);
    if (!flat && kind < 4) makeTree(choose, entry, chunk, depth - 1);
    else if (kind === 5) fs.symlinkSync(name(choose, i), entry);
    else fs.writeFileSync(entry, content(choose, flat ? 16 : chunk));
  }
}

function* walk(where, relative) {
  const stat = fs.lstatSync(where);
  if (stat.isSymbolicLink()) {
    yield { path: relative, link: fs.readlinkSync(where) };
  } else if (stat.isFile()) {
    yield { path: relative, content: [fs.readFileSync(where)] };
  } else {
    const names = fs.readdirSync(where);
    if (!names.length) yield { path: relative };
    for (const entry of names)
      yield* walk(path.join(where, entry), `${relative}/${entry}`);
  }
}

function draw(seed) {
  const choose = chooser(seed);
  const chunk = [64, 256, 1000, 4096][choose(4)];
  return {
    choose,
    chunk,
    profile: ["unixfs-v1-2025", "unixfs-v0-2015"][choose(2)],
    links: [2, 3, 10, 174, 1024][choose(5)],
    threshold: [3000, 10000, 262144][choose(3)],
  };
}

async function importThere(options, folder, store) {
  let last;
  for await (const entry of importer(walk(folder, "d"), store, {
    profile: options.profile,
    chunker: fixedSize({ chunkSize: options.chunk }),
    layout: balanced({ maxChildrenPerNode: options.links }),
    shardSplitThresholdBytes: options.threshold,
  }))
    last = entry;
  return last;
}

// Every block hashes to its CID, and the exporter finds the same contents.
async function readThere(car, root, folder) {
  const reader = await CarReader.fromBytes(fs.readFileSync(car));
  const store = new MemoryBlockstore();
  if (`${(await reader.getRoots())[0]}` !== `${root}`)
    throw new Error("the CAR has another root");
  for await (const { cid, bytes } of reader.blocks()) {
    const digest = createHash("sha256").update(bytes).digest();
    if (!digest.equals(Buffer.from(cid.multihash.digest)))
      throw new Error(`block ${cid} is not what it is called`);
    await store.put(cid, bytes);
  }
  for (const file of walk(folder, "")) {
    if (!file.content) continue;
    const entry = await exporter(`${root}${file.path}`, store);
    const found = [];
    for await (const piece of entry.content()) found.push(piece);
    if (!Buffer.concat(found).equals(file.content[0]))
      throw new Error(`${file.path} reads back differently`);
  }
}

async function bytesOf(iterable) {
  const pieces = [];
  for await (const piece of iterable) pieces.push(piece);
  return Buffer.concat(pieces);
}

async function archiveThere(store, root, file) {
  const { writer, out } = CarWriter.create([root]);
  const written = bytesOf(out);
  for await (const pair of store.getAll())
    await writer.put({ cid: pair.cid, bytes: await bytesOf(pair.bytes) });
  await writer.close();
  fs.writeFileSync(file, await written);
}

function run(...parameters) {
  return execFileSync(peer, parameters, { encoding: "utf8" });
}

async function compare(seed) {
  const options = draw(seed);
  const here = path.join(work, `${seed}`);
  const [folder, car, theirs, back] = ["d", "ours.car", "theirs.car", "back"]
    .map((file) => path.join(here, file));
  fs.mkdirSync(here);
  makeTree(options.choose, folder, options.chunk, 3);

  const [cid, dagBytes] = run("add", path.join(here, "store"), options.profile,
    `${options.chunk}`, `${options.links}`, `${options.threshold}`, folder, car)
    .trim().split(" ");
  const store = new MemoryBlockstore();
  const entry = await importThere(options, folder, store);
  if (`${entry.cid}` !== cid || `${entry.size}` !== dagBytes)
    throw new Error(`${cid} ${dagBytes} here, ${entry.cid} ${entry.size} there`);
  await readThere(car, entry.cid, folder);

  await archiveThere(store, entry.cid, theirs);
  run("take", path.join(here, "second"), theirs, back);
  execFileSync("diff", ["-r", "--no-dereference", folder, back]);
  fs.rmSync(here, { recursive: true });
}

console.log(`# --seed ${firstSeed} --count ${count}`);
console.log("1..1");
try {
  for (let seed = firstSeed; seed < firstSeed + count; seed++) {
    try {
      await compare(seed);
    } catch (error) {
      console.log(`# --seed ${seed} --count 1: ${error.stack ?? error}`);
      throw error;
    }
  }
  console.log(`ok 1 - ${count} trees are the same here and there`);
} catch {
  console.log("not ok 1 - trees are the same here and there");
  process.exitCode = 1;
}
fs.rmSync(work, { recursive: true, force: true });
