/*
 * Blob, File (File API) and FormData (XMLHttpRequest Standard) with
 * multipart/form-data (RFC 7578). All in memory.
 */
'use strict';

(function ({ native, load }) {
  class Blob {
    #bytes;
    #type;
    constructor(parts = [], { type = '' } = {}) {
      const pieces = Array.from(parts, (part) => {
        if (part instanceof Blob)
          return part.#bytes;
        if (ArrayBuffer.isView(part) || part instanceof ArrayBuffer)
          return load('encoding').view_of(part);
        return native.encode_utf8(String(part).toWellFormed());
      });
      this.#bytes = join(pieces);
      this.#type = /^[\x20-\x7e]*$/.test(type) ? String(type).toLowerCase()
        : '';
    }
    static bytes(blob) {
      return blob.#bytes;
    }
    get size() {
      return this.#bytes.length;
    }
    get type() {
      return this.#type;
    }
    slice(start = 0, end = this.size, type = '') {
      return new Blob([this.#bytes.slice(start, end)], { type });
    }
    async bytes() {
      return this.#bytes.slice();
    }
    async arrayBuffer() {
      return this.#bytes.slice().buffer;
    }
    async text() {
      return native.decode_utf8(this.#bytes, false);
    }
  }
  const blob_bytes = Blob.bytes;
  delete Blob.bytes;

  class File extends Blob {
    constructor(parts, name, options = {}) {
      super(parts, options);
      this.name = String(name);
      this.lastModified = options.lastModified ?? Date.now();
    }
  }

  function join(pieces) {
    const whole = new Uint8Array(
      pieces.reduce((total, piece) => total + piece.length, 0));
    let at = 0;
    for (const piece of pieces) {
      whole.set(piece, at);
      at += piece.length;
    }
    return whole;
  }

  function entry_value(value, name) {
    if (!(value instanceof Blob))
      return String(value);
    if (value instanceof File && name === undefined)
      return value;
    return new File([value], name ?? 'blob', { type: value.type });
  }

  class FormData {
    #list = [];
    append(name, value, file_name) {
      this.#list.push([String(name), entry_value(value, file_name)]);
    }
    set(name, value, file_name) {
      this.delete(name);
      this.append(name, value, file_name);
    }
    delete(name) {
      this.#list = this.#list.filter(([own]) => own !== String(name));
    }
    get(name) {
      return this.#list.find(([own]) => own === String(name))?.[1] ?? null;
    }
    getAll(name) {
      return this.#list.filter(([own]) => own === String(name))
        .map(([, value]) => value);
    }
    has(name) {
      return this.#list.some(([own]) => own === String(name));
    }
    forEach(callback, self) {
      for (const [name, value] of this)
        callback.call(self, value, name, this);
    }
    *entries() {
      yield* this.#list.map((pair) => [...pair]);
    }
    *keys() {
      for (const [name] of this.#list)
        yield name;
    }
    *values() {
      for (const [, value] of this.#list)
        yield value;
    }
    [Symbol.iterator]() {
      return this.entries();
    }
  }

  const quote = (text) => text.replaceAll('\n', '%0A').replaceAll('\r', '%0D')
    .replaceAll('"', '%22');

  /* The body's bytes and its content type. */
  function encode_form(form) {
    const random = native.random(new Uint8Array(16));
    const boundary = 'pond-' + Array.from(random, (byte) =>
      byte.toString(16).padStart(2, '0')).join('');
    const pieces = [];
    const text = (part) => pieces.push(native.encode_utf8(part));
    for (const [name, value] of form) {
      text(`--${boundary}\r\ncontent-disposition: form-data; ` +
        `name="${quote(name)}"`);
      if (typeof value === 'string') {
        text(`\r\n\r\n${value.toWellFormed()}\r\n`);
        continue;
      }
      text(`; filename="${quote(value.name)}"\r\ncontent-type: ` +
        `${value.type || 'application/octet-stream'}\r\n\r\n`);
      pieces.push(blob_bytes(value));
      text('\r\n');
    }
    text(`--${boundary}--\r\n`);
    return [join(pieces), `multipart/form-data; boundary=${boundary}`];
  }

  function decode_part(form, part) {
    const end = part.indexOf('\r\n\r\n');
    const head = part.slice(0, end);
    const name = /\bname="([^"]*)"/.exec(head)?.[1];
    if (end < 0 || name === undefined)
      throw new TypeError('a part of the form has no name');
    const file = /\bfilename="([^"]*)"/.exec(head)?.[1];
    const type = /^content-type: *(.*)$/im.exec(head)?.[1] ?? '';
    const bytes = Uint8Array.from(part.slice(end + 4), (character) =>
      character.charCodeAt(0));
    const plain = (value) =>
      native.decode_utf8(Uint8Array.from(value, (character) =>
        character.charCodeAt(0)), false);
    form.append(plain(name), file === undefined
      ? native.decode_utf8(bytes, false)
      : new File([bytes], plain(file), { type: type.trim() }));
  }

  function decode_form(bytes, type) {
    const form = new FormData();
    if (/^application\/x-www-form-urlencoded/i.test(type)) {
      const { URLSearchParams } = load('url');
      const text = native.decode_utf8(bytes, false);
      for (const [name, value] of new URLSearchParams(text))
        form.append(name, value);
      return form;
    }
    const boundary = /^multipart\/form-data.*;\s*boundary="?([^";]+)/i
      .exec(type)?.[1];
    if (!boundary)
      throw new TypeError(`the body is no form but ${type || 'untyped'}`);
    /* Bytes as characters, so that files stay as they are. */
    const parts = ('\r\n' + load('encoding').latin1(bytes))
      .split(`\r\n--${boundary}`);
    if (parts.length < 2 || !parts.at(-1).startsWith('--'))
      throw new TypeError('the form is not whole');
    for (const part of parts.slice(1, -1))
      decode_part(form, part.replace(/^[ \t]*\r\n/, ''));
    return form;
  }

  return { Blob, File, FormData, blob_bytes, encode_form, decode_form };
})
