/*
 * DOMException (Web IDL, 4.3).
 */
'use strict';

(function ({ load }) {
  /* The index of a name is its code (Web IDL, 2.8.1); its constant stands
   * beside it. Codes without a name are obsolete and have a constant only. */
  const codes = [
    [], ['IndexSizeError', 'INDEX_SIZE_ERR'], ['', 'DOMSTRING_SIZE_ERR'],
    ['HierarchyRequestError', 'HIERARCHY_REQUEST_ERR'],
    ['WrongDocumentError', 'WRONG_DOCUMENT_ERR'],
    ['InvalidCharacterError', 'INVALID_CHARACTER_ERR'],
    ['', 'NO_DATA_ALLOWED_ERR'],
    ['NoModificationAllowedError', 'NO_MODIFICATION_ALLOWED_ERR'],
    ['NotFoundError', 'NOT_FOUND_ERR'],
    ['NotSupportedError', 'NOT_SUPPORTED_ERR'],
    ['InUseAttributeError', 'INUSE_ATTRIBUTE_ERR'],
    ['InvalidStateError', 'INVALID_STATE_ERR'], ['SyntaxError', 'SYNTAX_ERR'],
    ['InvalidModificationError', 'INVALID_MODIFICATION_ERR'],
    ['NamespaceError', 'NAMESPACE_ERR'],
    ['InvalidAccessError', 'INVALID_ACCESS_ERR'], ['', 'VALIDATION_ERR'],
    ['TypeMismatchError', 'TYPE_MISMATCH_ERR'],
    ['SecurityError', 'SECURITY_ERR'], ['NetworkError', 'NETWORK_ERR'],
    ['AbortError', 'ABORT_ERR'], ['URLMismatchError', 'URL_MISMATCH_ERR'],
    ['QuotaExceededError', 'QUOTA_EXCEEDED_ERR'],
    ['TimeoutError', 'TIMEOUT_ERR'],
    ['InvalidNodeTypeError', 'INVALID_NODE_TYPE_ERR'],
    ['DataCloneError', 'DATA_CLONE_ERR'],
  ];
  const code_of = new Map(codes.map(([name], code) => [name, code]));
  code_of.delete(undefined);
  code_of.delete('');
  let is_exception;

  class DOMException extends Error {
    #name;
    /* The second argument is a name or, as in Node, {name, cause}. */
    constructor(message = '', options = 'Error') {
      const is_object = typeof options === 'object' && options !== null;
      super(message);
      this.#name = String((is_object ? options.name : options) ?? 'Error');
      Object.defineProperty(this, 'message', { value: this.message,
        configurable: true, writable: true, enumerable: false });
      if (is_object && 'cause' in options)
        Object.defineProperty(this, 'cause', { value: options.cause,
          configurable: true, writable: true, enumerable: false });
    }
    static {
      is_exception = (value) => #name in value;
    }
    get name() {
      return this.#name;
    }
    get code() {
      return code_of.get(this.#name) ?? 0;
    }
  }
  codes.forEach(([, constant], code) => {
    for (const object of constant ? [DOMException, DOMException.prototype] : [])
      Object.defineProperty(object, constant,
        { value: code, enumerable: true });
  });
  load('web_idl').tag(DOMException, 'DOMException');

  return { DOMException, is_exception };
})
