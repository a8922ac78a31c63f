const assert = require('assert');

/* Cases of the URL Standard and of web-platform-tests' urltestdata.json. */
const parsed = [
  ['http://example.com', 'http://example.com/'],
  ['HTTP://EXAMPLE.com:80/A/../B?q#f', 'http://example.com/B?q#f'],
  ['https://user:p%40ss@host:8443/x', 'https://user:p%40ss@host:8443/x'],
  ['http://a/b/./c/%2e%2e/d', 'http://a/b/d'],
  ['http://a/b c?d e#f g', 'http://a/b%20c?d%20e#f%20g'],
  ['http://0x7f.1/', 'http://127.0.0.1/'],
  ['http://192.168.257/', 'http://192.168.1.1/'],
  ['http://[::0001]/', 'http://[::1]/'],
  ['http://[1:2:0:0:5:0:0:0]/', 'http://[1:2:0:0:5::]/'],
  ['http://[::127.0.0.1]/', 'http://[::7f00:1]/'],
  ['http://münchen.de/', 'http://xn--mnchen-3ya.de/'],
  ['http://日本語.jp/', 'http://xn--wgv71a119e.jp/'],
  ['http:\\\\x\\y', 'http://x/y'],
  ['  http://a/\tb\n ', 'http://a/b'],
  ['mailto:a@b.c', 'mailto:a@b.c'],
  ['data:text/plain,hi there', 'data:text/plain,hi there'],
  ['file:///a/../b', 'file:///b'],
  ['file:///C|/x/..', 'file:///C:/'],
  ['ipfs://bafy/x?y', 'ipfs://bafy/x?y'],
  ['http://a/?\'', 'http://a/?%27'],
  ['http://a//b', 'http://a//b'],
  ['https:example.org', 'https://example.org/'],
  ['http://ex%41mple.com', 'http://example.com/'],
];

const relative = [
  ['c', 'http://a/b/d', 'http://a/b/c'],
  ['../c', 'http://a/b/d/e', 'http://a/b/c'],
  ['/c', 'http://a/b', 'http://a/c'],
  ['//x/y', 'http://a/b', 'http://x/y'],
  ['?q', 'http://a/b?p#f', 'http://a/b?q'],
  ['#g', 'http://a/b?p#f', 'http://a/b?p#g'],
  ['', 'http://a/b?p#f', 'http://a/b?p'],
  ['http:c', 'http://a/b/d', 'http://a/b/c'],
  ['https:c', 'http://a/b/d', 'https://c/'],
  ['.', 'http://a/b/c/d', 'http://a/b/c/'],
  ['/y', 'file:///C:/x', 'file:///C:/y'],
  ['file:y', 'file:///a/x', 'file:///a/y'],
  ['#g', 'mailto:a', 'mailto:a#g'],
  ['http:/y', 'http://a/x', 'http://a/y'],
];

const refused = ['', 'no scheme', 'http://', 'http://a b/', 'http://a:99999/',
  'http://[1::2::3]/', 'http://1.2.3.4.5/', 'http://256.1.1.1/',
  'http://a:b/', 'http://%00/', 'https://@/', 'http://ho|st/'];

exports.checks = {
  'absolute URLs parse to their normal form'() {
    for (const [text, href] of parsed)
      assert.strictEqual(new URL(text).href, href, text);
  },
  'relative URLs resolve'() {
    for (const [text, base, href] of relative)
      assert.strictEqual(new URL(text, base).href, href, `${text} ${base}`);
  },
  'what is no URL is refused'() {
    for (const text of refused)
      assert.strictEqual(URL.canParse(text), false, text);
    assert.throws(() => new URL('x'), { code: 'ERR_INVALID_URL' });
  },
  'the parts of a URL'() {
    const url = new URL('https://me:secret@pond.example:8443/a/b?x=1&x=2#top');
    assert.strictEqual(url.origin, 'https://pond.example:8443');
    assert.strictEqual(url.protocol, 'https:');
    assert.strictEqual(url.username + '/' + url.password, 'me/secret');
    assert.strictEqual(url.host, 'pond.example:8443');
    assert.strictEqual(url.hostname, 'pond.example');
    assert.strictEqual(url.port, '8443');
    assert.strictEqual(url.pathname, '/a/b');
    assert.strictEqual(url.search, '?x=1&x=2');
    assert.strictEqual(url.hash, '#top');
    assert.strictEqual(JSON.stringify({ url: new URL('http://a') }),
      '{"url":"http://a/"}');
  },
  'setters change one part'() {
    const url = new URL('http://a/b?c#d');
    url.port = '81';
    url.pathname = '/x y';
    url.search = 'q=ä';
    url.hash = '';
    url.host = 'other:82';
    url.protocol = 'https';
    url.hostname = 'bad host';
    assert.strictEqual(url.href, 'https://other:82/x%20y?q=%C3%A4');
    url.port = '443';
    assert.strictEqual(url.port, '');
  },
  'searchParams and the URL follow each other'() {
    const url = new URL('http://a/?x=1');
    url.searchParams.append('y', 'a b&c');
    assert.strictEqual(url.href, 'http://a/?x=1&y=a+b%26c');
    url.search = '?z=3';
    assert.strictEqual(url.searchParams.get('z'), '3');
    url.searchParams.delete('z');
    assert.strictEqual(url.href, 'http://a/');
  },
  'URLSearchParams'() {
    const params = new URLSearchParams('?b=2&a=1&a=%E2%82%AC+x&c');
    assert.deepStrictEqual([...params],
      [['b', '2'], ['a', '1'], ['a', '€ x'], ['c', '']]);
    assert.deepStrictEqual(params.getAll('a'), ['1', '€ x']);
    params.set('a', '9');
    params.sort();
    assert.strictEqual(String(params), 'a=9&b=2&c=');
    assert.strictEqual(params.size, 3);
    assert.strictEqual(params.has('b', '3'), false);
    assert.strictEqual(String(new URLSearchParams({ q: 'a*-._~' })),
      'q=a*-._%7E');
    assert.strictEqual(String(new URLSearchParams([['x', 'y']])), 'x=y');
  },
  'setters leave alone what they can not set'() {
    for (const [text, name, value, expected] of [
      ['http://u:p@h:81/p?q#f', 'protocol', 'file', 'http://u:p@h:81/p?q#f'],
      ['file:///a', 'protocol', 'https', 'file:///a'],
      ['file:///a', 'host', 'x:82', 'file:///a'],
      ['file:///a', 'host', 'x', 'file://x/a'],
      ['foo://h/p', 'host', 'a@b', 'foo://h/p'],
      ['foo://h/p', 'pathname', '', 'foo://h'],
      ['foo://h/p', 'pathname', '\\x', 'foo://h/\\x'],
      ['http://h/p', 'pathname', 'a\tb', 'http://h/ab'],
      ['http://h/?q', 'search', '?', 'http://h/?'],
      ['http://h/?q', 'search', '', 'http://h/'],
      ['http://h/#f', 'hash', '#', 'http://h/#'],
      ['http://h/#f', 'hash', '', 'http://h/']]) {
      const url = new URL(text);
      url[name] = value;
      assert.strictEqual(url.href, expected, `${text} ${name} = ${value}`);
    }
  },
  'hosts in other forms are the same host, or none'() {
    for (const [host, expected] of [['\uff27\uff2f.com', 'go.com'],
      ['a\u00adb', 'ab'], ['a\u3002b', 'a.b'], ['0x7f.1', '127.0.0.1'],
      ['\u00e9.com', 'xn--9ca.com']])
      assert.strictEqual(new URL(`http://${host}/`).hostname, expected);
    for (const host of ['%ff', '%00', '1.2.3.256', 'a\u200db', ''])
      assert.throws(() => new URL(`http://${host}/`),
        { code: 'ERR_INVALID_URL' });
    assert.strictEqual(new URL('blob:https://a/b').origin, 'https://a');
  },
  'URLSearchParams of anything'() {
    assert.strictEqual(String(new URLSearchParams('\ud800=x')),
      '%EF%BF%BD=x');
    assert.strictEqual(new URLSearchParams(null).size, 0);
    assert.deepStrictEqual([...new URLSearchParams(
      JSON.parse('{"__proto__":"x","constructor":"y"}'))],
    [['__proto__', 'x'], ['constructor', 'y']]);
    for (const init of [[['a']], [['a', 'b', 'c']], [1], ['ab']])
      assert.throws(() => new URLSearchParams(init),
        { code: 'ERR_INVALID_TUPLE' });
    assert.throws(() => new URLSearchParams().append('a'),
      { code: 'ERR_MISSING_ARGS' });
    assert.throws(() => new URL(), { code: 'ERR_MISSING_ARGS' });
    const { query } = require('url').parse(
      'http://a/?x=1&x=2&__proto__=y&z=', true);
    assert.deepStrictEqual(Object.entries(query),
      [['x', ['1', '2']], ['__proto__', 'y'], ['z', '']]);
    assert.strictEqual(query.toString, undefined);
  },
  'url.parse and url.format leave what they need not change'() {
    const { parse, format } = require('url');
    for (const [text, name, value] of [['HTTP://A.COM:80/', 'href',
      'http://a.com:80/'], ['a/b?c', 'pathname', 'a/b'], ['//h/p', 'host', null],
    ['http://u%40:p@h/', 'auth', 'u@:p'], ['mailto:a@b', 'host', 'b'],
    ['http://[::1]:8/', 'hostname', '::1'], ['http://h?x', 'path', '/?x'],
    ['http:\\\\h\\p', 'pathname', '/p'], ['javascript:a b', 'pathname', 'a b'],
    ['http://a/b c', 'path', '/b%20c'], ['#h', 'pathname', null]])
      assert.strictEqual(parse(text)[name], value, text);
    assert.strictEqual(parse('//h/p', false, true).host, 'h');
    assert.throws(() => parse(5), { code: 'ERR_INVALID_ARG_TYPE' });
    assert.strictEqual(format({ protocol: 'http', hostname: '::1', port: 8,
      pathname: 'x?', query: { a: [1, 2], b: 'c d' } }),
    'http://[::1]:8/x%3F?a=1&a=2&b=c%20d');
  },
  'paths and file URLs'() {
    const { fileURLToPath, pathToFileURL } = require('url');
    for (const path of ['/a b', '/a%b', '/a?b#c', '/\xe9', '/a\\b', '/a@b&c'])
      assert.strictEqual(fileURLToPath(pathToFileURL(path)), path);
    assert.strictEqual(pathToFileURL('/a@b/').href, 'file:///a@b/');
    for (const [url, code] of [['http://a', 'ERR_INVALID_URL_SCHEME'],
      ['file://h/a', 'ERR_INVALID_FILE_URL_HOST'],
      ['file:///a%2Fb', 'ERR_INVALID_FILE_URL_PATH'],
      [5, 'ERR_INVALID_ARG_TYPE']])
      assert.throws(() => fileURLToPath(url), { code });
  },
};
