/*
 * The encodings of Buffer, from text to bytes and back, as in Node.
 */
'use strict';

(function ({ native, load }) {
  const { text_of_units, base64_bytes } = load('encoding');

  const digit = (code) => code >= 0x30 && code <= 0x39 ? code - 0x30
    : code >= 0x61 && code <= 0x66 ? code - 0x57
      : code >= 0x41 && code <= 0x46 ? code - 0x37 : -1;

  /* The bytes up to the first two characters that are not hex digits. */
  function encode_hex(text) {
    const bytes = new Uint8Array(text.length >>> 1);
    for (let at = 0; at < bytes.length; at++) {
      const high = digit(text.charCodeAt(2 * at));
      const low = digit(text.charCodeAt(2 * at + 1));
      if (high < 0 || low < 0)
        return bytes.slice(0, at);
      bytes[at] = high << 4 | low;
    }
    return bytes;
  }

  /* Decode both alphabets. Characters of neither are skipped, "=" ends the
   * text. */
  function encode_base64(text) {
    const plain = text.replace(/=[^]*$/, '').replaceAll('-', '+')
      .replaceAll('_', '/').replace(/[^A-Za-z0-9+/]/g, '');
    return base64_bytes(plain.length % 4 === 1 ? plain.slice(0, -1) : plain);
  }

  function encode_latin1(text) {
    const bytes = new Uint8Array(text.length);
    for (let at = 0; at < text.length; at++)
      bytes[at] = text.charCodeAt(at);
    return bytes;
  }

  function encode_utf16le(text) {
    const bytes = new Uint8Array(2 * text.length);
    for (let at = 0; at < text.length; at++) {
      bytes[2 * at] = text.charCodeAt(at);
      bytes[2 * at + 1] = text.charCodeAt(at) >> 8;
    }
    return bytes;
  }

  const decode_utf16le = (bytes) =>
    text_of_units(new Uint16Array(bytes.slice(0, bytes.length & ~1).buffer));

  /* The most bytes that the base64 text can hold. */
  function size_base64(text) {
    let size = text.length;
    if (text[size - 1] === '=')
      size--;
    if (size > 1 && text[size - 1] === '=')
      size--;
    return size * 3 >>> 2;
  }

  /* {encode, decode, size}: encode turns text into a Uint8Array, decode a
   * Uint8Array into text, size gives the result of Buffer.byteLength(). */
  const utf8 = {
    name: 'utf8',
    encode: (text) => native.encode_utf8(text.toWellFormed()),
    decode: (bytes) => native.decode_utf8(bytes, false),
    size: (text) => utf8.encode(text).length,
  };
  const utf16le = { name: 'utf16le', encode: encode_utf16le,
    decode: decode_utf16le, size: (text) => 2 * text.length };
  const latin1_form = { name: 'latin1', encode: encode_latin1,
    decode: (bytes) => native.decode_latin1(bytes),
    size: (text) => text.length };
  const hex = { name: 'hex', encode: encode_hex,
    decode: (bytes) => native.encode_hex(bytes),
    size: (text) => text.length >>> 1 };
  const base64 = { name: 'base64', encode: encode_base64,
    decode: (bytes) => native.encode_base64(bytes), size: size_base64 };
  const base64url = { ...base64, name: 'base64url',
    decode: (bytes) => base64.decode(bytes).replaceAll('+', '-')
      .replaceAll('/', '_').replaceAll('=', '') };
  const ascii = { ...latin1_form, name: 'ascii',
    decode: (bytes) => native.decode_latin1(bytes.map((byte) => byte & 0x7f)) };

  const forms = { __proto__: null, utf8, 'utf-8': utf8, utf16le,
    'utf-16le': utf16le, ucs2: utf16le, 'ucs-2': utf16le, latin1: latin1_form,
    binary: latin1_form, hex, base64, base64url, ascii };

  /* undefined if the name is unknown. */
  const find = (encoding) => forms[String(encoding).toLowerCase()];

  function get(encoding) {
    const form = find(encoding);
    if (!form)
      throw load('node/errors').unknown_encoding(encoding);
    return form;
  }

  return { find, get, utf8 };
})
