const assert = require('assert');

const encoder = new TextEncoder();
const collect = async (stream) => {
  const chunks = [];
  for await (const chunk of stream)
    chunks.push(chunk);
  return chunks;
};
const of_chunks = (chunks) => new ReadableStream({
  start(controller) {
    chunks.forEach((chunk) => controller.enqueue(chunk));
    controller.close();
  },
});
const is_node = typeof process.versions.v8 !== 'undefined';
const turns = async (count = 10) => {
  while (count-- > 0)
    await undefined;
};

exports.checks = {
  async 'a source is pulled by need'() {
    let pulled = 0;
    const stream = new ReadableStream({
      pull(controller) {
        controller.enqueue(++pulled);
      },
    }, { highWaterMark: 2 });
    await turns();
    assert.strictEqual(pulled, 2);
    const reader = stream.getReader();
    assert.deepStrictEqual(await reader.read(), { value: 1, done: false });
    await turns();
    assert.strictEqual(pulled, 3);
    assert.throws(() => stream.getReader(), { code: 'ERR_INVALID_STATE',
      message: 'Invalid state: ReadableStream is locked' });
    reader.releaseLock();
    await assert.rejects(reader.read(), { code: 'ERR_INVALID_STATE' });
    await assert.rejects(reader.closed, TypeError);
    assert.strictEqual(stream.locked, false);
  },
  async 'reads wait for chunks, the close or the error'() {
    let controller;
    const make = () => new ReadableStream({
      start(made) {
        controller = made;
      },
    }).getReader();
    let reader = make();
    const first = reader.read();
    const second = reader.read();
    controller.enqueue('a');
    controller.close();
    assert.deepStrictEqual(await first, { value: 'a', done: false });
    assert.deepStrictEqual(await second, { value: undefined, done: true });
    assert.throws(() => controller.enqueue('b'),
      { code: 'ERR_INVALID_STATE' });
    reader = make();
    const read = reader.read();
    const error = new RangeError('mine');
    controller.error(error);
    await assert.rejects(read, (seen) => seen === error);
    await assert.rejects(reader.closed, (seen) => seen === error);
    assert.strictEqual(controller.desiredSize, null);
  },
  async 'cancel reaches the source with its reason'() {
    const seen = [];
    const stream = new ReadableStream({
      cancel: (reason) => seen.push(reason),
    });
    assert.strictEqual(await stream.cancel('enough'), undefined);
    assert.deepStrictEqual(seen, ['enough']);
    assert.deepStrictEqual(await collect(stream), []);
  },
  async 'iteration cancels when it is left, unless it must not'() {
    const seen = [];
    const make = () => new ReadableStream({
      pull: (controller) => controller.enqueue(1),
      cancel: (reason) => seen.push(['cancelled', reason]),
    });
    for await (const chunk of make()) {
      seen.push(chunk);
      break;
    }
    const kept = make();
    for await (const chunk of kept.values({ preventCancel: true })) {
      seen.push(chunk);
      break;
    }
    assert.deepStrictEqual(seen, [1, ['cancelled', undefined], 1]);
    assert.strictEqual(kept.locked, false);
  },
  async 'from takes iterables of both kinds'() {
    assert.deepStrictEqual(await collect(ReadableStream.from([1, 2])), [1, 2]);
    assert.deepStrictEqual(await collect(ReadableStream.from(
      (async function* () {
        yield 'a';
        yield 'b';
      })())), ['a', 'b']);
    assert.deepStrictEqual(await collect(ReadableStream.from(
      new Set([Promise.resolve(5)]))), [5]);
    let returned;
    const stream = ReadableStream.from({
      [Symbol.asyncIterator]: () => ({
        next: async () => ({ value: 1, done: false }),
        return: async (value) => ({ value: returned = value, done: true }),
      }),
    });
    await stream.cancel('why');
    assert.strictEqual(returned, 'why');
    assert.throws(() => ReadableStream.from(5), TypeError);
  },
  async 'tee gives both branches all chunks'() {
    const [one, two] = of_chunks(['a', 'b', 'c']).tee();
    assert.deepStrictEqual(await Promise.all([collect(one), collect(two)]),
      [['a', 'b', 'c'], ['a', 'b', 'c']]);
    let reason;
    const [left, right] = new ReadableStream({
      cancel(seen) {
        reason = seen;
      },
    }).tee();
    const waiting = left.cancel(1);
    await turns();
    assert.strictEqual(reason, undefined);
    await Promise.all([waiting, right.cancel(2)]);
    assert.deepStrictEqual(reason, [1, 2]);
  },
  async 'tee passes a failure on'() {
    const error = new Error('broken');
    const [one, two] = new ReadableStream({
      pull() {
        throw error;
      },
    }).tee();
    for (const branch of [one, two])
      await assert.rejects(branch.getReader().read(),
        (seen) => seen === error);
  },
  async 'a byte stream fills the buffers that readers bring'() {
    const stream = new ReadableStream({
      type: 'bytes',
      pull(controller) {
        const { view } = controller.byobRequest;
        view.set([1, 2, 3].slice(0, view.byteLength));
        controller.byobRequest.respond(Math.min(3, view.byteLength));
      },
    });
    const reader = stream.getReader({ mode: 'byob' });
    const given = new Uint8Array(8);
    const { value, done } = await reader.read(given);
    assert.deepStrictEqual([...value], [1, 2, 3]);
    assert.strictEqual(done, false);
    assert.strictEqual(given.byteLength, 0);
    assert.strictEqual(value.buffer.byteLength, 8);
    const words = await reader.read(new Uint16Array(2), { min: 2 });
    assert.deepStrictEqual([...words.value], [0x201, 0x103]);
  },
  async 'a byte stream queues what nobody has asked for'() {
    const stream = new ReadableStream({
      type: 'bytes',
      start(controller) {
        controller.enqueue(new Uint8Array([1, 2, 3]));
        controller.enqueue(new Uint8Array([4]));
        controller.close();
      },
    });
    const byob = stream.getReader({ mode: 'byob' });
    assert.deepStrictEqual([...(await byob.read(new Uint8Array(2))).value],
      [1, 2]);
    byob.releaseLock();
    const chunks = await collect(stream);
    assert.deepStrictEqual(chunks.map((chunk) => [...chunk]), [[3], [4]]);
  },
  async 'a byte stream gives default readers buffers of its own'() {
    let sizes = [];
    const stream = new ReadableStream({
      type: 'bytes', autoAllocateChunkSize: 16,
      pull(controller) {
        sizes.push(controller.byobRequest.view.byteLength);
        controller.byobRequest.view[0] = 7;
        controller.byobRequest.respond(1);
        controller.close();
      },
    });
    const chunks = await collect(stream);
    assert.deepStrictEqual(chunks.map((chunk) => [...chunk]), [[7]]);
    assert.deepStrictEqual(sizes, [16]);
  },
  async 'a byte stream is teed with copies'() {
    const make = () => new ReadableStream({
      type: 'bytes',
      start(controller) {
        controller.enqueue(new Uint8Array([1, 2, 3]));
        controller.close();
      },
    });
    const [one, two] = make().tee();
    const first = (await one.getReader().read()).value;
    first[0] = 99;
    assert.deepStrictEqual([...(await two.getReader().read()).value],
      [1, 2, 3]);
    const [three, four] = make().tee();
    const read = await three.getReader({ mode: 'byob' })
      .read(new Uint8Array(2));
    assert.deepStrictEqual([...read.value], [1, 2]);
    /* What one branch took in pieces the other gets, too. */
    const rest = await collect(four);
    assert.deepStrictEqual(rest.flatMap((chunk) => [...chunk]), [1, 2, 3]);
  },
  async 'a writer feels the pressure of its sink'() {
    const written = [];
    let release;
    const stream = new WritableStream({
      write(chunk) {
        written.push(chunk);
        return new Promise((resolve) => {
          release = resolve;
        });
      },
      close: () => written.push('closed'),
    });
    const writer = stream.getWriter();
    await writer.ready;
    assert.strictEqual(writer.desiredSize, 1);
    const first = writer.write('a');
    assert.strictEqual(writer.desiredSize, 0);
    let is_ready = false;
    writer.ready.then(() => {
      is_ready = true;
    });
    await turns();
    assert.deepStrictEqual([written, is_ready], [['a'], false]);
    release();
    await first;
    await writer.ready;
    await writer.close();
    assert.deepStrictEqual(written, ['a', 'closed']);
    await assert.rejects(writer.write('b'), { code: 'ERR_INVALID_STATE' });
    assert.strictEqual(await writer.closed, undefined);
  },
  async 'a sink that fails fails the stream'() {
    const error = new Error('full');
    const writer = new WritableStream({
      write() {
        throw error;
      },
    }).getWriter();
    await assert.rejects(writer.write(1), (seen) => seen === error);
    await assert.rejects(writer.closed, (seen) => seen === error);
    await assert.rejects(writer.write(2), (seen) => seen === error);
    assert.strictEqual(writer.desiredSize, null);
  },
  async 'abort stops a write by the signal'() {
    const seen = [];
    const writer = new WritableStream({
      write: (chunk, { signal }) => new Promise((resolve, reject) =>
        signal.addEventListener('abort', () => {
          seen.push(signal.reason);
          reject(signal.reason);
        })),
      abort: (reason) => seen.push(['abort', reason]),
    }).getWriter();
    await writer.ready;
    const write = writer.write('a');
    await turns();
    const aborted = writer.abort('stop');
    await assert.rejects(write, (reason) => reason === 'stop');
    assert.strictEqual(await aborted, undefined);
    assert.deepStrictEqual(seen, ['stop', ['abort', 'stop']]);
  },
  async 'pipeTo writes all and closes'() {
    const seen = [];
    await of_chunks([1, 2, 3]).pipeTo(new WritableStream({
      write: (chunk) => seen.push(chunk),
      close: () => seen.push('closed'),
    }));
    assert.deepStrictEqual(seen, [1, 2, 3, 'closed']);
    const open = new WritableStream();
    await of_chunks([1]).pipeTo(open, { preventClose: true });
    await open.getWriter().write(2);
  },
  async 'pipeTo passes errors both ways'() {
    const error = new Error('mine');
    let aborted, cancelled;
    await assert.rejects(new ReadableStream({
      start: (controller) => controller.error(error),
    }).pipeTo(new WritableStream({
      abort(reason) {
        aborted = reason;
      },
    })), (seen) => seen === error);
    await assert.rejects(new ReadableStream({
      pull: (controller) => controller.enqueue(1),
      cancel(reason) {
        cancelled = reason;
      },
    }).pipeTo(new WritableStream({
      write() {
        throw error;
      },
    })), (seen) => seen === error);
    assert.deepStrictEqual([aborted === error, cancelled === error],
      [true, true]);
  },
  async 'pipeTo stops at a signal'() {
    const control = new AbortController();
    let cancelled;
    const piped = new ReadableStream({
      cancel(reason) {
        cancelled = reason;
      },
    }).pipeTo(new WritableStream(), { signal: control.signal });
    control.abort();
    await assert.rejects(piped, { name: 'AbortError' });
    assert.strictEqual(cancelled.name, 'AbortError');
  },
  async 'a transform stream changes chunks and flushes'() {
    const upper = new TransformStream({
      transform: (chunk, controller) =>
        controller.enqueue(chunk.toUpperCase()),
      flush: (controller) => controller.enqueue('!'),
    });
    assert.deepStrictEqual(await collect(of_chunks(['a', 'b'])
      .pipeThrough(upper)), ['A', 'B', '!']);
    assert.deepStrictEqual(await collect(of_chunks([1, 2])
      .pipeThrough(new TransformStream())), [1, 2]);
  },
  async 'a transform that fails fails both sides'() {
    const error = new Error('no');
    const { readable, writable } = new TransformStream({
      transform() {
        throw error;
      },
    });
    const writer = writable.getWriter();
    const read = readable.getReader().read();
    await assert.rejects(writer.write(1), (seen) => seen === error);
    await assert.rejects(read, (seen) => seen === error);
    const ended = new TransformStream({
      start: (controller) => controller.terminate(),
    });
    assert.deepStrictEqual(await collect(ended.readable), []);
    await assert.rejects(ended.writable.getWriter().write(1), TypeError);
  },
  async 'cancelling a transform cancels the transformer'() {
    let seen;
    const { readable, writable } = new TransformStream({
      cancel(reason) {
        seen = reason;
      },
    });
    const writer = writable.getWriter();
    await readable.cancel('why');
    assert.strictEqual(seen, 'why');
    await assert.rejects(writer.closed, (reason) => reason === 'why');
  },
  async 'texts are encoded and decoded across chunks'() {
    const bytes = await collect(of_chunks(['\ud83d', '\udca9x', '\ud83d'])
      .pipeThrough(new TextEncoderStream()));
    assert.deepStrictEqual(bytes.flatMap((chunk) => [...chunk]),
      [0xf0, 0x9f, 0x92, 0xa9, 0x78, 0xef, 0xbf, 0xbd]);
    const whole = encoder.encode('\ufeffgrün 💩');
    const chunks = [...whole].map((byte) => new Uint8Array([byte]));
    const texts = await collect(of_chunks(chunks)
      .pipeThrough(new TextDecoderStream()));
    assert.strictEqual(texts.join(''), 'grün 💩');
    await assert.rejects(collect(of_chunks([new Uint8Array([0xff])])
      .pipeThrough(new TextDecoderStream('utf-8', { fatal: true }))),
    { code: 'ERR_ENCODING_INVALID_ENCODED_DATA' });
    await assert.rejects(collect(of_chunks(['text'])
      .pipeThrough(new TextDecoderStream())), TypeError);
  },
  'a stream is not cloned silently'() {
    for (const stream of [new ReadableStream(), new WritableStream(),
      new TransformStream()])
      assert.throws(() => structuredClone({ stream }), (error) =>
        error.name === 'DataCloneError' || is_node);
  },
  'strategies are what the standard says'() {
    const bytes = new ByteLengthQueuingStrategy({ highWaterMark: 10 });
    const count = new CountQueuingStrategy({ highWaterMark: '3' });
    assert.strictEqual(bytes.highWaterMark, 10);
    assert.strictEqual(bytes.size(new Uint8Array(4)), 4);
    assert.strictEqual(count.highWaterMark, 3);
    assert.strictEqual(count.size('anything'), 1);
    assert.throws(() => new CountQueuingStrategy({}), TypeError);
    assert.throws(() => new ReadableStream({}, { highWaterMark: -1 }),
      RangeError);
    assert.throws(() => new ReadableStream({ type: 'bytes' },
      { size: () => 1 }), RangeError);
  },
  'arguments are read in the order of Web IDL'() {
    const read = [];
    const spy = (name, members = {}) => new Proxy(members, {
      get(target, key) {
        read.push(`${name}.${String(key)}`);
        return target[key];
      },
    });
    new ReadableStream(spy('source'), spy('strategy'));
    new WritableStream(spy('sink'), spy('strategy'));
    assert.deepStrictEqual(read.slice(0, 3), ['strategy.highWaterMark',
      'strategy.size', 'source.type']);
    assert.ok(read.indexOf('sink.abort') > read.lastIndexOf(
      'strategy.size'));
    read.length = 0;
    assert.throws(() => new ReadableStream().pipeThrough(
      spy('transform')), TypeError);
    assert.deepStrictEqual(read, ['transform.readable']);
  },
  async 'what a task puts into Object.prototype is no source'() {
    const names = ['start', 'pull', 'cancel', 'write', 'close', 'abort'];
    for (const name of names)
      Object.defineProperty(Object.prototype, name, { configurable: true,
        get() {
          throw new Error(`${name} was read`);
        } });
    try {
      const [one] = new ReadableStream({ __proto__: null,
        start(controller) {
          controller.enqueue(1);
        } }).tee();
      assert.strictEqual((await one.getReader().read()).value, 1);
    } finally {
      names.forEach((name) => delete Object.prototype[name]);
    }
  },
  async 'a loop that is left at once still lets the source work'() {
    let pulled = 0;
    const iterator = new ReadableStream({
      pull(controller) {
        if (pulled++ === 0)
          controller.enqueue(0);
      },
    })[Symbol.asyncIterator]();
    assert.deepStrictEqual(await Promise.all([iterator.next(),
      iterator.return('end')]), [{ value: 0, done: false },
      { value: 'end', done: true }]);
    assert.strictEqual(pulled, 2);
  },
  'wrong arguments are refused'() {
    for (const wrong of [() => new ReadableStream(null),
      () => new ReadableStream({ pull: 5 }),
      () => new ReadableStream({ type: 'other' }),
      () => new WritableStream({ write: {} }),
      () => new TransformStream({ transform: 1 }),
      () => new ReadableStreamDefaultController(),
      () => new ReadableStreamDefaultReader({}),
      () => new ReadableStream().getReader({ mode: 'byob' }),
      () => new ReadableStream().pipeThrough({})])
      assert.throws(wrong, TypeError);
    assert.throws(() => new WritableStream({ type: 'bytes' }), RangeError);
  },
};
