/* What console and util.inspect() show of the web's objects, as Node does. */
'use strict';

const { inspect } = require('util');

function objects({ same }) {
  const form = new FormData();
  form.append('a', '1');
  form.append('b', '2');
  form.append('a', '3');
  const controller = new AbortController();
  for (const [text, object] of [
    ["Headers { a: '1', b: '2' }", new Headers({ a: '1', b: '2' })],
    ["URLSearchParams { 'a' => '1', 'b' => '2' }",
      new URLSearchParams('a=1&b=2')],
    ['URLSearchParams {}', new URLSearchParams()],
    ["URLSearchParams Iterator { 'a', 'b' }",
      new URLSearchParams('a=1&b=2').keys()],
    ["FormData { a: [ '1', '3' ], b: '2' }", form],
    ["Blob { size: 2, type: 'a/b' }", new Blob(['ab'], { type: 'a/b' })],
    ["File { size: 1, type: '', name: 'n', lastModified: 3 }",
      new File(['a'], 'n', { lastModified: 3 })],
    ['AbortSignal { aborted: false }', controller.signal],
    ['AbortController { signal: AbortSignal { aborted: false } }', controller],
    ["TextDecoder { encoding: 'utf-8', fatal: false, ignoreBOM: false }",
      new TextDecoder()]])
    same(inspect(object), text, text);
  const url = inspect(new URL('http://u:p@h:1/x?y#z'));
  same(url, "URL {\n  href: 'http://u:p@h:1/x?y#z',\n  origin: " +
    "'http://h:1',\n  protocol: 'http:',\n  username: 'u',\n  password: " +
    "'p',\n  host: 'h:1',\n  hostname: 'h',\n  port: '1',\n  pathname: " +
    "'/x',\n  search: '?y',\n  searchParams: URLSearchParams { 'y' => '' }," +
    "\n  hash: '#z'\n}", 'a URL');
  same(inspect([new Blob(['a'])]), "[ Blob { size: 1, type: '' } ]",
    'within a list');
  same(inspect(new Event('x')).split('\n').slice(0, 4), ['Event {',
    "  type: 'x',", '  defaultPrevented: false,', '  cancelable: false,'],
  'an event');
  same(inspect(new Response('x', { status: 201 })).split('\n').slice(0, 4),
    ['Response {', '  status: 201,', "  statusText: '',",
      "  headers: Headers { 'content-type': 'text/plain;charset=UTF-8' },"],
    'a Response');
}

module.exports = async (check) => {
  await check.group('objects', () => objects(check));
};
