/*
 * node:http.
 */
'use strict';

(function ({ load }) {
  const { STATUS_CODES, validateHeaderName, validateHeaderValue } =
    load('node/http_headers');
  const { check_integer } = load('node/errors');

  const METHODS = ['ACL', 'BIND', 'CHECKOUT', 'CONNECT', 'COPY', 'DELETE',
    'GET', 'HEAD', 'LINK', 'LOCK', 'M-SEARCH', 'MERGE', 'MKACTIVITY',
    'MKCALENDAR', 'MKCOL', 'MOVE', 'NOTIFY', 'OPTIONS', 'PATCH', 'POST',
    'PROPFIND', 'PROPPATCH', 'PURGE', 'PUT', 'QUERY', 'REBIND', 'REPORT',
    'SEARCH', 'SOURCE', 'SUBSCRIBE', 'TRACE', 'UNBIND', 'UNLINK', 'UNLOCK',
    'UNSUBSCRIBE'];

  return load('node/http_functions').complete({ METHODS, STATUS_CODES,
    Agent: load('node/http_agent').Agent,
    ClientRequest: load('node/http_client').ClientRequest,
    IncomingMessage: load('node/http_incoming').IncomingMessage,
    OutgoingMessage: load('node/http_outgoing').OutgoingMessage,
    ServerResponse: load('node/http_server').ServerResponse,
    validateHeaderName, validateHeaderValue,
    _connectionListener: load('node/unavailable').refusing_function('http',
      '_connectionListener'),
    setMaxIdleHTTPParsers: (max) => check_integer(max, 'max', 1),
    maxHeaderSize: 16384 }, 'http:');
})
