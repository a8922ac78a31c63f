/* Request, Response and data: URLs (Fetch Standard, 5 and 6). */
'use strict';

function requests({ same, throws, show }) {
  const plain = new Request('http://h/p#f');
  same([plain.url, plain.method, plain.redirect, plain.bodyUsed, plain.body],
    ['http://h/p#f', 'GET', 'follow', false, null], 'a plain Request');
  same([plain.credentials, plain.mode, plain.cache, plain.integrity,
    plain.keepalive, plain.referrer, plain.referrerPolicy, plain.destination,
    plain.duplex], ['same-origin', 'cors', 'default', '', false,
    'about:client', '', '', 'half'], 'its other members');
  same(plain.signal instanceof AbortSignal, true, 'its signal');
  same([plain.headers instanceof Headers, [...plain.headers].length],
    [true, 0], 'its headers');
  same(plain.headers === plain.headers, true, 'the same object each time');
  for (const [method, kept] of [['get', 'GET'], ['POST', 'POST'],
    ['post', 'POST'], ['pUt', 'PUT'], ['delete', 'DELETE'], ['head', 'HEAD'],
    ['options', 'OPTIONS'], ['patch', 'patch'], ['PATCH', 'PATCH'],
    ['unknown', 'unknown'], ['X!#$%&\'*+-.^_`|~', 'X!#$%&\'*+-.^_`|~']])
    same(new Request('http://h', { method }).method, kept, `method ${method}`);
  for (const method of ['', ' ', 'a b', 'a\n', '\u00e4', 'a,b', 'CONNECT',
    'connect', 'TRACE', 'Track', '\u212aEEP'])
    throws(() => new Request('http://h', { method }), TypeError,
      `no method ${show(method)}`);
  for (const url of ['', '/p', 'http://', 'http://u@h/', 'http://u:p@h/',
    'http://a b/'])
    throws(() => new Request(url), TypeError, `no URL to fetch: ${show(url)}`);
  throws(() => new Request(), TypeError, 'no URL at all');
  throws(() => Request('http://h'), TypeError, 'without new');
  for (const [what, init] of [['options a number', 5],
    ['another redirect', { redirect: 'other' }], ['a signal that is none',
      { signal: {} }], ['a GET with a body', { body: 'x' }],
    ['a HEAD with a body', { method: 'HEAD', body: 'x' }],
    ['bad headers', { headers: { 'a b': '1' } }]])
    throws(() => new Request('http://h', init), TypeError, what);
  for (const redirect of ['follow', 'error', 'manual'])
    same(new Request('http://h', { redirect }).redirect, redirect,
      `redirect ${redirect}`);
  same(new Request(new URL('http://h/x')).url, 'http://h/x', 'of a URL');
  same(Object.prototype.toString.call(plain), '[object Request]', 'the tag');
}

async function request_copies({ same, rejects, throws }) {
  const first = new Request('http://h/', { method: 'POST', body: 'text',
    headers: { a: '1' } });
  same(first.headers.get('content-type'), 'text/plain;charset=UTF-8',
    'the type of a text');
  const copy = first.clone();
  same([copy.method, copy.url, copy.headers.get('a')], ['POST', 'http://h/',
    '1'], 'a clone');
  copy.headers.set('a', '2');
  same(first.headers.get('a'), '1', 'has its own headers');
  same(await copy.text(), 'text', 'and its own body');
  const second = new Request(first);
  same([first.bodyUsed, second.bodyUsed], [true, false],
    'a Request of a Request takes its body');
  same(await second.text(), 'text', 'whole');
  throws(() => new Request(first), TypeError, 'a used Request');
  throws(() => first.clone(), TypeError, 'no clone of a used one');
  await rejects(first.text(), TypeError, 'nor its text');
  const third = new Request(new Request('http://h', { method: 'PUT',
    headers: { b: '1' } }), { method: 'DELETE', headers: { c: '2' } });
  same([third.method, [...third.headers]], ['DELETE', [['c', '2']]],
    'options replace');
  const controller = new AbortController();
  const signalled = new Request('http://h', { signal: controller.signal });
  controller.abort();
  same(signalled.signal.aborted, true, 'a signal is followed');
  same(new Request(signalled).signal.aborted, true, 'by copies as well');
  same(new Request(signalled, { signal: null }).signal.aborted, false,
    'unless they have null');
}

function responses({ same, throws, show }) {
  const plain = new Response();
  same([plain.status, plain.ok, plain.statusText, plain.type, plain.url,
    plain.redirected, plain.body, plain.bodyUsed], [200, true, '', 'default',
    '', false, null, false], 'a plain Response');
  for (const status of [200, 204, 299, 300, 404, 500, 599])
    same([new Response(null, { status }).status,
      new Response(null, { status }).ok], [status, status < 300],
    `status ${status}`);
  for (const status of [0, 100, 199, 600, 1000, -1, NaN])
    throws(() => new Response(null, { status }), RangeError,
      `no status ${status}`);
  for (const status of [204, 205, 304])
    for (const body of ['', 'x', new Uint8Array(0)])
      throws(() => new Response(body, { status }), TypeError,
        `a body with ${status}: ${show(body)}`);
  for (const statusText of ['', 'OK', 'a b\t', '\u00ff'])
    same(new Response('', { statusText }).statusText, statusText,
      `statusText ${show(statusText)}`);
  for (const statusText of ['\n', '\0', '\u0100', 'a\rb'])
    throws(() => new Response('', { statusText }), TypeError,
      `no statusText ${show(statusText)}`);
  throws(() => new Response('', 5), TypeError, 'options that are a number');
  throws(() => Response(), TypeError, 'without new');
  const error = Response.error();
  same([error.type, error.status, error.ok, error.statusText, error.url,
    error.body], ['error', 0, false, '', '', null], 'Response.error');
  throws(() => error.headers.set('a', 'b'), TypeError,
    'its headers are immutable');
  for (const status of [301, 302, 303, 307, 308]) {
    const redirect = Response.redirect('http://h/x', status);
    same([redirect.status, redirect.headers.get('location'), redirect.type],
      [status, 'http://h/x', 'default'], `redirect ${status}`);
    throws(() => redirect.headers.append('a', 'b'), TypeError,
      `headers of redirect ${status}`);
  }
  same(Response.redirect('http://h').status, 302, 'the usual redirect');
  for (const status of [200, 300, 304, 400, 0])
    throws(() => Response.redirect('http://h', status), RangeError,
      `no redirect ${status}`);
  for (const url of ['', 'http://', 'http://a b'])
    throws(() => Response.redirect(url), TypeError, `redirect to ${url}`);
  same(Object.prototype.toString.call(plain), '[object Response]', 'the tag');
}

async function json({ same, throws, rejects, show }) {
  for (const value of [1, 'x', null, true, [1, { a: 2 }], {}]) {
    const response = Response.json(value);
    same(await response.clone().json(), value, `json of ${show(value)}`);
    same(await response.text(), JSON.stringify(value),
      `text of json ${show(value)}`);
    same(response.headers.get('content-type'), 'application/json',
      `type of json ${show(value)}`);
  }
  for (const value of [undefined, () => {}, Symbol('a')])
    throws(() => Response.json(value), TypeError, `no json: ${show(value)}`);
  const cycle = {};
  cycle.cycle = cycle;
  throws(() => Response.json(cycle), TypeError, 'no json of a cycle');
  same(Response.json(1, { headers: { 'content-type': 'a/b' } }).headers
    .get('content-type'), 'a/b', 'another type');
  throws(() => Response.json(1, { status: 204 }), TypeError, 'json and 204');
  for (const text of ['', '{', 'undefined', '[1,]', '\ufffe1'])
    await rejects(new Response(text).json(), SyntaxError,
      `bad json ${show(text)}`);
  same(await new Response('\ufeff{"a":1}').json(), { a: 1 }, 'a mark goes');
}

async function bodies({ same, rejects }) {
  const search = new URLSearchParams({ a: 'b c' });
  for (const [what, body, text, type] of [
    ['a text', 'x\u00e4', 'x\u00e4', 'text/plain;charset=UTF-8'],
    ['a lone surrogate', '\ud800', '\ufffd', 'text/plain;charset=UTF-8'],
    ['bytes', Uint8Array.of(97), 'a', null],
    ['a part of a buffer', new Uint8Array([97, 98, 99]).subarray(1, 2), 'b',
      null], ['a buffer', Uint8Array.of(97).buffer, 'a', null],
    ['a DataView', new DataView(Uint8Array.of(97).buffer), 'a', null],
    ['a Blob', new Blob(['x'], { type: 'a/b' }), 'x', 'a/b'],
    ['a Blob without type', new Blob(['x']), 'x', null],
    ['search parameters', search, 'a=b+c',
      'application/x-www-form-urlencoded;charset=UTF-8'],
    ['a number', 5, '5', 'text/plain;charset=UTF-8'],
    ['an object', {}, '[object Object]', 'text/plain;charset=UTF-8'],
    ['nothing', '', '', 'text/plain;charset=UTF-8']])
    for (const make of [(init) => new Response(body, init), (init) =>
      new Request('http://h', { method: 'POST', body, ...init })]) {
      const own = make();
      const name = `${what} in a ${own.constructor.name}`;
      same(own.headers.get('content-type'), type, `type of ${name}`);
      same(make({ headers: { 'Content-Type': 'x/y' } }).headers
        .get('content-type'), 'x/y', `given type of ${name}`);
      same(await own.clone().text(), text, `text of ${name}`);
      const bytes = new TextEncoder().encode(text);
      same(new Uint8Array(await own.clone().arrayBuffer()), bytes,
        `arrayBuffer of ${name}`);
      const blob = await own.clone().blob();
      same([blob.size, blob.type], [bytes.length, (type ?? '').toLowerCase()],
        `blob of ${name}`);
      same(own.bodyUsed, false, `${name} is not used by clones`);
      await own.text();
      same(own.bodyUsed, true, `${name} is used`);
      for (const method of ['text', 'json', 'blob', 'arrayBuffer', 'formData'])
        await rejects(own[method](), TypeError, `${method} of used ${name}`);
    }
  const empty = new Response();
  same([await empty.text(), empty.bodyUsed], ['', false],
    'no body is never used');
  same((await new Response().arrayBuffer()).byteLength, 0, 'no bytes');
  const copied = Uint8Array.of(1, 2);
  const response = new Response(copied);
  copied[0] = 9;
  same(new Uint8Array(await response.arrayBuffer()), Uint8Array.of(1, 2),
    'bytes are copied at once');
}

/* data: URLs with the type and text of their answer; null for an error. */
const data_urls = [
  ['data:,', 'text/plain;charset=US-ASCII', ''],
  ['data:,a', 'text/plain;charset=US-ASCII', 'a'],
  ['data:,a%20b', 'text/plain;charset=US-ASCII', 'a b'],
  ['data:,a,b', 'text/plain;charset=US-ASCII', 'a,b'],
  ['data:,%zz', 'text/plain;charset=US-ASCII', '%zz'],
  ['data:,a#b', 'text/plain;charset=US-ASCII', 'a'],
  ['data:,a?b', 'text/plain;charset=US-ASCII', 'a?b'],
  ['data:text/html,<p>', 'text/html', '<p>'],
  ['data:TEXT/HTML,x', 'text/html', 'x'],
  ['data:text/html ,x', 'text/html', 'x'],
  ['data: text/html,x', 'text/html', 'x'],
  ['data:;charset=utf-8,x', 'text/plain;charset=utf-8', 'x'],
  ['data:text/plain;charset=UTF-8,%C3%A4', 'text/plain;charset=UTF-8',
    '\u00e4'],
  ['data:;base64,YQ==', 'text/plain;charset=US-ASCII', 'a'],
  ['data:;base64,YQ', 'text/plain;charset=US-ASCII', 'a'],
  ['data:;base64,Y%51%3D%3D', 'text/plain;charset=US-ASCII', 'a'],
  ['data:;base64, Y Q ', 'text/plain;charset=US-ASCII', 'a'],
  ['data:x/y;base64,YQ==', 'x/y', 'a'], ['data:x/y;BASE64,YQ==', 'x/y', 'a'],
  ['data:x/y; base64,YQ==', 'x/y', 'a'], ['data:x/y;a=b;base64,YQ==',
    'x/y;a=b', 'a'], ['data:x/y;base64;a=b,YQ==', 'x/y;a=b', 'YQ=='],
  ['data:junk,x', 'text/plain;charset=US-ASCII', 'x'],
  ['data:x/y;a="b c",z', 'x/y;a="b c"', 'z'],
  ['data:x/y;a=,z', 'x/y', 'z'], ['data:', null, null],
  ['data:text/plain', null, null], ['data:;base64,Y', null, null],
  ['data:;base64,=', null, null], ['data:;base64,YQ=', null, null],
];

async function data({ same, rejects }) {
  for (const [url, type, text] of data_urls) {
    if (type === null) {
      await rejects(fetch(url), TypeError, `fetch of ${url}`);
      continue;
    }
    const response = await fetch(url);
    same([response.status, response.statusText, response.url, response.type],
      [200, 'OK', url.replace(/#.*/, '').trimEnd(), 'basic'],
      `answer of ${url}`);
    same(response.headers.get('content-type'), type, `type of ${url}`);
    same(await response.text(), text, `text of ${url}`);
  }
  const aborted = AbortSignal.abort(5);
  await rejects(fetch('data:,a', { signal: aborted }), { value: 5 },
    'fetch with an aborted signal');
  for (const url of ['', 'about:blank', 'unknown:x', '/p'])
    await rejects(fetch(url), TypeError, `fetch of ${url}`);
  await rejects(fetch(), TypeError, 'fetch of nothing');
}

async function blob_urls({ same, throws, rejects }) {
  const blob = new Blob(['text'], { type: 't/x' });
  const url = URL.createObjectURL(blob);
  same([url.startsWith('blob:'), new URL(url).origin], [true, 'null'],
    'the URL of a Blob');
  same(URL.createObjectURL(blob) === url, false, 'another each time');
  const response = await fetch(`${url}#part`);
  same([response.status, response.headers.get('content-type'),
    response.headers.get('content-length'), response.url, response.type],
  [200, 't/x', '4', url, 'basic'], 'fetch of it');
  same(await response.text(), 'text', 'its text');
  await rejects(fetch(url, { method: 'POST' }), TypeError, 'POST to it');
  same(URL.revokeObjectURL(url), undefined, 'revoke');
  await rejects(fetch(url), TypeError, 'a revoked URL');
  await rejects(fetch('blob:other'), TypeError, 'a URL of no Blob');
  same(URL.revokeObjectURL('other'), undefined, 'revoke nothing');
  for (const value of [undefined, null, {}, 'x'])
    throws(() => URL.createObjectURL(value), TypeError,
      `a URL of ${JSON.stringify(value)}`);
}

module.exports = async (check) => {
  for (const group of [requests, request_copies, responses, json, bodies, data,
    blob_urls])
    await check.group(group.name, () => group(check));
};
