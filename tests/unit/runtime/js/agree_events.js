/*
 * events: emitters, their lists and the functions beside the class. Below are the lines that Node 20 gives. A null stands
 * where a worker differs on purpose.
 */
const assert = require('node:assert');

async function lines() {
  const E = require("events");
  const L = [];
  const log = (...a) => L.push(a.map((x) => typeof x === "string" ? x : require("util").inspect(x)).join(" "));
  const t = (f2) => {
    try {
      log(f2());
    } catch (e2) {
      log("THROW " + e2.code + " " + e2.message);
    }
  };
  const e = new E();
  log(e);
  t(() => Object.getOwnPropertyNames(E).sort().filter((x) => !["arguments", "caller"].includes(x)));
  t(() => Object.keys(E.prototype));
  t(() => Object.getOwnPropertyNames(E.prototype).sort());
  t(() => e.on("x", 1));
  t(() => e.off("x", 1));
  t(() => {
    E.defaultMaxListeners = -1;
  });
  t(() => e.setMaxListeners("a"));
  t(() => e.setMaxListeners(-1));
  t(() => new E({ captureRejections: 1 }));
  t(() => e.emit("error", { a: 1 }));
  t(() => e.emit("error"));
  t(() => e.emit("error", new TypeError("te")));
  t(() => E.setMaxListeners(1, {}));
  t(() => E.getEventListeners({}));
  t(() => E.getMaxListeners({}));
  t(() => E.getMaxListeners(new EventTarget()));
  t(() => E.addAbortListener());
  t(() => E.addAbortListener(new AbortController().signal));
  t(() => new E.EventEmitterAsyncResource());
  const o = [];
  const f = (...a) => o.push(["f", ...a]);
  const g = (...a) => o.push(["g", ...a]);
  e.on("newListener", (n, l) => o.push(["new", String(n), l === f]));
  e.on("removeListener", (n, l) => o.push(["rem", String(n), l === f]));
  e.once("a", f);
  e.on("a", g);
  e.prependListener("a", f);
  e.prependOnceListener("a", g);
  log(e.rawListeners("a").map((x) => x.listener === f || x.listener === g), e.listeners("a").length, e.listenerCount("a"), e.listenerCount("a", f), e.eventNames());
  e.emit("a", 1, 2);
  log(o);
  o.length = 0;
  e.emit("a", 3);
  log(o);
  e.removeAllListeners("a");
  log(o, e.eventNames());
  o.length = 0;
  e.on("b", f);
  e.on(Symbol("s"), g);
  e.removeAllListeners();
  log(o, e.eventNames(), e._eventsCount);
  const m = new E();
  m.on("x", function h() {
    m.off("x", h);
    m.on("x", f);
  });
  o.length = 0;
  log(m.emit("x"), o, m.listenerCount("x"));
  const z = {};
  Object.setPrototypeOf(z, E.prototype);
  z.on("q", f);
  log(z.emit("q"), Object.keys(z), z._events.q === f);
  function Old() {
    E.call(this);
  }
  require("util").inherits(Old, E);
  log(new Old().on("a", f).listenerCount("a"), Old.super_ === E);
  const mon = new E();
  mon.on(E.errorMonitor, (x) => log("mon", x.message));
  t(() => mon.emit("error", new Error("mm")));
  const c = new E({ captureRejections: true });
  c.on("error", (x) => log("captured", x.message));
  c.on("ev", async () => {
    throw new Error("rej");
  });
  c.emit("ev");
  const c2 = new E({ captureRejections: true });
  c2[Symbol.for("nodejs.rejection")] = (x, n, ...a) => log("own", x.message, n, a);
  c2.on("ev", async () => {
    throw new Error("rej2");
  });
  c2.emit("ev", 5);
  const w = [];
  process.on("warning", (x) => w.push(x.name + " " + x.message + " " + String(x.type) + " " + x.count));
  const lk = new E();
  for (let i = 0; i < 13; i++)
    lk.on("l", () => {
    });
  const tg = new EventTarget();
  tg.addEventListener("foo", f);
  log(E.getEventListeners(tg, "foo")[0] === f, E.listenerCount(e, "a"));
  const ac = new AbortController();
  const d = E.addAbortListener(ac.signal, () => log("aborted"));
  ac.abort();
  const r = new E.EventEmitterAsyncResource({ name: "N" });
  log(typeof r.asyncId, r.asyncResource.constructor.name, r.asyncResource.eventEmitter === r);
  return (async () => {
    const q = new E();
    setTimeout(() => {
      q.emit("v", 1, 2);
    }, 1);
    log(await E.once(q, "v"));
    setTimeout(() => q.emit("error", new Error("oo")), 1);
    await E.once(q, "v").catch((x) => log("once err", x.message));
    const a2 = new AbortController();
    setTimeout(() => a2.abort(), 1);
    await E.once(q, "v", { signal: a2.signal }).catch((x) => log(x.name, x.code));
    setTimeout(() => {
      q.emit("i", 1);
      q.emit("i", 2);
    }, 1);
    let n = 0;
    for await (const v of E.on(q, "i")) {
      log("it", v);
      if (++n === 2)
        break;
    }
    log(q.listenerCount("i"), q.listenerCount("error"));
    log(w);
    return L;
  })();
}

const expected = [
  null,
  null,
  '[\n  \'_events\',             \'_eventsCount\',\n  \'_maxListeners\',       \'setMaxListeners\',\n  \'getMaxListeners\',     \'emit\',\n  \'addListener\',         \'on\',\n  \'prependListener\',     \'once\',\n  \'prependOnceListener\', \'removeListener\',\n  \'off\',                 \'removeAllListeners\',\n  \'listeners\',           \'rawListeners\',\n  \'listenerCount\',       \'eventNames\'\n]',
  '[\n  \'_events\',             \'_eventsCount\',\n  \'_maxListeners\',       \'addListener\',\n  \'constructor\',         \'emit\',\n  \'eventNames\',          \'getMaxListeners\',\n  \'listenerCount\',       \'listeners\',\n  \'off\',                 \'on\',\n  \'once\',                \'prependListener\',\n  \'prependOnceListener\', \'rawListeners\',\n  \'removeAllListeners\',  \'removeListener\',\n  \'setMaxListeners\'\n]',
  'THROW ERR_INVALID_ARG_TYPE The "listener" argument must be of type function. Received type number (1)',
  'THROW ERR_INVALID_ARG_TYPE The "listener" argument must be of type function. Received type number (1)',
  'THROW ERR_OUT_OF_RANGE The value of "defaultMaxListeners" is out of range. It must be >= 0. Received -1',
  'THROW ERR_INVALID_ARG_TYPE The "setMaxListeners" argument must be of type number. Received type string (\'a\')',
  'THROW ERR_OUT_OF_RANGE The value of "setMaxListeners" is out of range. It must be >= 0. Received -1',
  'THROW ERR_INVALID_ARG_TYPE The "options.captureRejections" property must be of type boolean. Received type number (1)',
  'THROW ERR_UNHANDLED_ERROR Unhandled error. ({ a: 1 })',
  'THROW ERR_UNHANDLED_ERROR Unhandled error. (undefined)',
  'THROW undefined te',
  'THROW ERR_INVALID_ARG_TYPE The "eventTargets" argument must be an instance of EventEmitter or EventTarget. Received an instance of Object',
  'THROW ERR_INVALID_ARG_TYPE The "emitter" argument must be an instance of EventEmitter or EventTarget. Received an instance of Object',
  'THROW ERR_INVALID_ARG_TYPE The "emitter" argument must be an instance of EventEmitter or EventTarget. Received an instance of Object',
  '10',
  'THROW ERR_INVALID_ARG_TYPE The "signal" argument must be an instance of AbortSignal. Received undefined',
  'THROW ERR_INVALID_ARG_TYPE The "listener" argument must be of type function. Received undefined',
  'THROW ERR_INVALID_ARG_TYPE The "options.name" property must be of type string. Received undefined',
  '[ true, false, true, false ] 4 4 2 [ \'newListener\', \'removeListener\', \'a\' ]',
  '[\n  [ \'new\', \'removeListener\', false ],\n  [ \'new\', \'a\', true ],\n  [ \'new\', \'a\', false ],\n  [ \'new\', \'a\', true ],\n  [ \'new\', \'a\', false ],\n  [ \'rem\', \'a\', false ],\n  [ \'g\', 1, 2 ],\n  [ \'f\', 1, 2 ],\n  [ \'rem\', \'a\', false ],\n  [ \'f\', 1, 2 ],\n  [ \'g\', 1, 2 ]\n]',
  '[ [ \'f\', 3 ], [ \'g\', 3 ] ]',
  '[ [ \'f\', 3 ], [ \'g\', 3 ], [ \'rem\', \'a\', false ], [ \'rem\', \'a\', true ] ] [ \'newListener\', \'removeListener\' ]',
  '[\n  [ \'new\', \'b\', true ],\n  [ \'new\', \'Symbol(s)\', false ],\n  [ \'rem\', \'newListener\', false ],\n  [ \'rem\', \'b\', true ],\n  [ \'rem\', \'Symbol(s)\', false ]\n] [] 0',
  'true [] 1',
  'true [ \'_events\', \'_eventsCount\' ] true',
  '1 true',
  'mon mm',
  'THROW undefined mm',
  'true 0',
  'aborted',
  'number EventEmitterReferencingAsyncResource true',
  'captured rej',
  'own rej2 ev [ 5 ]',
  '[ 1, 2 ]',
  'once err oo',
  'AbortError ABORT_ERR',
  'it [ 1 ]',
  'it [ 2 ]',
  '0 0',
  '[\n  \'MaxListenersExceededWarning Possible EventEmitter memory leak detected. 11 l listeners added to [EventEmitter]. MaxListeners is 10. Use emitter.setMaxListeners() to increase limit l 11\'\n]',
];

exports.checks = {
  async 'each line is Node\'s'() {
    const found = await lines();
    assert.strictEqual(found.length, expected.length);
    assert.deepStrictEqual(found.map((line, at) =>
      expected[at] === null ? null : String(line)), expected);
  },
  'nearly all lines are compared'() {
    assert.ok(expected.filter((line) => line === null).length <= 3);
  },
  'there are lines'() {
    assert.ok(expected.length >= 19);
  },
};
