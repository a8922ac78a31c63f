/* Blob and File (File API), FormData (XMLHttpRequest Standard, 4). */
'use strict';

async function blobs({ same, throws, show }) {
  for (const [what, parts, text] of [['nothing', [], ''],
    ['texts', ['a', 'b'], 'ab'], ['a lone surrogate', ['\ud800'], '\ufffd'],
    ['bytes', [Uint8Array.of(97, 98)], 'ab'],
    ['a part of a buffer', [new Uint8Array([97, 98, 99]).subarray(1)], 'bc'],
    ['a buffer', [Uint8Array.of(97).buffer], 'a'],
    ['a DataView', [new DataView(Uint8Array.of(97, 98).buffer, 1)], 'b'],
    ['a Blob', [new Blob(['x']), 'y'], 'xy'],
    ['numbers and more', [1, null, undefined, true, {}],
      '1nullundefinedtrue[object Object]'],
    ['a list in a list', [['a', 'b'], []], 'a,b'],
    ['a Set', new Set(['a', 'b']), 'ab'], ['a String object', new String('ab'),
      'ab'], ['16 bits', [Uint16Array.of(0x6261)], 'ab'],
    ['a File', [new File(['f'], 'n')], 'f']]) {
    const blob = new Blob(parts);
    same(await blob.text(), text, `a Blob of ${what}`);
    same(blob.size, new TextEncoder().encode(text).length, `size of ${what}`);
  }
  same([new Blob().size, new Blob(undefined).size], [0, 0], 'no parts');
  for (const parts of [null, 5, 'text', true, {}, /x/, new Date(0)])
    throws(() => new Blob(parts), TypeError, `parts ${show(parts)}`);
  throws(() => Blob(), TypeError, 'without new');
  throws(() => new Blob([], 5), TypeError, 'options that are a number');
  throws(() => new Blob([Symbol('a')]), TypeError, 'a symbol as a part');
  throws(() => new Blob([], { endings: 'other' }), TypeError, 'other endings');
  for (const [type, kept] of [['Text/Plain', 'text/plain'], ['', ''],
    [undefined, ''], [null, 'null'], ['a\u00e9', ''], ['a\0', ''], ['\x7f', ''],
    ['te xt', 'te xt'], [5, '5'], ['A;B=C', 'a;b=c']])
    same(new Blob([], { type }).type, kept, `type ${show(type)}`);
  same(await new Blob(['a\r\nb\rc\nd'], { endings: 'native' }).text(),
    'a\nb\nc\nd', 'native endings');
  same(await new Blob(['a\r\nb']).text(), 'a\r\nb', 'transparent endings');
  const blob = new Blob(['hello']);
  same(Object.prototype.toString.call(blob), '[object Blob]', 'the tag');
  same(new Uint8Array(await blob.arrayBuffer()), Uint8Array.of(104, 101, 108,
    108, 111), 'arrayBuffer');
  same(await blob.arrayBuffer() === await blob.arrayBuffer(), false,
    'another buffer each time');
  same(await new Blob([Uint8Array.of(0xef, 0xbb, 0xbf, 97)]).text(), 'a',
    'text drops the mark');
  same(await new Blob([Uint8Array.of(255)]).text(), '\ufffd', 'bad bytes');
}

async function slices({ same, show, is_node }) {
  const blob = new Blob(['0123456789'], { type: 'x/y' });
  for (const [from, to, text] of [[0, 10, '0123456789'], [2, 5, '234'],
    [5, 2, ''], [-3, undefined, '789'], [-3, -1, '78'], [undefined, 3, '012'],
    [0, 100, '0123456789'], [100, 200, ''], [-100, 2, '01']])
    same(await blob.slice(from, to).text(), text,
      `slice ${show(from)} to ${show(to)}`);
  if (!is_node) /* Node 20 ends the process */
    for (const [from, to, text] of [[2.9, 4.2, '3'], [2.5, 3.5, '23'],
      [3.5, 6.5, '45'], [-1.5, Infinity, '89'], [NaN, 2, '01'], [2, NaN, ''],
      ['2', '4', '23'], [null, 1, '0'], [1, null, ''], [-Infinity, 3, '012']])
      same(await blob.slice(from, to).text(), text,
        `slice ${from} to ${to}`);
  same(blob.slice().type, '', 'a slice has no type');
  same(blob.slice(0, 1, 'A/B').type, 'a/b', 'but a new one');
  same(blob.slice(0, 1, '\u00e9').type, '', 'that is well formed');
  same(await blob.slice(2, 8).slice(1, 3).text(), '34', 'a slice of a slice');
}

async function files({ same, throws }) {
  const file = new File(['a', 'b'], 'name.txt', { type: 'T/X',
    lastModified: 5 });
  same([file.name, file.type, file.lastModified, file.size],
    ['name.txt', 't/x', 5, 2], 'a File');
  same(await file.text(), 'ab', 'its text');
  same([file instanceof Blob, file instanceof File], [true, true], 'a Blob');
  same(Object.prototype.toString.call(file), '[object File]', 'the tag');
  same(new File([], 'a/b\\c').name, 'a/b\\c', 'a name stays');
  same(new File([], '\ud800').name, '\ufffd', 'a lone surrogate');
  same(new File([], 5).name, '5', 'a number as a name');
  const now = Date.now();
  same(new File([], 'n').lastModified >= now, true, 'modified now');
  for (const [time, kept] of [[0, 0], [-1, -1], [1.9, 1], ['7', 7], [NaN, 0],
    [null, 0], [new Date(9), 9]])
    same(new File([], 'n', { lastModified: time }).lastModified, kept,
      `lastModified ${String(time)}`);
  throws(() => new File(), TypeError, 'no arguments');
  throws(() => new File([]), TypeError, 'no name');
  throws(() => new File('a', 'n'), TypeError, 'a text as parts');
  same(file.slice(0, 1) instanceof File, false, 'a slice is a Blob');
}

function entries({ same, throws }) {
  const form = new FormData();
  form.append('a', '1');
  form.append('b', 2);
  form.append('a', null);
  same([...form], [['a', '1'], ['b', '2'], ['a', 'null']], 'append');
  same([form.get('a'), form.get('c'), form.getAll('a'), form.getAll('c'),
    form.has('b'), form.has('c')], ['1', null, ['1', 'null'], [], true, false],
  'get, getAll, has');
  form.set('a', 'new');
  same([...form], [['a', 'new'], ['b', '2']], 'set replaces all');
  form.set('c', '3');
  same([...form.keys()], ['a', 'b', 'c'], 'set adds');
  form.delete('b');
  same([...form.values()], ['new', '3'], 'delete');
  form.append('\ud800', '\udc00');
  same(form.get('\ufffd'), '\ufffd', 'lone surrogates');
  form.append('__proto__', 'x');
  same(form.get('__proto__'), 'x', 'any name');
  for (const [method, count] of [['append', 2], ['set', 2], ['get', 1],
    ['getAll', 1], ['has', 1], ['delete', 1]]) {
    throws(() => form[method](), TypeError, `${method} of nothing`);
    if (count === 2)
      throws(() => form[method]('a'), TypeError, `${method} of one`);
    same(form[method].length, count, `length of ${method}`);
  }
  throws(() => form.append('a', 'b', 'c'), TypeError, 'a text with a name');
  throws(() => form.set('a', {}, 'c'), TypeError, 'an object with a name');
  throws(() => new FormData({}), TypeError, 'made of an object');
  throws(() => new FormData(null), TypeError, 'made of null');
  same(new FormData(undefined) instanceof FormData, true, 'made of undefined');
  const seen = [];
  form.forEach((value, name, whole) => seen.push(whole === form));
  same(seen.every(Boolean), true, 'forEach');
  throws(() => form.forEach(), TypeError, 'forEach of nothing');
  same(Object.prototype.toString.call(form), '[object FormData]', 'the tag');
  same(Object.prototype.toString.call(form.keys()),
    '[object FormData Iterator]', 'the tag of its iterator');
}

function blob_entries({ same }) {
  const form = new FormData();
  form.append('a', new Blob(['x'], { type: 't/x' }));
  const file = form.get('a');
  same([file instanceof File, file.name, file.type, file.size],
    [true, 'blob', 't/x', 1], 'a Blob becomes a File');
  form.append('b', new Blob(['x']), 'n.txt');
  same(form.get('b').name, 'n.txt', 'with a name');
  const own = new File(['y'], 'own', { lastModified: 3 });
  form.append('c', own);
  same(form.get('c') === own, true, 'a File stays');
  form.set('c', own, 'other');
  same([form.get('c') === own, form.get('c').name, form.get('c').lastModified],
    [false, 'other', 3], 'a File with another name');
  form.set('d', own, undefined);
  same(form.get('d').name, 'own', 'an undefined name is none');
}

async function multipart({ same, throws, rejects, show }) {
  const form = new FormData();
  form.append('plain', 'a\nb\rc\r\nd');
  form.append('q"n\r\n', '\u00fc');
  form.append('f', new File([Uint8Array.of(0, 13, 10, 255)], 'a"\n.bin',
    { type: 'x/y' }));
  form.append('e', new File([], ''));
  const response = new Response(form);
  const type = response.headers.get('content-type');
  same(/^multipart\/form-data; ?boundary=[\x21-\x7e]+$/.test(type), true,
    'the content type');
  const text = await response.clone().text();
  same(text.includes('name="plain"\r\n\r\na\r\nb\r\nc\r\nd\r\n'), true,
    'line breaks of texts');
  same(text.includes('name="q%22n%0D%0A"'), true, 'escapes in names');
  same(text.includes('filename="a%22%0A.bin"\r\nContent-Type: x/y'), true,
    'a file\'s head');
  const again = await response.formData();
  same([...again.keys()].slice(0, 1), ['plain'], 'read again');
  same(again.get('plain'), 'a\r\nb\r\nc\r\nd', 'a text read again');
  same(new Uint8Array(await again.get('f').arrayBuffer()),
    Uint8Array.of(0, 13, 10, 255), 'bytes read again');
  const read = (body, head) => new Response(body, { headers:
    { 'content-type': head } }).formData();
  const coded = await read('a=1&b=%20+&a=3',
    'application/x-www-form-urlencoded;charset=utf-8');
  same([...coded], [['a', '1'], ['b', '  '], ['a', '3']], 'urlencoded');
  for (const [body, head] of [['x', 'text/plain'], ['', ''],
    ['x', 'multipart/form-data'], ['junk', 'multipart/form-data;boundary=b'],
    ['--b\r\n', 'multipart/form-data;boundary=b']])
    await rejects(read(body, head), TypeError,
      `no form: ${show(body)} as ${head}`);
  throws(() => new FormData('x'), TypeError, 'made of a text');
}

module.exports = async (check) => {
  for (const group of [blobs, slices, files, entries, blob_entries, multipart])
    await check.group(group.name, () => group(check));
};
