const assert = require('assert');
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

exports.checks = {
  async 'timers run in order of their time'() {
    const order = [];
    let setting;
    do {
      /* If more than 15 ms pass between setting the timers, another order is
       * right. */
      order.length = 0;
      const began = performance.now();
      setTimeout(() => order.push('b'), 20);
      setTimeout((value) => order.push(value), 5, 'a');
      const gone = setTimeout(() => order.push('gone'), 5);
      clearTimeout(gone);
      setting = performance.now() - began;
      await sleep(40);
    } while (setting > 10);
    assert.deepStrictEqual(order, ['a', 'b']);
  },
  async 'an interval runs until it is cleared'() {
    let count = 0;
    await new Promise((resolve) => {
      const timer = setInterval(() => {
        if (++count === 3) {
          clearInterval(timer);
          resolve();
        }
      }, 2);
    });
    await sleep(15);
    assert.strictEqual(count, 3);
  },
  async 'microtasks run before timers'() {
    const order = [];
    setTimeout(() => order.push('timer'), 0);
    queueMicrotask(() => order.push('microtask'));
    Promise.resolve().then(() => order.push('promise'));
    order.push('now');
    await sleep(10);
    assert.deepStrictEqual(order, ['now', 'microtask', 'promise', 'timer']);
  },
  'performance.now counts on'() {
    const before = performance.now();
    assert.ok(before >= 0 && performance.now() >= before);
  },
  'events reach their listeners'() {
    const target = new EventTarget();
    const seen = [];
    const listener = (event) => seen.push(event.type, event.detail);
    target.addEventListener('x', listener);
    target.addEventListener('x', () => seen.push('once'), { once: true });
    target.dispatchEvent(new CustomEvent('x', { detail: 1 }));
    target.dispatchEvent(new CustomEvent('x', { detail: 2 }));
    target.removeEventListener('x', listener);
    target.dispatchEvent(new CustomEvent('x'));
    assert.deepStrictEqual(seen, ['x', 1, 'once', 'x', 2]);
  },
  async 'AbortController and AbortSignal'() {
    const controller = new AbortController();
    let heard = 0;
    controller.signal.addEventListener('abort', () => heard++);
    controller.abort();
    controller.abort();
    assert.strictEqual(heard, 1);
    assert.strictEqual(controller.signal.reason.name, 'AbortError');
    assert.throws(() => controller.signal.throwIfAborted(),
      { name: 'AbortError' });
    const late = AbortSignal.timeout(5);
    const any = AbortSignal.any([new AbortController().signal, late]);
    await sleep(25);
    assert.strictEqual(any.reason.name, 'TimeoutError');
  },
  'structuredClone'() {
    const value = { list: [1, , 3], date: new Date(5), map: new Map([['k',
      new Set([1])]]), bytes: Uint8Array.of(1, 2), big: 5n, re: /x/gi,
    error: new RangeError('far') };
    value.self = value;
    const copy = structuredClone(value);
    assert.notStrictEqual(copy, value);
    assert.strictEqual(copy.self, copy);
    assert.deepStrictEqual(copy.list, [1, , 3]);
    assert.strictEqual(copy.date.getTime(), 5);
    assert.deepStrictEqual([...copy.map.get('k')], [1]);
    assert.deepStrictEqual(copy.bytes, Uint8Array.of(1, 2));
    assert.strictEqual(copy.re.flags, 'gi');
    assert.ok(copy.error instanceof RangeError);
    assert.throws(() => structuredClone(() => {}),
      { name: 'DataCloneError' });
    const buffer = new ArrayBuffer(4);
    const moved = structuredClone({ buffer }, { transfer: [buffer] });
    assert.strictEqual(buffer.byteLength, 0);
    assert.strictEqual(moved.buffer.byteLength, 4);
  },
  async 'crypto: digests and randomness'() {
    const hex = (buffer) => Buffer.from(buffer).toString('hex');
    const abc = new TextEncoder().encode('abc');
    /* FIPS 180-4 examples */
    assert.strictEqual(hex(await crypto.subtle.digest('SHA-256', abc)),
      'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
    assert.strictEqual(hex(await crypto.subtle.digest({ name: 'sha-512' },
      abc)).slice(0, 32), 'ddaf35a193617abacc417349ae204131');
    await assert.rejects(crypto.subtle.digest('MD5', abc),
      { name: 'NotSupportedError' });
    const bytes = crypto.getRandomValues(new Uint8Array(1000));
    assert.ok(new Set(bytes).size > 200);
    assert.throws(() => crypto.getRandomValues(new Uint8Array(65537)),
      { name: 'QuotaExceededError' });
    assert.match(crypto.randomUUID(),
      /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  },
  'Headers'() {
    const headers = new Headers({ 'Content-Type': ' text/html ' });
    headers.append('X-A', '1');
    headers.append('x-a', '2');
    assert.strictEqual(headers.get('content-type'), 'text/html');
    assert.deepStrictEqual([...headers],
      [['content-type', 'text/html'], ['x-a', '1, 2']]);
    assert.throws(() => headers.append('bad name', 'x'), TypeError);
    assert.throws(() => headers.append('x', 'a\r\nb: c'), TypeError);
  },
  async 'Response and Request hold bodies'() {
    const response = new Response('{"a":1}', { status: 201 });
    assert.strictEqual(response.ok, true);
    const copy = response.clone();
    assert.deepStrictEqual(await response.json(), { a: 1 });
    assert.strictEqual(response.bodyUsed, true);
    await assert.rejects(response.text(), TypeError);
    assert.strictEqual(await copy.text(), '{"a":1}');
    assert.strictEqual(await Response.json([1]).text(), '[1]');
    assert.throws(() => new Request('http://a', { method: 'GET', body: 'x' }),
      TypeError);
    const request = new Request('http://a', { method: 'post',
      body: new URLSearchParams({ q: 'a b' }) });
    assert.strictEqual(request.method, 'POST');
    assert.strictEqual(await request.text(), 'q=a+b');
  },
  async 'Blob and FormData'() {
    const blob = new Blob(['ab', Uint8Array.of(99), new Blob(['d'])],
      { type: 'Text/Plain' });
    assert.strictEqual(await blob.text(), 'abcd');
    assert.strictEqual(blob.type, 'text/plain');
    assert.strictEqual(await blob.slice(1, 3).text(), 'bc');
    const form = new FormData();
    form.append('name', 'väl ue');
    form.append('file', new File([Uint8Array.of(0, 255, 13, 10)], 'a.bin'));
    const again = await new Response(form).formData();
    assert.strictEqual(again.get('name'), 'väl ue');
    assert.strictEqual(again.get('file').name, 'a.bin');
    assert.deepStrictEqual([...await again.get('file').bytes()],
      [0, 255, 13, 10]);
  },
  async 'fetch of a data URL'() {
    assert.strictEqual(await (await fetch('data:,a%20b')).text(), 'a b');
    const response = await fetch('data:text/x;base64,cG9uZA==');
    assert.strictEqual(response.headers.get('content-type'), 'text/x');
    assert.strictEqual(await response.text(), 'pond');
  },
  async 'WebAssembly compiles in the background'() {
    /* (module (func (export "add") (param i32 i32) (result i32)
     *   local.get 0 local.get 1 i32.add)) */
    const bytes = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 7, 1, 0x60,
      2, 0x7f, 0x7f, 1, 0x7f, 3, 2, 1, 0, 7, 7, 1, 3, 0x61, 0x64, 0x64, 0, 0,
      10, 9, 1, 7, 0, 0x20, 0, 0x20, 1, 0x6a, 0x0b);
    const { instance } = await WebAssembly.instantiate(bytes);
    assert.strictEqual(instance.exports.add(2, 3), 5);
    await assert.rejects(WebAssembly.compile(Uint8Array.of(1)),
      WebAssembly.CompileError);
  },
};
