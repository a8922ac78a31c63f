/* atob and btoa (HTML Standard, 8.3), TextEncoder (Encoding Standard, 7.4). */
'use strict';

/* Texts and what atob() makes of them; null for an error. */
const decoded = [
  ['', ''], ['YQ==', 'a'], ['YWI=', 'ab'], ['YWJj', 'abc'],
  ['YWJjZA==', 'abcd'],
  ['YQ', 'a'], ['YWI', 'ab'], ['YQ=', null], ['YQ===', null], ['Y', null],
  ['=', null], ['==', null], ['===', null], ['====', null], ['Y===', null],
  ['YW=J', null], ['YWJj=', null], ['YWJj==', null], ['YWJjZA=', null],
  [' YQ==', 'a'], ['Y Q==', 'a'], ['YQ= =', 'a'], ['YQ==\t', 'a'],
  ['\n\f\rYQ', 'a'], ['YQ\x0b==', null], ['YQ\xa0==', null], ['Y\0Q', null],
  ['ab\u0000cd', null], ['ab-_', null], ['ab+/', 'i\xbf\xbf'],
  ['AAAA', '\0\0\0'], ['////', '\xff\xff\xff'], ['/w==', '\xff'],
  ['/x==', '\xff'], ['//8=', '\xff\xff'], ['//9=', '\xff\xff'],
  ['AB', '\0'], ['ABC', '\0\x10'], ['A', null], ['AAAAA', null],
  ['AA==AA==', null], ['AAAAAA', '\0\0\0\0'], ['~~~~', null], ['\u00e4', null],
  ['abcd\u00a0', null], [' \t\n\f\r', ''], [undefined, null],
  [null, '\x9e\xe9e'],
  [1, null], [12, '\xd7'], [1234, '\xd7m\xf8'], [NaN, '5\xa3'],
  [Infinity, '"w\xe2\x9e+r'], [true, '\xb6\xbb\x9e'], ['i\x00', null],
  [{ toString: () => 'YQ' }, 'a'], [['YQ'], 'a'], [[], ''],
];

const encoded = [
  ['', ''], ['a', 'YQ=='], ['ab', 'YWI='], ['abc', 'YWJj'], ['\0', 'AA=='],
  ['\xff', '/w=='], ['\xff\xff\xff', '////'], ['\x80\x81', 'gIE='],
  ['a\nb', 'YQpi'], [undefined, 'dW5kZWZpbmVk'], [null, 'bnVsbA=='],
  [12, 'MTI='], [NaN, 'TmFO'], [true, 'dHJ1ZQ=='], [{}, 'W29iamVjdCBPYmplY3Rd'],
  [[1, 2], 'MSwy'], ['\u0100', null], ['a\u20ac', null], ['\ud83d\udca9', null],
];

/* Texts and their UTF-8 in hex. */
const utf8 = [
  ['', ''], ['a', '61'], ['\0', '00'], ['\x7f', '7f'], ['\x80', 'c280'],
  ['\u07ff', 'dfbf'], ['\u0800', 'e0a080'], ['\ud7ff', 'ed9fbf'],
  ['\ue000', 'ee8080'], ['\uffff', 'efbfbf'], ['\ud800\udc00', 'f0908080'],
  ['\udbff\udfff', 'f48fbfbf'], ['\ud800', 'efbfbd'], ['\udc00', 'efbfbd'],
  ['\udc00\ud800', 'efbfbdefbfbd'], ['a\ud800b', '61efbfbd62'],
  ['\ud800\ud800\udc00', 'efbfbdf0908080'], ['\ufeffa', 'efbbbf61'],
  [undefined, ''], [null, '6e756c6c'], [5, '35'],
  [{}, '5b6f626a656374204f626a6563745d'],
];

const hex = (bytes) => Array.from(bytes, (byte) =>
  byte.toString(16).padStart(2, '0')).join('');

function base64({ same, throws, show }) {
  for (const [text, result] of decoded)
    if (result === null)
      throws(() => atob(text), 'InvalidCharacterError', `atob ${show(text)}`);
    else
      same(atob(text), result, `atob ${show(text)}`);
  for (const [text, result] of encoded)
    if (result === null) {
      throws(() => btoa(text), 'InvalidCharacterError', `btoa ${show(text)}`);
    } else {
      same(btoa(text), result, `btoa ${show(text)}`);
      same(atob(result), String(text), `atob of btoa ${show(text)}`);
    }
  for (let size = 0; size < 40; size++) {
    const text = String.fromCharCode(...Array.from({ length: size },
      (_, at) => at * 37 % 256));
    same(atob(btoa(text)), text, `${size} bytes and back`);
    same(btoa(text).length, Math.ceil(size / 3) * 4, `length of ${size}`);
  }
  for (const convert of [atob, btoa]) {
    throws(() => convert(), TypeError, `${convert.name} of nothing`);
    throws(() => convert(Symbol('a')), TypeError,
      `${convert.name} of a symbol`);
    same(convert.length, 1, `length of ${convert.name}`);
  }
  const all = String.fromCharCode(...Array.from({ length: 256 },
    (_, at) => at));
  same(atob(btoa(all)), all, 'all bytes');
  same(btoa(all.repeat(1000)).length, 341336, 'many bytes');
}

function encoder({ same, throws, show }) {
  const own = new TextEncoder();
  same(own.encoding, 'utf-8', 'the encoding');
  for (const [text, bytes] of utf8) {
    const result = own.encode(text);
    same(hex(result), bytes, `encode ${show(text)}`);
    same(result.constructor, Uint8Array, `class of ${show(text)}`);
  }
  same(own.encode().length, 0, 'encode nothing');
  same(new TextEncoder('utf-16').encoding, 'utf-8', 'always UTF-8');
  throws(() => own.encode(Symbol('a')), TypeError, 'encode a symbol');
  throws(() => TextEncoder(), TypeError, 'without new');
  same(Object.prototype.toString.call(own), '[object TextEncoder]', 'the tag');
}

function into({ same, throws, show }) {
  const own = new TextEncoder();
  for (const [text, room, read, written, bytes] of [
    ['Hi', 0, 0, 0, ''], ['Hi', 1, 1, 1, '48'], ['Hi', 2, 2, 2, '4869'],
    ['Hi', 10, 2, 2, '48690000000000000000'], ['\u00e4', 1, 0, 0, '00'],
    ['\u00e4', 2, 1, 2, 'c3a4'], ['\u20ac', 2, 0, 0, '0000'],
    ['\u20ac', 3, 1, 3, 'e282ac'], ['\ud83d\udca9', 3, 0, 0, '000000'],
    ['\ud83d\udca9', 4, 2, 4, 'f09f92a9'], ['a\ud83d\udca9', 4, 1, 1,
      '61000000'], ['\ud800', 3, 1, 3, 'efbfbd'], ['\ud800', 2, 0, 0, '0000'],
    ['\udc00a', 4, 2, 4, 'efbfbd61'], ['a\ud83d', 4, 2, 4, '61efbfbd'],
    ['\0a', 2, 2, 2, '0061'], ['ab\u20acc', 4, 2, 2, '61620000'],
    ['ab\u20acc', 5, 3, 5, '6162e282ac'], ['', 3, 0, 0, '000000']]) {
    const target = new Uint8Array(room);
    same(own.encodeInto(text, target), { read, written },
      `encodeInto ${show(text)} in ${room}`);
    same(hex(target), bytes, `bytes of ${show(text)} in ${room}`);
    const middle = new Uint8Array(room + 4).fill(9);
    own.encodeInto(text, middle.subarray(2, room + 2));
    same([middle[0], middle[1], middle[room + 2], middle[room + 3]],
      [9, 9, 9, 9], `nothing beyond ${show(text)} in ${room}`);
  }
  for (const target of [new Int8Array(4), new Uint8ClampedArray(4),
    new ArrayBuffer(4), new DataView(new ArrayBuffer(4)), [], null, undefined])
    throws(() => own.encodeInto('a', target), TypeError,
      `encodeInto a ${Object.prototype.toString.call(target)}`);
}

function decoder({ same, throws }) {
  const own = new TextDecoder('utf-8', { fatal: 1, ignoreBOM: 'x' });
  same([own.fatal, own.ignoreBOM], [true, true], 'options become booleans');
  same([new TextDecoder().fatal, new TextDecoder().ignoreBOM], [false, false],
    'defaults');
  same(new TextDecoder('utf-8', null).fatal, false, 'options null');
  throws(() => new TextDecoder('utf-8', 5), TypeError, 'options a number');
  const marked = Uint8Array.of(0xef, 0xbb, 0xbf, 0x61);
  const plain = new TextDecoder();
  same(plain.decode(marked), 'a', 'a mark goes');
  same(plain.decode(marked), 'a', 'each time');
  same(own.decode(marked), '\ufeffa', 'ignoreBOM keeps it');
  let text = '';
  for (const byte of marked)
    text += plain.decode(Uint8Array.of(byte), { stream: true });
  same(text + plain.decode(), 'a', 'a mark in pieces');
  same(plain.decode(Uint8Array.of(0xef, 0xbb), { stream: true }) +
    plain.decode(Uint8Array.of(0x61)), '\ufffda', 'half a mark');
  for (const [what, source] of [['a buffer', Uint8Array.of(97).buffer],
    ['a view', Uint8Array.of(97)], ['a DataView',
      new DataView(Uint8Array.of(97).buffer)], ['16 bits',
      new Uint8Array([97, 98]).subarray(0, 1)]])
    same(plain.decode(source), 'a', `decode ${what}`);
  same([plain.decode(), plain.decode(undefined)], ['', ''], 'decode nothing');
  for (const source of [null, 'a', 5, {}, [97]])
    throws(() => plain.decode(source), TypeError,
      `decode ${JSON.stringify(source)}`);
  const shared = new Uint8Array(new SharedArrayBuffer(2));
  shared.set([97, 98]);
  same(plain.decode(shared), 'ab', 'decode shared memory');
  const strict = new TextDecoder('utf-8', { fatal: true });
  throws(() => strict.decode(Uint8Array.of(0xff)), TypeError, 'fatal');
  same(strict.decode(Uint8Array.of(97)), 'a', 'and it goes on');
  strict.decode(Uint8Array.of(0xe2), { stream: true });
  throws(() => strict.decode(), TypeError, 'an end within a character');
  throws(() => strict.decode(Uint8Array.of(0xc0), { stream: true }), TypeError,
    'a byte that can not begin anything');
  const big = 'a\u20ac\ud83d\udca9'.repeat(20000);
  same(plain.decode(new TextEncoder().encode(big)) === big, true,
    'a long text and back');
}

module.exports = async (check) => {
  for (const group of [base64, encoder, into, decoder])
    await check.group(group.name, () => group(check));
};
