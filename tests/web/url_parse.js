/*
 * The URL parser (URL Standard, 4.4). Of each text the table says what it is as
 * a URL, or null; the third cell is the base.
 */
'use strict';

const table = {
  'schemes': [
    ['http://pond.example', 'http://pond.example/'],
    ['HTTP://POND.EXAMPLE/', 'http://pond.example/'],
    ['hTTps://h', 'https://h/'],
    ['ftp://h/', 'ftp://h/'],
    ['ws://h/', 'ws://h/'],
    ['wss://h/', 'wss://h/'],
    ['file:///', 'file:///'],
    ['mailto:a@b.c', 'mailto:a@b.c'],
    ['a1+-.:x', 'a1+-.:x'],
    ['1a:x', null],
    ['a b:x', null],
    [':', null],
    ['', null],
    ['a', null],
    ['//h', null],
    ['http:', null],
    ['http:/', null],
    ['http://', null],
    ['https:///', null],
    ['https:////h', 'https://h/'],
    ['http:h', 'http://h/'],
    ['http:/h', 'http://h/'],
    ['http:\\\\h\\p', 'http://h/p'],
    ['http:///h/p', 'http://h/p'],
    ['http:@h', 'http://h/'],
    ['javascript:alert(1)', 'javascript:alert(1)'],
    ['data:text/plain,a b', 'data:text/plain,a b'],
    ['blob:https://h:1/u-u', 'blob:https://h:1/u-u'],
    ['blob:ftp://h/x', 'blob:ftp://h/x'],
    ['blob:x', 'blob:x'],
    ['about:blank', 'about:blank'],
    ['urn:isbn:1', 'urn:isbn:1'],
    ['non-special://h', 'non-special://h'],
    ['non-special:/p', 'non-special:/p'],
    ['non-special:p', 'non-special:p'],
    ['non-special:', 'non-special:'],
    ['non-special://', 'non-special://'],
    ['non-special:///p', 'non-special:///p'],
    ['-x:y', null],
    ['+:a', null],
    ['a+b:c', 'a+b:c'],
    ['\xe4:x', null],
    ['http\0:h', null],
    ['ht\ntp://h', 'http://h/'],
    ['h\tt\ttp://h/\t', 'http://h/'],
    ['  http://h  ', 'http://h/'],
    ['\x01http://h\x1f', 'http://h/'],
    ['http://h\xa0', null],
    ['\xa0http://h', null],
  ],
  'authorities': [
    ['http://u@h', 'http://u@h/'],
    ['http://u:p@h', 'http://u:p@h/'],
    ['http://:p@h', 'http://:p@h/'],
    ['http://u:@h', 'http://u@h/'],
    ['http://:@h', 'http://h/'],
    ['http://@h', 'http://h/'],
    ['http://u:p:q@h', 'http://u:p%3Aq@h/'],
    ['http://u@p@h', 'http://u%40p@h/'],
    ['http://u:p@q@h', 'http://u:p%40q@h/'],
    ['http://u%40x:p%3A@h', 'http://u%40x:p%3A@h/'],
    ['http://u /:p@h', null],
    ['http://\xe4:\xf6@h', 'http://%C3%A4:%C3%B6@h/'],
    ['http://;=&$+,@h', 'http://%3B%3D&$+,@h/'],
    ['http://"<>`#@h', null],
    ['http://[x]@h', 'http://%5Bx%5D@h/'],
    ['http://^|@h', 'http://%5E%7C@h/'],
    ['http://u\'v:w\'@h', 'http://u\'v:w\'@h/'],
    ['http://u\\@h', 'http://u/@h'],
    ['http://@', null],
    ['http://u@', null],
    ['http://u:p@', null],
    ['http://:80', null],
    ['http://u@:80', null],
    ['http://u@/h', null],
    ['non://u:p@h:1/', 'non://u:p@h:1/'],
    ['non://@h', 'non://h'],
    ['non://u@', null],
    ['non://:p@h', 'non://:p@h'],
    ['non://:1', null],
    ['non://u@:1', null],
    ['non://h:', 'non://h'],
    ['file://u@h/', null],
    ['file://h:80/', null],
    ['file://h', 'file://h/'],
    ['ftp://%C3%A4:b@h/', 'ftp://%C3%A4:b@h/'],
    ['ws://{}:|@h/', 'ws://%7B%7D:%7C@h/'],
    ['http://a:b@c:29/d', 'http://a:b@c:29/d'],
    ['http::@c:29', 'http://c:29/'],
    ['http://&a:foo(b]c@d:2/', 'http://&a:foo(b%5Dc@d:2/'],
    ['http://\u0300@h/', 'http://%CC%80@h/'],
  ],
  'ports': [
    ['http://h:', 'http://h/'],
    ['http://h:/', 'http://h/'],
    ['http://h:80', 'http://h/'],
    ['http://h:080', 'http://h/'],
    ['http://h:0', 'http://h:0/'],
    ['http://h:00000000000443/', 'http://h:443/'],
    ['http://h:81', 'http://h:81/'],
    ['https://h:443', 'https://h/'],
    ['https://h:80', 'https://h:80/'],
    ['ws://h:80', 'ws://h/'],
    ['wss://h:443', 'wss://h/'],
    ['ftp://h:21', 'ftp://h/'],
    ['http://h:65535', 'http://h:65535/'],
    ['http://h:65536', null],
    ['http://h:99999999999999', null],
    ['http://h:-1', null],
    ['http://h:+1', null],
    ['http://h:1a', null],
    ['http://h:a', null],
    ['http://h: 1', null],
    ['http://h:1 ', 'http://h:1/'],
    ['http://h:\u0661', null],
    ['http://h:8\t0\n8', 'http://h:808/'],
    ['non://h:80', 'non://h:80'],
    ['non://h:65535/', 'non://h:65535/'],
    ['non://h:65536', null],
    ['http://h:80:80', null],
    ['http://h:?q', 'http://h/?q'],
    ['http://h:#f', 'http://h/#f'],
    ['http://h:\\p', 'http://h/p'],
    ['http://[::1]:80/', 'http://[::1]/'],
    ['http://[::1]:8080/', 'http://[::1]:8080/'],
    ['http://[::1]a', null],
    ['http://[::1]:', 'http://[::1]/'],
  ],
  'paths': [
    ['http://h/a/b', 'http://h/a/b'],
    ['http://h//a', 'http://h//a'],
    ['http://h/a//b/', 'http://h/a//b/'],
    ['http://h\\a\\b', 'http://h/a/b'],
    ['http://h/a\\..\\b', 'http://h/b'],
    ['http://h/.', 'http://h/'],
    ['http://h/..', 'http://h/'],
    ['http://h/./a', 'http://h/a'],
    ['http://h/a/.', 'http://h/a/'],
    ['http://h/a/..', 'http://h/'],
    ['http://h/a/../', 'http://h/'],
    ['http://h/a/../../b', 'http://h/b'],
    ['http://h/a/./b/../c', 'http://h/a/c'],
    ['http://h/%2e', 'http://h/'],
    ['http://h/%2E%2e/a', 'http://h/a'],
    ['http://h/a/%2e.', 'http://h/'],
    ['http://h/a/.%2E/b', 'http://h/b'],
    ['http://h/a/%2e%2e%2e', 'http://h/a/%2e%2e%2e'],
    ['http://h/...', 'http://h/...'],
    ['http://h/..a', 'http://h/..a'],
    ['http://h/.a', 'http://h/.a'],
    ['http://h/a./b', 'http://h/a./b'],
    ['http://h/%2', 'http://h/%2'],
    ['http://h/%', 'http://h/%'],
    ['http://h/%zz', 'http://h/%zz'],
    ['http://h/%41%7e', 'http://h/%41%7e'],
    ['http://h/a b', 'http://h/a%20b'],
    ['http://h/"<>`', 'http://h/%22%3C%3E%60'],
    ['http://h/{}|^', 'http://h/%7B%7D|%5E'],
    ['http://h/[]\'', 'http://h/[]\''],
    ['http://h/\xe4\u20ac', 'http://h/%C3%A4%E2%82%AC'],
    ['http://h/\ud83c\udf0a', 'http://h/%F0%9F%8C%8A'],
    ['http://h/\ud800x', 'http://h/%EF%BF%BDx'],
    ['http://h/\udc00', 'http://h/%EF%BF%BD'],
    ['http://h/\0\x1f\x7f\x80', 'http://h/%00%1F%7F%C2%80'],
    ['http://h/a;b=c,d', 'http://h/a;b=c,d'],
    ['http://h/a:b@c', 'http://h/a:b@c'],
    ['http://h/a\tb\nc\rd', 'http://h/abcd'],
    ['http://h/\ufeff', 'http://h/%EF%BB%BF'],
    ['http://h/~!$&()*+,-_', 'http://h/~!$&()*+,-_'],
    ['http://h/a?', 'http://h/a?'],
    ['http://h/a#', 'http://h/a#'],
    ['http://h/?#', 'http://h/?#'],
    ['non://h/a/../b', 'non://h/b'],
    ['non://h/..', 'non://h/'],
    ['non:/a/../../b', 'non:/b'],
    ['non:/.', 'non:/'],
    ['non:/..//p', 'non:/.//p'],
    ['non:/.//p', 'non:/.//p'],
    ['non:/a/..//p', 'non:/.//p'],
    ['non://h/a\\b', 'non://h/a\\b'],
    ['non:a/../b', 'non:a/../b'],
    ['non:.', 'non:.'],
    ['non:a b', 'non:a b'],
    ['non:a ', 'non:a'],
    ['non:a  ?q', 'non:a %20?q'],
    ['non:a  #f', 'non:a %20#f'],
    ['non:a \xe4"<>', 'non:a %C3%A4"<>'],
    ['non://h/ ', 'non://h/'],
    ['web+x:/..//y/', 'web+x:/.//y/'],
    ['web+x:/.//', 'web+x:/.//'],
    ['data:,%2e%2e/../x', 'data:,%2e%2e/../x'],
    ['mailto:a b@c?d e#f g', 'mailto:a b@c?d%20e#f%20g'],
  ],
  'queries and fragments': [
    ['http://h?a', 'http://h/?a'],
    ['http://h/?a b', 'http://h/?a%20b'],
    ['http://h/?"<>`#"<>`', 'http://h/?%22%3C%3E`#%22%3C%3E%60'],
    ['http://h/?\'', 'http://h/?%27'],
    ['non://h/?\'', 'non://h/?\''],
    ['http://h/?{}|^[]\\', 'http://h/?{}|^[]\\'],
    ['http://h/#{}|^[]\\', 'http://h/#{}|^[]\\'],
    ['http://h/?\xe4', 'http://h/?%C3%A4'],
    ['http://h/#\xe4', 'http://h/#%C3%A4'],
    ['http://h/?a?b', 'http://h/?a?b'],
    ['http://h/?a#b?c#d', 'http://h/?a#b?c#d'],
    ['http://h/?%', 'http://h/?%'],
    ['http://h/?%c3%a4', 'http://h/?%c3%a4'],
    ['http://h/?\0\x7f', 'http://h/?%00%7F'],
    ['http://h/#\0\x7f', 'http://h/#%00%7F'],
    ['http://h/?\ud800', 'http://h/?%EF%BF%BD'],
    ['http://h/#\udfff', 'http://h/#%EF%BF%BD'],
    ['http://h/#a b', 'http://h/#a%20b'],
    ['http://h/?a\tb\nc', 'http://h/?abc'],
    ['http://h/#a\tb\nc', 'http://h/#abc'],
    ['http://h??', 'http://h/??'],
    ['http://h##', 'http://h/##'],
    ['non:x?a b\'#c d`', 'non:x?a%20b\'#c%20d%60'],
    ['http://h/?a=b&c=d+e%20f', 'http://h/?a=b&c=d+e%20f'],
    ['http://h/?:/@', 'http://h/?:/@'],
    ['ws://h/?\'', 'ws://h/?%27'],
    ['file:///?\'', 'file:///?%27'],
    ['http://h/?\ud83d\udca9#\ud83d\udca9',
      'http://h/?%F0%9F%92%A9#%F0%9F%92%A9'],
  ],
};

/* Components of some of them. */
const parts = [
  ['https://u:p@h.example:8443/a/b;c?d=e#f', {
    protocol: 'https:', username: 'u', password: 'p', host: 'h.example:8443',
    hostname: 'h.example', port: '8443', pathname: '/a/b;c', search: '?d=e',
    hash: '#f', origin: 'https://h.example:8443' }],
  ['http://h', { protocol: 'http:', username: '', password: '', host: 'h',
    hostname: 'h', port: '', pathname: '/', search: '', hash: '',
    origin: 'http://h' }],
  ['http://h/?#', { search: '', hash: '', href: 'http://h/?#' }],
  ['http://[1::2]:1/', { host: '[1::2]:1', hostname: '[1::2]',
    origin: 'http://[1::2]:1' }],
  ['file:///a/b', { host: '', pathname: '/a/b', origin: 'null' }],
  ['file://h/a', { host: 'h', hostname: 'h', origin: 'null' }],
  ['mailto:a@b?c#d', { protocol: 'mailto:', host: '', hostname: '',
    pathname: 'a@b', search: '?c', hash: '#d', origin: 'null' }],
  ['non://u@h:1/p', { username: 'u', password: '', host: 'h:1', port: '1',
    pathname: '/p', origin: 'null' }],
  ['non://h', { pathname: '', host: 'h', href: 'non://h' }],
  ['blob:https://h:1/x', { pathname: 'https://h:1/x',
    origin: 'https://h:1' }],
  ['blob:https://h:443/x', { origin: 'https://h' }],
  ['blob:ftp://h/x', { origin: 'null' }],
  ['blob:x', { origin: 'null' }],
  ['blob:', { origin: 'null' }],
  ['ftp://h/', { origin: 'ftp://h' }],
  ['ws://h:81/', { origin: 'ws://h:81' }],
  ['wss://b\u00fccher/', { origin: 'wss://xn--bcher-kva' }],
  ['data:,a', { origin: 'null', pathname: ',a' }],
  ['javascript:1//2', { pathname: '1//2', origin: 'null' }],
  ['web+x:/.//p', { pathname: '//p', host: '' }],
];

module.exports = async (check) => {
  const { same, throws } = check;
  for (const [name, rows] of Object.entries(table))
    await check.group(name, () => rows.forEach(check.url));
  for (const [text, expected] of parts)
    await check.group(text, () => {
      const url = new URL(text);
      for (const [key, value] of Object.entries(expected))
        same(url[key], value, `${key} of ${check.show(text)}`);
    });
  await check.group('the class', () => {
    throws(() => new URL(), TypeError, 'no argument');
    throws(() => URL('http://h'), TypeError, 'without new');
    throws(() => new URL(Symbol('a')), TypeError, 'a symbol');
    throws(() => URL.canParse(), TypeError, 'canParse without argument');
    same(new URL({ toString: () => 'http://h' }).href, 'http://h/',
      'an object is its text');
    same(new URL('p', new URL('http://h/a/b')).href, 'http://h/a/p',
      'a base that is a URL');
    same(new URL('http://h', undefined).href, 'http://h/', 'no base');
    throws(() => new URL('p', null), TypeError, 'the base null');
    const url = new URL('http://h/p');
    same(String(url), 'http://h/p', 'its text');
    same(JSON.stringify({ url }), '{"url":"http://h/p"}', 'its JSON');
    same(Object.prototype.toString.call(url), '[object URL]', 'its tag');
    same(URL.length, 1, 'length of the class');
    for (const name of ['origin', 'searchParams'])
      same(Object.getOwnPropertyDescriptor(URL.prototype, name).set, undefined,
        `${name} has no setter`);
    for (const name of ['href', 'protocol', 'username', 'password', 'host',
      'hostname', 'port', 'pathname', 'search', 'hash']) {
      const { get, set, enumerable } =
        Object.getOwnPropertyDescriptor(URL.prototype, name);
      same([typeof get, typeof set, enumerable],
        ['function', 'function', true], `the property ${name}`);
      throws(() => get.call({}), TypeError, `${name} of another object`);
      throws(() => {
        url[name] = Symbol('a');
      }, TypeError, `${name} set to a symbol`);
    }
    let error;
    try {
      new URL('x y');
    } catch (thrown) {
      error = thrown;
    }
    same([error.code, error.message, error.input],
      ['ERR_INVALID_URL', 'Invalid URL', 'x y'], 'the error is Node\'s');
  });
};
