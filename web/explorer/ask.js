/**
 * Questions to settlement, as the explorer asks them through either door: by
 * POST to the address of the page itself where a validator serves it, by the
 * node's API else. All that asks within a second goes as one list, one list a
 * second, and none while the page is hidden: a public endpoint, a proxy and a
 * phone get the same.
 *
 *     const { slot } = await ask('getBlock', [7]);
 */
import { ApiError, rpc } from '../core/api.js';
import { parseJson } from '../core/json.js';
import { DOOR } from '../routes.js';

const BATCH_MAX = 20;
const PAUSE_MS = 1000;

/** @type {{method: string, params: any[], done: (result: any) => void,
 *          failed: (error: unknown) => void}[]} */
let waiting = [];
let sentAt = -PAUSE_MS;
let isPlanned = false;

/**
 * @param {string} method
 * @param {any[]} [params]
 * @returns {Promise<any>} "result"; throws ApiError, whose code is "rpc" with
 *   field the number where settlement refused
 */
export function ask(method, params = []) {
  return new Promise((done, failed) => {
    waiting.push({ method, params, done, failed });
    plan();
  });
}

function plan() {
  if (isPlanned || !waiting.length || document.hidden)
    return;
  isPlanned = true;
  setTimeout(send, Math.max(0, sentAt + PAUSE_MS - performance.now()));
}
document.addEventListener('visibilitychange', plan);

async function send() {
  const batch = waiting.splice(0, BATCH_MAX);
  sentAt = performance.now();
  isPlanned = false;
  plan();
  try {
    const answers = await post(batch.map(({ method, params }, id) =>
      ({ jsonrpc: '2.0', id, method, params })));
    for (const [id, call] of batch.entries())
      settle(call, answers?.find?.((/** @type {any} */ one) => one?.id === id));
  } catch (error) {
    for (const { failed } of batch)
      failed(error);
  }
}

/**
 * @param {{done: (result: any) => void, failed: (error: unknown) => void}} call
 * @param {any} answer
 */
function settle({ done, failed }, answer) {
  if (answer?.error)
    failed(new ApiError('rpc', String(answer.error.message ?? ''),
      { field: String(answer.error.code ?? '') }));
  else if (answer && 'result' in answer)
    done(answer.result);
  else
    failed(new ApiError('not_json', ''));
}

/** @param {any[]} request */
async function post(request) {
  if (DOOR === 'node')
    return rpc(request);
  let response, source;
  try {
    response = await fetch('./', { method: 'POST', body: JSON.stringify(request),
      headers: { 'Content-Type': 'application/json' }, credentials: 'omit',
      cache: 'no-store' });
    source = await response.text();
  } catch (error) {
    throw new ApiError('settlement', String(error));
  }
  if (!response.ok)
    throw new ApiError(response.status === 429 ? 'rate' : 'settlement', '',
      { status: response.status });
  try {
    return parseJson(source);
  } catch {
    throw new ApiError('not_json', '');
  }
}
