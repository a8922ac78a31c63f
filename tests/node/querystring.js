/*
 * node:querystring: queries and records of many forms.
 */
'use strict';

const querystring = require('querystring');

const queries = ['', 'a', 'a=', '=a', '=', '&', 'a&b', 'a=1&a=2&a=3',
  'a=1&&b=2', 'a==1', 'a=b=c', '%61=%62', 'a=%zz', 'a=%', 'a=%4', 'a=%e2%82',
  'a=%e2%82%ac', 'a+b=c+d', 'a=%2B+', '\u20ac=\u00e9', '%ff=%fe', 'a=1;b=2',
  'a:1,b:2', '__proto__=1', 'constructor=1&constructor=2', 'toString', '?a=b',
  'a[]=1&a[]=2', 'a=\0', 'x'.repeat(300), 'a=1&'.repeat(5), '&=&', 'a=%00',
  'a%', '%41%', '&&&', '==', '%C3%A9=%c3%a9', 'a=%u0041', 'a\nb=c'];
const separators = [undefined, '&', ';', ',', '&&', '', null];
const equals = [undefined, '=', ':', '=='];
const options = [undefined, { maxKeys: 2 }, { maxKeys: 0 }, { maxKeys: -1 },
  { decodeURIComponent: (text) => `<${text}>` },
  { decodeURIComponent() {
    throw new Error('no');
  } }];
const records = () => [undefined, null, 5, 'text', true, [], ['a', 'b'], {},
  { a: 1 }, { a: '' }, { a: null, b: undefined }, { a: [] }, { a: [1, '', 2] },
  { a: true, b: false }, { a: 1n }, { a: NaN, b: Infinity, c: -0, d: 1e21 },
  { a: {} }, { a: [[1, 2]] }, { a: () => 1 }, { 'a b': 'c&d=e' },
  { '\u20ac': '\u{1d11e}' }, { a: '!\'()*-._~' }, { a: '+ %' },
  { a: new Date(0) }, Object.create({ inherited: 1 }), { a: Object('x') }];

module.exports = function cases(run) {
  const list = (record) => [Object.getPrototypeOf(record),
    Object.entries(record)];
  for (const query of queries) {
    for (const separator of separators)
      for (const sign of equals)
        run(`parse ${query} ${separator} ${sign}`, () =>
          list(querystring.parse(query, separator, sign)));
    options.forEach((each, at) => run(`parse ${query} #${at}`, () =>
      list(querystring.parse(query, null, null, each))));
    run(`unescape ${query}`, () => querystring.unescape(query));
    run(`unescapeBuffer ${query}`, () => querystring.unescapeBuffer(query));
    run(`escape ${query}`, () => querystring.escape(query));
  }
  for (const value of [undefined, null, 5, {}, [], ['a=b'], true,
    Symbol.iterator])
    for (const name of ['parse', 'escape', 'unescape'])
      run(`${name} ${typeof value} ${String(value)}`, () =>
        querystring[name](value));
  run('escape half', () => querystring.escape('a\ud800'));
  records().forEach((record, at) => {
    run(`stringify #${at}`, () => querystring.stringify(record));
    run(`stringify #${at} with signs`, () =>
      querystring.stringify(record, ';', ':'));
    run(`stringify #${at} with a function`, () => querystring.stringify(record,
      null, null, { encodeURIComponent: (text) => `<${text}>` }));
  });
  run('names', () => Object.keys(querystring).sort());
};
