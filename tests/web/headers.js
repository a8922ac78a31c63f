/* Headers (Fetch Standard, 5.1). */
'use strict';

function values({ same, throws, show }) {
  for (const [value, kept] of [['a', 'a'], ['', ''], [' ', ''], ['\t a \r\n',
    'a'], ['a b', 'a b'], ['a,b', 'a,b'], ['\xff', '\xff'], ['\x01', '\x01'],
  ['\x7f', '\x7f'], [5, '5'], [null, 'null'], [undefined, 'undefined'],
  [true, 'true'], [['a', 'b'], 'a,b'], ['\x0ba', '\x0ba']]) {
    same(new Headers([['x', value]]).get('x'), kept, `value ${show(value)}`);
    const headers = new Headers();
    headers.set('x', value);
    same(headers.get('X'), kept, `set ${show(value)}`);
    headers.append('x', value);
    same(headers.get('x'), `${kept}, ${kept}`, `append ${show(value)}`);
  }
  for (const value of ['a\0b', '\0', 'a\nb', 'a\rb', 'a\r\nb', '\u0100',
    '\ud83d\udca9', '\u2028', Symbol('a')])
    for (const method of ['append', 'set'])
      throws(() => new Headers()[method]('x', value), TypeError,
        `${method} of ${show(value)}`);
}

function names({ same, throws, show }) {
  for (const name of ['a', 'A-B', '!#$%&\'*+-.^_`|~', '0', 'x'.repeat(300),
    '__proto__', 'constructor', 'tostring']) {
    const headers = new Headers({ [name]: '1' });
    const plain = new Headers([[name, '1']]);
    same(plain.get(name.toUpperCase()), '1', `name ${name.slice(0, 20)}`);
    same(plain.has(name.toLowerCase()), true, `has ${name.slice(0, 20)}`);
    same([...plain.keys()], [name.toLowerCase()], `key ${name.slice(0, 20)}`);
    same([...headers].length, name === '__proto__' ? 1 : 1,
      `record ${name.slice(0, 20)}`);
  }
  for (const name of ['', ' ', 'a b', 'a:', 'a\n', '\0', '(', ')', '<', '>',
    '@', ',', ';', '\\', '"', '/', '[', ']', '?', '=', '{', '}', '\x7f', '\x80',
    '\xff', '\u0130', '\u212a', Symbol('a')])
    for (const method of ['append', 'set', 'get', 'has', 'delete'])
      throws(() => new Headers()[method](name, 'x'), TypeError,
        `${method} of the name ${show(name)}`);
}

function construction({ same, throws }) {
  const list = (...init) => [...new Headers(...init)];
  same(list(), [], 'nothing');
  same(list(undefined), [], 'undefined');
  same(list({}), [], 'an empty record');
  same(list([]), [], 'an empty list');
  same(list({ B: '1', a: '2' }), [['a', '2'], ['b', '1']], 'a record, sorted');
  same(list({ a: '1', A: '2' }), [['a', '1, 2']], 'a name in two spellings');
  same(list([['b', '1'], ['a', '2'], ['b', '3']]), [['a', '2'], ['b', '1, 3']],
    'a list');
  same(list(new Map([['x', 'y']])), [['x', 'y']], 'a Map');
  same(list([new Set(['x', 'y'])]), [['x', 'y']], 'a pair that is a Set');
  same(list(new Headers({ a: '1' })), [['a', '1']], 'a copy');
  same(list(Object.create({ inherited: '1' })), [], 'own properties only');
  same(list(Object.defineProperty({}, 'hidden', { value: 1 })), [],
    'enumerable ones only');
  for (const [what, init] of [['null', null], ['a number', 1], ['a text', 'a'],
    ['a boolean', true], ['a pair of one', [['a']]],
    ['a pair of three', [['a', 'b', 'c']]], ['a list of texts', ['ab']],
    ['a list of numbers', [1]], ['a symbol as a key', { [Symbol('a')]: '1' }],
    ['a broken iterator', { [Symbol.iterator]: 1 }]])
    throws(() => new Headers(init), TypeError, `made of ${what}`);
  throws(() => Headers(), TypeError, 'without new');
  const read = [];
  list(new Proxy({ a: 1, b: 2 }, { ownKeys(target) {
    read.push('keys');
    return Reflect.ownKeys(target);
  }, get(target, key) {
    if (typeof key === 'string')
      read.push(key);
    return target[key];
  } }));
  same(read, ['keys', 'a', 'b'], 'a record is read in order');
}

function changing({ same, throws }) {
  const headers = new Headers({ a: '1', b: '2' });
  headers.append('A', '3');
  same(headers.get('a'), '1, 3', 'append');
  headers.set('a', '4');
  same(headers.get('a'), '4', 'set');
  headers.delete('B');
  same([headers.has('b'), headers.get('b')], [false, null], 'delete');
  same(headers.delete('nothing'), undefined, 'delete nothing');
  for (const [method, count] of [['append', 2], ['set', 2], ['get', 1],
    ['has', 1], ['delete', 1]]) {
    throws(() => headers[method](), TypeError, `${method} of nothing`);
    if (count === 2)
      throws(() => headers[method]('a'), TypeError, `${method} of one`);
    throws(() => Headers.prototype[method].call({}, 'a', 'b'), TypeError,
      `${method} of another object`);
    same(headers[method].length, count, `length of ${method}`);
  }
}

function cookies({ same }) {
  const headers = new Headers([['set-cookie', 'a=1'], ['x', 'y'],
    ['Set-Cookie', 'b=2; Expires=Mon, 1 Jan']]);
  same(headers.getSetCookie(), ['a=1', 'b=2; Expires=Mon, 1 Jan'],
    'getSetCookie');
  same(headers.get('set-cookie'), 'a=1, b=2; Expires=Mon, 1 Jan', 'get');
  same([...headers], [['set-cookie', 'a=1'],
    ['set-cookie', 'b=2; Expires=Mon, 1 Jan'], ['x', 'y']],
  'each cookie is a pair');
  headers.set('set-cookie', 'c=3');
  same(headers.getSetCookie(), ['c=3'], 'set replaces all');
  headers.delete('SET-COOKIE');
  same(headers.getSetCookie(), [], 'delete takes all');
  same(new Headers({ cookie: 'x' }).getSetCookie(), [], 'no Cookie');
  const copy = new Headers(new Headers([['set-cookie', 'a'],
    ['set-cookie', 'b']]));
  same(copy.getSetCookie(), ['a', 'b'], 'a copy keeps them apart');
}

function iterating({ same, throws }) {
  const headers = new Headers({ c: '3', a: '1', b: '2' });
  same([...headers.keys()], ['a', 'b', 'c'], 'keys');
  same([...headers.values()], ['1', '2', '3'], 'values');
  same([...headers.entries()], [...headers], 'entries');
  same(Headers.prototype[Symbol.iterator], Headers.prototype.entries,
    'the iterator is entries');
  const seen = [];
  headers.forEach(function (value, name, whole) {
    seen.push(name, value, whole === headers, this);
  }, 5);
  same(seen.length, 12, 'forEach');
  same(seen.slice(0, 3), ['a', '1', true], 'its arguments');
  throws(() => headers.forEach(), TypeError, 'forEach of nothing');
  throws(() => headers.forEach('x'), TypeError, 'forEach of a text');
  const names = [];
  for (const [name] of headers) {
    names.push(name);
    if (name === 'a')
      headers.append('d', '4');
    if (name === 'b')
      headers.delete('c');
  }
  same(names, ['a', 'b', 'd'], 'changes while iterating');
  const iterator = headers.keys();
  same(typeof iterator.next, 'function', 'next');
  same(iterator[Symbol.iterator]() === iterator, true, 'it is its iterator');
  same(Object.prototype.toString.call(iterator), '[object Headers Iterator]',
    'its tag');
  throws(() => iterator.next.call({}), TypeError, 'next of another object');
  same(Object.prototype.toString.call(headers), '[object Headers]', 'the tag');
}

module.exports = async (check) => {
  for (const group of [values, names, construction, changing, cookies,
    iterating])
    await check.group(group.name, () => group(check));
};
