/**
 * Where a text leads that somebody typed or pasted. Pure: what is on chain is
 * looked up by the screen.
 */
import { decodeBase58, isKey, isSignature } from '../core/base58.js';

/**
 * @typedef {{kind: 'empty'} | {kind: 'route', path: string} |
 *           {kind: 'account', key: string} | {kind: 'names', words: string}
 *           } Goal
 * route: a screen below #/explorer; account: a key, which may be a task's;
 * names: it has no form of the chain's
 */

/** The longest slot: 64 bits. */
const SLOT = /^\d{1,20}$/;
/** Base32 of the bytes 1 and more: CIDv1. */
const CID_1 = /^ba[e-h][a-z2-7]{20,}$/i;
/** Quotes of all kinds, blanks, what has no width, and what turns text round. */
const AROUND = new RegExp('^[\\s"\'`\\u00ab\\u00bb\\u2018-\\u201f\\u2039' +
  '\\u203a<>()\\[\\],;\\u200b-\\u200f\\u202a-\\u202e\\u2060-\\u206f\\ufeff' +
  '\\u00ad]+', 'u');
const HIDDEN = /[\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\u00ad]/g;

/** @param {string} typed */
export function trimmed(typed) {
  const begun = typed.replace(HIDDEN, '').replace(AROUND, '');
  const turned = [...begun].reverse().join('').replace(AROUND, '');
  return [...turned].reverse().join('');
}

/**
 * @param {string} typed
 * @returns {Goal}
 */
export function goalOf(typed) {
  const text = trimmed(typed);
  if (!text)
    return { kind: 'empty' };
  const own = /#\/explorer(\/[^?]*)/.exec(text);
  if (own)
    return { kind: 'route', path: own[1] };
  const url = /^[a-z][a-z0-9+.-]*:\/\/(.+)$/i.exec(text);
  return (url ? goalOfUrl(url[1]) : goalOfWord(text)) ??
    { kind: 'names', words: text };
}

/**
 * The last part of the path that has a form; else the host's first label, as
 * gateways have it.
 *
 * @param {string} rest behind "//"
 * @returns {Goal | null}
 */
function goalOfUrl(rest) {
  const [path, hash = ''] = rest.split('#', 2);
  const parts = [...path.split('?')[0].split('/'),
    ...hash.split('?')[0].split('/')].filter(Boolean);
  for (const part of parts.slice(1).reverse()) {
    const goal = goalOfWord(decoded(part));
    if (goal)
      return goal;
  }
  return parts.length ? goalOfWord(parts[0]) ??
    goalOfWord(parts[0].split('.')[0]) : null;
}

/** @param {string} part */
function decoded(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/**
 * @param {string} word
 * @returns {Goal | null} null: it has none of the forms
 */
function goalOfWord(word) {
  if (SLOT.test(word))
    return { kind: 'route', path: `/block/${BigInt(word)}` };
  if (isSignature(word))
    return { kind: 'route', path: `/tx/${word}` };
  if (isKey(word))
    return { kind: 'account', key: word };
  if (isCid(word))
    return { kind: 'route', path: `/cid/${word}` };
  const round = /^([1-9A-HJ-NP-Za-km-z]{32,44})[/#](\d{1,20})$/.exec(word);
  if (round && isKey(round[1]))
    return { kind: 'route', path: `/task/${round[1]}/round/${BigInt(round[2])}` };
  return null;
}

/**
 * CIDv0 and CIDv1.
 *
 * @param {string} word
 */
export function isCid(word) {
  if (CID_1.test(word))
    return true;
  const bytes = word.length === 46 ? decodeBase58(word) : null;
  return bytes?.length === 34 && bytes[0] === 0x12 && bytes[1] === 0x20;
}

const NAMES_MAX = 20;

/**
 * Those whose name or key has the words in it.
 *
 * @template {{key: string, name: string}} Entry
 * @param {string} words
 * @param {Entry[]} entries
 * @returns {Entry[]}
 */
export function withName(words, entries) {
  const wanted = words.toLowerCase();
  return entries.filter(({ key, name }) =>
    name.toLowerCase().includes(wanted) || key.includes(words))
    .slice(0, NAMES_MAX);
}
