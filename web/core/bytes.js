import { intlLanguage, text } from './text.js';

const UNITS = ['bytes.b', 'bytes.kib', 'bytes.mib', 'bytes.gib'];

/**
 * A number of bytes in the largest unit that fits: "1.5 KiB".
 *
 * @param {number} count
 */
export function bytesText(count) {
  let unit = 0;
  let size = count;
  while (size >= 1024 && unit < UNITS.length - 1) {
    size /= 1024;
    unit++;
  }
  return text(UNITS[unit], { n: new Intl.NumberFormat(intlLanguage(),
    { maximumFractionDigits: size < 10 && unit ? 1 : 0 }).format(size) });
}
