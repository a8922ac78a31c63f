/*
 * v8: the bytes of values, and values of bytes. Below are the lines that Node 20 gives. A null stands
 * where a worker differs on purpose.
 */
const assert = require('node:assert');

async function lines() {
  const v8 = require("v8");
  const out = [];
  const o = { a: 1 };
  o.self = o;
  const vals = [void 0, null, true, false, 0, 1, -1, 2 ** 30 - 1, 2 ** 30, -(2 ** 30), -(2 ** 30) - 1, 1.5, -0, NaN, "abc", "\xE9", "\u20ACuro", "x\u20AC", 1n, -5n, 2n ** 70n, {}, { a: 1, b: "x", 1: 2 }, [1, 2, 3], [1, , 3], [], Object.assign([1], { x: 2 }), new Date(5), /a+/gi, /* @__PURE__ */ new Map([[1, { a: 2 }]]), /* @__PURE__ */ new Set([1, "a"]), new Uint8Array([1, 2]), Buffer.from("hi"), new Float64Array([1.5]), new ArrayBuffer(3), new DataView(new ArrayBuffer(2)), new Number(3), new String("s"), new Boolean(true), Object(3n), o, [o, o], { x: { y: [{ z: 1 }] } }, "a".repeat(200), "\u20AC".repeat(100)];
  for (const v of vals) {
    const b = v8.serialize(v);
    out.push(b.toString("hex"));
    const back = v8.deserialize(b);
    out.push(require("util").inspect(back));
  }
  const e = v8.deserialize(v8.serialize(new TypeError("m", { cause: 1 })));
  out.push(e.name, e.message, String(e.cause), e instanceof TypeError);
  for (const bad of [() => {
  }, Symbol("s"), { f() {
  } }, Promise.resolve(), /* @__PURE__ */ new WeakMap()])
    try {
      v8.serialize(bad);
      out.push("ok");
    } catch (e2) {
      out.push(e2.name + " " + e2.message);
    }
  for (const h of ["", "ff", "ff0f", "ff0f41ff", "ff0f5e05", "00", "ff0f4102", "ff10"])
    try {
      out.push(String(v8.deserialize(Buffer.from(h, "hex"))));
    } catch (e2) {
      out.push(e2.message);
    }
  const s = new v8.Serializer();
  s.writeHeader();
  s.writeValue(new Uint8Array([1, 2, 3]));
  s.writeUint32(300);
  s.writeUint64(1, 2);
  s.writeDouble(1.5);
  s.writeRawBytes(Buffer.from("x"));
  const bb = s.releaseBuffer();
  out.push(bb.toString("hex"));
  const d = new v8.Deserializer(bb);
  d.readHeader();
  out.push(require("util").inspect(d.readValue()), d.readUint32(), d.readUint64() + "", d.readDouble(), d.readRawBytes(1) + "", d.getWireFormatVersion());
  return out;
}

const expected = [
  'ff0f5f',
  'undefined',
  'ff0f30',
  'null',
  'ff0f54',
  'true',
  'ff0f46',
  'false',
  'ff0f4900',
  '0',
  'ff0f4902',
  '1',
  'ff0f4901',
  '-1',
  'ff0f49feffffff07',
  '1073741823',
  'ff0f498080808008',
  '1073741824',
  'ff0f49ffffffff07',
  '-1073741824',
  'ff0f498180808008',
  '-1073741825',
  'ff0f4e000000000000f83f',
  '1.5',
  'ff0f4e0000000000000080',
  '-0',
  'ff0f4e000000000000f87f',
  'NaN',
  'ff0f2203616263',
  '\'abc\'',
  'ff0f2201e9',
  '\'\u00e9\'',
  'ff0f6308ac20750072006f00',
  '\'\u20acuro\'',
  'ff0f63047800ac20',
  '\'x\u20ac\'',
  'ff0f5a100100000000000000',
  '1n',
  'ff0f5a110500000000000000',
  '-5n',
  'ff0f5a2000000000000000004000000000000000',
  '1180591620717411303424n',
  'ff0f6f7b00',
  '{}',
  'ff0f6f4902490422016149022201622201787b03',
  '{ \'1\': 2, a: 1, b: \'x\' }',
  'ff0f4103490249044906240003',
  '[ 1, 2, 3 ]',
  'ff0f61034900490249044906400203',
  '[ 1, <1 empty item>, 3 ]',
  'ff0f4100240000',
  '[]',
  'ff0f410149022201784904240101',
  '[ 1, x: 2 ]',
  'ff0f440000000000001440',
  '1970-01-01T00:00:00.005Z',
  'ff0f522202612b03',
  '/a+/gi',
  'ff0f3b49026f22016149047b013a02',
  'Map(1) { 1 => { a: 2 } }',
  'ff0f2749022201612c02',
  'Set(2) { 1, \'a\' }',
  'ff0f5c01020102',
  'Uint8Array(2) [ 1, 2 ]',
  'ff0f5c0a026869',
  '<Buffer 68 69>',
  'ff0f5c0808000000000000f83f',
  'Float64Array(1) [ 1.5 ]',
  'ff0f4203000000',
  'ArrayBuffer { [Uint8Contents]: <00 00 00>, byteLength: 3 }',
  'ff0f5c09020000',
  null,
  'ff0f6e0000000000000840',
  '[Number: 3]',
  'ff0f73220173',
  '[String: \'s\']',
  'ff0f79',
  '[Boolean: true]',
  'ff0f7a100300000000000000',
  '[BigInt: 3n]',
  'ff0f6f2201614902220473656c665e007b02',
  '<ref *1> { a: 1, self: [Circular *1] }',
  'ff0f41026f2201614902220473656c665e017b025e01240002',
  '[\n  <ref *1> { a: 1, self: [Circular *1] },\n  <ref *1> { a: 1, self: [Circular *1] }\n]',
  'ff0f6f2201786f22017941016f22017a49027b012400017b017b01',
  '{ x: { y: [ [Object] ] } }',
  'ff0f22c8016161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161',
  '\'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\'',
  'ff0f0063c801ac20ac20ac20ac20ac20ac20ac20ac20ac20ac20ac20ac20ac20ac20ac20ac20ac20ac20ac20ac20ac20ac20ac20ac20ac20ac20ac20ac20ac20ac20ac20ac20ac20ac20ac20ac20ac20ac20ac20ac20ac20ac20ac20ac20ac20ac20ac20ac20ac20ac20ac20ac20ac20ac20ac20ac20ac20ac20ac20ac20ac20ac20ac20ac20ac20ac20ac20ac20ac20ac20ac20ac20ac20ac20ac20ac20ac20ac20ac20ac20ac20ac20ac20ac20ac20ac20ac20ac20ac20ac20ac20ac20ac20ac20ac20ac20ac20ac20ac20ac20',
  '\'\u20ac\u20ac\u20ac\u20ac\u20ac\u20ac\u20ac\u20ac\u20ac\u20ac\u20ac\u20ac\u20ac\u20ac\u20ac\u20ac\u20ac\u20ac\u20ac\u20ac\u20ac\u20ac\u20ac\u20ac\u20ac\u20ac\u20ac\u20ac\u20ac\u20ac\u20ac\u20ac\u20ac\u20ac\u20ac\u20ac\u20ac\u20ac\u20ac\u20ac\u20ac\u20ac\u20ac\u20ac\u20ac\u20ac\u20ac\u20ac\u20ac\u20ac\u20ac\u20ac\u20ac\u20ac\u20ac\u20ac\u20ac\u20ac\u20ac\u20ac\u20ac\u20ac\u20ac\u20ac\u20ac\u20ac\u20ac\u20ac\u20ac\u20ac\u20ac\u20ac\u20ac\u20ac\u20ac\u20ac\u20ac\u20ac\u20ac\u20ac\u20ac\u20ac\u20ac\u20ac\u20ac\u20ac\u20ac\u20ac\u20ac\u20ac\u20ac\u20ac\u20ac\u20ac\u20ac\u20ac\u20ac\u20ac\u20ac\u20ac\'',
  'TypeError',
  'm',
  '1',
  'true',
  null,
  'Error Symbol(s) could not be cloned.',
  null,
  'Error #<Promise> could not be cloned.',
  'Error #<WeakMap> could not be cloned.',
  'Unable to deserialize cloned data due to invalid or unsupported version.',
  'Unable to deserialize cloned data due to invalid or unsupported version.',
  'Unable to deserialize cloned data.',
  'Unable to deserialize cloned data.',
  'Unable to deserialize cloned data.',
  'Unable to deserialize cloned data due to invalid or unsupported version.',
  'Unable to deserialize cloned data.',
  'Unable to deserialize cloned data due to invalid or unsupported version.',
  'ff0f42030102035642000300ac028280808010000000000000f83f78',
  'Uint8Array(3) [ 1, 2, 3 ]',
  '300',
  '1,2',
  '1.5',
  'x',
  '15',
];

exports.checks = {
  async 'each line is Node\'s'() {
    const found = await lines();
    assert.strictEqual(found.length, expected.length);
    assert.deepStrictEqual(found.map((line, at) =>
      expected[at] === null ? null : String(line)), expected);
  },
  'nearly all lines are compared'() {
    assert.ok(expected.filter((line) => line === null).length <= 3);
  },
  'there are lines'() {
    assert.ok(expected.length >= 19);
  },
};
