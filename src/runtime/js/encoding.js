/*
 * TextEncoder, TextDecoder (Encoding Standard; UTF-8, UTF-16 and Latin-1),
 * atob and btoa (HTML Standard).
 */
'use strict';

(function ({ native, load }) {
  /* The standard's labels of the encodings that exist here. */
  const labels = new Map(Object.entries({
    'utf-8': 'unicode-1-1-utf-8 unicode11utf8 unicode20utf8 utf-8 utf8 ' +
      'x-unicode20utf8',
    'utf-16le': 'csunicode iso-10646-ucs-2 ucs-2 unicode unicodefeff utf-16 ' +
      'utf-16le',
    'utf-16be': 'unicodefffe utf-16be',
    'windows-1252': 'ansi_x3.4-1968 ascii cp1252 cp819 csisolatin1 ibm819 ' +
      'iso-8859-1 iso-ir-100 iso8859-1 iso88591 iso_8859-1 iso_8859-1:1987 ' +
      'l1 latin1 us-ascii windows-1252 x-cp1252',
  }).flatMap(([name, all]) => all.split(' ').map((label) => [label, name])));

  /* The bytes 0x80 to 0x9f, in which windows-1252 differs from Latin-1. */
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
    throw load('node/errors').arg_type('input', 'an instance of ArrayBuffer ' +
      'or ArrayBufferView', source);
  }

  /* How many bytes at the end belong to a character that is not complete. */
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

  /* The same for UTF-16: half a unit, or the first unit of a pair. */
  function open_units(bytes, is_little) {
    const half = bytes.length % 2;
    const last = bytes[bytes.length - half - (is_little ? 1 : 2)];
    return last >= 0xd8 && last < 0xdc ? half + 2 : half;
  }

  class TextEncoder {
    get encoding() {
      return 'utf-8';
    }
    encode(text = '') {
      return native.encode_utf8(String(text).toWellFormed());
    }
    encodeInto(text, target) {
      load('node/errors').check_string(text, 'src');
      if (!(target instanceof Uint8Array))
        throw load('node/errors').arg_type('dest', 'an instance of Uint8Array',
          target);
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

  function invalid_data(encoding) {
    return load('node/errors').make(TypeError,
      'ERR_ENCODING_INVALID_ENCODED_DATA',
      `The encoded data was not valid for encoding ${encoding}`);
  }

  class TextDecoder {
    #encoding;
    #fatal;
    #keep_mark;
    #rest = new Uint8Array(0);
    #begun = false;

    constructor(label = 'utf-8', options = {}) {
      const { fatal = false, ignoreBOM = false } = options ?? {};
      this.#encoding = labels.get(String(label)
        .replace(/^[\t\n\f\r ]+|[\t\n\f\r ]+$/g, '').toLowerCase());
      if (!this.#encoding)
        throw load('node/errors').make(RangeError,
          'ERR_ENCODING_NOT_SUPPORTED',
          `The "${label}" encoding is not supported`);
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
          : this.#encoding === 'windows-1252' ? 0 : open_units(bytes,
            this.#encoding === 'utf-16le');
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
          throw invalid_data(this.#encoding);
        }
      }
      if (this.#encoding === 'windows-1252')
        return text_of_units(Uint16Array.from(bytes, (byte) =>
          byte >= 0x80 && byte < 0xa0 ? western.charCodeAt(byte - 0x80)
            : byte));
      return this.#convert_utf16(bytes);
    }

    #convert_utf16(bytes) {
      const whole = bytes.slice(0, bytes.length & ~1);
      if (this.#encoding === 'utf-16be')
        for (let at = 0; at < whole.length; at += 2)
          [whole[at], whole[at + 1]] = [whole[at + 1], whole[at]];
      const text = text_of_units(new Uint16Array(whole.buffer));
      const is_odd = bytes.length !== whole.length;
      if (this.#fatal && (is_odd || !text.isWellFormed()))
        throw invalid_data(this.#encoding);
      return text.toWellFormed() + (is_odd ? '\ufffd' : '');
    }
  }

  function invalid(text) {
    const { DOMException } = load('dom_exception');
    return new DOMException(text, 'InvalidCharacterError');
  }

  function need_text(count) {
    if (!count)
      throw load('node/errors').make(TypeError, 'ERR_MISSING_ARGS',
        'a text is needed');
  }

  function btoa(text) {
    need_text(arguments.length);
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
    need_text(arguments.length);
    let plain = String(text).replace(/[\t\n\f\r ]/g, '');
    if (plain.length % 4 === 0)
      plain = plain.replace(/==?$/, '');
    if (plain.length % 4 === 1 || /[^A-Za-z0-9+/]/.test(plain))
      throw invalid('the text is not base64');
    return native.decode_latin1(base64_bytes(plain));
  }

  /* Decode base64 without padding. Bits after the last byte are ignored. */
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

  /* One character for each unit. The text is made in pieces, because a call
   * takes a limited number of arguments, and single characters would cost many
   * times the text. */
  function text_of_units(units) {
    const piece = 8192;
    let text = '';
    for (let at = 0; at < units.length; at += piece)
      text += String.fromCharCode(...units.subarray(at, at + piece));
    return text;
  }

  /* The standard's "UTF-8 decode", which drops a byte order mark. */
  function decode_text(bytes) {
    const text = native.decode_utf8(bytes, false);
    return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
  }

  /* Conversions of text whose characters are bytes: to those bytes, and to
   * what the bytes mean as UTF-8. */
  const latin1_bytes = (text) => Uint8Array.from(text, (character) =>
    character.charCodeAt(0));
  const utf8_of_latin1 = (text) =>
    native.decode_utf8(latin1_bytes(text), false);

  load('own').tag(TextEncoder, 'TextEncoder');
  load('own').tag(TextDecoder, 'TextDecoder');

  return { TextEncoder, TextDecoder, atob, btoa, view_of, decode_text,
    text_of_units, latin1_bytes, utf8_of_latin1, base64_bytes };
})
