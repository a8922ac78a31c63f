/*
 * V8's call sites, which Error.prepareStackTrace gets, over frames of stack.js.
 */
'use strict';

(function ({ load }) {
  const { frame_text, file_of } = load('stack');

  class CallSite {
    #frame;
    constructor(frame) {
      this.#frame = frame;
    }
    /* The engine knows nothing of the values of a call. */
    getThis() {
      return undefined;
    }
    getFunction() {
      return undefined;
    }
    getTypeName() {
      return null;
    }
    getMethodName() {
      return null;
    }
    getFunctionName() {
      return this.#frame.name || null;
    }
    getFileName() {
      return this.#frame.line === null ? null : file_of(this.#frame.url);
    }
    getLineNumber() {
      return this.#frame.line;
    }
    getColumnNumber() {
      return this.#frame.column;
    }
    getEnclosingLineNumber() {
      return this.#frame.line;
    }
    getEnclosingColumnNumber() {
      return this.#frame.column;
    }
    getPosition() {
      return 0;
    }
    getScriptNameOrSourceURL() {
      return this.getFileName();
    }
    getScriptHash() {
      return '';
    }
    getEvalOrigin() {
      return undefined;
    }
    getPromiseIndex() {
      return null;
    }
    isNative() {
      return this.#frame.is_native;
    }
    isEval() {
      return this.#frame.is_eval;
    }
    isToplevel() {
      return true;
    }
    isConstructor() {
      return false;
    }
    isAsync() {
      return false;
    }
    isPromiseAll() {
      return false;
    }
    toString() {
      return frame_text(this.#frame);
    }
  }

  return { sites_of: (frames) => frames.map((frame) => new CallSite(frame)) };
})
