const assert = require('assert');

const url = 'http://a.example/';
const of_texts = (...texts) => new ReadableStream({
  start(controller) {
    texts.forEach((text) =>
      controller.enqueue(new TextEncoder().encode(text)));
    controller.close();
  },
});
const collect = async (stream) => {
  const chunks = [];
  for await (const chunk of stream)
    chunks.push(chunk);
  return Buffer.concat(chunks).toString();
};

exports.checks = {
  async 'a response has its body as a stream'() {
    const response = new Response('hello');
    assert.ok(response.body instanceof ReadableStream);
    assert.strictEqual(response.body, response.body);
    assert.deepStrictEqual([response.bodyUsed, response.body.locked],
      [false, false]);
    assert.strictEqual(await collect(response.body), 'hello');
    assert.strictEqual(response.bodyUsed, true);
    await assert.rejects(response.text(), { name: 'TypeError',
      message: 'Body is unusable: Body has already been read' });
    assert.strictEqual(new Response().body, null);
    assert.strictEqual(await collect(new Response('').body), '');
  },
  async 'a body that was read has a stream that was'() {
    const response = new Response('hello');
    assert.strictEqual(await response.text(), 'hello');
    assert.deepStrictEqual([response.bodyUsed, response.body.locked],
      [true, true]);
    const seen = new Response('x');
    assert.ok(seen.body);
    assert.strictEqual(await seen.text(), 'x');
    assert.deepStrictEqual([seen.bodyUsed, seen.body.locked], [true, true]);
  },
  async 'a stream is a body'() {
    const response = new Response(of_texts('one ', 'two'));
    assert.strictEqual(response.headers.has('content-type'), false);
    assert.strictEqual(await response.text(), 'one two');
    assert.strictEqual(response.bodyUsed, true);
    const given = of_texts('{"a":', '1}');
    const json = new Response(given);
    assert.strictEqual(json.body, given);
    assert.deepStrictEqual(await json.json(), { a: 1 });
    const error = new Error('mine');
    await assert.rejects(new Response(new ReadableStream({
      start: (controller) => controller.error(error),
    })).text(), (seen) => seen === error);
    await assert.rejects(new Response(new ReadableStream({
      start: (controller) => controller.enqueue('text'),
    })).text(), { message: 'Received non-Uint8Array chunk' });
  },
  async 'an async iterable is a body'() {
    assert.strictEqual(await new Response((async function* () {
      yield new Uint8Array([65]);
      yield 'b';
    })()).text(), 'Ab');
  },
  'a stream in use is no body'() {
    const locked = of_texts('a');
    locked.getReader();
    assert.throws(() => new Response(locked), { name: 'TypeError',
      message: 'Response body object should not be disturbed or locked' });
    const read = of_texts('a');
    const reader = read.getReader();
    reader.read();
    reader.releaseLock();
    assert.throws(() => new Response(read), TypeError);
  },
  async 'a body whose stream is in use can not be read'() {
    const response = new Response('abc');
    response.body.getReader();
    assert.strictEqual(response.bodyUsed, false);
    await assert.rejects(response.text(), TypeError);
    assert.throws(() => response.clone(), { message:
      'Response.clone: Body has already been consumed.' });
  },
  async 'a clone is read by itself'() {
    const bytes = new Response('abc');
    const copy = bytes.clone();
    new Uint8Array(await copy.arrayBuffer())[0] = 0;
    assert.strictEqual(await bytes.text(), 'abc');
    const stream = new Response(of_texts('ab', 'c'));
    const twin = stream.clone();
    assert.deepStrictEqual(await Promise.all([stream.text(),
      collect(twin.body)]), ['abc', 'abc']);
  },
  async 'a request takes a stream, said to be half duplex'() {
    assert.throws(() => new Request(url, { method: 'POST',
      body: of_texts('a') }), { name: 'TypeError', message:
      'RequestInit: duplex option is required when sending a body.' });
    const request = new Request(url, { method: 'POST', duplex: 'half',
      body: of_texts('a', 'b') });
    assert.strictEqual(await request.clone().text(), 'ab');
    const moved = new Request(request);
    assert.deepStrictEqual([request.bodyUsed, request.body.locked],
      [true, true]);
    assert.strictEqual(await moved.text(), 'ab');
    assert.throws(() => new Request(request), TypeError);
  },
  async 'a blob is a stream of its bytes'() {
    const large = new Blob([new Uint8Array(200000).fill(65)]);
    const stream = large.stream();
    assert.strictEqual((await collect(stream)).length, 200000);
    const reader = new Blob(['hello']).stream().getReader({ mode: 'byob' });
    const { value } = await reader.read(new Uint8Array(3));
    assert.strictEqual(Buffer.from(value).toString(), 'hel');
    assert.strictEqual(await collect(new Blob([]).stream()), '');
    assert.deepStrictEqual([...await new Response('ab').bytes()], [97, 98]);
  },
  async 'a body goes through transforms'() {
    const packed = new Response('hello').body
      .pipeThrough(new CompressionStream('gzip'));
    const unpacked = new Response(packed).body
      .pipeThrough(new DecompressionStream('gzip'))
      .pipeThrough(new TextDecoderStream());
    let text = '';
    for await (const part of unpacked)
      text += part;
    assert.strictEqual(text, 'hello');
  },
};
