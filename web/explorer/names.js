/** Addresses that are the same on every network. */
import { text } from '../core/text.js';

const NAMES = /** @type {Record<string, string>} */({
  '11111111111111111111111111111111': 'system',
  'TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA': 'token',
  'ATokenGPvbdGVxr1b2hvZbsiqW5xWH25efTNsLJA8knL': 'associated',
  'AddressLookupTab1e1111111111111111111111111': 'table',
  'ComputeBudget111111111111111111111111111111': 'budget',
  'MemoSq4gqABAXKb96qnH8TysNcWxMyWCqXgDLGmfcHr': 'memo',
  'Memo1UhkJRfHyvLMcVucJwxXeuD728EqVDDwQDxFMNo': 'memo1',
  'Koiitask22222222222222222222222222222222222': 'koii',
  'KPLTRVs6jA7QTthuJH2cEmyCEskFbSV2xpZw46cganN': 'kpl',
  'SysvarC1ock11111111111111111111111111111111': 'clock',
  'SysvarRent111111111111111111111111111111111': 'rent',
  '1nc1nerator11111111111111111111111111111111': 'incinerator',
  'Vote111111111111111111111111111111111111111': 'vote',
  'Stake11111111111111111111111111111111111111': 'stake',
  'NativeLoader1111111111111111111111111111111': 'loader',
});

/** @param {string} key @returns {string | null} */
export function programName(key) {
  return key in NAMES ? text(`explorer.name_${NAMES[key]}`) : null;
}

/** All of them. */
export function programNames() {
  return Object.keys(NAMES).map((key) => ({ key, name: programName(key) ?? '' }));
}
