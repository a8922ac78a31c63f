/* Bytes on the wire: data: URLs, forms, Blobs, headers. */
const assert = require('assert');

const hex = async (body) => Buffer.from(await body.arrayBuffer())
  .toString('hex');
const type = 'multipart/form-data; boundary=B';

async function parsed(body, content_type = type) {
  const form = await new Response(body,
    { headers: { 'content-type': content_type } }).formData();
  return [...form];
}

const part = (head, body = 'x') => `--B\r\n${head}\r\n\r\n${body}\r\n--B--\r\n`;

exports.checks = {
  async 'a data: URL is bytes, whatever they mean'() {
    for (const [url, bytes] of [['data:,%FF%fe', 'fffe'],
      ['data:,100%', '31303025'], ['data:,%4%zz', '2534257a7a'],
      ['data:;BASE64,cG9uZA==', '706f6e64'],
      ['data:;base64,cG9uZA', '706f6e64'],
      ['data:;base64, c G%39 uZA%3D%3D ', '706f6e64'],
      ['data: ; base64,cG9uZA==', '706f6e64'], ['data:,a,b?c#d', '612c623f63'],
      ['data:,\u20ac', 'e282ac'],
      ['data:text/plain;base64;charset=utf-8,YQ', '5951'], ['data:,', '']]) {
      const response = await fetch(url);
      assert.strictEqual(await hex(response), bytes, url);
      assert.strictEqual(response.status, 200);
      assert.strictEqual(response.statusText, 'OK');
      assert.strictEqual(response.url, new URL(url).href.split('#')[0]);
    }
    for (const url of ['data:', 'data:text/plain', 'data:;base64,c',
      'data:;base64,****', 'data:;base64,cG9u=ZA', 'data:;base64,\xe9'])
      await assert.rejects(fetch(url), TypeError, url);
    assert.strictEqual(await (await fetch('data:,x', { method: 'HEAD' }))
      .text(), '');
  },
  async 'a data: URL has the type that it names, or that of plain text'() {
    for (const [text, expected] of [['', 'text/plain;charset=US-ASCII'],
      [';charset=x', 'text/plain;charset=x'],
      ['TEXT/Html;Charset=UTF-8', 'text/html;charset=UTF-8'],
      ['text', 'text/plain;charset=US-ASCII'], ['/', 'text/plain;' +
        'charset=US-ASCII'], ['image/png', 'image/png'],
      ['a/b;x="c;d"', 'a/b;x="c;d"'], ['a/b;x=1;x=2;y=', 'a/b;x=1'],
      [' a/b ', 'a/b'], ['a/b ; base64', 'a/b']])
      assert.strictEqual((await fetch(`data:${text},`)).headers
        .get('content-type'), expected);
  },
  async 'what a form holds arrives'() {
    const form = new FormData();
    form.append('line\nbreak', 'x\ny\rz\r\n');
    form.append('"quoted"', '"');
    form.append('\u20ac', '\ud800');
    form.append('%22', '%0A');
    form.append('blob', new Blob([Uint8Array.of(0x89, 0xff, 0, 13, 10)],
      { type: 'a/b' }));
    form.append('file', new Blob(['q']), 'na"me\n\u20ac.txt');
    form.append('', '');
    const [line, quoted, euro, escape, blob, file, none] =
      [...await new Response(form).formData()];
    assert.deepStrictEqual(line, ['line\r\nbreak', 'x\r\ny\r\nz\r\n']);
    assert.deepStrictEqual(quoted, ['"quoted"', '"']);
    assert.deepStrictEqual(euro, ['\u20ac', '\ufffd']);
    assert.deepStrictEqual(escape, ['"', '%0A']);
    assert.deepStrictEqual([blob[1].name, blob[1].type, await hex(blob[1])],
      ['blob', 'a/b', '89ff000d0a']);
    assert.deepStrictEqual([file[1].name, file[1].type],
      ['na"me\n\u20ac.txt', 'application/octet-stream']);
    assert.deepStrictEqual(none, ['', '']);
    const text = await new Response(form).text();
    assert.ok(text.includes('name="line%0D%0Abreak"\r\n\r\nx\r\ny\r\nz\r\n'));
    assert.ok(text.includes('filename="na%22me%0A\u20ac.txt"'));
  },
  async 'forms of others are read'() {
    assert.deepStrictEqual(await parsed(
      part('content-disposition: form-data; name="a"')), [['a', 'x']]);
    assert.deepStrictEqual(await parsed(part('X-Y: z\r\nContent-Disposition: ' +
      'form-data; name="a"\r\nContent-Type: text/plain', '')), [['a', '']]);
    assert.deepStrictEqual(await parsed(part(
      'Content-Disposition: form-data; name="a"'),
    'Multipart/Form-Data; charset=x; Boundary="B"'), [['a', 'x']]);
    const [[, file]] = await parsed(part(
      'Content-Disposition: form-data; name="a"; filename=""'));
    assert.deepStrictEqual([file.name, file.type], ['', 'text/plain']);
    assert.deepStrictEqual(await parsed('--B--'), []);
    for (const [body, content_type] of [['', type], ['--B\r\n', type],
      [part('Content-Disposition: form-data'), type],
      [part('Content-Disposition: form-data; name=a'), type],
      [part('x'), 'multipart/form-data'], ['a=1', 'text/plain'],
      ['a=1', 'application/x-www-form-urlencodedX'],
      [part('Content-Disposition: form-data; name="a"').slice(0, -6), type]])
      await assert.rejects(parsed(body, content_type), TypeError);
    assert.deepStrictEqual(await parsed('a=1&b=%C3%A9+x&c&=d&a=2&%zz=%',
      'application/x-www-form-urlencoded; charset=UTF-8'), [['a', '1'],
      ['b', '\xe9 x'], ['c', ''], ['', 'd'], ['a', '2'], ['%zz', '%']]);
  },
  'FormData keeps its order and its rules'() {
    const form = new FormData();
    for (const [name, value] of [['a', 1], ['b', 2], ['a', 3]])
      form.append(name, value);
    form.set('a', 9);
    assert.deepStrictEqual([...form], [['a', '9'], ['b', '2']]);
    assert.throws(() => form.append('a'), TypeError);
    assert.throws(() => form.append('a', 'b', 'c.txt'), TypeError);
    assert.throws(() => new FormData({}), TypeError);
  },
  async 'Blobs'() {
    for (const parts of ['text', null, 5])
      assert.throws(() => new Blob(parts), TypeError);
    assert.strictEqual(await hex(new Blob(['\xe9', Uint8Array.of(1),
      Uint16Array.of(2), new Blob(['z']), 5, '\ud800'])),
    'c3a90102007a35efbfbd');
    const blob = new Blob(['abcdef'], { type: 'A/B' });
    assert.strictEqual(blob.type, 'a/b');
    assert.strictEqual(await blob.slice(-3, -1, 'C/D').text(), 'de');
    assert.strictEqual(await blob.slice(3, 1).text(), '');
    assert.strictEqual(await new Blob(['\ufeffx']).text(), 'x');
    const file = new File(['a'], 'n', { lastModified: 5 });
    assert.deepStrictEqual([file.name, file.lastModified], ['n', 5]);
    assert.throws(() => new File(['a']), TypeError);
  },
  'header names and values are bytes of the right kind'() {
    for (const init of [{ 'a b': 'c' }, { '': 'c' }, { '\xe9': 'c' },
      { a: '\u2603' }, { a: 'x\ny' }, { a: 'x\0y' }, { a: Symbol('x') },
      [['a']], [['a', 'b', 'c']], ['ab'], null, 5, 'abc',
      { [Symbol('x')]: 'a' }])
      assert.throws(() => new Headers(init), TypeError);
    for (const [value, expected] of [['\xe9', '\xe9'], [' \t x\r\n', 'x'],
      ['', ''], ['a\tb', 'a\tb'], [null, 'null'], [['x', 'y'], 'x,y']])
      assert.strictEqual(new Headers({ a: value }).get('A'), expected);
    const headers = new Headers([['set-cookie', 'a'], ['Set-Cookie', 'b'],
      ['b', '1'], ['A', '2']]);
    assert.deepStrictEqual([...headers], [['a', '2'], ['b', '1'],
      ['set-cookie', 'a'], ['set-cookie', 'b']]);
    for (const name of ['__proto__', 'constructor', 'toString'])
      assert.strictEqual(headers.get(name), null);
    headers.set('constructor', 'x');
    assert.strictEqual(headers.get('constructor'), 'x');
    assert.throws(() => headers.get(), TypeError);
    assert.throws(() => headers.set('a'), TypeError);
  },
  'Responses and Requests refuse what can not be'() {
    for (const [own, ...values] of [[Response, 'x', { status: 204 }],
      [Response, null, { statusText: 'a\nb' }],
      [Response, null, { statusText: '\u2603' }], [Response, 'x', 5],
      [Request], [Request, '/x'], [Request, 'http://u:p@a'],
      [Request, 'http://a', { method: 'a b' }],
      [Request, 'http://a', { method: null, body: 'x', redirect: 'x' }],
      [Request, 'http://a', { body: 'x' }],
      [Request, 'http://a', { signal: {} }],
      [Request, new Request('http://a', { method: 'POST', body: 'x' }),
        { method: 'GET' }]])
      assert.throws(() => new own(...values), TypeError);
    for (const status of [101, 199, 600, NaN])
      assert.throws(() => new Response(null, { status }), RangeError);
    assert.throws(() => Response.json(undefined), TypeError);
    assert.throws(() => Response.redirect('http://a', 200), RangeError);
    assert.throws(() => Response.error().headers.set('a', 'b'), TypeError);
    assert.strictEqual(Response.json(1, { status: 201 }).status, 201);
  },
  async 'a body is used once, a clone has its own'() {
    const request = new Request('http://a', { method: 'POST', body: 'x' });
    const moved = new Request(request);
    assert.strictEqual(request.bodyUsed, true);
    assert.throws(() => new Request(request), TypeError);
    const bytes = new Response(Uint8Array.of(1, 2));
    const copy = bytes.clone();
    new Uint8Array(await bytes.arrayBuffer())[0] = 9;
    assert.strictEqual(await hex(copy), '0102');
    await assert.rejects(copy.text(), TypeError);
    const none = new Response(null);
    assert.strictEqual(await none.text() + await none.text(), '');
    assert.strictEqual(none.bodyUsed, false);
    assert.strictEqual(await moved.text(), 'x');
    assert.strictEqual((await new Response('x', { headers:
      { 'content-type': 'Text/HTML;  charset=UTF-8' } }).blob()).type,
    'text/html;charset=utf-8');
  },
};
