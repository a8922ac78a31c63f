/* URLSearchParams (URL Standard, 5 and 6.2). */
'use strict';

/* Texts, their list of pairs, and the text that the list gives again. */
const parsed = [
  ['', [], ''],
  ['?', [], ''],
  ['??', [['?', '']], '%3F='],
  ['a', [['a', '']], 'a='],
  ['a=', [['a', '']], 'a='],
  ['=a', [['', 'a']], '=a'],
  ['=', [['', '']], '='],
  ['a=b', [['a', 'b']], 'a=b'],
  ['?a=b', [['a', 'b']], 'a=b'],
  ['a=b=c', [['a', 'b=c']], 'a=b%3Dc'],
  ['a==b', [['a', '=b']], 'a=%3Db'],
  ['a=b&c=d', [['a', 'b'], ['c', 'd']], 'a=b&c=d'],
  ['a=b&a=c', [['a', 'b'], ['a', 'c']], 'a=b&a=c'],
  ['&a=b', [['a', 'b']], 'a=b'],
  ['a=b&', [['a', 'b']], 'a=b'],
  ['a=b&&c=d', [['a', 'b'], ['c', 'd']], 'a=b&c=d'],
  ['&&&', [], ''],
  ['&=&', [['', '']], '='],
  ['a&b&c', [['a', ''], ['b', ''], ['c', '']], 'a=&b=&c='],
  ['a+b=c+d', [['a b', 'c d']], 'a+b=c+d'],
  ['a%20b=c%20d', [['a b', 'c d']], 'a+b=c+d'],
  ['a%2Bb=c%2bd', [['a+b', 'c+d']], 'a%2Bb=c%2Bd'],
  ['+=+', [[' ', ' ']], '+=+'],
  ['a=%', [['a', '%']], 'a=%25'],
  ['a=%2', [['a', '%2']], 'a=%252'],
  ['a=%zz', [['a', '%zz']], 'a=%25zz'],
  ['a=%f', [['a', '%f']], 'a=%25f'],
  ['a=%%41', [['a', '%A']], 'a=%25A'],
  ['%61%3d=%26', [['a=', '&']], 'a%3D=%26'],
  ['a=\u2384', [['a', '\u2384']], 'a=%E2%8E%84'],
  ['a=%e2%8e%84', [['a', '\u2384']], 'a=%E2%8E%84'],
  ['\ud83d\udca9=x', [['\ud83d\udca9', 'x']], '%F0%9F%92%A9=x'],
  ['%F0%9F%92%A9=x', [['\ud83d\udca9', 'x']], '%F0%9F%92%A9=x'],
  ['a=\ud83d', [['a', '\ufffd']], 'a=%EF%BF%BD'],
  ['a=\udca9b', [['a', '\ufffdb']], 'a=%EF%BF%BDb'],
  ['a=%ff', [['a', '\ufffd']], 'a=%EF%BF%BD'],
  ['a=%fe%ff', [['a', '\ufffd\ufffd']], 'a=%EF%BF%BD%EF%BF%BD'],
  ['a=%ef%bb%bfb', [['a', '\ufeffb']], 'a=%EF%BB%BFb'],
  ['%ef%bb%bftest=%ef%bb%bf', [['\ufefftest', '\ufeff']],
    '%EF%BB%BFtest=%EF%BB%BF'],
  ['id=0&value=%', [['id', '0'], ['value', '%']], 'id=0&value=%25'],
  ['b=%2sf%2a', [['b', '%2sf*']], 'b=%252sf*'],
  ['b=%2%2af%2a', [['b', '%2*f*']], 'b=%252*f*'],
  ['b=%%2a', [['b', '%*']], 'b=%25*'],
  ['a=\0b', [['a', '\0b']], 'a=%00b'],
  ['a=\n&b=\r\n', [['a', '\n'], ['b', '\r\n']], 'a=%0A&b=%0D%0A'],
  ['a=!*-._~', [['a', '!*-._~']], 'a=%21*-._%7E'],
  ['a="\'()', [['a', '"\'()']], 'a=%22%27%28%29'],
  ['a=/:;,@$', [['a', '/:;,@$']], 'a=%2F%3A%3B%2C%40%24'],
  ['a=[]{}|\\^`<>', [['a', '[]{}|\\^`<>']],
    'a=%5B%5D%7B%7D%7C%5C%5E%60%3C%3E'],
  ['a#b=c', [['a#b', 'c']], 'a%23b=c'],
  ['__proto__=1&constructor=2&toString',
    [['__proto__', '1'], ['constructor', '2'], ['toString', '']],
    '__proto__=1&constructor=2&toString='],
];

/* Pairs, and the order that sort() gives them: by UTF-16 units, stable. */
const sorted = [
  ['z=b&a=b&z=a&a=a', 'a=b&a=a&z=b&z=a'],
  ['\ufffd=x&\ufffc&\ufffd=a', '%EF%BF%BC=&%EF%BF%BD=x&%EF%BF%BD=a'],
  /* A surrogate is less than U+FB03, though its character is greater. */
  ['\ufb03&\ud83c\udf08', '%F0%9F%8C%88=&%EF%AC%83='],
  ['\u00e9&e\ufffd&e\u0301', 'e%CC%81=&e%EF%BF%BD=&%C3%A9='],
  ['z=z&a=a&z=y&a=b&z=x&a=c&z=w&a=d',
    'a=a&a=b&a=c&a=d&z=z&z=y&z=x&z=w'],
  ['bbb&bb&aaa&aa=x&aa=y', 'aa=x&aa=y&aaa=&bb=&bbb='],
  ['z=z&=f&=t&=x', '=f&=t&=x&z=z'],
  ['a\ud83d\udca9&a\ud83d\udc69', 'a%F0%9F%91%A9=&a%F0%9F%92%A9='],
];

function parsing({ same }) {
  for (const [text, pairs, again] of parsed) {
    const params = new URLSearchParams(text);
    same([...params], pairs, `pairs of ${JSON.stringify(text)}`);
    same(String(params), again, `text of ${JSON.stringify(text)}`);
    same(params.size, pairs.length, `size of ${JSON.stringify(text)}`);
    same([...new URLSearchParams(again)], pairs, `read again: ${again}`);
    for (const [name, value] of pairs) {
      const values = pairs.filter((pair) => pair[0] === name)
        .map((pair) => pair[1]);
      same(params.get(name), values[0], `get in ${JSON.stringify(text)}`);
      same(params.getAll(name), values, `getAll in ${JSON.stringify(text)}`);
      same(params.has(name), true, `has in ${JSON.stringify(text)}`);
      same(params.has(name, value), true, `has with value in ${text}`);
      same(params.has(name, value + '!'), false, `has another in ${text}`);
    }
    same(params.get('nothing like it'), null, `get nothing in ${text}`);
  }
  for (const [text, order] of sorted) {
    const params = new URLSearchParams(text);
    params.sort();
    same(String(params), order, `sort ${order}`);
    const url = new URL(`http://h/?${text}`);
    url.searchParams.sort();
    same(url.search, `?${order}`, `sort in a URL ${order}`);
  }
}

function construction({ same, throws }) {
  const text = (...init) => String(new URLSearchParams(...init));
  same(text(), '', 'no argument');
  same(text(undefined), '', 'undefined');
  /* The standard makes "null=" of it. Node does this, and tasks rely on it. */
  same(text(null), '', 'null, as in Node');
  same(text(5), '5=', 'a number is a text');
  same(text(true), 'true=', 'a boolean is a text');
  same(text({}), '', 'an empty record');
  same(text({ a: 'b' }), 'a=b', 'a record');
  same(text({ a: 1, b: null, c: undefined }), 'a=1&b=null&c=undefined',
    'values of a record become texts');
  same(text({ 'a\ud83d': 'x', 'a\ufffd': 'y' }), 'a%EF%BF%BD=y',
    'keys that become the same count once');
  same(text([]), '', 'an empty list');
  same(text([['a', 'b']]), 'a=b', 'a list');
  same(text([['a', 'b'], ['a', 1]]), 'a=b&a=1', 'a list with a name twice');
  same(text([new Set(['a', 'b'])]), 'a=b', 'a pair is any iterable');
  same(text(new Map([['a', 'b'], ['c', 'd']])), 'a=b&c=d', 'a Map');
  same(text(new URLSearchParams('a=b&c=d&')), 'a=b&c=d', 'a copy');
  same(text(function () {}), '', 'a function is a record');
  same(text(Object.create({ inherited: 1 })), '', 'own properties only');
  same(text(Object.defineProperty({ a: 1 }, 'hidden', { value: 2 })), 'a=1',
    'enumerable properties only');
  throws(() => text([['a']]), TypeError, 'a pair of one');
  throws(() => text([['a', 'b', 'c']]), TypeError, 'a pair of three');
  throws(() => text([[]]), TypeError, 'a pair of none');
  throws(() => text([5]), TypeError, 'a number as a pair');
  throws(() => text([null]), TypeError, 'null as a pair');
  throws(() => text({ [Symbol.iterator]: 5 }), TypeError, 'no iterator');
  throws(() => text({ [Symbol('a')]: 'b' }), TypeError, 'a symbol as a key');
  throws(() => text({ a: Symbol('b') }), TypeError, 'a symbol as a value');
  throws(() => text(Symbol('a')), TypeError, 'a symbol');
  throws(() => URLSearchParams('a'), TypeError, 'without new');
  const mine = new URLSearchParams('a=1');
  mine[Symbol.iterator] = function* () {
    yield ['b', '2'];
  };
  same(text(mine), 'b=2', 'an own iterator is used');
  const first = new URLSearchParams('a=1');
  const second = new URLSearchParams(first);
  second.append('b', '2');
  same(String(first), 'a=1', 'a copy is independent');
}

function changing({ same, throws }) {
  const change = (text, action) => {
    const params = new URLSearchParams(text);
    action(params);
    return String(params);
  };
  same(change('', (p) => p.append('a', 'b')), 'a=b', 'append');
  same(change('a=1', (p) => p.append('a', 2)), 'a=1&a=2', 'append again');
  same(change('', (p) => p.append('', '')), '=', 'append nothing');
  same(change('', (p) => p.append(null, undefined)), 'null=undefined',
    'append null and undefined');
  same(change('a=1&b=2&a=3', (p) => p.set('a', 4)), 'a=4&b=2', 'set');
  same(change('b=2', (p) => p.set('a', 4)), 'b=2&a=4', 'set a new name');
  same(change('a=1&a=2&a=3', (p) => p.set('a', '\ud800')), 'a=%EF%BF%BD',
    'set a lone surrogate');
  same(change('a=1&b=2&a=3', (p) => p.delete('a')), 'b=2', 'delete');
  same(change('a=1&b=2&a=3', (p) => p.delete('a', '3')), 'a=1&b=2',
    'delete a value');
  same(change('a=1&b=2&a=3', (p) => p.delete('a', 3)), 'a=1&b=2',
    'delete a value that is a number');
  same(change('a=1&b=2', (p) => p.delete('a', 'x')), 'a=1&b=2',
    'delete another value');
  same(change('a=1&a=undefined', (p) => p.delete('a', undefined)), '',
    'delete with undefined');
  same(change('a=1', (p) => p.delete('c')), 'a=1', 'delete nothing');
  same(new URLSearchParams('a=b').has('a', undefined), true,
    'has with undefined');
  same(new URLSearchParams('a=b&a=d&c').has('a', 'd'), true, 'has the second');
  for (const [name, count] of [['append', 2], ['delete', 1], ['get', 1],
    ['getAll', 1], ['has', 1], ['set', 2]]) {
    const params = new URLSearchParams('a=b');
    throws(() => params[name](), TypeError, `${name} without arguments`);
    if (count === 2)
      throws(() => params[name]('a'), TypeError, `${name} with one argument`);
    throws(() => params[name](Symbol('a'), 'b'), TypeError,
      `${name} of a symbol`);
    throws(() => URLSearchParams.prototype[name].call({}, 'a', 'b'), TypeError,
      `${name} on another object`);
    same(params[name].length, count, `length of ${name}`);
    same(params[name].name, name, `name of ${name}`);
  }
}

function iterating({ same, throws }) {
  const params = new URLSearchParams('a=1&b=2&c=3');
  same([...params.entries()], [['a', '1'], ['b', '2'], ['c', '3']], 'entries');
  same([...params.keys()], ['a', 'b', 'c'], 'keys');
  same([...params.values()], ['1', '2', '3'], 'values');
  same(URLSearchParams.prototype[Symbol.iterator],
    URLSearchParams.prototype.entries, 'entries is the iterator');
  const seen = [];
  const self = {};
  params.forEach(function (value, name, whole) {
    seen.push([value, name, whole === params, this === self]);
  }, self);
  same(seen, [['1', 'a', true, true], ['2', 'b', true, true],
    ['3', 'c', true, true]], 'forEach');
  throws(() => params.forEach(), TypeError, 'forEach without a function');
  throws(() => params.forEach({}), TypeError, 'forEach with an object');
  const deleting = new URLSearchParams('a=1&b=2&c=3');
  const names = [];
  for (const [name] of deleting) {
    names.push(name);
    deleting.delete(name);
  }
  same(names, ['a', 'c'], 'deleting while iterating');
  const growing = new URLSearchParams('a=1');
  const grown = [];
  for (const [name] of growing) {
    grown.push(name);
    if (grown.length < 3)
      growing.append(`n${grown.length}`, '');
  }
  same(grown, ['a', 'n1', 'n2'], 'appending while iterating');
  const iterator = params.entries();
  same(iterator.next(), { value: ['a', '1'], done: false }, 'next');
  same(Object.prototype.toString.call(iterator),
    '[object URLSearchParams Iterator]', 'the tag of the iterator');
  same(iterator[Symbol.iterator]() === iterator, true, 'it is its iterator');
  iterator.next();
  iterator.next();
  same(iterator.next(), { value: undefined, done: true }, 'the end');
  same(iterator.return, undefined, 'the iterator has no return');
}

function in_url({ same, throws }) {
  const url = new URL('http://h/p?a=1&b=2#f');
  const params = url.searchParams;
  same(params === url.searchParams, true, 'the same object each time');
  params.append('c', 'x y');
  same(url.href, 'http://h/p?a=1&b=2&c=x+y#f', 'append changes the URL');
  params.delete('a');
  same(url.search, '?b=2&c=x+y', 'delete changes the URL');
  params.set('b', '\u00e4');
  same(url.search, '?b=%C3%A4&c=x+y', 'set changes the URL');
  url.search = '?new=1';
  same(String(params), 'new=1', 'search changes the params');
  url.href = 'http://other/?q=2';
  same(String(params), 'q=2', 'href changes the params');
  same(params === url.searchParams, true, 'still the same object');
  params.delete('q');
  same(url.href, 'http://other/', 'an empty list is no query');
  url.search = '?';
  same(url.href, 'http://other/?', 'an empty query stays');
  same([...params], [], 'an empty query has no pairs');
  params.append('a', '1');
  params.delete('a');
  same(url.href, 'http://other/', 'a deletion takes the mark away');
  const kept = new URL('http://h/?a=~%20\'');
  same(kept.search, '?a=~%20%27', 'a query stays as it was written');
  kept.searchParams.delete('nothing');
  same(kept.search, '?a=%7E+%27', 'each change writes the query anew');
  same(new URL('http://h/').searchParams.size, 0, 'no query, no pairs');
  throws(() => {
    url.searchParams = 'a=b';
  }, TypeError, 'searchParams can not be set');
}

function shape({ same, is_true }) {
  is_true(typeof URLSearchParams === 'function', 'the class exists');
  same(Object.prototype.toString.call(new URLSearchParams()),
    '[object URLSearchParams]', 'the tag');
  same(URLSearchParams.length, 0, 'length of the class');
  for (const name of ['append', 'delete', 'get', 'getAll', 'has', 'set',
    'sort', 'forEach', 'entries', 'keys', 'values', 'toString']) {
    const property = Object.getOwnPropertyDescriptor(URLSearchParams.prototype,
      name);
    same([property?.enumerable, property?.writable, property?.configurable],
      [true, true, true], `the property ${name}`);
  }
  const size = Object.getOwnPropertyDescriptor(URLSearchParams.prototype,
    'size');
  same([typeof size.get, size.set, size.enumerable],
    ['function', undefined, true], 'the property size');
  same('URLSearchParams' in globalThis, true, 'a global');
  same(Object.keys(globalThis).includes('URLSearchParams'), false,
    'a global that is not listed');
}

module.exports = async (check) => {
  await check.group('parsing', () => parsing(check));
  await check.group('construction', () => construction(check));
  await check.group('changing', () => changing(check));
  await check.group('iterating', () => iterating(check));
  await check.group('in a URL', () => in_url(check));
  await check.group('shape', () => shape(check));
};
