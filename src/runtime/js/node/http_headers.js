/*
 * Headers and status codes of HTTP as Node's http has them: checks with Node's
 * errors, and the joining of those that come more than once.
 *
 * Names come from strangers, so each becomes an own property.
 */
'use strict';

(function ({ load }) {
  const { set } = load('own');
  const { make } = load('node/errors');

  const STATUS_CODES = { 100: 'Continue', 101: 'Switching Protocols',
    102: 'Processing', 103: 'Early Hints', 200: 'OK', 201: 'Created',
    202: 'Accepted', 203: 'Non-Authoritative Information', 204: 'No Content',
    205: 'Reset Content', 206: 'Partial Content', 207: 'Multi-Status',
    208: 'Already Reported', 226: 'IM Used', 300: 'Multiple Choices',
    301: 'Moved Permanently', 302: 'Found', 303: 'See Other',
    304: 'Not Modified', 305: 'Use Proxy', 307: 'Temporary Redirect',
    308: 'Permanent Redirect', 400: 'Bad Request', 401: 'Unauthorized',
    402: 'Payment Required', 403: 'Forbidden', 404: 'Not Found',
    405: 'Method Not Allowed', 406: 'Not Acceptable',
    407: 'Proxy Authentication Required', 408: 'Request Timeout',
    409: 'Conflict', 410: 'Gone', 411: 'Length Required',
    412: 'Precondition Failed', 413: 'Payload Too Large', 414: 'URI Too Long',
    415: 'Unsupported Media Type', 416: 'Range Not Satisfiable',
    417: 'Expectation Failed', 418: 'I\'m a Teapot',
    421: 'Misdirected Request', 422: 'Unprocessable Entity', 423: 'Locked',
    424: 'Failed Dependency', 425: 'Too Early', 426: 'Upgrade Required',
    428: 'Precondition Required', 429: 'Too Many Requests',
    431: 'Request Header Fields Too Large',
    451: 'Unavailable For Legal Reasons', 500: 'Internal Server Error',
    501: 'Not Implemented', 502: 'Bad Gateway', 503: 'Service Unavailable',
    504: 'Gateway Timeout', 505: 'HTTP Version Not Supported',
    506: 'Variant Also Negotiates', 507: 'Insufficient Storage',
    508: 'Loop Detected', 509: 'Bandwidth Limit Exceeded',
    510: 'Not Extended', 511: 'Network Authentication Required' };

  const reason_of = (status) => Object.hasOwn(STATUS_CODES, status)
    ? STATUS_CODES[status] : undefined;

  const { token } = load('mime');

  function validateHeaderName(name, label = 'Header name') {
    if (typeof name !== 'string' || !token.test(name))
      throw make(TypeError, 'ERR_INVALID_HTTP_TOKEN',
        `${label} must be a valid HTTP token ["${String(name)}"]`);
  }

  function validateHeaderValue(name, value) {
    if (value === undefined)
      throw make(TypeError, 'ERR_HTTP_INVALID_HEADER_VALUE',
        `Invalid value "undefined" for header "${name}"`);
    for (const one of Array.isArray(value) ? value : [value])
      if (/[^\t\x20-\x7e\x80-\xff]/.test(String(one)))
        throw make(TypeError, 'ERR_INVALID_CHAR',
          `Invalid character in header content ["${name}"]`);
  }

  /* Headers of which only the first counts. */
  const single = new Set(['age', 'authorization', 'content-length',
    'content-type', 'etag', 'expires', 'from', 'host', 'if-modified-since',
    'if-unmodified-since', 'last-modified', 'location', 'max-forwards',
    'proxy-authorization', 'referer', 'retry-after', 'server', 'user-agent']);

  /* The list is [[name, value], ...]. joins_all: the second of a single one
   * counts, too (the option joinDuplicateHeaders). */
  function join_headers(list, joins_all = false) {
    const headers = {};
    for (const [own, value] of list) {
      const name = own.toLowerCase();
      const before = Object.hasOwn(headers, name) ? headers[name] : undefined;
      if (name === 'set-cookie')
        set(headers, name, [...before ?? [], value]);
      else if (before === undefined)
        set(headers, name, value);
      else if (joins_all || !single.has(name))
        set(headers, name, before + (name === 'cookie' ? '; ' : ', ') + value);
    }
    return headers;
  }

  /* All values of each name. */
  function collect_headers(list) {
    const headers = Object.create(null);
    for (const [own, value] of list) {
      const name = own.toLowerCase();
      set(headers, name, [...headers[name] ?? [], value]);
    }
    return headers;
  }

  return { STATUS_CODES, reason_of, token, validateHeaderName,
    validateHeaderValue, join_headers, collect_headers };
})
