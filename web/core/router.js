/**
 * Which screen is shown: the part of the URL behind "#". So nothing of it
 * reaches the server or a Referer, and a proxy may put the page anywhere.
 *
 *     route.value    {path: '/tasks/DfXX…', name: 'task', params: {task: …}}
 *     go('/money')   as a click on <a href="#/money"> does
 *
 * The screens are listed in routes.js.
 */
import { signal } from '@preact/signals';
import { ROUTES } from '../routes.js';

/**
 * @typedef {{path: string, pattern: string, place: string,
 *            params: Record<string, string>, query: URLSearchParams,
 *            load: (() => Promise<{default: any}>) | null}} Route
 * place: the entry of the bar that it belongs to; load: null where there is no
 * such screen
 */
/** @type {import('@preact/signals').Signal<Route>} */
export const route = signal(parseRoute(location.hash));

/** The address of which route is. */
let shown = location.hash;

addEventListener('hashchange', arrive);

function arrive() {
  shown = location.hash;
  route.value = parseRoute(shown);
}

/**
 * An address that is another one already is where somebody has just gone, and
 * its event is still to come: it is not replaced.
 *
 * @param {string} path with its "/"
 * @param {{replace?: boolean}} how
 */
export function go(path, { replace = false } = {}) {
  if (!replace) {
    location.hash = path;
  } else if (location.hash === shown) {
    history.replaceState(null, '', `#${path}`);
    arrive();
  }
}

/**
 * @param {string} hash
 * @returns {Route}
 */
export function parseRoute(hash) {
  const [path, query = ''] = (hash.slice(1) || '/').split('?', 2);
  const words = path.split('/').filter(Boolean);
  for (const { pattern, place, load } of ROUTES) {
    const params = matching(pattern.split('/').filter(Boolean), words);
    if (params)
      return { path, pattern, place, params, load,
        query: new URLSearchParams(query) };
  }
  return { path, pattern: '', place: '', params: {}, load: null,
    query: new URLSearchParams(query) };
}

/**
 * @param {string[]} pattern
 * @param {string[]} words
 * @returns {Record<string, string> | null}
 */
function matching(pattern, words) {
  if (pattern.length !== words.length)
    return null;
  /** @type {Record<string, string>} */
  const params = {};
  for (const [at, part] of pattern.entries()) {
    if (part.startsWith(':'))
      params[part.slice(1)] = decoded(words[at]);
    else if (part !== words[at])
      return null;
  }
  return params;
}

/**
 * What can't be decoded stays as it is.
 *
 * @param {string} word
 */
function decoded(word) {
  try {
    return decodeURIComponent(word);
  } catch {
    return word;
  }
}
