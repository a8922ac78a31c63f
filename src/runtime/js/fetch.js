/*
 * fetch() (Fetch Standard, 4). The node makes each request under the task's
 * network rules. It answers with the head and what has come of the body by
 * then; fetch_body.js reads the rest. A request's body is sent whole. This file follows redirects
 * by the standard's steps and with its URL parser. Each hop is a request of
 * its own, so the node's rules hold for each hop.
 */
'use strict';

(function (library) {
  const { load } = library;
  const { Request } = load('request');
  const { Response, received, redirects } = load('response');
  const { Headers } = load('headers');
  const { use, came_as_stream } = load('body');

  /* The standard's limit. */
  const redirects_max = 20;

  /* A redirect that drops the body drops the headers that describe it (Fetch
   * Standard, 2.2.2). */
  const of_body = ['content-encoding', 'content-language', 'content-location',
    'content-type', 'content-length'];

  /* A redirect to another origin drops these. The standard names the first;
   * Node drops the others as well. */
  const of_origin = ['authorization', 'proxy-authorization', 'cookie', 'host'];

  /* Node says this of all failures, and the rest in the cause. */
  const failed_with = (cause) => new TypeError('fetch failed', { cause });
  const failed = (text) => failed_with(new Error(text));

  /* libuv's numbers and the calls that fail so, which Node's errors have. */
  const system = new Map([
    ['ECONNREFUSED', [-111, 'connect']], ['ENOTFOUND', [-3008, 'getaddrinfo']],
    ['ECONNRESET', [-104, 'read']], ['ETIMEDOUT', [-110, 'connect']],
    ['EHOSTUNREACH', [-113, 'connect']], ['ENETUNREACH', [-101, 'connect']],
    ['EACCES', [-13, 'connect']],
  ]);

  /* The cause of a failure that the node reports as {code, message}. */
  function fault({ code, message }, hop) {
    const error = new Error(message);
    const [errno, syscall] = system.get(code) ?? [];
    if (errno !== undefined)
      Object.assign(error, { errno, code, syscall });
    else if (code)
      error.code = code;
    if (syscall === 'getaddrinfo')
      error.hostname = hop.url.hostname;
    return error;
  }

  /* Whether the request has a Content-Length. Methods that expect a body have
   * one of 0 for a null body: POST and PUT in the standard, PATCH in Node. */
  const announces_body = (hop) => hop.body !== null ||
    ['POST', 'PUT', 'PATCH'].includes(hop.method);

  /* The answer to one request: {result, payload}. */
  async function ask(hop, signal) {
    let answer;
    try {
      answer = await library.ask('fetch', [{ url: hop.url.href,
        method: hop.method, headers: [...hop.headers],
        body: announces_body(hop) }], hop.body ?? undefined, signal);
    } catch (error) {
      if (signal.aborted)
        throw signal.reason;
      throw failed_with(fault(error, hop));
    }
    if (answer.result.error)
      throw failed_with(fault(answer.result.error, hop));
    return answer;
  }

  /* The body of a redirect is not read. */
  function drop_body({ result }) {
    if (result.stream !== undefined)
      library.ask('fetchCancel', [result.stream], undefined, undefined, true)
        .catch(() => {});
  }

  /* The rest of a body that has not come whole; null if it has. */
  const rest_of = ({ result, payload }, hop, signal) =>
    result.stream === undefined ? null : load('fetch_body').open(
      result.stream, payload, signal, (error) => fault(error, hop));

  /* The URL that an answer redirects to; null without a Location. */
  function location_of(hop, headers) {
    const bytes = new Headers(headers).get('location');
    if (bytes === null)
      return null;
    const location = load('encoding').utf8_of_latin1(bytes);
    const url = load('url').URL.parse(location, hop.url.href);
    if (!url)
      throw failed(`redirected to ${location}, which is no URL`);
    if (url.protocol !== 'http:' && url.protocol !== 'https:')
      throw failed(`redirected to ${url.protocol}, which is not http or https`);
    if (url.username || url.password)
      throw failed('redirected to a URL with credentials');
    return url;
  }

  /* Change the request as a redirect demands (4.4, "HTTP-redirect fetch"). */
  function redirect(hop, url, status) {
    if ((status === 301 || status === 302) && hop.method === 'POST' ||
      status === 303 && hop.method !== 'GET' && hop.method !== 'HEAD') {
      hop.method = 'GET';
      hop.body = null;
      of_body.forEach((name) => hop.headers.delete(name));
    }
    if (url.origin !== hop.url.origin) {
      of_origin.forEach((name) => hop.headers.delete(name));
      hop.type = 'cors';
    }
    url.hash = '';
    hop.url = url;
  }

  async function fetch_http(request) {
    const { signal, redirect: mode } = request;
    const url = new (load('url').URL)(request.url);
    url.hash = '';
    const is_streamed = came_as_stream(request);
    const hop = { url, method: request.method,
      headers: new Headers(request.headers), body: await use(request),
      type: 'basic' };
    for (let count = 0; ; count++) {
      const came = await ask(hop, signal);
      const { result, payload } = came;
      const answer = () => received({ ...result, method: hop.method,
        url: hop.url.href, redirected: count > 0, type: hop.type }, payload,
      rest_of(came, hop, signal));
      if (!redirects.has(result.status) || mode === 'manual')
        return answer();
      if (mode === 'error') {
        drop_body(came);
        throw failed(`${hop.url.href} redirects, which the request refuses`);
      }
      const location = location_of(hop, result.headers);
      if (!location)
        return answer();
      drop_body(came);
      if (count === redirects_max)
        throw failed(`more than ${redirects_max} redirects`);
      /* A stream can't be sent again (4.4, step 11). */
      if (is_streamed && hop.body !== null && result.status !== 303)
        throw failed('a body that is a stream can not follow a redirect');
      redirect(hop, location, result.status);
    }
  }

  /* A data: URL needs no network. */
  function fetch_data(request) {
    const url = new (load('url').URL)(request.url);
    url.hash = '';
    const data = load('data_url').read(url.href);
    if (!data)
      throw failed('the data: URL is not whole');
    return received({ status: 200, statusText: 'OK', method: request.method,
      redirected: false, type: 'basic', url: url.href,
      headers: [['content-type', data.type]] }, data.bytes);
  }

  /* Nor does the URL of a Blob. */
  function fetch_blob(request) {
    const blob = load('object_url').find(request.url);
    if (!blob || request.method !== 'GET')
      throw failed(blob ? 'the URL of a Blob takes GET only'
        : `${request.url} is no Blob's URL, or was revoked`);
    return received({ status: 200, statusText: 'OK', method: request.method,
      redirected: false, type: 'basic', url: request.url.replace(/#.*/s, ''),
      headers: [['content-length', String(blob.size)],
        ['content-type', blob.type]] }, load('blob').blob_bytes(blob));
  }

  async function fetch(input, init) {
    const request = new Request(input, init);
    request.signal.throwIfAborted();
    if (request.url.startsWith('data:'))
      return fetch_data(request);
    if (request.url.startsWith('blob:'))
      return fetch_blob(request);
    if (!/^https?:/.test(request.url))
      throw failed(`${request.url.split(':')[0]}: is not http or https`);
    return fetch_http(request);
  }

  return { fetch, Headers, Request, Response };
})
