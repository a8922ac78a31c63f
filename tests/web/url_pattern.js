/* URLPattern (URL Pattern Standard). Node 20 does not have it. */
'use strict';

/* A pattern of a path, paths, and the groups that match; null for none. */
const paths = [
  ['/a', '/a', {}], ['/a', '/b', null], ['/a', '/a/', null],
  ['/*', '/a/b', { 0: 'a/b' }], ['/*', '/', { 0: '' }],
  ['/a/*', '/a', null], ['/:x', '/a', { x: 'a' }], ['/:x', '/a/b', null],
  ['/:x', '/', null], ['/:x?', '/a', { x: 'a' }], ['/a/:x?', '/a',
    { x: undefined }], ['/:x+', '/a/b/c', { x: 'a/b/c' }],
  ['/:x*', '', { x: undefined }], ['/a/:x*', '/a', { x: undefined }],
  ['/:x/:y', '/a/b', { x: 'a', y: 'b' }], ['/:x-:y', '/a-b',
    { x: 'a', y: 'b' }], ['/(\\d+)', '/12', { 0: '12' }],
  ['/(\\d+)', '/x', null], ['/:n(\\d+)', '/12', { n: '12' }],
  ['/{a}?', '/', {}], ['/{a}?', '/a', {}], ['/{ab}+', '/abab', {}],
  ['/a{/:x}?', '/a/b', { x: 'b' }], ['/:x.:y', '/file.txt',
    { x: 'file', y: 'txt' }], ['/\\:x', '/:x', {}], ['/\\*', '/*', {}],
  ['/a(b|c)', '/ac', { 0: 'c' }], ['/\u00e4', '/%C3%A4', {}],
  ['/a b', '/a%20b', {}], ['/a/../b', '/b', {}], ['/__proto__/:__proto__',
    '/__proto__/x', { ['__proto__']: 'x' }],
];

/* Whole patterns, a URL, whether it matches, and the pattern's components. */
const whole = [
  ['https://h/a', 'https://h/a', true, { protocol: 'https', hostname: 'h',
    port: '', pathname: '/a' }],
  ['https://h/a', 'http://h/a', false, {}],
  ['https://*.h/*', 'https://x.y.h/p', true, { hostname: '*.h' }],
  ['https://h:8080/*', 'https://h:8080/', true, { port: '8080' }],
  ['https://h:443/', 'https://h/', true, { port: '' }],
  ['http{s}?://h/', 'http://h/', true, { protocol: 'http{s}?' }],
  ['https://h/a?q=:v', 'https://h/a?q=1', true, { search: 'q=:v' }],
  ['https://h/#:f', 'https://h/#top', true, { hash: ':f', search: '' }],
  ['https://u\\:p@h/', 'https://u:p@h/', true, { username: 'u',
    password: 'p' }],
  ['https://[\\:\\:1]/', 'https://[::1]/', true, { hostname: '[\\:\\:1]' }],
  ['data\\:text', 'data:text', true, { protocol: 'data', pathname: 'text' }],
  ['https://b\u00fccher.example/', 'https://xn--bcher-kva.example/', true,
    { hostname: 'xn--bcher-kva.example' }],
];

const refused = [['/relative'], [''], ['https://h/:x/:x'], ['https://h/(?x)'],
  ['https://h/('], ['https://h/{a'], [{ pathname: '/:x:x' }],
  [{ pathname: '/(' }], [{ pathname: '/{' }], [{ pathname: '/\\' }],
  [{ pathname: '/([)' }], [{ pathname: '/(\u00e4)' }], [{ hostname: 'a b' }],
  [{ port: 'x' }], [{ protocol: 'a b' }], [{ baseURL: 'none' }],
  ['/p', 'none'], [{}, 'https://h'], [Symbol('a')]];

function of_paths({ same, show }) {
  for (const [pattern, path, groups] of paths) {
    const what = `${show(pattern)} of ${show(path)}`;
    const own = new URLPattern({ pathname: pattern });
    same(own.test({ pathname: path }), groups !== null, `test ${what}`);
    const found = own.exec({ pathname: path });
    same(found?.pathname.groups ?? null, groups, `groups ${what}`);
    const url = new URLPattern(`https://h${pattern}`);
    if (path !== '')
      same(url.test(`https://h${path}`), groups !== null, `URL ${what}`);
  }
}

function of_urls({ same, show }) {
  for (const [pattern, url, is_match, components] of whole) {
    const own = new URLPattern(pattern);
    same(own.test(url), is_match, `${show(pattern)} of ${url}`);
    for (const [name, text] of Object.entries(components))
      same(own[name], text, `${name} of ${show(pattern)}`);
  }
}

function arguments_of({ same, throws, show }) {
  for (const values of refused)
    throws(() => new URLPattern(...values), TypeError,
      `refused: ${show(values)}`);
  const all = new URLPattern();
  for (const name of ['protocol', 'username', 'password', 'hostname', 'port',
    'pathname', 'search', 'hash']) {
    same(all[name], '*', `${name} of nothing`);
    throws(() => Object.getOwnPropertyDescriptor(URLPattern.prototype, name)
      .get.call({}), TypeError, `${name} of another object`);
  }
  same(all.test('https://h/'), true, 'nothing matches all');
  same(all.test('not a URL'), false, 'but what is no URL');
  same(all.exec('not a URL'), null, 'exec of what is no URL');
  const based = new URLPattern('/a/:x', 'https://h:1/b/c?q');
  same([based.protocol, based.hostname, based.port, based.pathname,
    based.search], ['https', 'h', '1', '/a/:x', '*'], 'with a base');
  same(based.test('/a/1', 'https://h:1'), true, 'matched with a base');
  same(new URLPattern({ pathname: 'x', baseURL: 'https://h/a/b' }).pathname,
    '/a/x', 'a relative path');
  const found = based.exec('https://h:1/a/7');
  same(found.inputs, ['https://h:1/a/7'], 'inputs');
  same([found.pathname.input, found.pathname.groups.x, found.hostname.input],
    ['/a/7', '7', 'h'], 'a result');
  throws(() => based.test({}, 'https://h'), TypeError, 'an object and a base');
  same(new URLPattern({ pathname: '/a' }, { ignoreCase: true })
    .test({ pathname: '/A' }), true, 'ignoreCase');
  same(new URLPattern({ pathname: '/a' }).test({ pathname: '/A' }), false,
    'without it');
  same([new URLPattern({ pathname: '/(a)' }).hasRegExpGroups,
    new URLPattern({ pathname: '/:a' }).hasRegExpGroups], [true, false],
  'hasRegExpGroups');
  same(Object.prototype.toString.call(all), '[object URLPattern]', 'the tag');
}

module.exports = async (check) => {
  if (check.is_node)
    return;
  for (const group of [of_paths, of_urls, arguments_of])
    await check.group(group.name, () => group(check));
};
