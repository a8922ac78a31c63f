/* Event, CustomEvent, EventTarget and their kin (DOM Standard, 2). */
'use strict';

function event_class({ same, throws }) {
  const plain = new Event('x');
  same([plain.type, plain.bubbles, plain.cancelable, plain.composed],
    ['x', false, false, false], 'a plain event');
  same([plain.target, plain.srcElement, plain.currentTarget],
    [null, null, null], 'no target yet');
  same([plain.eventPhase, plain.defaultPrevented, plain.returnValue,
    plain.cancelBubble, plain.isTrusted], [0, false, true, false, false],
  'nothing has happened yet');
  same(plain.composedPath(), [], 'no path');
  same(typeof plain.timeStamp, 'number', 'a time');
  same(plain.timeStamp <= performance.now(), true, 'its time has been');
  const all = new Event('y', { bubbles: 1, cancelable: 'a', composed: {} });
  same([all.bubbles, all.cancelable, all.composed], [true, true, true],
    'options become booleans');
  same(new Event(undefined).type, 'undefined', 'a type is a text');
  same(new Event({ toString: () => 'z' }).type, 'z', 'an object as a type');
  same(new Event('').type, '', 'an empty type');
  same(new Event('x', null).bubbles, false, 'options null');
  throws(() => new Event(), TypeError, 'no type');
  throws(() => new Event('x', 5), TypeError, 'options that are a number');
  throws(() => new Event(Symbol('x')), TypeError, 'a symbol as a type');
  throws(() => Event('x'), TypeError, 'without new');
  for (const [name, value] of [['NONE', 0], ['CAPTURING_PHASE', 1],
    ['AT_TARGET', 2], ['BUBBLING_PHASE', 3]]) {
    same(Event[name], value, `Event.${name}`);
    same(plain[name], value, `${name} of an event`);
  }
  plain.preventDefault();
  same(plain.defaultPrevented, false, 'what is not cancelable');
  all.preventDefault();
  same([all.defaultPrevented, all.returnValue], [true, false],
    'what is cancelable');
  const custom = new CustomEvent('c', { detail: { a: 1 }, cancelable: true });
  same([custom.type, custom.detail.a, custom.cancelable], ['c', 1, true],
    'a custom event');
  same(new CustomEvent('c').detail, null, 'no detail is null');
  same(new CustomEvent('c', { detail: undefined }).detail, null,
    'an undefined detail is null');
  same(new CustomEvent('c', { detail: 0 }).detail, 0, 'the detail 0');
  same(Object.prototype.toString.call(plain), '[object Event]', 'the tag');
  same(custom instanceof Event, true, 'a custom event is an event');
}

function legacy({ same }) {
  const other = new Event('x', { cancelable: true });
  other.returnValue = true;
  same(other.defaultPrevented, false, 'returnValue true changes nothing');
  other.returnValue = false;
  same(other.defaultPrevented, true, 'returnValue false prevents');
  other.returnValue = true;
  same(other.returnValue, false, 'and can not be taken back');
  other.cancelBubble = false;
  same(other.cancelBubble, false, 'cancelBubble false');
  other.stopPropagation();
  same(other.cancelBubble, true, 'stopPropagation');
  other.cancelBubble = false;
  same(other.cancelBubble, true, 'it stays');
  other.initEvent('again', true, false);
  same([other.type, other.bubbles, other.cancelable, other.defaultPrevented],
    ['again', true, false, false], 'initEvent begins anew');
}

function listening({ same, throws }) {
  const target = new EventTarget();
  const seen = [];
  const listener = (event) => seen.push(event.type);
  target.addEventListener('a', listener);
  target.addEventListener('a', listener);
  same(target.dispatchEvent(new Event('a')), true, 'dispatch gives true');
  same(seen, ['a'], 'a listener is there once');
  target.addEventListener('a', listener, true);
  target.dispatchEvent(new Event('a'));
  same(seen, ['a', 'a', 'a'], 'capture makes another listener');
  target.removeEventListener('a', listener);
  target.dispatchEvent(new Event('a'));
  same(seen.length, 4, 'the capturing one stays');
  target.removeEventListener('a', listener, { capture: true });
  target.dispatchEvent(new Event('a'));
  same(seen.length, 4, 'and goes');
  target.removeEventListener('a', listener);
  target.removeEventListener('never', () => {});
  same(target.addEventListener('b', null), undefined, 'null as a listener');
  same(target.addEventListener('b', undefined), undefined,
    'undefined as a listener');
  same(target.removeEventListener('b', null), undefined, 'removing null');
  throws(() => target.addEventListener('a'), TypeError, 'no listener');
  throws(() => target.addEventListener(), TypeError, 'no type');
  for (const wrong of [5, 'x', true, Symbol('a')])
    throws(() => target.addEventListener('a', wrong), TypeError,
      `${typeof wrong} as a listener`);
  throws(() => target.dispatchEvent({}), TypeError, 'an object as an event');
  throws(() => target.dispatchEvent(null), TypeError, 'null as an event');
  throws(() => target.dispatchEvent(), TypeError, 'no event');
  throws(() => EventTarget.prototype.dispatchEvent.call({}, new Event('a')),
    TypeError, 'a target that is none');
  same(new EventTarget() instanceof EventTarget, true, 'a class to construct');
  class Own extends EventTarget {}
  same(new Own().dispatchEvent(new Event('x')), true, 'a class to extend');
}

function calling({ same }) {
  const target = new EventTarget();
  let got;
  target.addEventListener('f', function (event) {
    got = [this === target, event.target === target,
      event.currentTarget === target, event.eventPhase, event.isTrusted,
      event.composedPath().length];
  });
  const event = new Event('f');
  target.dispatchEvent(event);
  same(got, [true, true, true, 2, false, 1], 'what a function sees');
  same([event.target === target, event.currentTarget, event.eventPhase,
    event.composedPath()], [true, null, 0, []], 'what is left afterwards');
  const object = { calls: 0, handleEvent(each) {
    this.calls++;
    same(this === object, true, 'an object is its own this');
    same(each.type, 'o', 'an object gets the event');
  } };
  target.addEventListener('o', object);
  target.dispatchEvent(new Event('o'));
  object.handleEvent = () => {
    object.calls += 10;
  };
  target.dispatchEvent(new Event('o'));
  same(object.calls, 11, 'handleEvent is looked up each time');
}

function order({ same }) {
  const target = new EventTarget();
  let seen = [];
  const note = (name) => () => {
    seen.push(name);
  };
  target.addEventListener('x', note('bubble 1'));
  target.addEventListener('x', note('capture 1'), true);
  target.addEventListener('x', note('bubble 2'), { capture: false });
  target.addEventListener('x', note('capture 2'), { capture: true });
  target.dispatchEvent(new Event('x'));
  same(seen, ['capture 1', 'capture 2', 'bubble 1', 'bubble 2'],
    'order: capturing listeners come first');
  seen = [];
  const adding = new EventTarget();
  adding.addEventListener('x', () => {
    seen.push(1);
    adding.addEventListener('x', note('late'));
  }, { once: true });
  adding.dispatchEvent(new Event('x'));
  same(seen, [1], 'what is added meanwhile waits');
  adding.dispatchEvent(new Event('x'));
  same(seen, [1, 'late'], 'until the next event');
  seen = [];
  const removing = new EventTarget();
  const gone = note('gone');
  removing.addEventListener('x', () => removing.removeEventListener('x', gone));
  removing.addEventListener('x', gone);
  removing.dispatchEvent(new Event('x'));
  same(seen, [], 'what is removed meanwhile is not called');
}

function stopping({ same }) {
  const run = (...listeners) => {
    const target = new EventTarget();
    const seen = [];
    listeners.forEach(([action, options], index) =>
      target.addEventListener('x', (event) => {
        seen.push(index);
        action?.(event);
      }, options));
    const event = new Event('x', { cancelable: true });
    const result = target.dispatchEvent(event);
    return { seen, result, event };
  };
  same(run([(e) => e.stopPropagation()], []).seen, [0, 1],
    'stopPropagation lets the others of the phase run');
  same(run([(e) => e.stopImmediatePropagation()], []).seen, [0],
    'stopImmediatePropagation does not');
  same(run([], [(e) => e.stopPropagation(), true]).seen, [1],
    'stopping: no second phase');
  const prevented = run([(e) => e.preventDefault()]);
  same([prevented.result, prevented.event.defaultPrevented], [false, true],
    'preventDefault gives false');
  const passive = run([(e) => e.preventDefault(), { passive: true }]);
  same([passive.result, passive.event.defaultPrevented], [true, false],
    'passive listeners can not prevent');
  same(run([(e) => e.preventDefault(), { passive: true }],
    [(e) => e.preventDefault()]).result, false, 'others can');
  same(run([(e) => Reflect.set(e, 'returnValue', false)]).result, false,
    'returnValue false');
  same(run([(e) => e.stopPropagation()]).event.cancelBubble, false,
    'the flags end with the dispatch');
}

function options({ same, throws }) {
  const target = new EventTarget();
  let count = 0;
  const add = () => count++;
  target.addEventListener('once', add, { once: true });
  target.dispatchEvent(new Event('once'));
  target.dispatchEvent(new Event('once'));
  same(count, 1, 'once is once');
  target.addEventListener('nested', () => {
    count++;
    target.dispatchEvent(new Event('nested'));
  }, { once: true });
  target.dispatchEvent(new Event('nested'));
  same(count, 2, 'once, even when it dispatches again');
  const controller = new AbortController();
  target.addEventListener('signal', add, { signal: controller.signal });
  target.dispatchEvent(new Event('signal'));
  same(count, 3, 'a listener with a signal');
  controller.abort();
  target.dispatchEvent(new Event('signal'));
  same(count, 3, 'is gone with it');
  target.addEventListener('signal', add, { signal: controller.signal });
  target.dispatchEvent(new Event('signal'));
  same(count, 3, 'an aborted signal adds nothing');
  const middle = new AbortController();
  target.addEventListener('middle', () => middle.abort());
  target.addEventListener('middle', add, { signal: middle.signal });
  target.dispatchEvent(new Event('middle'));
  same(count, 3, 'a signal aborted by an earlier listener');
  throws(() => target.addEventListener('x', add, { signal: null }), TypeError,
    'the signal null');
  throws(() => target.addEventListener('x', add, { signal: {} }), TypeError,
    'an object as a signal');
  const read = [];
  target.addEventListener('x', add, new Proxy({}, { get(_, key) {
    read.push(key);
  } }));
  same(['capture', 'once', 'passive', 'signal'].every((key) =>
    read.includes(key)), true, 'all options are read');
}

function dispatching({ same, throws }) {
  const target = new EventTarget();
  const event = new Event('x');
  target.addEventListener('x', () =>
    throws(() => target.dispatchEvent(event), 'InvalidStateError',
      'an event that is being dispatched'));
  target.dispatchEvent(event);
  const other = new EventTarget();
  let heard = 0;
  other.addEventListener('x', () => heard++);
  same(other.dispatchEvent(event), true, 'dispatched again elsewhere');
  same([heard, event.target === other], [1, true], 'with another target');
  for (const type of ['', '__proto__', 'toString', 'constructor', '\ud800']) {
    const odd = new EventTarget();
    let count = 0;
    odd.addEventListener(type, () => count++);
    odd.dispatchEvent(new Event(type));
    odd.dispatchEvent(new Event(`${type}!`));
    same(count, 1, `the type ${JSON.stringify(type)}`);
  }
}

function error_event({ same }) {
  const error = new ErrorEvent('error', { message: 'm', filename: 'f',
    lineno: 3, colno: 4.7, error: 5 });
  same([error.type, error.message, error.filename, error.lineno, error.colno,
    error.error], ['error', 'm', 'f', 3, 4, 5], 'ErrorEvent');
  const empty = new ErrorEvent('error');
  same([empty.message, empty.filename, empty.lineno, empty.colno,
    empty.error], ['', '', 0, 0, undefined], 'an empty ErrorEvent');
}

function close_event({ same }) {
  const close = new CloseEvent('close', { wasClean: true, code: 65536 + 7,
    reason: '\ud800' });
  same([close.wasClean, close.code, close.reason], [true, 7, '\ufffd'],
    'CloseEvent');
  const no_close = new CloseEvent('close');
  same([no_close.wasClean, no_close.code, no_close.reason], [false, 0, ''],
    'an empty CloseEvent');
}

function rejection_event({ same, throws }) {
  const promise = Promise.resolve();
  const rejection = new PromiseRejectionEvent('r', { promise, reason: 1 });
  same([rejection.promise === promise, rejection.reason], [true, 1],
    'PromiseRejectionEvent');
  throws(() => new PromiseRejectionEvent('r'), TypeError,
    'PromiseRejectionEvent without options');
  throws(() => new PromiseRejectionEvent('r', {}), TypeError,
    'PromiseRejectionEvent without a promise');
}

function message_event({ same, throws }) {
  const { port1 } = new MessageChannel();
  const message = new MessageEvent('m', { data: 1, origin: 'o',
    lastEventId: 2, source: port1, ports: [port1] });
  same([message.data, message.origin, message.lastEventId,
    message.source === port1, message.ports.length],
  [1, 'o', '2', true, 1], 'MessageEvent');
  same(Object.isFrozen(message.ports), true, 'its ports are frozen');
  const no_message = new MessageEvent('m');
  same([no_message.data, no_message.origin, no_message.lastEventId,
    no_message.source, no_message.ports], [null, '', '', null, []],
  'an empty MessageEvent');
  throws(() => new MessageEvent('m', { source: {} }), TypeError,
    'a source that is no port');
  throws(() => new MessageEvent('m', { ports: [1] }), TypeError,
    'ports that are none');
  port1.close();
}

function message_event_again({ same }) {
  const message = new MessageEvent('m', { origin: 'o' });
  message.initMessageEvent('again', true, true, 'd');
  same([message.type, message.data, message.bubbles, message.origin],
    ['again', 'd', true, ''], 'initMessageEvent');
}

function classes({ same, throws }) {
  for (const name of ['ErrorEvent', 'CloseEvent', 'PromiseRejectionEvent',
    'MessageEvent', 'CustomEvent']) {
    const own = globalThis[name];
    same(typeof own, 'function', `class ${name}`);
    if (!own)
      continue;
    same(Object.getPrototypeOf(own), Event, `${own.name} extends Event`);
    same(own.prototype[Symbol.toStringTag], own.name, `tag of ${own.name}`);
    throws(() => new own(), TypeError, `${own.name} without a type`);
  }
}

module.exports = async (check) => {
  for (const group of [event_class, legacy, listening, calling, order,
    stopping, options, dispatching, error_event, close_event,
    rejection_event, message_event, message_event_again, classes])
    await check.group(group.name, () => group(check));
};
