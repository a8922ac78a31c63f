/*
 * The base class of hashes and ciphers, which are streams for those who pipe
 * into them. Most tasks call update() alone, so the streams are loaded when a
 * stream's member is first asked for. From then on the class inherits from
 * stream.Transform.
 */
'use strict';

(function ({ load }) {
  const members = ['pipe', 'unpipe', 'on', 'once', 'off', 'addListener',
    'removeListener', 'removeAllListeners', 'prependListener',
    'prependOnceListener', 'emit', 'listeners', 'rawListeners',
    'listenerCount', 'eventNames', 'setMaxListeners', 'getMaxListeners',
    'write', 'end', 'read', 'push', 'unshift', 'pause', 'resume', 'isPaused',
    'setEncoding', 'cork', 'uncork', 'destroy', 'destroyed', 'readable',
    'writable', 'readableEnded', 'writableEnded', 'readableFlowing',
    'readableLength', 'writableLength', 'readableHighWaterMark',
    'writableHighWaterMark', 'readableObjectMode', 'writableObjectMode',
    'readableEncoding', 'writableNeedDrain', 'writableFinished',
    'writableCorked', 'closed', 'errored', 'setDefaultEncoding', 'wrap',
    'iterator', 'compose', 'toArray', Symbol.asyncIterator,
    '_readableState', '_writableState', '_events', '_write', '_read'];

  /* The name of stream's class that kind inherits from. A class is one of
   * Transform and Writable. */
  function make_lazy(kind) {
    class Lazy {
      constructor(options) {
        if (options !== undefined)
          options_of.set(this, options);
      }
    }
    const options_of = new WeakMap();
    const started = new WeakSet();
    const proto = Lazy.prototype;

    function become() {
      const base = load('modules').get('stream')[kind];
      for (const name of members)
        delete proto[name];
      Object.setPrototypeOf(proto, base.prototype);
      Object.setPrototypeOf(Lazy, base);
      /* Each object becomes a stream when its state is first asked for. The
       * constructor sets the state as own properties. */
      for (const name of ['_readableState', '_writableState', '_events'])
        Object.defineProperty(proto, name, { configurable: true,
          get() {
            /* The constructor itself asks, also for the prototypes. */
            if (started.has(this) || Object.hasOwn(this, 'constructor'))
              return undefined;
            start(base, this);
            return this[name];
          },
          set(value) {
            Object.defineProperty(this, name, { value, configurable: true,
              enumerable: true, writable: true });
          } });
    }

    function start(base, object) {
      started.add(object);
      base.call(object, { ...options_of.get(object) });
    }

    for (const name of members)
      Object.defineProperty(proto, name, { configurable: true,
        get() {
          become();
          return this[name];
        },
        set(value) {
          become();
          this[name] = value;
        } });
    return Lazy;
  }

  return { LazyTransform: make_lazy('Transform'),
    LazyWritable: make_lazy('Writable') };
})
