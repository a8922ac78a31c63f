/**
 * The lines of a log for a component: the newest page, older ones when they are
 * asked for, and what comes.
 */
import { useEffect, useReducer, useRef } from 'preact/hooks';
import { get } from './api.js';
import { connection } from './live.js';
import { joinBatch, joinPage, LINES_MAX } from './log_lines.js';
import { useLive, useWatched } from './store.js';

const PAGE = 200;

/** @typedef {import('./log_lines.js').Line} Line */

/**
 * @param {string} path of the API: "tasks/ID/log"
 * @param {string} topic "log/ID"
 */
export function useLog(path, topic) {
  const [, draw] = useReducer((/** @type {number} */ n) => n + 1, 0);
  const state = useRef({
    lines: /** @type {Line[]} */([]), next: /** @type {string | null} */(null),
    came: 0, dropped: 0, error: /** @type {unknown} */(null), isReady: false,
    isAsking: false, isSure: false,
  }).current;
  const asked = useRef(/** @type {Promise<void> | null} */(null));
  useWatched(topic);

  /** The newest page, joined to what is there. */
  async function renew() {
    if (state.isAsking)
      return;
    state.isAsking = true;
    try {
      const page = await get(path, { query: { limit: PAGE } });
      const joined = joinPage(state.lines, page.items);
      if (joined.isGap || !state.isReady)
        state.next = page.next;
      state.lines = joined.lines;
      state.error = null;
      state.isReady = true;
    } catch (error) {
      state.error = error;
    }
    state.isAsking = false;
    draw(undefined);
  }

  const isConnected = connection.value.state === 'connected';
  useEffect(() => {
    state.isSure = false;
    renew();
  }, [path, isConnected]);

  useLive('log', (message) => {
    if (message.topic !== topic)
      return;
    // What was written between the page and the first of these is in neither.
    const isFirst = !state.isSure;
    state.isSure = true;
    const before = state.lines.length;
    state.lines = isFirst || state.isAsking
      ? joinBatch(state.lines, message.lines)
      : [...state.lines, ...message.lines];
    state.came += state.lines.length - before;
    state.dropped += message.dropped ?? 0;
    if (state.lines.length > LINES_MAX)
      state.lines = state.lines.slice(-LINES_MAX);
    if (isFirst)
      renew();
    draw(undefined);
  });

  /** @param {string} before */
  async function ask(before) {
    try {
      const page = await get(path, { query: { limit: PAGE, before } });
      state.lines = [...page.items, ...state.lines];
      state.next = page.next;
    } finally {
      asked.current = null;
    }
    draw(undefined);
  }

  /** The page before the oldest line. */
  async function more() {
    if (state.next === null || state.lines.length >= LINES_MAX)
      return;
    asked.current ??= ask(state.next);
    await asked.current;
  }

  return { ...state, more, reload: renew,
    hasMore: state.next !== null && state.lines.length < LINES_MAX };
}
