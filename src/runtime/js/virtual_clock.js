/*
 * The clock of a simulation. It stands still while the task works, and goes on
 * when the task only waits: to the next timer, at once. So a task that sleeps
 * for an hour is simulated in no time, and sees the same times in every run.
 *
 * It goes on where nothing is open. What the node answers by itself (storage,
 * the chain) takes no time. What it asks of the world outside (fetch,
 * WebSocket) does: while that is open the clock goes as the machine's.
 *
 * Each reading takes a microsecond, so that a loop that waits for a time ends.
 *
 * Between calls it stands still, too, until the node says how late it is
 * ("clock"): timers that are due by then come first. A connection that a task
 * keeps open from one call to the next does not hold it up then.
 */
'use strict';

(function (library) {
  const { native, start, load, coded } = library;
  const { unix_ms, seed } = start.clock;

  /* Timers that come while the clock goes to a time that the node has named. A
   * task with more sees the rest of them at that time. */
  const steps_max = 20000;

  /* Timers of this file, in native.timer(): to look again at once, and when
   * the machine's clock has gone on. */
  const at_once = 0;
  const outside_wait = -1;

  /* Whole microseconds since the beginning, without what the requests outside
   * have taken meanwhile. */
  let base_us = 0;
  /* The part of it in which the task only waited, in ms. */
  let skipped = 0;

  let outside_count = 0;
  let outside_since = 0;
  let inside_count = 0;

  const outside_us = () => outside_count ?
    Math.round((native.now() - outside_since) * 1000) : 0;

  const present = () => (base_us + outside_us()) / 1000;

  function now() {
    base_us++;
    return present();
  }

  /* ---- timers ---- */

  /* {id, due}: those that come first at the end, of the same time in the order
   * of their making. */
  const queue = [];

  let is_looking = false;
  let outside_due = Infinity;

  function look_soon() {
    if (is_looking)
      return;
    is_looking = true;
    native.timer(at_once, 0);
  }

  function arm(id, ms) {
    const due = present() + ms;
    let low = 0;
    let high = queue.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (queue[middle].due > due)
        low = middle + 1;
      else
        high = middle;
    }
    queue.splice(low, 0, { id, due });
    look_soon();
  }

  /* One that was cancelled does not move the clock. */
  function first_timer() {
    const { has } = load('timers');
    while (queue.length && !has(queue.at(-1).id))
      queue.pop();
    return queue.at(-1);
  }

  function run_first() {
    load('timers').expire(queue.pop().id);
    look_soon();
  }

  /* ---- calls ---- */

  /* Open calls by id: what was skipped when it began, and what ends it. */
  const calls = new Map();
  let limit_ms = Infinity;

  /* A promise that rejects when the call has waited longer than it may. */
  function began(id, name) {
    const limit = limit_ms;
    look_soon();
    return new Promise((resolve, reject) => {
      calls.set(id, { began: skipped, limit,
        end: () => reject(coded('timed out', `${name}() waited longer than ` +
          `its time limit of ${limit} ms`)) });
    });
  }

  /* How long the call has waited, in ms. */
  function ended(id) {
    const call = calls.get(id);
    calls.delete(id);
    return call ? Math.round(skipped - call.began) : 0;
  }

  /* False: a call that was open has passed its limit. */
  function skip_to(time) {
    const wait = Math.max(0, time - present());
    let is_over = false;
    for (const [id, { began: before, limit, end }] of calls)
      if (skipped + wait - before > limit) {
        calls.delete(id);
        end();
        is_over = true;
      }
    if (is_over)
      return false;
    skipped += wait;
    base_us += Math.round(wait * 1000);
    return true;
  }

  /* ---- the node's word ---- */

  /* {time, steps, done}, one after the other; calls wait for the last. */
  const targets = [];
  let reached = Promise.resolve();

  function reach({ at_ms, limit_ms: limit }) {
    reached = new Promise((resolve) => {
      targets.push({ time: at_ms, steps: 0, done() {
        limit_ms = limit;
        resolve();
      } });
    });
    look_soon();
  }

  /* ---- what is next ---- */

  function go_on(first) {
    const target = targets[0];
    if (target && (!first || first.due > target.time ||
      target.steps++ > steps_max)) {
      skip_to(target.time);
      targets.shift().done();
      look_soon();
    } else if (first && (target || calls.size)) {
      if (skip_to(first.due))
        run_first();
    }
  }

  function look() {
    const first = first_timer();
    if (first && first.due <= present()) {
      run_first();
    } else if (outside_count && (calls.size || !targets.length)) {
      if (first && first.due < outside_due) {
        outside_due = first.due;
        native.timer(outside_wait, Math.ceil(first.due - present()));
      }
    } else if (!inside_count) {
      go_on(first);
    }
  }

  /* A timer of this file has come. */
  function expire(id) {
    if (id === at_once)
      is_looking = false;
    else
      outside_due = Infinity;
    look();
  }

  /* ---- requests, and work on other threads ---- */

  const is_outside = (method) => /^(fetch|webSocket)/.test(method);

  function opened(method) {
    if (!is_outside(method))
      inside_count++;
    else if (!outside_count++)
      outside_since = native.now();
  }

  function closed(method) {
    if (!is_outside(method)) {
      inside_count--;
    } else {
      if (outside_count === 1)
        base_us += outside_us();
      outside_count--;
    }
    look_soon();
  }

  for (const name of ['compile', 'instantiate']) {
    const own = WebAssembly[name];
    WebAssembly[name] = { [name](...values) {
      const result = own.apply(this, values);
      const done = () => closed(name);
      opened(name);
      result.then(done, done);
      return result;
    } }[name];
  }

  /* ---- the globals ---- */

  const OwnDate = Date;
  const date_now = () => Math.floor(unix_ms + now());

  function VirtualDate(...values) {
    if (!new.target)
      return new OwnDate(date_now()).toString();
    return Reflect.construct(OwnDate, values.length ? values : [date_now()],
      new.target);
  }

  Object.defineProperty(VirtualDate, 'name', { value: 'Date' });
  Object.defineProperty(VirtualDate, 'length', { value: 7 });
  Object.defineProperty(VirtualDate, 'prototype', { value: OwnDate.prototype,
    writable: false });
  for (const [name, value] of [['parse', OwnDate.parse], ['UTC', OwnDate.UTC],
    ['now', { now: date_now }.now]])
    Object.defineProperty(VirtualDate, name, { value, configurable: true,
      enumerable: false, writable: true });
  OwnDate.prototype.constructor = VirtualDate;
  globalThis.Date = VirtualDate;

  /* xoshiro128**, filled by splitmix32 (Blackman and Vigna; public domain). */
  function random_of(number) {
    let mixed = number % 2 ** 32 ^ Math.floor(number / 2 ** 32);
    const state = new Uint32Array(4).map(() => {
      mixed = mixed + 0x9e3779b9 | 0;
      let word = mixed ^ mixed >>> 16;
      word = Math.imul(word, 0x21f0aaad);
      word ^= word >>> 15;
      word = Math.imul(word, 0x735a2d97);
      return word ^ word >>> 15;
    });
    function next() {
      const product = Math.imul(state[1], 5);
      const result = Math.imul(product << 7 | product >>> 25, 9) >>> 0;
      const shifted = state[1] << 9;
      state[2] ^= state[0];
      state[3] ^= state[1];
      state[1] ^= state[2];
      state[0] ^= state[3];
      state[2] ^= shifted;
      state[3] = state[3] << 11 | state[3] >>> 21;
      return result;
    }
    return function random() {
      return ((next() >>> 5) * 2 ** 26 + (next() >>> 6)) / 2 ** 53;
    };
  }

  if (seed !== null)
    Object.defineProperty(Math, 'random', { value: random_of(seed) });

  return { now, arm, began, ended, reach, reached: () => reached, expire,
    opened, closed };
})
