/* WebAssembly (its JavaScript and Web API), SharedArrayBuffer, Atomics. */
'use strict';

/* (module (func (export "add") (param i32 i32) (result i32) ...)) */
const add = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 7, 1, 0x60, 2,
  0x7f, 0x7f, 1, 0x7f, 3, 2, 1, 0, 7, 7, 1, 3, 0x61, 0x64, 0x64, 0, 0, 10, 9,
  1, 7, 0, 0x20, 0, 0x20, 1, 0x6a, 0x0b);
/* (module (import "m" "f" (func)) (func (export "g") call 0)) */
const calls = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 4, 1, 0x60, 0,
  0, 2, 7, 1, 1, 0x6d, 1, 0x66, 0, 0, 3, 2, 1, 0, 7, 5, 1, 1, 0x67, 0, 1, 10,
  6, 1, 4, 0, 0x10, 0, 0x0b);

async function modules({ same, throws, rejects }) {
  same(WebAssembly.validate(add), true, 'validate');
  for (const bytes of [new Uint8Array(0), Uint8Array.of(1), add.slice(0, 20)]) {
    same(WebAssembly.validate(bytes), false, `validate ${bytes.length} bytes`);
    throws(() => new WebAssembly.Module(bytes), WebAssembly.CompileError,
      `a Module of ${bytes.length} bytes`);
    await rejects(WebAssembly.compile(bytes), WebAssembly.CompileError,
      `compile ${bytes.length} bytes`);
    await rejects(WebAssembly.instantiate(bytes), WebAssembly.CompileError,
      `instantiate ${bytes.length} bytes`);
  }
  const module = new WebAssembly.Module(add);
  /* An engine may add the types of a later proposal. */
  const [{ name, kind }] = WebAssembly.Module.exports(module);
  same([name, kind], ['add', 'function'], 'exports of a Module');
  const [wanted] = WebAssembly.Module.imports(new WebAssembly.Module(calls));
  same([wanted.module, wanted.name, wanted.kind], ['m', 'f', 'function'],
    'imports of a Module');
  const instance = new WebAssembly.Instance(module);
  for (const [a, b, sum] of [[2, 3, 5], [-1, 1, 0], [2 ** 31 - 1, 1,
    -(2 ** 31)], ['7', 1.9, 8], [undefined, null, 0]])
    same(instance.exports.add(a, b), sum, `add ${a} and ${b}`);
  same(Object.isFrozen(instance.exports), true, 'exports are frozen');
  const { instance: other } = await WebAssembly.instantiate(add.buffer);
  same(other.exports.add(1, 1), 2, 'instantiate a buffer');
  const own = await WebAssembly.instantiate(module);
  same(own instanceof WebAssembly.Instance, true, 'instantiate a Module');
  let called = 0;
  const { instance: calling } = await WebAssembly.instantiate(calls,
    { m: { f: () => called++ } });
  calling.exports.g();
  same(called, 1, 'an import is called');
  await rejects(WebAssembly.instantiate(calls), TypeError, 'no imports');
  await rejects(WebAssembly.instantiate(calls, { m: {} }),
    WebAssembly.LinkError, 'a missing import');
  const thrown = new RangeError('x');
  const { exports: throwing } = new WebAssembly.Instance(
    new WebAssembly.Module(calls), { m: { f() {
      throw thrown;
    } } });
  throws(() => throwing.g(), { value: thrown }, 'errors pass through');
}

const response = (body, type, init) => new Response(body,
  { headers: type ? { 'content-type': type } : {}, ...init });

async function media_type({ same }) {
  const module = await WebAssembly.compileStreaming(
    response(add, ' Application/WASM '));
  same(module instanceof WebAssembly.Module, true, 'the type in capitals');
}

async function streaming({ same, rejects }) {
  const module = await WebAssembly.compileStreaming(
    response(add, 'application/wasm'));
  same(module instanceof WebAssembly.Module, true, 'compileStreaming');
  const result = await WebAssembly.instantiateStreaming(
    Promise.resolve(response(add, 'application/wasm')));
  same(result.instance.exports.add(4, 5), 9, 'instantiateStreaming');
  let called = 0;
  const calling = await WebAssembly.instantiateStreaming(
    response(calls, 'application/wasm'), { m: { f: () => called++ } });
  calling.instance.exports.g();
  same(called, 1, 'with imports');
  for (const type of [null, 'text/plain', 'application/wasm;a=b', ''])
    await rejects(WebAssembly.compileStreaming(response(add, type)), TypeError,
      `the type ${type}`);
  for (const source of [undefined, add, {}, 'x'])
    await rejects(WebAssembly.compileStreaming(source), TypeError,
      `a source that is ${Object.prototype.toString.call(source)}`);
  await rejects(WebAssembly.compileStreaming(response(add, 'application/wasm',
    { status: 404 })), TypeError, 'an answer that is not ok');
  await rejects(WebAssembly.compileStreaming(response(Uint8Array.of(1),
    'application/wasm')), WebAssembly.CompileError, 'bytes that are no module');
  const used = response(add, 'application/wasm');
  await used.text();
  await rejects(WebAssembly.compileStreaming(used), TypeError, 'a used answer');
  await rejects(WebAssembly.compileStreaming(Promise.reject(
    new RangeError('x'))), RangeError, 'a promise that rejects');
}

function memories({ same, throws }) {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 2 });
  same(memory.buffer.byteLength, 65536, 'a page');
  const before = memory.buffer;
  same(memory.grow(1), 1, 'grow gives the old size');
  same([before.byteLength, memory.buffer.byteLength], [0, 131072],
    'the old buffer is gone');
  throws(() => memory.grow(1), RangeError, 'beyond the maximum');
  const table = new WebAssembly.Table({ initial: 2, element: 'anyfunc' });
  same([table.length, table.get(0)], [2, null], 'a table');
  throws(() => table.get(2), RangeError, 'beyond the table');
  const global = new WebAssembly.Global({ value: 'i32', mutable: true }, 5);
  global.value = 7;
  same(global.value, 7, 'a global');
  const fixed = new WebAssembly.Global({ value: 'i64' }, 5n);
  same(fixed.value, 5n, 'a global of 64 bits');
  throws(() => {
    fixed.value = 6n;
  }, TypeError, 'a global that is fixed');
}

function atomics({ same, throws }) {
  const shared = new SharedArrayBuffer(16);
  same(Object.prototype.toString.call(shared), '[object SharedArrayBuffer]',
    'the tag');
  const view = new Int32Array(shared);
  for (const [name, value, result] of [['store', 5, 5], ['add', 3, 5],
    ['sub', 1, 8], ['and', 6, 7], ['or', 9, 6], ['xor', 1, 15],
    ['exchange', 2, 14]])
    same(Atomics[name](view, 0, value), result, `Atomics.${name}`);
  same(Atomics.load(view, 0), 2, 'Atomics.load');
  same(Atomics.compareExchange(view, 0, 2, 9), 2, 'compareExchange');
  same(Atomics.compareExchange(view, 0, 2, 1), 9, 'which finds another');
  same(view[0], 9, 'and leaves it');
  same(Atomics.notify(view, 0), 0, 'nobody to notify');
  same(Atomics.isLockFree(4), true, 'isLockFree');
  throws(() => Atomics.load(view, 4), RangeError, 'beyond the end');
  throws(() => Atomics.add(new Float64Array(1), 0, 1), TypeError,
    'floating point');
  same(shared.slice(0, 4).byteLength, 4, 'slice');
}

module.exports = async (check) => {
  for (const group of [modules, media_type, streaming, memories, atomics])
    await check.group(group.name, () => group(check));
};
