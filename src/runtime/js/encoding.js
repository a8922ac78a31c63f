/*
 * TextEncoder, TextDecoder (Encoding Standard; UTF-8, UTF-16LE and Latin-1),
 * atob and btoa (HTML Standard).
 */
'use strict';

(function ({ native, load }) {
  const labels = { __proto__: null,
    'utf-8': 'utf-8', 'utf8': 'utf-8', 'unicode-1-1-utf-8': 'utf-8',
    'utf-16le': 'utf-16le', 'utf-16': 'utf-16le', 'ucs-2': 'utf-16le',
    'latin1': 'windows-1252', 'iso-8859-1': 'windows-1252',
    'ascii': 'windows-1252', 'us-ascii': 'windows-1252',
    'windows-1252': 'windows-1252',
  };
  /* windows-1252 where it is not Latin-1: 0x80 to 0x9f. */
  const western = '\u20ac\x81\u201a\u0192\u201e\u2026\u2020\u2021\u02c6' +
    '\u2030\u0160\u2039\u0152\x8d\u017d\x8f\x90\u2018\u2019\u201c\u201d' +
    '\u2022\u2013\u2014\u02dc\u2122\u0161\u203a\u0153\x9d\u017e\u0178';

  function view_of(source) {
    if (source === undefined)
      return new Uint8Array(0);
    if (source instanceof Uint8Array)
      return source;
    if (ArrayBuffer.isView(source))
      return new Uint8Array(source.buffer, source.byteOffset,
        source.byteLength);
    if (source instanceof ArrayBuffer || (globalThis.SharedArrayBuffer &&
      source instanceof SharedArrayBuffer))
      return new Uint8Array(source);
    throw new TypeError('an ArrayBuffer or a view of one is needed');
  }

  /* How many bytes at the end begin a character that is not whole yet. */
  function open_bytes(bytes) {
    for (let back = 1; back <= 3 && back <= bytes.length; back++) {
      const byte = bytes[bytes.length - back];
      if (byte < 0x80)
        return 0;
      if (byte >= 0xc0) {
        const size = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
        return size > back ? back : 0;
      }
    }
    return 0;
  }

  class TextEncoder {
    get encoding() {
      return 'utf-8';
    }
    encode(text = '') {
      return native.encode_utf8(String(text).toWellFormed());
    }
    encodeInto(text, target) {
      let read = 0;
      let written = 0;
      for (const character of String(text).toWellFormed()) {
        const bytes = native.encode_utf8(character);
        if (written + bytes.length > target.length)
          break;
        target.set(bytes, written);
        written += bytes.length;
        read += character.length;
      }
      return { read, written };
    }
  }

  class TextDecoder {
    #encoding;
    #fatal;
    #keep_mark;
    #rest = new Uint8Array(0);
    #begun = false;

    constructor(label = 'utf-8', { fatal = false, ignoreBOM = false } = {}) {
      this.#encoding = labels[String(label).trim().toLowerCase()];
      if (!this.#encoding)
        throw new RangeError(`the encoding ${label} is not supported`);
      this.#fatal = Boolean(fatal);
      this.#keep_mark = Boolean(ignoreBOM);
    }
    get encoding() {
      return this.#encoding;
    }
    get fatal() {
      return this.#fatal;
    }
    get ignoreBOM() {
      return this.#keep_mark;
    }

    decode(source, { stream = false } = {}) {
      let bytes = view_of(source);
      if (this.#rest.length) {
        const whole = new Uint8Array(this.#rest.length + bytes.length);
        whole.set(this.#rest);
        whole.set(bytes, this.#rest.length);
        bytes = whole;
        this.#rest = new Uint8Array(0);
      }
      if (stream) {
        const open = this.#encoding === 'utf-8' ? open_bytes(bytes)
          : this.#encoding === 'utf-16le' ? bytes.length % 2 : 0;
        this.#rest = bytes.slice(bytes.length - open);
        bytes = bytes.subarray(0, bytes.length - open);
      }
      let text = this.#convert(bytes);
      if (!this.#begun && !this.#keep_mark && text.charCodeAt(0) === 0xfeff)
        text = text.slice(1);
      this.#begun = stream && (this.#begun || bytes.length > 0);
      return text;
    }

    #convert(bytes) {
      if (this.#encoding === 'utf-8') {
        try {
          return native.decode_utf8(bytes, this.#fatal);
        } catch {
          throw new TypeError('the encoded data was not valid UTF-8');
        }
      }
      const parts = [];
      if (this.#encoding === 'utf-16le') {
        for (let at = 0; at + 1 < bytes.length; at += 2)
          parts.push(String.fromCharCode(bytes[at] | bytes[at + 1] << 8));
        if (bytes.length % 2)
          parts.push('\ufffd');
        const text = parts.join('');
        if (this.#fatal && (bytes.length % 2 || !text.isWellFormed()))
          throw new TypeError('the encoded data was not valid UTF-16');
        return text.toWellFormed();
      }
      for (const byte of bytes)
        parts.push(byte >= 0x80 && byte < 0xa0 ? western[byte - 0x80]
          : String.fromCharCode(byte));
      return parts.join('');
    }
  }

  function invalid(text) {
    const { DOMException } = load('events');
    return new DOMException(text, 'InvalidCharacterError');
  }

  function btoa(text) {
    text = String(text);
    const bytes = new Uint8Array(text.length);
    for (let at = 0; at < text.length; at++) {
      const code = text.charCodeAt(at);
      if (code > 255)
        throw invalid('btoa takes characters up to U+00FF only');
      bytes[at] = code;
    }
    return native.encode_base64(bytes);
  }

  function atob(text) {
    let plain = String(text).replace(/[\t\n\f\r ]/g, '');
    if (plain.length % 4 === 0)
      plain = plain.replace(/==?$/, '');
    if (plain.length % 4 === 1 || /[^A-Za-z0-9+/]/.test(plain))
      throw invalid('the text is not base64');
    return latin1(base64_bytes(plain));
  }

  /* Base64 without padding, whose last bits may be anything. */
  function base64_bytes(plain) {
    const digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz' +
      '0123456789+/';
    const rest = plain.length % 4;
    if (rest) {
      const last = digits.indexOf(plain.at(-1));
      plain = plain.slice(0, -1) +
        digits[last & (rest === 2 ? 0x30 : 0x3c)] + '='.repeat(4 - rest);
    }
    return native.decode_base64(plain);
  }

  function latin1(bytes) {
    const piece = 8192; /* arguments of one call */
    let text = '';
    for (let at = 0; at < bytes.length; at += piece)
      text += String.fromCharCode(...bytes.subarray(at, at + piece));
    return text;
  }

  /* The standard's "UTF-8 decode": without a byte order mark. */
  function decode_text(bytes) {
    const text = native.decode_utf8(bytes, false);
    return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
  }

  /* Text of one byte a character, and what those bytes mean as UTF-8. */
  const latin1_bytes = (text) => Uint8Array.from(text, (character) =>
    character.charCodeAt(0));
  const utf8_of_latin1 = (text) =>
    native.decode_utf8(latin1_bytes(text), false);

  load('own').tag(TextEncoder, 'TextEncoder');
  load('own').tag(TextDecoder, 'TextDecoder');

  return { TextEncoder, TextDecoder, atob, btoa, view_of, decode_text, latin1,
    latin1_bytes, utf8_of_latin1, base64_bytes };
})
