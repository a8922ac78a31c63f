/* Streams (Streams Standard), text and compression streams. */
'use strict';

const stream_of = (...chunks) => new ReadableStream({ start(controller) {
  chunks.forEach((chunk) => controller.enqueue(chunk));
  controller.close();
} });

async function all_of(stream) {
  const chunks = [];
  const reader = stream.getReader();
  for (;;) {
    const { value, done } = await reader.read();
    if (done)
      return chunks;
    chunks.push(value);
  }
}

async function reading({ same, throws, rejects }) {
  same(await all_of(stream_of(1, 'a', undefined, null)),
    [1, 'a', undefined, null], 'chunks come in order');
  same(await all_of(stream_of()), [], 'no chunks');
  const stream = stream_of(1);
  same(stream.locked, false, 'not locked');
  const reader = stream.getReader();
  same(stream.locked, true, 'locked by a reader');
  throws(() => stream.getReader(), TypeError, 'one reader at a time');
  await rejects(stream.cancel(), TypeError, 'no cancel while locked');
  reader.releaseLock();
  same(stream.locked, false, 'released');
  await rejects(reader.read(), TypeError, 'no read after release');
  await rejects(reader.closed, TypeError, 'closed rejects after release');
  const other = stream.getReader();
  same(await other.read(), { value: 1, done: false }, 'read');
  same(await other.read(), { value: undefined, done: true }, 'the end');
  same(await other.closed, undefined, 'closed');
  for (const source of [5, 'x', null, true])
    throws(() => new ReadableStream(source), TypeError,
      `a source ${JSON.stringify(source)}`);
  for (const size of [-1, NaN, 'x'])
    throws(() => new ReadableStream({}, { highWaterMark: size }), RangeError,
      `highWaterMark ${size}`);
  throws(() => new ReadableStream({ type: 'other' }), TypeError, 'a type');
  throws(() => stream_of().getReader({ mode: 'other' }), TypeError, 'a mode');
  throws(() => stream_of().getReader({ mode: 'byob' }), TypeError,
    'byob of a stream that is not of bytes');
  same(Object.prototype.toString.call(stream), '[object ReadableStream]',
    'the tag');
}

async function sources({ same, rejects, throws, sleep }) {
  const order = [];
  let controller;
  const stream = new ReadableStream({
    start(given) {
      controller = given;
      order.push('start', given.desiredSize);
    },
    pull: () => order.push('pull'),
    cancel: (reason) => order.push('cancel', reason),
  }, { highWaterMark: 2 });
  same(order, ['start', 2], 'start comes at once');
  await sleep(0);
  same(order, ['start', 2, 'pull'], 'then pull');
  controller.enqueue('a');
  same(controller.desiredSize, 1, 'desiredSize');
  await sleep(0);
  controller.enqueue('b');
  same(controller.desiredSize, 0, 'a full queue');
  const pulls = order.length;
  await sleep(0);
  same(order.length, pulls, 'is not pulled');
  same(await stream.cancel('why'), undefined, 'cancel');
  same(order.slice(-2), ['cancel', 'why'], 'reaches the source');
  throws(() => controller.enqueue('c'), TypeError, 'enqueue after cancel');
  const failing = new ReadableStream({ pull() {
    throw new RangeError('x');
  } });
  await rejects(failing.getReader().read(), RangeError, 'pull throws');
  const erred = new ReadableStream({ start: (given) => given.error(5) });
  await rejects(erred.getReader().read(), { value: 5 }, 'error');
  throws(() => new ReadableStream({ start() {
    throw new RangeError('x');
  } }), RangeError, 'start throws');
  const sized = new ReadableStream({ start(given) {
    given.enqueue('abc');
    same(given.desiredSize, 7, 'size of a chunk');
  } }, { highWaterMark: 10, size: (chunk) => chunk.length });
  await sized.cancel();
  same(new CountQueuingStrategy({ highWaterMark: 3 }).size('abc'), 1,
    'CountQueuingStrategy');
  same(new ByteLengthQueuingStrategy({ highWaterMark: 3 })
    .size(new Uint8Array(7)), 7, 'ByteLengthQueuingStrategy');
  throws(() => new CountQueuingStrategy(), TypeError, 'no highWaterMark');
}

async function iterating({ same, rejects }) {
  const seen = [];
  for await (const chunk of stream_of(1, 2, 3))
    seen.push(chunk);
  same(seen, [1, 2, 3], 'for await');
  let reason = 'none';
  const stream = new ReadableStream({ start(given) {
    given.enqueue(1);
    given.enqueue(2);
  }, cancel(given) {
    reason = given;
  } });
  for await (const chunk of stream)
    if (chunk === 1)
      break;
  same([reason, stream.locked], [undefined, false], 'break cancels');
  const kept = stream_of(1, 2);
  for await (const chunk of kept.values({ preventCancel: true }))
    if (chunk === 1)
      break;
  same(await all_of(kept), [2], 'unless that is prevented');
  same(await all_of(ReadableStream.from([1, 2])), [1, 2], 'from a list');
  same(await all_of(ReadableStream.from((async function* () {
    yield 1;
    yield 2;
  })())), [1, 2], 'from a generator');
  same(await all_of(ReadableStream.from('ab')), ['a', 'b'], 'from a text');
  await rejects(all_of(ReadableStream.from((async function* () {
    throw new RangeError('x');
  })())), RangeError, 'from what throws');
}

async function tees({ same, rejects }) {
  const [one, two] = stream_of(1, 2).tee();
  same(await all_of(one), [1, 2], 'the first branch');
  same(await all_of(two), [1, 2], 'the second branch');
  const [left, right] = new ReadableStream({ start(given) {
    given.error(new RangeError('x'));
  } }).tee();
  await rejects(left.getReader().read(), RangeError, 'an error in one');
  await rejects(right.getReader().read(), RangeError, 'and the other');
  let reason;
  const [a, b] = new ReadableStream({ cancel(given) {
    reason = given;
  } }).tee();
  const first = a.cancel(1);
  same(reason, undefined, 'one cancel is not enough');
  await Promise.all([first, b.cancel(2)]);
  same(reason, [1, 2], 'both are');
}

async function byte_streams({ same, throws }) {
  const bytes = () => new ReadableStream({ type: 'bytes', start(given) {
    given.enqueue(Uint8Array.of(1, 2, 3, 4, 5));
    given.close();
  } });
  const reader = bytes().getReader({ mode: 'byob' });
  const first = await reader.read(new Uint8Array(2));
  same([...first.value], [1, 2], 'byob fills a view');
  const second = await reader.read(new Uint8Array(8).subarray(1, 7));
  same([[...second.value], second.value.byteOffset], [[3, 4, 5], 1],
    'as far as there are bytes');
  const end = await reader.read(new Uint8Array(4));
  same([end.done, end.value.byteLength], [true, 0], 'the end of bytes');
  const plain = await bytes().getReader().read();
  same([...plain.value], [1, 2, 3, 4, 5], 'a plain reader');
  let controller;
  const pulled = new ReadableStream({ type: 'bytes', pull(given) {
    controller = given;
    const view = given.byobRequest.view;
    view[0] = 7;
    given.byobRequest.respond(1);
  } });
  const { value } = await pulled.getReader({ mode: 'byob' })
    .read(new Uint8Array(4));
  same([...value], [7], 'byobRequest');
  throws(() => controller.enqueue('x'), TypeError, 'a text into bytes');
  throws(() => controller.enqueue(new Uint8Array(0)), TypeError, 'no bytes');
  const words = bytes().getReader({ mode: 'byob' });
  same([...(await words.read(new Uint16Array(2))).value], [0x201, 0x403],
    'views of words');
}

async function writing({ same, throws, rejects }) {
  const seen = [];
  const stream = new WritableStream({
    start: () => seen.push('start'), write: (chunk) => seen.push(chunk),
    close: () => seen.push('close'),
  });
  const writer = stream.getWriter();
  same(stream.locked, true, 'a writer locks');
  throws(() => stream.getWriter(), TypeError, 'one writer at a time');
  same(writer.desiredSize, 1, 'desiredSize of a writer');
  await writer.ready;
  writer.write(1);
  same(writer.desiredSize, 0, 'a chunk waits');
  await writer.write(2);
  await writer.close();
  same(seen, ['start', 1, 2, 'close'], 'written in order');
  same(await writer.closed, undefined, 'closed');
  const failing = new WritableStream({ write() {
    throw new RangeError('x');
  } }).getWriter();
  await rejects(failing.write(1), RangeError, 'a write that throws');
  await rejects(failing.closed, RangeError, 'ends the stream');
  throws(() => new WritableStream({ type: 'x' }), RangeError, 'a type');
}

async function after_close({ rejects }) {
  const writer = new WritableStream().getWriter();
  await writer.close();
  await rejects(writer.write(3), TypeError, 'no write after close');
}

async function aborting({ same, rejects }) {
  let aborted;
  const other = new WritableStream({ abort(reason) {
    aborted = reason;
  } });
  await other.abort('why');
  same(aborted, 'why', 'abort reaches the sink');
  await rejects(other.getWriter().closed, { value: 'why' }, 'and the writer');
}

async function pipes({ same, rejects }) {
  const seen = [];
  const sink = () => new WritableStream({ write: (chunk) => seen.push(chunk),
    close: () => seen.push('close') });
  await stream_of(1, 2).pipeTo(sink());
  same(seen, [1, 2, 'close'], 'pipeTo');
  seen.length = 0;
  await stream_of(1).pipeTo(sink(), { preventClose: true });
  same(seen, [1], 'preventClose');
  const double = new TransformStream({ transform(chunk, controller) {
    controller.enqueue(chunk * 2);
    controller.enqueue(chunk * 2 + 1);
  }, flush: (controller) => controller.enqueue('end') });
  same(await all_of(stream_of(1, 2).pipeThrough(double)), [2, 3, 4, 5, 'end'],
    'pipeThrough');
  same(await all_of(stream_of('a').pipeThrough(new TransformStream())), ['a'],
    'a TransformStream that changes nothing');
  const failing = new ReadableStream({ start: (given) =>
    given.error(new RangeError('x')) });
  await rejects(failing.pipeTo(sink()), RangeError, 'a source that fails');
  const controller = new AbortController();
  const piping = new ReadableStream().pipeTo(sink(),
    { signal: controller.signal });
  controller.abort(new RangeError('stop'));
  await rejects(piping, RangeError, 'a signal stops it');
  const terminated = new TransformStream({ start: (given) =>
    given.terminate() });
  same(await all_of(terminated.readable), [], 'terminate');
  const erred = new TransformStream({ transform() {
    throw new RangeError('x');
  } });
  const writer = erred.writable.getWriter();
  writer.write(1).catch(() => {});
  await rejects(erred.readable.getReader().read(), RangeError,
    'a transform that throws');
}

async function texts({ same, rejects }) {
  const encoded = await all_of(stream_of('a\u20ac', '', '\ud83d', '\udca9')
    .pipeThrough(new TextEncoderStream()));
  same(encoded.map((chunk) => [...chunk]), [[97, 0xe2, 0x82, 0xac],
    [0xf0, 0x9f, 0x92, 0xa9]], 'TextEncoderStream joins pairs');
  same((await all_of(stream_of('\ud83d').pipeThrough(new TextEncoderStream())))
    .map((chunk) => [...chunk]), [[0xef, 0xbf, 0xbd]], 'and ends them');
  const decode = async (label, options, ...chunks) => (await all_of(stream_of(
    ...chunks.map((chunk) => Uint8Array.from(chunk)))
    .pipeThrough(new TextDecoderStream(label, options)))).join('');
  same(await decode('utf-8', {}, [0xe2], [0x82], [0xac, 97]), '\u20aca',
    'TextDecoderStream joins characters');
  same(await decode('utf-8', {}, [0xef, 0xbb], [0xbf, 97]), 'a', 'drops marks');
  same(await decode('utf-8', { ignoreBOM: true }, [0xef, 0xbb, 0xbf]),
    '\ufeff', 'or not');
  same(await decode('utf-8', {}, [0xe2]), '\ufffd', 'and ends them');
  same(await decode('shift_jis', {}, [0x82], [0xa0]), '\u3042',
    'another encoding');
  await rejects(decode('utf-8', { fatal: true }, [0xff]), TypeError, 'fatal');
  same([new TextDecoderStream('latin1').encoding,
    new TextEncoderStream().encoding], ['windows-1252', 'utf-8'], 'encoding');
}

async function compression({ same, throws, rejects }) {
  const text = 'pond '.repeat(1000);
  const through = async (bytes, transform) => new Uint8Array(
    await new Response(new Blob([bytes]).stream().pipeThrough(transform))
      .arrayBuffer());
  for (const format of ['gzip', 'deflate', 'deflate-raw']) {
    const packed = await through(text, new CompressionStream(format));
    same(packed.length < 200, true, `${format} is small`);
    const again = await through(packed, new DecompressionStream(format));
    same(new TextDecoder().decode(again), text, `${format} and back`);
    await rejects(through(packed.slice(0, -3),
      new DecompressionStream(format)), TypeError, `${format} cut off`);
    await rejects(through(new Uint8Array([...packed, 1]),
      new DecompressionStream(format)), TypeError, `${format} and more`);
    await rejects(through(Uint8Array.of(7, 7, 7, 7),
      new DecompressionStream(format)), TypeError, `${format}: no such bytes`);
    const empty = await through('', new CompressionStream(format));
    same((await through(empty, new DecompressionStream(format))).length, 0,
      `${format} of nothing`);
  }
  for (const format of ['brotli!', '', 'GZIP', undefined])
    for (const own of [CompressionStream, DecompressionStream])
      throws(() => new own(format), TypeError, `${own.name} of ${format}`);
}

async function in_bodies({ same, throws, rejects }) {
  const response = new Response(stream_of(Uint8Array.of(97),
    Uint8Array.of(98)));
  same(response.body instanceof ReadableStream, true, 'body is a stream');
  same(response.headers.get('content-type'), null, 'without type');
  const copy = response.clone();
  same(await response.text(), 'ab', 'a streamed body');
  same(await copy.text(), 'ab', 'and its clone');
  await rejects(new Response(stream_of('text')).text(), TypeError,
    'chunks must be bytes');
  const locked = stream_of();
  locked.getReader();
  throws(() => new Response(locked), TypeError, 'a locked stream');
  const reader = new Response('ab').body.getReader();
  same([...(await reader.read()).value], [97, 98], 'the body of a text');
  throws(() => new Request('http://h', { method: 'POST',
    body: stream_of() }), TypeError, 'a Request needs duplex');
  same(new Request('http://h', { method: 'POST', body: stream_of(),
    duplex: 'half' }).body instanceof ReadableStream, true, 'and has it');
  same([...(await all_of(new Blob(['ab']).stream()))[0]], [97, 98],
    'the stream of a Blob');
}

module.exports = async (check) => {
  for (const group of [reading, sources, iterating, tees, byte_streams, writing,
    after_close, aborting, pipes, texts, compression, in_bodies])
    await check.group(group.name, () => group(check));
};
