/*
 * TextEncoder and TextDecoder (Encoding Standard), atob and btoa (HTML
 * Standard). encoding_legacy.js has the encodings before UTF-8.
 */
'use strict';

(function ({ native, load }) {
  const { dictionary, need } = load('web_idl');

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

  /* How many bytes at the end begin a character of UTF-8 that is not complete.
   * Bytes that can no longer become one are not waited for. */
  function open_bytes(bytes) {
    for (let back = 1; back <= 3 && back <= bytes.length; back++) {
      const byte = bytes[bytes.length - back];
      if (byte < 0x80)
        return 0;
      if (byte < 0xc0)
        continue;
      const size = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
      const second = bytes[bytes.length - back + 1] ?? 0x90;
      const is_possible = byte >= 0xc2 && byte <= 0xf4 && !(back > 1 && (
        byte === 0xe0 && second < 0xa0 || byte === 0xed && second > 0x9f ||
        byte === 0xf0 && second < 0x90 || byte === 0xf4 && second > 0x8f));
      return is_possible && size > back ? back : 0;
    }
    return 0;
  }

  /* The same for UTF-16: half a unit, or the first unit of a pair. */
  function open_units(bytes, is_little) {
    const half = bytes.length % 2;
    const last = bytes[bytes.length - half - (is_little ? 1 : 2)];
    return last >= 0xd8 && last < 0xdc ? half + 2 : half;
  }

  const decoder_of_utf16 = (is_little) => function decode(bytes, fail) {
    const whole = bytes.slice(0, bytes.length & ~1);
    if (!is_little)
      for (let at = 0; at < whole.length; at += 2)
        [whole[at], whole[at + 1]] = [whole[at + 1], whole[at]];
    let text = text_of_units(new Uint16Array(whole.buffer));
    if (bytes.length !== whole.length)
      /* Half a pair and half a unit are one error. */
      text = text.replace(/[\ud800-\udbff]$/, '') + '\ud800';
    if (!text.isWellFormed())
      fail();
    return text.toWellFormed();
  };

  /* For the encodings of Unicode: how many bytes at the end have to wait, and
   * the text of the others. */
  const unicode = { __proto__: null,
    'utf-8': { open: open_bytes, decode: (bytes, fail, fatal) => {
      try {
        return native.decode_utf8(bytes, fatal);
      } catch {
        return fail();
      }
    } },
    'utf-16le': { open: (bytes) => open_units(bytes, true),
      decode: decoder_of_utf16(true) },
    'utf-16be': { open: (bytes) => open_units(bytes, false),
      decode: decoder_of_utf16(false) },
  };

  class TextEncoder {
    #brand;
    get encoding() {
      this.#brand;
      return 'utf-8';
    }
    encode(text = '') {
      this.#brand;
      return native.encode_utf8(`${text}`.toWellFormed());
    }
    encodeInto(text, target) {
      this.#brand;
      load('node/errors').check_string(text, 'src');
      if (!(target instanceof Uint8Array))
        throw load('node/errors').arg_type('dest', 'an instance of Uint8Array',
          target);
      const read = fitting(text, target.length);
      const bytes = native.encode_utf8(text.slice(0, read).toWellFormed());
      target.set(bytes);
      return { read, written: bytes.length };
    }
  }

  /* How many units of the text have a UTF-8 of at most room bytes. */
  function fitting(text, room) {
    if (text.length * 3 <= room)
      return text.length;
    let at = 0;
    while (at < text.length) {
      const code = text.codePointAt(at);
      const size = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
      if (size > room)
        break;
      room -= size;
      at += size === 4 ? 2 : 1;
    }
    return at;
  }

  class TextDecoder {
    #encoding;
    #fatal;
    #keep_mark;
    #rest = new Uint8Array(0);
    #is_begun = false; /* the place of a byte order mark has passed */
    #legacy = null;

    constructor(label = 'utf-8', options = undefined) {
      const { fatal = false, ignoreBOM = false } = dictionary(options);
      this.#encoding = load('encoding_labels').encoding_of(label);
      if (!this.#encoding || this.#encoding === 'replacement')
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
    decode(source = undefined, options = undefined) {
      const stream = Boolean(dictionary(options).stream);
      const bytes = view_of(source);
      if (this.#encoding in unicode)
        return this.#decode_unicode(bytes, stream);
      this.#legacy ??= load('encoding_legacy').make_decoder(this.#encoding);
      return this.#legacy(bytes, !stream, () => this.#fail());
    }
    #fail() {
      if (!this.#fatal)
        return;
      this.#rest = new Uint8Array(0);
      this.#is_begun = false;
      this.#legacy = null;
      throw load('node/errors').make(TypeError,
        'ERR_ENCODING_INVALID_ENCODED_DATA', 'The encoded data was not valid ' +
        `for encoding ${this.#encoding}`);
    }
    #decode_unicode(bytes, stream) {
      const { open, decode } = unicode[this.#encoding];
      if (this.#rest.length) {
        const whole = new Uint8Array(this.#rest.length + bytes.length);
        whole.set(this.#rest);
        whole.set(bytes, this.#rest.length);
        bytes = whole;
      }
      const end = bytes.length - (stream ? open(bytes) : 0);
      this.#rest = bytes.slice(end);
      bytes = bytes.subarray(0, end);
      let text = decode(bytes, () => this.#fail(), this.#fatal);
      if (!this.#is_begun && !this.#keep_mark && text.charCodeAt(0) === 0xfeff)
        text = text.slice(1);
      this.#is_begun = stream && (this.#is_begun || bytes.length > 0);
      return text;
    }
  }

  function invalid(text) {
    const { DOMException } = load('dom_exception');
    return new DOMException(text, 'InvalidCharacterError');
  }

  function btoa(text) {
    need(arguments.length, 1, 'btoa');
    text = `${text}`;
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
    need(arguments.length, 1, 'atob');
    let plain = `${text}`.replace(/[\t\n\f\r ]/g, '');
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

  load('web_idl').tag(TextEncoder, 'TextEncoder');
  load('web_idl').show(TextEncoder, ['encoding']);
  load('web_idl').tag(TextDecoder, 'TextDecoder');
  load('web_idl').show(TextDecoder, ['encoding', 'fatal', 'ignoreBOM']);

  return { TextEncoder, TextDecoder, atob, btoa, view_of, decode_text,
    text_of_units, latin1_bytes, utf8_of_latin1, base64_bytes };
})
