// The bytes of primes.c's module: esbuild puts them into the bundle.
import bytes from "primes.wasm";

// Each round has a range of its own.
const RANGE = 100_000;

let primes;

/** Compile the module; once, before the first round. */
export async function load() {
  const { instance } = await WebAssembly.instantiate(bytes);
  primes = instance.exports;
}

/** What a round's submission must be: "<how many>:<the largest>". */
export function answer(round) {
  const from = (round % 40_000) * RANGE;
  // JavaScript sees the numbers of WebAssembly as signed ones.
  const count = primes.count_primes(from, from + RANGE) >>> 0;
  return `${count}:${primes.largest_prime() >>> 0}`;
}
