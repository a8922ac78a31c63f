const assert = require('assert');
const stream = require('stream');
const { Readable, Writable, Transform, PassThrough } = stream;
const { pipeline, finished } = require('stream/promises');
const consumers = require('stream/consumers');
const querystring = require('querystring');
const readline = require('readline');
const { StringDecoder } = require('string_decoder');

const sink = (list) => new Writable({ write(chunk, encoding, done) {
  list.push(String(chunk));
  done();
} });

exports.checks = {
  'the main export is the legacy constructor'() {
    assert.notStrictEqual(stream, stream.Readable);
    function Old() {
      stream.call(this);
    }
    require('util').inherits(Old, stream);
    assert(new Old() instanceof require('events'));
    assert.strictEqual(typeof new Old().pipe, 'function');
    assert.strictEqual(require('string_decoder/').StringDecoder,
      StringDecoder);
  },
  async 'pipelines pass chunks and errors on'() {
    const list = [];
    await pipeline(Readable.from(['a', 'bc']), new Transform({
      transform: (chunk, encoding, done) =>
        done(null, String(chunk).toUpperCase()),
    }), sink(list));
    assert.deepStrictEqual(list, ['A', 'BC']);
    await assert.rejects(pipeline(Readable.from(['a']), async function* () {
      throw new Error('boom');
    }, sink([])), /boom/);
    const early = new PassThrough();
    early.destroy();
    await assert.rejects(finished(early),
      { code: 'ERR_STREAM_PREMATURE_CLOSE' });
  },
  async 'write() says when the writer is full, and drain when it is not'() {
    let release;
    const slow = new Writable({ highWaterMark: 3,
      write(chunk, encoding, done) {
        release = done;
      } });
    assert.strictEqual(slow.write('abc'), false);
    assert.strictEqual(slow.writableNeedDrain, true);
    const drained = require('events').once(slow, 'drain');
    release();
    await drained;
    assert.strictEqual(slow.writableNeedDrain, false);
  },
  async 'a signal ends streams and pipelines'() {
    const endless = () => new Readable({ read() {} });
    const own = stream.addAbortSignal(AbortSignal.timeout(1), endless());
    await assert.rejects(consumers.text(own), { name: 'AbortError' });
    await assert.rejects(pipeline(endless(), new PassThrough(),
      { signal: AbortSignal.timeout(1) }), { name: 'AbortError' });
    await assert.rejects(finished(endless(),
      { signal: AbortSignal.timeout(1) }), { name: 'AbortError' });
  },
  async 'consumers take whole streams'() {
    const euro = Buffer.from('€');
    const make = () => Readable.from([euro.subarray(0, 1),
      euro.subarray(1)]);
    assert.strictEqual(await consumers.text(make()), '€');
    assert.deepStrictEqual(await consumers.buffer(make()), euro);
    assert.strictEqual((await consumers.arrayBuffer(make())).byteLength, 3);
    assert.deepStrictEqual(await consumers.json(Readable.from(['{"a"',
      ':1}'])), { a: 1 });
  },
  async 'readables have the methods of iterators'() {
    assert.deepStrictEqual(await Readable.from([1, 2, 3, 4])
      .filter((each) => each % 2).map((each) => each * 2).toArray(), [2, 6]);
  },
  async 'a pair carries what is written to the other side'() {
    if (!stream.duplexPair)
      return; /* Node has it since 20.17. */
    const [one, other] = stream.duplexPair();
    one.end('there');
    other.end('back');
    assert.strictEqual(await consumers.text(other), 'there');
    assert.strictEqual(await consumers.text(one), 'back');
  },
  async 'streams of the two kinds become each other'() {
    const web = Readable.toWeb(Readable.from([Buffer.from('ab'),
      Buffer.from('c')], { objectMode: false }));
    assert.strictEqual(await consumers.text(Readable.fromWeb(web)), 'abc');
    const list = [];
    const writer = Writable.toWeb(sink(list)).getWriter();
    await writer.write('one');
    await writer.close();
    const got = [];
    await pipeline(Readable.from(['two']), Writable.fromWeb(
      new WritableStream({ write: (chunk) => void got.push(String(chunk)) })));
    assert.deepStrictEqual([list, got], [['one'], ['two']]);
    const failing = Readable.toWeb(new Readable({ read() {
      this.destroy(new Error('broken'));
    } }));
    await assert.rejects(failing.getReader().read(), /broken/);
  },
  'characters split between chunks are put together'() {
    const decoder = new StringDecoder('utf8');
    assert.strictEqual(decoder.write(Buffer.from([0xe2, 0x82])), '');
    assert.strictEqual(decoder.end(Buffer.from([0xac])), '€');
    assert.strictEqual(new StringDecoder('base64').write(Buffer.from('abcd')),
      'YWJj');
  },
  'queries are read and written'() {
    for (const [query, record] of [
      ['a=1&a=2&b=%zz&c=%E2%82%AC+x', { a: ['1', '2'], b: '%zz', c: '€ x' }],
      ['', {}], ['&&a&=b&c==d', { a: '', '': 'b', c: '=d' }],
      ['%FF=%2', { '\ufffd': '%2' }], ['a%20b=c%2Bd+', { 'a b': 'c+d ' }]])
      assert.deepStrictEqual({ ...querystring.parse(query) }, record, query);
    const strange = querystring.parse('__proto__=1&constructor=2');
    assert.strictEqual(Object.getPrototypeOf(strange), null);
    assert.deepStrictEqual(Object.keys(strange), ['__proto__', 'constructor']);
    assert.deepStrictEqual({ ...querystring.parse('a:1;b:2;c:3', ';', ':',
      { maxKeys: 2 }) }, { a: '1', b: '2' });
    assert.strictEqual(querystring.stringify({ a: [1, 'x y'], b: '€&',
      c: true, d: null, e: 1n, f: NaN, g: [], h: {} }),
    'a=1&a=x%20y&b=%E2%82%AC%26&c=true&d=&e=1&f=&h=');
    assert.throws(() => querystring.escape('\ud800'),
      { code: 'ERR_INVALID_URI' });
    assert.strictEqual(querystring.unescape('%41%zz%ff'), 'A%zz\ufffd');
    assert.deepStrictEqual(querystring.unescapeBuffer('a%20%zz').toString(),
      'a %zz');
  },
  async 'lines are read one by one'() {
    const own = readline.createInterface({ input: Readable.from(['a\r',
      '\nb\n', 'c']), crlfDelay: Infinity });
    const lines = [];
    for await (const line of own)
      lines.push(line);
    assert.deepStrictEqual(lines, ['a', 'b', 'c']);
    const other = readline.createInterface(Readable.from(['1\n2\n']));
    const events = [];
    for await (const [line] of require('events').on(other, 'line',
      { close: ['close'] }))
      events.push(line);
    assert.deepStrictEqual(events, ['1', '2']);
    assert.throws(() => own.question('', () => {}),
      { code: 'ERR_USE_AFTER_CLOSE' });
  },
  async 'a signal forgets interfaces and questions that are over'() {
    const { signal } = new AbortController();
    const own = readline.createInterface({ signal,
      input: Readable.from(['yes\n']) });
    const answer = await new Promise((resolve) =>
      own.question('?', { signal }, resolve));
    assert.strictEqual(answer, 'yes');
    if (!own.closed)
      await new Promise((resolve) => own.once('close', resolve));
    assert.deepStrictEqual(
      require('events').getEventListeners(signal, 'abort'), []);
  },
  async 'questions are answered by the next line'() {
    const [input, output] = [new PassThrough(), new PassThrough()];
    const own = require('readline/promises').createInterface({ input, output });
    const answer = own.question('Name? ');
    input.write('Bob\n');
    assert.strictEqual(await answer, 'Bob');
    own.close();
    readline.cursorTo(output, 3, 4);
    readline.clearLine(output, -1);
    readline.moveCursor(output, -1, 2);
    assert.strictEqual(String(output.read()),
      'Name? \x1b[5;4H\x1b[1K\x1b[1D\x1b[2B');
    await assert.rejects(own.question('x'), { code: 'ERR_USE_AFTER_CLOSE' });
  },
  'punycode'() {
    const punycode = require('punycode/');
    assert.strictEqual(punycode.toASCII('mañana.com'), 'xn--maana-pta.com');
    assert.strictEqual(punycode.toUnicode('xn--maana-pta.com'), 'mañana.com');
  },
};
