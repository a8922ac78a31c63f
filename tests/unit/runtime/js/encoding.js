const assert = require('assert');

exports.checks = {
  'a lone surrogate is U+FFFD and ends no text'() {
    const bytes = (text) => Buffer.from(new TextEncoder().encode(text))
      .toString('hex');
    for (const [text, hex] of [['\ud800', 'efbfbd'], ['a\udc00b', '61efbfbd62'],
      ['\ud800\ud83d\ude00\u20ac\u00e4', 'efbfbdf09f9880e282acc3a4'],
      ['\u00e4\0\ud83d', 'c3a400efbfbd']]) {
      assert.strictEqual(bytes(text), hex);
      assert.strictEqual(Buffer.from(text).toString('hex'), hex);
    }
  },
  'UTF-8 goes there and back'() {
    const text = 'aé€𝄞 \u0000 end';
    const bytes = new TextEncoder().encode(text);
    assert.deepStrictEqual([...bytes.slice(0, 10)],
      [0x61, 0xc3, 0xa9, 0xe2, 0x82, 0xac, 0xf0, 0x9d, 0x84, 0x9e]);
    assert.strictEqual(new TextDecoder().decode(bytes), text);
  },
  'a lone surrogate becomes U+FFFD'() {
    assert.deepStrictEqual([...new TextEncoder().encode('\ud800x')],
      [0xef, 0xbf, 0xbd, 0x78]);
  },
  'ill-formed bytes become one U+FFFD a part'() {
    const decode = (...bytes) =>
      new TextDecoder().decode(Uint8Array.from(bytes));
    assert.strictEqual(decode(0xff, 0x41), '\ufffdA');
    assert.strictEqual(decode(0xe2, 0x82, 0x41), '\ufffdA');
    assert.strictEqual(decode(0xc0, 0xaf), '\ufffd\ufffd');
    assert.strictEqual(decode(0xed, 0xa0, 0x80), '\ufffd\ufffd\ufffd');
    assert.strictEqual(decode(0xf0, 0x9f, 0x98), '\ufffd');
  },
  'fatal throws, a byte order mark goes'() {
    assert.throws(() => new TextDecoder('utf-8', { fatal: true })
      .decode(Uint8Array.of(0xff)), TypeError);
    const marked = Uint8Array.of(0xef, 0xbb, 0xbf, 0x41);
    assert.strictEqual(new TextDecoder().decode(marked), 'A');
    assert.strictEqual(new TextDecoder('utf-8', { ignoreBOM: true })
      .decode(marked), '\ufeffA');
  },
  'a stream may cut a character'() {
    const decoder = new TextDecoder();
    let text = decoder.decode(Uint8Array.of(0x61, 0xf0, 0x9d),
      { stream: true });
    assert.strictEqual(text, 'a');
    text += decoder.decode(Uint8Array.of(0x84, 0x9e), { stream: true });
    assert.strictEqual(text + decoder.decode(), 'a𝄞');
  },
  'other encodings'() {
    assert.strictEqual(new TextDecoder('latin1')
      .decode(Uint8Array.of(0xe9, 0x80)), 'é€');
    assert.strictEqual(new TextDecoder('utf-16le')
      .decode(Uint8Array.of(0x61, 0, 0xac, 0x20)), 'a€');
    assert.throws(() => new TextDecoder('klingon'), RangeError);
  },
  'encodeInto stops before a character that does not fit'() {
    const room = new Uint8Array(4);
    assert.deepStrictEqual(new TextEncoder().encodeInto('a€€', room),
      { read: 2, written: 4 });
  },
  'a view into a larger buffer is its own part'() {
    const whole = new TextEncoder().encode('0123456789');
    assert.strictEqual(new TextDecoder()
      .decode(new Uint8Array(whole.buffer, 3, 4)), '3456');
    assert.strictEqual(new TextDecoder()
      .decode(new DataView(whole.buffer, 8, 2)), '89');
  },
  'base64'() {
    assert.strictEqual(btoa('pond'), 'cG9uZA==');
    assert.strictEqual(atob('cG9uZA=='), 'pond');
    assert.strictEqual(atob(' cG9u\nZA '), 'pond');
    assert.strictEqual(atob('cG9uZB'), 'pond');
    assert.strictEqual(btoa('\xff\xfe'), '//4=');
    assert.throws(() => btoa('€'), { name: 'InvalidCharacterError' });
    assert.throws(() => atob('a'), { name: 'InvalidCharacterError' });
    assert.throws(() => atob('!abc'), { name: 'InvalidCharacterError' });
  },
  'labels are the standard\'s, and nobody else\'s'() {
    for (const [label, name] of [[' UTF8\n', 'utf-8'], ['unicode', 'utf-16le'],
      ['UTF-16BE', 'utf-16be'], ['L1', 'windows-1252']])
      assert.strictEqual(new TextDecoder(label).encoding, name);
    for (const label of ['constructor', '__proto__', 'toString', '', 'foo',
      '\xa0utf-8', null])
      assert.throws(() => new TextDecoder(label), { name: 'RangeError',
        code: 'ERR_ENCODING_NOT_SUPPORTED' });
  },
  'UTF-16 in pieces'() {
    for (const [label, ...pieces] of [
      ['utf-16le', [0x3d, 0xd8], [0x00, 0xde]],
      ['utf-16le', [0x3d], [0xd8, 0x00], [0xde]],
      ['utf-16be', [0xd8], [0x3d, 0xde], [0x00]]]) {
      const decoder = new TextDecoder(label, { fatal: true });
      const text = pieces.map((piece) =>
        decoder.decode(Uint8Array.from(piece), { stream: true })).join('');
      assert.strictEqual(text + decoder.decode(), '\ud83d\ude00');
    }
    assert.strictEqual(new TextDecoder('utf-16le').decode(
      Uint8Array.of(0x3d, 0xd8, 0x41, 0, 0x42)), '\ufffdA\ufffd');
  },
  'what is no text and what are no bytes is refused'() {
    const wrong = { name: 'TypeError', code: 'ERR_INVALID_ARG_TYPE' };
    for (const value of ['abc', 5, null, {}])
      assert.throws(() => new TextDecoder().decode(value), wrong);
    assert.throws(() => new TextEncoder().encodeInto('a', []), wrong);
    assert.throws(() => new TextEncoder().encodeInto(5, new Uint8Array(1)),
      wrong);
    assert.throws(() => new TextDecoder('utf-8', { fatal: true })
      .decode(Uint8Array.of(0xff)),
    { code: 'ERR_ENCODING_INVALID_ENCODED_DATA' });
    assert.throws(() => btoa(), { code: 'ERR_MISSING_ARGS' });
  },
};
