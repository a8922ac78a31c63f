/**
 * The node's API below api/1 (docs/page.md, "API").
 *
 *     const node = await get('node');
 *     await order('tasks/ID/stop');
 *     const once = orderKey();     // made with the form, not with the press
 *     await order('tasks/ID/claim', {}, { once });
 *     await order('transfers', body, { once, proof: await prove(passphrase) });
 *
 * Paths are below api/1, relative to the page, so that a proxy may put all of
 * it below any path. What fails throws an ApiError; errorText() says it.
 */
import { parseJson } from './json.js';
import { closeSession, sessionKey } from './session.js';
import { hasText, text } from './text.js';

const ANSWER_MS_MAX = 30000;
/** Of what the node works on before it answers: each key file of each wallet
 * takes it a second or more. */
const LONG_MS_MAX = 600000;
/** Pauses before an order whose answer was lost is sent again. The node knows
 * it by its key, and does it once. */
const AGAIN_MS = [500, 1000, 2000, 4000];
/** A question that is lost as soon was dropped by the browser, as its network
 * has changed, or there is no node: it is asked once more. */
const DROPPED_MS_MAX = 5000;

/** What a caller can tell apart. */
export class ApiError extends Error {
  /**
   * @param {string} code of docs/page.md; or 'unreachable', 'not_json'
   * @param {string} message for people, as the node says it
   * @param {{status?: number, field?: string, retryAfterS?: number}} [more]
   */
  constructor(code, message, more = {}) {
    super(message);
    this.name = 'ApiError';
    this.code = code;
    /** 0: there was no answer. */
    this.status = more.status ?? 0;
    /** Of the form that was sent, if one is at fault. */
    this.field = more.field;
    this.retryAfterS = more.retryAfterS;
  }
}

/**
 * A sentence for people. Codes that this page does not know are said as the
 * node says them.
 *
 * @param {unknown} error
 * @returns {string}
 */
export function errorText(error) {
  if (!(error instanceof ApiError))
    return text('error.page', { text: String(error) });
  const key = `error.${error.code}`;
  if (!hasText(key))
    return error.message || text('error.status', { n: error.status });
  return text(key, { text: error.message, n: error.retryAfterS ?? 0 });
}

/** A key for one order that moves coins: a random UUID. */
export function orderKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = bytes[6] & 15 | 64;
  bytes[8] = bytes[8] & 63 | 128;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0'));
  return [[0, 4], [4, 6], [6, 8], [8, 10], [10, 16]]
    .map(([from, to]) => hex.slice(from, to).join('')).join('-');
}

/**
 * @param {string} path
 * @param {{query?: Record<string, string | number | undefined>,
 *          signal?: AbortSignal}} options
 * @returns {Promise<any>}
 */
export async function get(path, { query, signal } = {}) {
  const where = path + queryText(query);
  const end = Date.now() + DROPPED_MS_MAX;
  try {
    return await ask('GET', where, { signal });
  } catch (error) {
    if (!wasLost(error) || Date.now() > end)
      throw error;
    await new Promise((done) => setTimeout(done, AGAIN_MS[0]));
    signal?.throwIfAborted();
    return ask('GET', where, { signal });
  }
}

/**
 * @typedef {{once?: string, proof?: string, match?: string,
 *            signal?: AbortSignal, method?: 'POST' | 'PUT' | 'PATCH' | 'DELETE',
 *            isFile?: boolean, isLong?: boolean}} OrderOptions
 * isLong: it may take minutes, by what it does; isFile: what is answered is
 * given as it is, a Blob; once: of orderKey(): the node carries it out once,
 * however often it is sent
 * proof: of prove(); match: the state that a change of settings is meant for
 */

/**
 * @param {string} path
 * @param {any} [body]
 * @param {OrderOptions} [options]
 * @returns {Promise<any>} what was answered; {job} where it goes on by itself
 */
export async function order(path, body = {}, options = {}) {
  const pauses = options.once ? [...AGAIN_MS] : [];
  for (;;) {
    try {
      return await ask(options.method ?? 'POST', path, { ...options, body });
    } catch (error) {
      const pause = pauses.shift();
      if (pause === undefined || !wasLost(error))
        throw error;
      await new Promise((done) => setTimeout(done, pause));
    }
  }
}

/**
 * A proof of the passphrase, good for one order within a minute.
 *
 * @param {string} passphrase
 * @returns {Promise<string>}
 */
export async function prove(passphrase) {
  return (await order('proofs', { passphrase })).proof;
}

/**
 * JSON-RPC to settlement, by way of the node: methods that read.
 *
 * @param {any} request or an array of at most 20
 */
export function rpc(request) {
  return ask('POST', 'rpc', { body: request });
}

/** @param {unknown} error */
function wasLost(error) {
  return error instanceof ApiError && error.code === 'unreachable';
}

/** @param {Record<string, string | number | undefined>} [query] */
function queryText(query = {}) {
  const told = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined)
      told.set(name, String(value));
  }
  return String(told) && `?${told}`;
}

/**
 * @param {string} method
 * @param {string} path
 * @param {{body?: any, once?: string, proof?: string, match?: string,
 *          signal?: AbortSignal, isFile?: boolean, isLong?: boolean}} options
 */
async function ask(method, path, options) {
  /** @type {Record<string, string>} */
  const headers = {};
  const key = sessionKey();
  if (key)
    headers['X-Pond-Key'] = key;
  if (options.once)
    headers['Idempotency-Key'] = options.once;
  if (options.proof)
    headers['X-Pond-Proof'] = options.proof;
  if (options.match)
    headers['If-Match'] = options.match;
  if (options.body !== undefined)
    headers['Content-Type'] = 'application/json';
  const { response, source } = await exchange(`api/1/${path}`, {
    method, headers, body: JSON.stringify(options.body),
    credentials: 'same-origin', cache: 'no-store', redirect: 'error',
  }, options.isLong ? LONG_MS_MAX : ANSWER_MS_MAX, options.signal);
  if (response.ok && options.isFile)
    return source;
  const words = await source.text();
  if (response.ok)
    return response.status === 204 ? null : answerIn(response, words);
  throw errorIn(response, words, key);
}

/**
 * @param {string} url
 * @param {RequestInit} init
 * @param {number} limit ms
 * @param {AbortSignal} [signal] the caller's
 */
async function exchange(url, init, limit, signal) {
  const end = new AbortController();
  const late = setTimeout(() => end.abort(), limit);
  const given = () => end.abort();
  signal?.addEventListener('abort', given);
  try {
    const response = await fetch(url, { ...init, signal: end.signal });
    return { response, source: await response.blob() };
  } catch (error) {
    if (signal?.aborted)
      throw error;
    throw new ApiError('unreachable', String(error));
  } finally {
    clearTimeout(late);
    signal?.removeEventListener('abort', given);
  }
}

/**
 * @param {Response} response
 * @param {string} source
 */
function answerIn(response, source) {
  if (!response.headers.get('Content-Type')?.includes('json'))
    return source;
  try {
    return parseJson(source);
  } catch {
    throw new ApiError('not_json', '', { status: response.status });
  }
}

/**
 * @param {Response} response
 * @param {string} source
 * @param {string | null} key with which it was asked
 */
function errorIn(response, source, key) {
  let told;
  try {
    told = parseJson(source).error;
  } catch {
    told = null; // a proxy's page
  }
  // The key that was refused, and not one that came meanwhile.
  if (response.status === 401 && key === sessionKey() && key)
    closeSession(told?.code ?? 'session');
  return new ApiError(told?.code ?? 'status', told?.message ?? '', {
    status: response.status, field: told?.field,
    retryAfterS: Number(response.headers.get('Retry-After')) || undefined,
  });
}
