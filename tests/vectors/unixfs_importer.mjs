// Prints tests/vectors/unixfs_importer.tsv: CIDs that ipfs-unixfs-importer 17
// (npm, Helia's importer) gives to inputs that the tests make themselves.
//
//     node unixfs_importer.mjs FOLDER-WITH-node_modules > unixfs_importer.tsv
//
// Rows: profile, chunk, links, threshold, kind, count, seed, cid, dag bytes.
// kind "file": count bytes; "flat": a directory of count files; "nested": a
// chain of count directories with a file in each.
import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'
import path from 'node:path'

const require = createRequire(path.resolve(process.argv[2], 'x.js'))
const load = name => import(pathToFileURL(require.resolve(name)).href)
const { importer } = await load('ipfs-unixfs-importer')
const { fixedSize } = await load('ipfs-unixfs-importer/chunker')
const { balanced } = await load('ipfs-unixfs-importer/layout')
const { BlackHoleBlockstore } = await load('blockstore-core/black-hole')

// Knuth's MMIX generator, the top byte of each step: as fixture_fill().
export function bytes (size, seed) {
  const out = new Uint8Array(size)
  let high = Math.floor(seed / 2 ** 32) >>> 0
  let low = seed >>> 0
  for (let i = 0; i < size; i++) {
    const x = (((BigInt(high) << 32n) | BigInt(low)) *
      6364136223846793005n + 1442695040888963407n) & 0xffffffffffffffffn
    high = Number(x >> 32n)
    low = Number(x & 0xffffffffn)
    out[i] = high >>> 24
  }
  return out
}

export function * input (kind, count, seed) {
  if (kind === 'file') {
    yield { path: 'f', content: [bytes(count, seed)] }
  } else if (kind === 'flat') {
    for (let i = 0; i < count; i++) {
      const name = `${(i * 7919) % count}-` + 'n'.repeat((i + seed) % 40)
      yield { path: `d/${name}`, content: [bytes(i % 50, seed + i)] }
    }
  } else {
    let where = 'd'
    for (let i = 0; i < count; i++) {
      yield { path: `${where}/file ü`, content: [bytes(i, seed + i)] }
      where += `/${i}`
    }
  }
}

export async function root (profile, chunk, links, threshold, kind, count, seed) {
  const options = { profile, shardSplitThresholdBytes: threshold }
  if (chunk) options.chunker = fixedSize({ chunkSize: chunk })
  if (links) options.layout = balanced({ maxChildrenPerNode: links })
  let last
  for await (const entry of importer(input(kind, count, seed),
    new BlackHoleBlockstore(), options)) last = entry
  return last
}

const cases = []
for (const profile of ['unixfs-v1-2025', 'unixfs-v0-2015']) {
  const chunk = profile === 'unixfs-v1-2025' ? 1048576 : 262144
  for (const size of [0, 1, chunk - 1, chunk, chunk + 1, 3000000]) {
    cases.push([profile, 0, 0, 262144, 'file', size, 1])
  }
  // Depth without bulk: the default number of links, then few.
  const links = profile === 'unixfs-v1-2025' ? 1024 : 174
  for (const chunks of [1, 2, links - 1, links, links + 1, 2 * links, links * 3 + 5]) {
    cases.push([profile, 16, links, 262144, 'file', chunks * 16, 2])
    cases.push([profile, 16, links, 262144, 'file', chunks * 16 - 7, 3])
  }
  for (const size of [2, 3, 4, 5, 8, 9, 16, 17, 63, 64, 65, 255, 256, 257, 1000, 4097]) {
    cases.push([profile, 1, 2, 262144, 'file', size, 4])
    cases.push([profile, 3, 4, 262144, 'file', size, 5])
  }
  for (const count of [1, 2, 10, 1000]) {
    cases.push([profile, 0, 0, 262144, 'flat', count, 6])
  }
  // Sharded: around the threshold, and large.
  for (const threshold of [1, 1000, 2000, 4000, 8000]) {
    for (const count of [1, 15, 16, 17, 31, 47, 48, 49, 100, 300, 3000]) {
      cases.push([profile, 0, 0, threshold, 'flat', count, 7])
    }
  }
  cases.push([profile, 0, 0, 262144, 'flat', 6000, 8])
  cases.push([profile, 0, 0, 262144, 'nested', 30, 9])
}
console.log('# Made by unixfs_importer.mjs with ipfs-unixfs-importer 17.1.1.')
for (const c of cases) {
  const entry = await root(...c)
  console.log([...c, entry.cid.toString(), entry.size.toString()].join('\t'))
}
