/*
 * fetch() (Fetch Standard, 4). The node makes each request under the task's
 * network rules and answers with the whole body. This file follows redirects
 * by the standard's steps and with its URL parser. Each hop is a request of
 * its own, so the node's rules hold for each hop.
 */
'use strict';

(function (library) {
  const { load } = library;
  const { Request } = load('request');
  const { Response, received, redirects } = load('response');
  const { Headers } = load('headers');
  const { use } = load('body');

  /* The standard's limit. */
  const redirects_max = 20;

  /* A redirect that drops the body drops the headers that describe it (Fetch
   * Standard, 2.2.2). */
  const of_body = ['content-encoding', 'content-language', 'content-location',
    'content-type', 'content-length'];

  /* A redirect to another origin drops these. The standard names the first;
   * Node drops the others as well. */
  const of_origin = ['authorization', 'proxy-authorization', 'cookie', 'host'];

  const failed = (text, options) =>
    new TypeError(`fetch failed: ${text}`, options);

  /* Whether the request has a Content-Length. Methods that expect a body have
   * one of 0 for a null body: POST and PUT in the standard, PATCH in Node. */
  const announces_body = (hop) => hop.body !== null ||
    ['POST', 'PUT', 'PATCH'].includes(hop.method);

  /* The answer to one request: {result, payload}. */
  async function ask(hop, signal) {
    try {
      return await library.ask('fetch', [{ url: hop.url.href,
        method: hop.method, headers: [...hop.headers],
        body: announces_body(hop) }], hop.body ?? undefined, signal);
    } catch (error) {
      if (signal.aborted)
        throw signal.reason;
      throw failed(error.message, { cause: error });
    }
  }

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
    const hop = { url, method: request.method,
      headers: new Headers(request.headers), body: await use(request),
      type: 'basic' };
    for (let count = 0; ; count++) {
      const { result, payload } = await ask(hop, signal);
      const answer = () => received({ ...result, method: hop.method,
        url: hop.url.href,
        redirected: count > 0, type: hop.type }, payload);
      if (!redirects.has(result.status) || mode === 'manual')
        return answer();
      if (mode === 'error')
        throw failed(`${hop.url.href} redirects, which the request refuses`);
      const location = location_of(hop, result.headers);
      if (!location)
        return answer();
      if (count === redirects_max)
        throw failed(`more than ${redirects_max} redirects`);
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

  async function fetch(input, init) {
    const request = new Request(input, init);
    request.signal.throwIfAborted();
    if (request.url.startsWith('data:'))
      return fetch_data(request);
    if (!/^https?:/.test(request.url))
      throw failed(`${request.url.split(':')[0]}: is not http or https`);
    return fetch_http(request);
  }

  return { fetch, Headers, Request, Response };
})
