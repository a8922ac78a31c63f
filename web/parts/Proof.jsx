import { plain } from '../core/plain.js';
import { text } from '../core/text.js';
import { Cid } from './Cid.jsx';
import { Outside } from './Outside.jsx';

const CID = /^(baf[a-z2-7]{50,110}|Qm[1-9A-HJ-NP-Za-km-z]{44})$/;
const SHORT = 48;

/**
 * The CID that a proof is, or names with a file behind it; null for other text.
 *
 * @param {string | null | undefined} proof
 * @returns {string | null}
 */
export function cidOf(proof) {
  const first = (proof ?? '').replace(/^ipfs:\/\//, '').split('/')[0];
  return CID.test(first) ? first : null;
}

/**
 * A proof inside of a table: its CID, or the beginning of its text.
 *
 * @param {{value: string | null | undefined}} props
 */
export function ProofShort({ value }) {
  if (!value)
    return <span class="unknown">{text('amount.unknown')}</span>;
  const cid = cidOf(value);
  return cid && value.length === cid.length
    ? <Cid value={cid} />
    : <span title={plain(value)}><Outside words={value} max={SHORT} /></span>;
}
