/**
 * The page's texts, by key, in the language chosen (texts/*.json).
 *
 *     text('time.seconds', { n: 3 })
 *     pieces('connect.expired', { command: <code>…</code> })    for JSX
 *
 * A text has {name} where a value goes, and {n|one:# round|other:# rounds}
 * where the form depends on a number, {#n|one:#st|two:#nd|few:#rd|other:#th} for
 * an ordinal one. The forms are those of Intl.PluralRules; # is the number.
 * Numbers are written as the language writes them.
 */
import { signal } from '@preact/signals';
import english from '../texts/en.json';
import { keep, kept } from './kept.js';

/** A language is a file of texts and a line. xa is English that looks odd, to
 * find what is not translated. */
const LANGUAGES = {
  en: async () => english,
  xa: async () => (await import('../texts/xa.js')).default,
};
const RIGHT_TO_LEFT = ['ar', 'fa', 'he', 'ur'];
const KEPT = 'pond.language';

/** @type {import('@preact/signals').Signal<Record<string, string>>} */
const texts = signal(english);
/** The language in use, as BCP 47 names it. */
export const language = signal('en');
export const languages = Object.keys(LANGUAGES).filter((name) => name !== 'xa');

/** @typedef {string | {name: string, forms?: Record<string, Part[]>}} Part */
/** @type {Map<string, Part[]>} */
let parsed = new Map();

/** @param {string} name */
export async function chooseLanguage(name) {
  if (!(name in LANGUAGES))
    return;
  texts.value = await LANGUAGES[/** @type {keyof LANGUAGES} */(name)]();
  parsed = new Map();
  language.value = name;
  document.documentElement.lang = intlLanguage();
  document.documentElement.dir = RIGHT_TO_LEFT.includes(name) ? 'rtl' : 'ltr';
  keep('local', KEPT, name);
}

/** Before the first screen is drawn. */
export async function startTexts() {
  const wanted = kept('local', KEPT);
  if (wanted && wanted !== 'en')
    await chooseLanguage(wanted);
}

/** What Intl is asked with: the browser's own regional form of the language. */
export function intlLanguage() {
  const wanted = language.value === 'xa' ? 'en' : language.value;
  const own = navigator.languages?.find((name) => name.split('-')[0] === wanted);
  return own ?? wanted;
}

/** @param {string} key */
export function hasText(key) {
  return key in texts.value;
}

/**
 * @param {string} key
 * @param {Record<string, string | number | bigint>} [values]
 * @returns {string}
 */
export function text(key, values = {}) {
  return pieces(key, values).join('');
}

/**
 * The same for values that are elements: a list for JSX.
 *
 * @param {string} key
 * @param {Record<string, any>} [values]
 * @returns {any[]}
 */
export function pieces(key, values = {}) {
  const template = texts.value[key];
  if (template === undefined) {
    if (DEVELOPMENT)
      console.error(`texts/en.json has no ${key}`);
    return [key];
  }
  let parts = parsed.get(template);
  if (!parts) {
    parts = parse({ source: template, at: 0 }, '');
    parsed.set(template, parts);
  }
  return fill(parts, values);
}

/**
 * Numbers as the language writes them.
 *
 * @param {number | bigint} value
 */
export function number(value) {
  return new Intl.NumberFormat(intlLanguage()).format(value);
}

/**
 * Up to one of the characters in ends, which stays unread.
 *
 * @param {{source: string, at: number}} input
 * @param {string} ends
 * @returns {Part[]}
 */
function parse(input, ends) {
  /** @type {Part[]} */
  const parts = [];
  let literal = '';
  while (input.at < input.source.length) {
    const next = input.source[input.at];
    if (ends.includes(next))
      break;
    input.at++;
    if (next === '{') {
      if (literal)
        parts.push(literal);
      literal = '';
      parts.push(parseValue(input));
    } else {
      literal += next;
    }
  }
  if (literal)
    parts.push(literal);
  return parts;
}

/**
 * What stands behind a {, and its }.
 *
 * @param {{source: string, at: number}} input
 * @returns {Part}
 */
function parseValue(input) {
  const { source } = input;
  const from = input.at;
  while (!'|}'.includes(source[input.at] ?? '}'))
    input.at++;
  const name = source.slice(from, input.at);
  /** @type {Record<string, Part[]>} */
  const forms = {};
  while (source[input.at] === '|') {
    const colon = source.indexOf(':', input.at);
    const form = source.slice(input.at + 1, colon);
    input.at = colon + 1;
    forms[form] = parse(input, '|}');
  }
  input.at++;
  return Object.keys(forms).length ? { name, forms } : { name };
}

/**
 * @param {Part[]} parts
 * @param {Record<string, any>} values
 * @returns {any[]}
 */
function fill(parts, values) {
  return parts.flatMap((part) => {
    if (typeof part === 'string')
      return [part];
    const isOrdinal = part.name.startsWith('#');
    const value = values[isOrdinal ? part.name.slice(1) : part.name];
    if (!part.forms)
      return [isNumber(value) ? number(value) : value ?? `{${part.name}}`];
    const form = new Intl.PluralRules(intlLanguage(),
      { type: isOrdinal ? 'ordinal' : 'cardinal' }).select(Number(value));
    const chosen = part.forms[form] ?? part.forms.other ?? [];
    return fill(chosen, values).map((piece) =>
      typeof piece === 'string' ? piece.replace('#', number(value)) : piece);
  });
}

/** @param {any} value */
function isNumber(value) {
  return typeof value === 'number' || typeof value === 'bigint';
}
