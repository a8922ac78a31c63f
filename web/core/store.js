/**
 * Data for screens, as hooks: live topics, and answers of the API.
 */
import { useEffect, useRef, useState } from 'preact/hooks';
import { get } from './api.js';
import { onLive, returns, topicState, watch } from './live.js';

/**
 * A topic while the component is shown. data is undefined until it has come;
 * at says since when it is so.
 *
 * @param {string} name "tasks", "task/ID", "log/ID"
 */
export function useTopic(name) {
  useWatched(name);
  return topicState(name).value;
}

/**
 * Have a topic watched while the component is shown, without drawing that anew
 * at each change: for what reads the topic further below.
 *
 * @param {string} name
 */
export function useWatched(name) {
  useEffect(() => watch(name).release, [name]);
}

/**
 * Call listener for each message of a type while the component is shown.
 *
 * @param {string} type
 * @param {(message: any) => void} listener
 */
export function useLive(type, listener) {
  const newest = useRef(listener);
  newest.current = listener;
  useEffect(() => onLive(type, (message) => newest.current(message)), [type]);
}

/**
 * An answer of the API. What was answered stays while it is asked anew, and
 * when that fails. It is asked again after the connection has come back, and
 * each time everyMs have passed while the page is shown.
 *
 * @param {string | null} path below api/1; null asks nothing
 * @param {{query?: Record<string, string | number | undefined>,
 *          everyMs?: number}} options
 * @returns {{data: any, error: unknown, isLoading: boolean, at: number,
 *            reload: () => void}}
 */
export function useAnswer(path, { query, everyMs } = {}) {
  const asked = path === null ? null : JSON.stringify([path, query ?? {}]);
  const [answer, setAnswer] = useState({ asked, data: undefined,
    error: /** @type {unknown} */ (null), isLoading: asked !== null, at: 0 });
  const [turn, setTurn] = useState(0);
  const reload = () => setTurn((before) => before + 1);
  const times = returns.value;

  useEffect(() => {
    if (path === null)
      return undefined;
    const end = new AbortController();
    setAnswer((before) => before.asked === asked
      ? { ...before, isLoading: true }
      : { asked, data: undefined, error: null, isLoading: true, at: 0 });
    get(path, { query, signal: end.signal }).then(
      (data) => setAnswer({ asked, data, error: null, isLoading: false,
        at: Date.now() }),
      (error) => end.signal.aborted || setAnswer((before) =>
        ({ ...before, error, isLoading: false })));
    return () => end.abort();
  }, [asked, turn, times]);

  useEffect(() => {
    if (!everyMs)
      return undefined;
    const timer = setInterval(() => document.hidden || reload(), everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);

  // The answer to another question is none to this one.
  const fits = answer.asked === asked;
  return { data: fits ? answer.data : undefined,
    error: fits ? answer.error : null,
    isLoading: fits ? answer.isLoading : asked !== null,
    at: answer.at, reload };
}

/**
 * A list of the API, a page after the other: {"items", "next"}.
 *
 * @param {string} path
 * @param {{query?: Record<string, string | number | undefined>}} options
 * @returns {{data: any[] | undefined, error: unknown, isLoading: boolean,
 *            hasMore: boolean, more: () => Promise<void>, reload: () => void,
 *            refresh: () => void}}
 * more: for a button; it throws what the answer is. refresh: reload() while no
 * older page is shown, which would be lost under the reader's eyes
 */
export function useList(path, { query } = {}) {
  const first = useAnswer(path, { query });
  const [rest, setRest] = useState({ after: /** @type {any} */(null),
    items: /** @type {any[]} */([]), next: /** @type {string | null} */(null) });
  // What followed an older first page is not known to follow this one.
  const isOf = rest.after === first.data;
  const items = isOf ? rest.items : [];
  const next = isOf ? rest.next : first.data?.next ?? null;

  async function more() {
    const { data } = first;
    const answer = await get(path, { query: { ...query, before: next ?? '' } });
    setRest({ after: data, items: [...items, ...answer.items],
      next: answer.next });
  }

  return { data: first.data && [...first.data.items, ...items],
    error: first.error, isLoading: first.isLoading, hasMore: next !== null,
    more, reload: first.reload,
    refresh: () => { if (!items.length) first.reload(); } };
}
