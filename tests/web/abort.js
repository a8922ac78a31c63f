/* AbortController and AbortSignal (DOM Standard, 3); DOMException. */
'use strict';

function controllers({ same, throws }) {
  const controller = new AbortController();
  const { signal } = controller;
  same([signal.aborted, signal.reason], [false, undefined], 'not yet aborted');
  same(controller.signal === signal, true, 'the same signal each time');
  same(signal.throwIfAborted(), undefined, 'throwIfAborted does nothing');
  same(signal.onabort, null, 'no handler');
  let event;
  signal.onabort = (each) => {
    event = each;
  };
  controller.abort();
  same([signal.aborted, signal.reason.name, signal.reason.code],
    [true, 'AbortError', 20], 'aborted');
  same([event.type, event.target === signal, event.isTrusted, event.bubbles],
    ['abort', true, true, false], 'the event');
  throws(() => signal.throwIfAborted(), { value: signal.reason },
    'throwIfAborted throws the reason');
  const { reason } = signal;
  controller.abort('other');
  same(signal.reason === reason, true, 'the first reason stays');
  for (const value of [null, 0, '', false, 'text']) {
    const own = new AbortController();
    own.abort(value);
    same(own.signal.reason, value, `the reason ${JSON.stringify(value)}`);
    throws(() => own.signal.throwIfAborted(), { value },
      `throws the reason ${JSON.stringify(value)}`);
  }
  const undefined_reason = new AbortController();
  undefined_reason.abort(undefined);
  same(undefined_reason.signal.reason.name, 'AbortError', 'undefined is none');
  throws(() => new AbortSignal(), TypeError, 'no constructor');
  throws(() => AbortController(), TypeError, 'without new');
  throws(() => {
    'use strict';
    signal.aborted = false;
  }, TypeError, 'aborted can not be set');
  same(Object.prototype.toString.call(signal), '[object AbortSignal]', 'tag');
  same(Object.prototype.toString.call(controller), '[object AbortController]',
    'tag of the controller');
  same(signal instanceof EventTarget, true, 'a signal is a target');
}

function handlers({ same }) {
  const controller = new AbortController();
  const { signal } = controller;
  const seen = [];
  signal.addEventListener('abort', () => seen.push('first'));
  signal.onabort = () => seen.push('never');
  signal.addEventListener('abort', () => seen.push('last'));
  signal.onabort = () => seen.push('handler');
  signal.addEventListener('abort', () => seen.push(signal.aborted));
  controller.abort();
  controller.abort();
  same(seen, ['first', 'handler', 'last', true],
    'a handler keeps its place, and aborting happens once');
  const other = new AbortController();
  other.signal.onabort = () => seen.push('wrong');
  other.signal.onabort = null;
  other.abort();
  same(seen.length, 4, 'a handler that was taken away');
  other.signal.onabort = 5;
  same(other.signal.onabort, null, 'a number is no handler');
}

function statics({ same, throws }) {
  const aborted = AbortSignal.abort();
  same([aborted.aborted, aborted.reason.name], [true, 'AbortError'],
    'AbortSignal.abort');
  same(AbortSignal.abort('why').reason, 'why', 'with a reason');
  same(AbortSignal.abort() === aborted, false, 'another each time');
  let heard = 0;
  aborted.onabort = () => heard++;
  same(heard, 0, 'it aborts nobody later');
  throws(() => AbortSignal.timeout(), TypeError, 'timeout without a time');
  throws(() => AbortSignal.any(), TypeError, 'any without a list');
  throws(() => AbortSignal.any([1]), TypeError, 'any of numbers');
  throws(() => AbortSignal.any([null]), TypeError, 'any of null');
  throws(() => AbortSignal.any(5), TypeError, 'any of no list');
  same(AbortSignal.any([]).aborted, false, 'any of nothing');
}

async function timeouts({ same, sleep }) {
  const signal = AbortSignal.timeout(5);
  same(signal.aborted, false, 'a timeout waits');
  let trusted;
  signal.addEventListener('abort', (event) => {
    trusted = event.isTrusted;
  });
  const both = AbortSignal.any([new AbortController().signal, signal]);
  await new Promise((resolve) => both.addEventListener('abort', resolve));
  same([signal.aborted, signal.reason.name, signal.reason.code],
    [true, 'TimeoutError', 23], 'a timeout');
  same(trusted, true, 'its event is trusted');
  same(both.reason === signal.reason, true, 'it reaches any()');
  const long = AbortSignal.timeout(2 ** 32 - 1);
  await sleep(5);
  same(long.aborted, false, 'timeout of 49 days');
}

function any_iterable({ same }) {
  same(AbortSignal.any(new Set([AbortSignal.abort(3)])).reason, 3,
    'any iterable');
}

function any({ same }) {
  const one = new AbortController();
  const two = new AbortController();
  const both = AbortSignal.any([one.signal, two.signal]);
  same(both.aborted, false, 'any waits');
  two.abort('two');
  one.abort('one');
  same([both.aborted, both.reason], [true, 'two'], 'the first one counts');
  same(AbortSignal.any([one.signal, two.signal]).reason, 'one',
    'of aborted ones the first in the list');
  const source = new AbortController();
  const inner = AbortSignal.any([source.signal]);
  const outer = AbortSignal.any([inner, source.signal]);
  const order = [];
  source.signal.onabort = () => order.push('source', outer.aborted);
  inner.onabort = () => order.push('inner');
  outer.onabort = () => order.push('outer');
  source.abort(7);
  same([inner.reason, outer.reason], [7, 7], 'any of any');
  same(order, ['source', true, 'inner', 'outer'],
    'order of any: all are aborted before the first event');
  let calls = 0;
  const own = new AbortController();
  const joined = AbortSignal.any([own.signal, own.signal]);
  joined.addEventListener('abort', () => calls++);
  own.abort();
  same(calls, 1, 'one event for the same signal twice');
  const during = new AbortController();
  let late;
  during.signal.onabort = () => {
    late = AbortSignal.any([during.signal]);
  };
  during.abort('now');
  same([late.aborted, late.reason], [true, 'now'], 'any within the event');
}

function exceptions({ same, throws }) {
  const codes = { IndexSizeError: [1, 'INDEX_SIZE_ERR'],
    HierarchyRequestError: [3, 'HIERARCHY_REQUEST_ERR'],
    WrongDocumentError: [4, 'WRONG_DOCUMENT_ERR'],
    InvalidCharacterError: [5, 'INVALID_CHARACTER_ERR'],
    NoModificationAllowedError: [7, 'NO_MODIFICATION_ALLOWED_ERR'],
    NotFoundError: [8, 'NOT_FOUND_ERR'],
    NotSupportedError: [9, 'NOT_SUPPORTED_ERR'],
    InUseAttributeError: [10, 'INUSE_ATTRIBUTE_ERR'],
    InvalidStateError: [11, 'INVALID_STATE_ERR'],
    SyntaxError: [12, 'SYNTAX_ERR'],
    InvalidModificationError: [13, 'INVALID_MODIFICATION_ERR'],
    NamespaceError: [14, 'NAMESPACE_ERR'],
    InvalidAccessError: [15, 'INVALID_ACCESS_ERR'],
    TypeMismatchError: [17, 'TYPE_MISMATCH_ERR'],
    SecurityError: [18, 'SECURITY_ERR'], NetworkError: [19, 'NETWORK_ERR'],
    AbortError: [20, 'ABORT_ERR'], URLMismatchError: [21, 'URL_MISMATCH_ERR'],
    QuotaExceededError: [22, 'QUOTA_EXCEEDED_ERR'],
    TimeoutError: [23, 'TIMEOUT_ERR'],
    InvalidNodeTypeError: [24, 'INVALID_NODE_TYPE_ERR'],
    DataCloneError: [25, 'DATA_CLONE_ERR'] };
  for (const [name, [code, constant]] of Object.entries(codes)) {
    const error = new DOMException('m', name);
    same([error.name, error.message, error.code], [name, 'm', code], name);
    same([DOMException[constant], error[constant]], [code, code], constant);
    const { writable, enumerable, configurable } =
      Object.getOwnPropertyDescriptor(DOMException, constant);
    same([writable, enumerable, configurable], [false, true, false],
      `the constant ${constant}`);
  }
  for (const [constant, code] of [['DOMSTRING_SIZE_ERR', 2],
    ['NO_DATA_ALLOWED_ERR', 6], ['VALIDATION_ERR', 16]])
    same(DOMException[constant], code, constant);
  for (const name of ['EncodingError', 'NotReadableError', 'UnknownError',
    'ConstraintError', 'DataError', 'TransactionInactiveError',
    'ReadOnlyError', 'VersionError', 'OperationError', 'NotAllowedError',
    'Anything', ''])
    same([new DOMException('', name).name, new DOMException('', name).code],
      [name, 0], `${name} has no code`);
  const plain = new DOMException();
  same([plain.name, plain.message, plain.code], ['Error', '', 0], 'defaults');
  same(new DOMException(null).message, 'null', 'null is a text');
  same(new DOMException('m', undefined).name, 'Error', 'an undefined name');
  same(String(new DOMException('m', 'AbortError')), 'AbortError: m', 'text');
  same(plain instanceof Error, true, 'an Error');
  same(Object.prototype.toString.call(plain), '[object DOMException]', 'tag');
  same(typeof plain.stack, 'string', 'a stack');
  same(Object.getPrototypeOf(DOMException.prototype), Error.prototype,
    'its prototype');
  throws(() => DOMException(), TypeError, 'DOMException without new');
  throws(() => new DOMException(Symbol('a')), TypeError, 'a symbol');
}

module.exports = async (check) => {
  for (const group of [controllers, handlers, statics, timeouts, any,
    any_iterable, exceptions])
    await check.group(group.name, () => group(check));
};
