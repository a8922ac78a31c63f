/**
 * Base58 as Bitcoin and Solana write it: keys of 32 bytes, signatures of 64.
 */
const DIGITS = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';

/** What is longer is no key, signature or CIDv0; the time grows with the
 * square of it. */
const SIZE_MAX = 128;

/**
 * @param {Uint8Array} bytes
 * @returns {string}
 */
export function encodeBase58(bytes) {
  let number = 0n;
  for (const byte of bytes)
    number = number << 8n | BigInt(byte);
  let digits = '';
  for (; number > 0n; number /= 58n)
    digits = DIGITS[Number(number % 58n)] + digits;
  let zeros = 0;
  while (zeros < bytes.length && bytes[zeros] === 0)
    zeros++;
  return '1'.repeat(zeros) + digits;
}

/**
 * @param {string} source
 * @param {number} [max] characters
 * @returns {Uint8Array | null} null: it is no such text
 */
export function decodeBase58(source, max = SIZE_MAX) {
  if (source.length > max)
    return null;
  let number = 0n;
  for (const digit of source) {
    const value = DIGITS.indexOf(digit);
    if (value < 0)
      return null;
    number = number * 58n + BigInt(value);
  }
  let zeros = 0;
  while (zeros < source.length && source[zeros] === '1')
    zeros++;
  const bytes = [];
  for (; number > 0n; number >>= 8n)
    bytes.unshift(Number(number & 255n));
  return Uint8Array.from([...Array(zeros).fill(0), ...bytes]);
}

/** @param {string} source */
export function isKey(source) {
  return source.length <= 44 && decodeBase58(source)?.length === 32;
}

/** @param {string} source */
export function isSignature(source) {
  return source.length <= 88 && decodeBase58(source)?.length === 64;
}
