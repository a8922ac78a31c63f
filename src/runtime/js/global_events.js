/*
 * The global object as a target of events: errors that nobody caught and
 * rejections that nobody handled (HTML Standard, 8.1.4; Ecma-429).
 */
'use strict';

(function ({ load, report }) {
  const { EventTarget, dispatch, has_listeners, define_handlers,
    become_target } = load('event_target');
  const { ErrorEvent, PromiseRejectionEvent } = load('event_kinds');

  become_target(globalThis);
  /* The engine does not say that a rejection was handled later, so
   * "rejectionhandled" never comes. */
  const handlers = {};
  define_handlers(handlers, ['unhandledrejection', 'rejectionhandled']);

  /* onerror takes five arguments, and true from it means handled (8.1.8.1). */
  let onerror = null;
  function call_onerror(event) {
    const is_error = event instanceof ErrorEvent;
    const result = Reflect.apply(onerror, globalThis, is_error
      ? [event.message, event.filename, event.lineno, event.colno, event.error]
      : [event]);
    if (is_error ? result === true : result === false)
      event.preventDefault();
  }
  Object.defineProperty(handlers, 'onerror', {
    configurable: true, enumerable: true,
    get: () => onerror,
    set(value) {
      const handler = typeof value === 'function' ? value : null;
      if (!handler)
        EventTarget.prototype.removeEventListener.call(globalThis, 'error',
          call_onerror);
      else if (!onerror)
        EventTarget.prototype.addEventListener.call(globalThis, 'error',
          call_onerror);
      onerror = handler;
    },
  });

  /* An error in a handler of errors must not lead here again. */
  let is_reporting = false;

  /* True if a listener dealt with it. */
  function take(type, event) {
    if (is_reporting || !has_listeners(globalThis, type))
      return false;
    is_reporting = true;
    try {
      return !dispatch(globalThis, event(), true);
    } finally {
      is_reporting = false;
    }
  }

  const take_error = (error) => take('error', () => {
    const is_error = error instanceof Error;
    return new ErrorEvent('error', { cancelable: true, error,
      message: is_error ? `${error.name}: ${error.message}` : text_of(error),
      filename: is_error ? error.sourceURL ?? '' : '',
      lineno: is_error ? error.line ?? 0 : 0,
      colno: is_error ? error.column ?? 0 : 0 });
  });

  function text_of(value) {
    try {
      return String(value);
    } catch {
      return 'an error that can not be shown';
    }
  }

  const take_rejection = (reason, promise) => take('unhandledrejection', () =>
    new PromiseRejectionEvent('unhandledrejection',
      { cancelable: true, promise, reason }));

  function reportError(error) {
    load('web_idl').need(arguments.length, 1, 'reportError');
    report(error);
  }

  const { addEventListener, removeEventListener, dispatchEvent } =
    EventTarget.prototype;

  return { addEventListener, removeEventListener, dispatchEvent, handlers,
    reportError, take_error, take_rejection };
})
