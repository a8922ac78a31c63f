/* Against the pages of bed.c: /json gives the request back as the node saw it,
 * ?status= and ?location= say what a page answers. */
const assert = require('assert');

const site = 'http://a.example';
const go = (status, to) => `${site}/json?status=${status}&location=${to}`;
const last = `${site}/json?last`;

async function seen(url, init) {
  const response = await fetch(url, init);
  return { ...await response.json(), response };
}

const names = ({ headers }) => headers.map(([name]) => name);

/* Node's error says that it failed, and its cause says why. */
const failed = (text) => (error) => error instanceof TypeError &&
  error.message === 'fetch failed' && text.test(error.cause.message);

exports.checks = {
  async 'a redirect changes the method where the standard says so'() {
    const becomes_get = { 301: ['POST'], 302: ['POST'],
      303: ['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'], 307: [], 308: [] };
    for (const [status, methods] of Object.entries(becomes_get))
      for (const method of ['GET', 'POST', 'PUT', 'DELETE', 'PATCH',
        'OPTIONS']) {
        const is_changed = methods.includes(method);
        const request = await seen(go(status, '/json'), { method,
          body: method === 'GET' ? undefined : 'x', headers: {
            'content-language': 'de', 'content-location': '/l', 'x-a': 'b' } });
        const what = `${status} ${method}`;
        assert.strictEqual(request.method, is_changed ? 'GET' : method, what);
        assert.strictEqual(request.text, is_changed || method === 'GET' ? ''
          : 'x', what);
        assert.strictEqual(request.body, !is_changed && method !== 'GET', what);
        assert.deepStrictEqual(names(request), is_changed ? ['x-a']
          : method === 'GET' ? ['content-language', 'content-location', 'x-a']
            : ['content-language', 'content-location', 'content-type', 'x-a'],
        what);
        assert.strictEqual(request.response.redirected, true);
        assert.strictEqual(request.response.url, `${site}/json`);
      }
  },
  async 'HEAD stays HEAD'() {
    for (const status of [301, 302, 303, 307, 308]) {
      const response = await fetch(go(status, '/json'), { method: 'HEAD' });
      assert.strictEqual(response.headers.get('x-method'), 'HEAD');
      assert.strictEqual(await response.text() + await response.text(), '');
    }
  },
  async 'only five statuses are redirects, and only with a place to go'() {
    for (const status of [300, 304, 305, 306, 200, 404]) {
      const response = await fetch(go(status, '/json'));
      assert.strictEqual(response.status, status);
      assert.strictEqual(response.redirected, false);
    }
    assert.strictEqual((await fetch(`${site}/?status=302`)).status, 302);
  },
  async 'redirect: error refuses redirects and nothing else'() {
    const options = { redirect: 'error' };
    for (const status of [301, 302, 303, 307, 308])
      await assert.rejects(fetch(go(status, '/json'), options), TypeError);
    for (const status of [200, 300, 304])
      assert.strictEqual((await fetch(go(status, '/json'), options)).status,
        status);
  },
  async 'redirect: manual gives the redirect itself'() {
    const response = await fetch(go(302, '/there'), { redirect: 'manual' });
    assert.strictEqual(response.status, 302);
    assert.strictEqual(response.headers.get('location'), '/there');
    assert.strictEqual(response.redirected, false);
    assert.throws(() => new Request(site, { redirect: 'maybe' }), TypeError);
  },
  async 'places are resolved by the rules of URLs'() {
    const places = { '/json': `${site}/json`, '//b.example/json':
      'http://b.example/json', '%5Cjson': `${site}/json`, 'x/../json':
      `${site}/json`, 'json%23part': `${site}/json`, '/json%C3%A9':
      `${site}/json%C3%A9`, 'http:/json': `${site}/json`,
    'http://0x7f.1/json': 'http://127.0.0.1/json' };
    for (const [place, url] of Object.entries(places))
      assert.strictEqual((await fetch(go(302, place))).url, url);
    for (const place of ['ftp://a/', 'data:,x', 'http://[', 'file:///etc',
      'http://u:p@a.example/json'])
      await assert.rejects(fetch(go(302, place)), TypeError, place);
  },
  async 'twenty redirects are followed, no more'() {
    /* An empty place is the page itself. */
    await assert.rejects(fetch(go(302, '')), failed(/more than 20 redirects/));
    let url = '/json';
    for (let count = 0; count < 3; count++)
      url = `/json?status=302&location=${encodeURIComponent(url)}`;
    assert.strictEqual((await fetch(site + url)).url, `${site}/json`);
  },
  async 'what is meant for one origin is not carried to another'() {
    const headers = { authorization: 'a', cookie: 'c', 'x-b': 'd',
      'proxy-authorization': 'p' };
    assert.deepStrictEqual(names(await seen(go(302, '/json'), { headers })),
      ['authorization', 'cookie', 'proxy-authorization', 'x-b']);
    for (const place of ['http://b.example/json', 'https://a.example/json',
      'http://a.example:81/json'])
      assert.deepStrictEqual(names(await seen(go(307, place), { headers,
        method: 'POST', body: new Uint8Array(1) })), ['x-b'], place);
  },
  async 'each hop is a request that the node may refuse'() {
    await assert.rejects(fetch(go(302, 'http://unreachable/')),
      failed(/no route to that host/));
    await assert.rejects(fetch(go(307, 'http://unreachable/'),
      { method: 'POST', body: 'x' }), failed(/no route to that host/));
  },
  async 'a fragment is nobody\'s business but the caller\'s'() {
    const request = await seen(`${last}#part`);
    assert.strictEqual(request.url, last);
    assert.strictEqual(request.response.url, last);
    assert.strictEqual(new Request(`${last}#part`).url, `${last}#part`);
  },
  async 'no body is not the same as an empty one'() {
    const empty = [
      ['POST', undefined, true], ['PUT', null, true], ['PATCH', null, true],
      ['DELETE', undefined, false], ['OPTIONS', null, false],
      ['GET', undefined, false], ['POST', '', true], ['DELETE', '', true],
      ['PUT', new Uint8Array(0), true], ['POST', new Blob([]), true],
      ['POST', new URLSearchParams(), true]];
    for (const [method, body, announced] of empty)
      assert.strictEqual((await seen(last, { method, body })).body, announced,
        `${method} ${body}`);
  },
  async 'every field of an answer arrives'() {
    const response = await fetch(`${last}&status=404`);
    assert.strictEqual(response.status, 404);
    assert.strictEqual(response.statusText, 'Of course');
    assert.strictEqual(response.ok, false);
    assert.strictEqual(response.url, `${last}&status=404`);
    assert.strictEqual(response.type, 'basic');
    assert.strictEqual(response.redirected, false);
    assert.strictEqual(response.headers.get('x-twice'), 'a, b');
    assert.strictEqual(response.headers.get('X-Bytes'), '\xe9\xff');
    assert.throws(() => response.headers.set('a', 'b'), TypeError);
    assert.throws(() => response.headers.delete('x-twice'), TypeError);
    assert.strictEqual((await fetch(go(302, 'http://b.example/json'))).type,
      'cors');
    const copy = response.clone();
    for (const name of ['status', 'statusText', 'url', 'type', 'redirected'])
      assert.strictEqual(copy[name], response[name]);
    assert.deepStrictEqual([...copy.headers], [...response.headers]);
    assert.strictEqual(await copy.text(), await response.text());
  },
  async 'every field of a request is sent'() {
    const request = await seen(last, { method: 'patch-it', body: 'text',
      headers: [['X-A', '\xe9'], ['x-a', ''], ['X-B', ' \t c\td ']] });
    assert.strictEqual(request.method, 'patch-it');
    assert.strictEqual(request.text, 'text');
    assert.deepStrictEqual(request.headers, [
      ['content-type', 'text/plain;charset=UTF-8'], ['x-a', '\xe9,'],
      ['x-b', 'c\td']]);
  },
  async 'a Request that was fetched is used'() {
    const request = new Request(last, { method: 'POST', body: 'x' });
    const copy = request.clone();
    assert.strictEqual((await seen(request)).text, 'x');
    assert.strictEqual(request.bodyUsed, true);
    await assert.rejects(fetch(request), TypeError);
    assert.throws(() => request.clone(), TypeError);
    assert.strictEqual((await seen(copy)).text, 'x');
  },
  async 'an abort ends the walk between two hops'() {
    const controller = new AbortController();
    const walk = fetch(go(302, '/hold'), { signal: controller.signal });
    setTimeout(() => controller.abort(new Error('enough')), 20);
    await assert.rejects(walk, /enough/);
    await assert.rejects(fetch(last, { signal: controller.signal }), /enough/);
    await assert.rejects(fetch(last, { signal: {} }), TypeError);
  },
};
