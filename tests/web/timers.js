/* Timers (HTML Standard, 8.7), queueMicrotask, and what is global. */
'use strict';

async function order({ same, sleep }) {
  const seen = [];
  const note = (name) => () => seen.push(name);
  setTimeout(note('timer'), 0);
  setImmediate(note('immediate'));
  queueMicrotask(note('microtask'));
  Promise.resolve().then(note('promise'));
  process.nextTick(note('tick'));
  seen.push('now');
  await sleep(15);
  same(seen[0], 'now', 'nothing comes at once');
  same(seen.indexOf('microtask') < seen.indexOf('promise'), true,
    'microtasks come in order');
  same(Math.max(seen.indexOf('promise'), seen.indexOf('tick')) <
    Math.min(seen.indexOf('timer'), seen.indexOf('immediate')), true,
  'before timers');
  same(seen.length, 6, 'each once');
  const nested = [];
  queueMicrotask(() => {
    nested.push(1);
    queueMicrotask(() => nested.push(2));
  });
  await sleep(0);
  same(nested, [1, 2], 'microtasks of microtasks');
  const equal = [];
  for (let count = 0; count < 10; count++)
    setTimeout(() => equal.push(count), 1);
  await sleep(20);
  same(equal, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9], 'equal times come in order');
}

async function values({ same, sleep }) {
  const seen = [];
  setTimeout((...all) => seen.push(all), 1, 'a', 2, undefined);
  setImmediate((...all) => seen.push(all), 'b');
  for (const delay of [undefined, null, -1, NaN, 'x', '1', {}, Infinity,
    2 ** 31, 0.5, true])
    setTimeout(() => seen.push('delay'), delay);
  await sleep(30);
  same(seen.filter((each) => each === 'delay').length, 11,
    'odd delays are short');
  same(seen.find((each) => each[0] === 'a'), ['a', 2, undefined],
    'values of a timer');
  same(seen.find((each) => each[0] === 'b'), ['b'], 'values of an immediate');
}

async function clearing({ same, sleep, throws, is_node }) {
  let count = 0;
  const add = () => count++;
  clearTimeout(setTimeout(add, 1));
  clearInterval(setInterval(add, 1));
  clearImmediate(setImmediate(add));
  clearInterval(setTimeout(add, 1));
  clearTimeout(setInterval(add, 1));
  clearTimeout(Number(setTimeout(add, 1)));
  clearTimeout(`${+setTimeout(add, 1)}`);
  await sleep(15);
  same(count, 0, 'what is cleared does not come');
  for (const clear of [clearTimeout, clearInterval, clearImmediate])
    for (const value of [undefined, null, 0, -1, 12345678, 'x', {}, NaN])
      if (!is_node || clear !== clearImmediate) /* it throws for some */
        same(clear(value), undefined, `${clear.name} of ${String(value)}`);
  const interval = setInterval(() => {
    if (++count === 3)
      clearInterval(interval);
  }, 1);
  await sleep(40);
  same(count, 3, 'an interval that clears itself');
  const inner = setTimeout(add, 3);
  setTimeout(() => clearTimeout(inner), 0);
  await sleep(20);
  same(count, 3, 'cleared by another timer');
  for (const set of [setTimeout, setInterval, setImmediate])
    for (const callback of [undefined, null, 5, 'text', {}])
      throws(() => set(callback, 1), TypeError,
        `${set.name} of ${JSON.stringify(callback)}`);
  for (const callback of [undefined, null, 5, 'text', {}])
    throws(() => queueMicrotask(callback), TypeError,
      `queueMicrotask of ${JSON.stringify(callback)}`);
  same(queueMicrotask(() => {}), undefined, 'queueMicrotask gives nothing');
}

function globals({ same }) {
  same(globalThis.globalThis === globalThis, true, 'globalThis');
  for (const name of ['AbortController', 'AbortSignal', 'Blob',
    'BroadcastChannel', 'ByteLengthQueuingStrategy', 'CountQueuingStrategy',
    'CompressionStream', 'DecompressionStream', 'Crypto', 'CryptoKey',
    'CustomEvent', 'DOMException', 'Event', 'EventTarget', 'File', 'FormData',
    'Headers', 'MessageChannel', 'MessageEvent', 'MessagePort', 'Performance',
    'PerformanceEntry', 'PerformanceMark', 'PerformanceMeasure',
    'PerformanceObserver', 'PerformanceObserverEntryList',
    'ReadableByteStreamController', 'ReadableStream',
    'ReadableStreamBYOBReader', 'ReadableStreamBYOBRequest',
    'ReadableStreamDefaultController', 'ReadableStreamDefaultReader',
    'Request', 'Response', 'SharedArrayBuffer', 'SubtleCrypto', 'TextDecoder',
    'TextDecoderStream', 'TextEncoder', 'TextEncoderStream',
    'TransformStream', 'TransformStreamDefaultController', 'URL',
    'URLSearchParams', 'WritableStream', 'WritableStreamDefaultController',
    'WritableStreamDefaultWriter', 'Buffer']) {
    same(typeof globalThis[name], 'function', `class ${name}`);
    same(globalThis[name]?.name, name, `name of ${name}`);
    const property = Object.getOwnPropertyDescriptor(globalThis, name);
    same([property?.enumerable, property?.configurable], [false, true],
      `property ${name}`);
    same(Object.getOwnPropertyDescriptor(globalThis[name] ?? {}, 'prototype')
      ?.writable, name === 'Buffer', `prototype of ${name}`);
  }
  for (const name of ['atob', 'btoa', 'clearInterval', 'clearTimeout', 'fetch',
    'queueMicrotask', 'setInterval', 'setTimeout', 'structuredClone'])
    same([typeof globalThis[name], globalThis[name].name],
      ['function', name], `function ${name}`);
  for (const name of ['console', 'crypto', 'performance', 'WebAssembly',
    'Atomics', 'Intl'])
    same(typeof globalThis[name], 'object', `object ${name}`);
}

function more_globals({ same }) {
  for (const name of ['ErrorEvent', 'PromiseRejectionEvent', 'CloseEvent',
    'Navigator', 'reportError', 'addEventListener', 'removeEventListener',
    'dispatchEvent'])
    same(typeof globalThis[name], 'function', `more: ${name}`);
  for (const name of ['onerror', 'onunhandledrejection', 'onrejectionhandled'])
    same(globalThis[name], null, `more: ${name}`);
  same(globalThis.self === globalThis, true, 'more: self');
  same(typeof globalThis.navigator?.userAgent, 'string', 'more: userAgent');
  same((globalThis.navigator?.userAgent ?? '') !== '', true,
    'more: userAgent is not empty');
  same(globalThis.navigator?.hardwareConcurrency > 0, true,
    'more: hardwareConcurrency');
}

async function errors({ same, sleep, throws, is_node }) {
  if (is_node)
    return; /* it has none of this, and an uncaught error ends it */
  const seen = [];
  globalThis.onerror = (...values) => {
    seen.push(values);
    return true;
  };
  const thrown = new RangeError('thrown');
  reportError(thrown);
  same([seen[0][0], seen[0][4] === thrown, typeof seen[0][2]],
    ['RangeError: thrown', true, 'number'], 'reportError comes to onerror');
  reportError('text');
  same([seen[1][0], seen[1][4]], ['text', 'text'], 'any value');
  throws(() => reportError(), TypeError, 'reportError of nothing');
  setTimeout(() => {
    throw thrown;
  }, 0);
  queueMicrotask(() => {
    throw 5;
  });
  new EventTarget().dispatchEvent(new Event('x'));
  const target = new EventTarget();
  target.addEventListener('x', () => {
    throw thrown;
  });
  target.dispatchEvent(new Event('x'));
  await sleep(15);
  same(seen.map((values) => values[4]).filter((each) => each === thrown)
    .length, 3, 'timers and listeners');
  same(seen.some((values) => values[4] === 5), true, 'microtasks');
  globalThis.onerror = null;
  const events = [];
  const listener = (event) => {
    events.push(event);
    event.preventDefault();
  };
  addEventListener('error', listener);
  reportError(thrown);
  same([events[0] instanceof ErrorEvent, events[0].error === thrown,
    events[0].message, events[0].isTrusted, events[0].cancelable,
    events[0].target === globalThis],
  [true, true, 'RangeError: thrown', true, true, true], 'the event');
  removeEventListener('error', listener);
  const rejections = [];
  globalThis.onunhandledrejection = (event) => {
    rejections.push(event);
    event.preventDefault();
  };
  const promise = Promise.reject(thrown);
  await sleep(5);
  same([rejections[0] instanceof PromiseRejectionEvent,
    rejections[0].promise === promise, rejections[0].reason === thrown],
  [true, true, true], 'an unhandled rejection');
  const handled = Promise.reject(thrown);
  handled.catch(() => {});
  await sleep(5);
  same(rejections.length, 1, 'a handled one does not come');
  globalThis.onunhandledrejection = null;
  let heard = 0;
  globalThis.addEventListener('own', () => heard++, { once: true });
  dispatchEvent(new Event('own'));
  globalThis.dispatchEvent(new Event('own'));
  same(heard, 1, 'the global object is a target');
}

module.exports = async (check) => {
  for (const group of [order, values, clearing, globals, more_globals, errors])
    await check.group(group.name, () => group(check));
};
