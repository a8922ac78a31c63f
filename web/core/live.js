/**
 * The WebSocket api/1/live: topics that are watched, and events.
 *
 * A topic's data come whole and are then changed by merge patches, applied once
 * a frame. A gap in their numbers, or a new connection, brings all of it anew,
 * so nothing that was missed stays wrong. While the page is hidden the node is
 * told so, and says little.
 */
import { batch, signal } from '@preact/signals';
import { ApiError, get } from './api.js';
import { parseJson } from './json.js';
import { mergePatch } from './merge.js';
import { closeSession, session, sessionKey } from './session.js';
import { setClock } from './time.js';

const AGAIN_MS_MIN = 500;
const AGAIN_MS_MAX = 15000;

/**
 * off: there is no session. lost: the node was not reached since then; what is
 * shown is as old. reason: what the node said when it went.
 *
 * @typedef {{state: 'off' | 'connecting' | 'connected' | 'lost',
 *            since: number, reason?: string}} Connection
 */
/** @type {import('@preact/signals').Signal<Connection>} */
export const connection = signal({ state: 'off', since: Date.now() });

/** How often a lost connection has come back: answers from before are old. */
export const returns = signal(0);

/** The last slot told. at: by the browser's clock, for going on between. */
export const slot = signal({ slot: 0, final: 0, slotMs: 0, at: 0 });

/** The node has another page than this one: load it. */
export const isOutdated = signal(false);

/**
 * @typedef {{data: any, at: number, error?: unknown}} TopicState
 * data: undefined until the first snapshot; at: when it was true, Unix ms
 */
/**
 * @typedef {{state: import('@preact/signals').Signal<TopicState>,
 *            watchers: number, seq: number}} Topic
 * seq 0: a snapshot is awaited
 */
/** @type {Map<string, Topic>} */
const topics = new Map();
/** @type {Map<string, Set<(message: any) => void>>} */
const listeners = new Map();

/** @type {WebSocket | null} */
let socket = null;
let isWelcome = false;
let again = AGAIN_MS_MIN;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let timer;
/** @type {any[]} */
let waiting = [];
let isFrameAsked = false;

/**
 * Watch a topic until release is called. Many may watch the same.
 *
 * @param {string} name
 */
export function watch(name) {
  const topic = topicOf(name);
  if (topic.watchers++ === 0) {
    topic.seq = 0;
    say({ type: 'watch', topic: name });
  }
  let isHeld = true;
  return {
    state: topic.state,
    release() {
      if (!isHeld)
        return;
      isHeld = false;
      // Who draws the same topic next has asked for it before this is run.
      setTimeout(() => {
        if (--topic.watchers === 0)
          say({ type: 'unwatch', topic: name });
      });
    },
  };
}

/**
 * What a GET has brought before the first snapshot.
 *
 * @param {string} name
 * @param {any} data
 */
export function seedTopic(name, data) {
  const topic = topicOf(name);
  if (topic.state.value.data === undefined)
    topic.state.value = { data, at: Date.now() };
}

/** @param {string} name */
export function topicState(name) {
  return topicOf(name).state;
}

/**
 * Messages of a type: duty, round, entry, log, attention, job.
 *
 * @param {string} type
 * @param {(message: any) => void} listener
 * @returns {() => void} that ends it
 */
export function onLive(type, listener) {
  const found = listeners.get(type) ?? new Set();
  listeners.set(type, found.add(listener));
  return () => found.delete(listener);
}

/** Connect, and stay connected while there is a session. */
export function startLive() {
  session.subscribe(({ state }) => {
    if (state === 'open')
      connect();
    else
      disconnect();
  });
  document.addEventListener('visibilitychange', () => {
    // The frame that was asked for comes when the page is shown again.
    if (document.hidden && isFrameAsked)
      setTimeout(applyWaiting);
    say({ type: 'quiet', on: document.hidden });
    if (!document.hidden && connection.value.state === 'lost')
      connect();
  });
  addEventListener('online', () => socket || connect());
}

/** At once, instead of after the pause. */
export function reconnect() {
  if (!socket)
    connect();
}

/** @param {string} name */
function topicOf(name) {
  let topic = topics.get(name);
  if (!topic) {
    topic = { state: signal({ data: undefined, at: 0 }), watchers: 0, seq: 0 };
    topics.set(name, topic);
  }
  return topic;
}

/** @param {any} message */
function say(message) {
  if (socket && isWelcome)
    socket.send(JSON.stringify(message));
}

function connect() {
  clearTimeout(timer);
  if (socket || session.value.state !== 'open')
    return;
  if (connection.value.state === 'off')
    connection.value = { state: 'connecting', since: Date.now() };
  const url = new URL('api/1/live', document.baseURI);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  url.hash = '';
  const opened = new WebSocket(url);
  socket = opened;
  opened.onopen = () => opened.send(JSON.stringify({
    type: 'hello', key: sessionKey(),
    build: document.documentElement.dataset.build,
  }));
  opened.onmessage = (event) => {
    if (opened === socket)
      take(parseJson(event.data));
  };
  opened.onclose = () => {
    if (opened !== socket)
      return;
    // Why it was refused is not told to scripts. If the session has ended, this
    // is told that, and closes it.
    if (!isWelcome)
      get('node').catch(() => {});
    lose();
  };
}

function disconnect() {
  clearTimeout(timer);
  socket?.close();
  socket = null;
  isWelcome = false;
  connection.value = { state: 'off', since: Date.now() };
}

/**
 * The connection has ended, or could not be made.
 *
 * @param {string} [reason]
 */
function lose(reason) {
  const before = connection.value;
  socket = null;
  isWelcome = false;
  if (before.state !== 'lost')
    connection.value = { state: 'lost', since: Date.now(), reason };
  clearTimeout(timer);
  // Spread, so that many pages don't come back to a restarted node at once.
  timer = setTimeout(connect, again * (0.75 + Math.random() / 2));
  again = Math.min(2 * again, AGAIN_MS_MAX);
}

/** @param {any} message */
function take(message) {
  if (message.type === 'welcome')
    welcome(message);
  else if (message.type === 'snapshot' || message.type === 'patch')
    later(message);
  else if (message.type === 'slot')
    slot.value = { slot: message.slot, final: message.final,
      slotMs: message.slot_ms, at: Date.now() };
  else if (message.type === 'bye')
    leave(message.reason);
  else if (message.type === 'error')
    refuse(message);
  else
    later(message);
}

/**
 * What was asked of the live connection can't be.
 *
 * @param {any} message
 */
function refuse(message) {
  const topic = topics.get(message.topic);
  if (topic)
    topic.state.value = { ...topic.state.value,
      error: new ApiError(message.code, message.message) };
}

/** @param {any} message */
function welcome(message) {
  isWelcome = true;
  again = AGAIN_MS_MIN;
  setClock(message.now);
  slot.value = { slot: message.slot, final: message.slot,
    slotMs: message.slot_ms, at: Date.now() };
  if (connection.value.state === 'lost')
    returns.value++;
  connection.value = { state: 'connected', since: Date.now() };
  const own = document.documentElement.dataset.build;
  isOutdated.value = Boolean(message.build) && message.build !== own;
  for (const [name, topic] of topics) {
    topic.seq = 0;
    if (topic.watchers > 0)
      say({ type: 'watch', topic: name });
  }
  if (document.hidden)
    say({ type: 'quiet', on: true });
}

/** @param {string} reason */
function leave(reason) {
  const ended = socket;
  if (reason === 'session')
    closeSession('session');
  else
    lose(reason);
  ended?.close();
}

/**
 * With the next frame; hidden pages have none.
 *
 * @param {any} message
 */
function later(message) {
  waiting.push(message);
  if (isFrameAsked)
    return;
  isFrameAsked = true;
  if (document.hidden)
    setTimeout(applyWaiting);
  else
    requestAnimationFrame(applyWaiting);
}

function applyWaiting() {
  const messages = waiting;
  waiting = [];
  isFrameAsked = false;
  batch(() => {
    for (const message of messages) {
      if (message.type === 'snapshot' || message.type === 'patch')
        applyTopic(message);
      else
        listeners.get(message.type)?.forEach((listener) => listener(message));
    }
  });
}

/** @param {any} message */
function applyTopic(message) {
  const topic = topics.get(message.topic);
  if (!topic || topic.watchers === 0)
    return;
  if (message.type === 'snapshot') {
    topic.seq = message.seq;
    topic.state.value = { data: message.data, at: Date.now() };
  } else if (topic.seq && message.seq === topic.seq + 1) {
    topic.seq = message.seq;
    topic.state.value = {
      data: mergePatch(topic.state.value.data, message.data), at: Date.now(),
    };
  } else if (topic.seq) {
    topic.seq = 0; // until the snapshot that this asks for
    say({ type: 'watch', topic: message.topic });
  }
}
