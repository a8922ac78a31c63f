/*
 * FormData (XMLHttpRequest Standard, 4) and its two forms on the wire:
 * multipart/form-data (HTML Standard, 4.10.21.8, and RFC 7578) and
 * application/x-www-form-urlencoded. This file reads both and writes the first.
 */
'use strict';

(function ({ native, load }) {
  const { Blob, File, blob_bytes, join } = load('blob');
  const { latin1_bytes, utf8_of_latin1 } = load('encoding');
  const { need, usv } = load('web_idl');

  function entry_value(value, name, count) {
    if (!(value instanceof Blob)) {
      if (count > 2)
        throw new TypeError('only a Blob has a file name');
      return usv(value);
    }
    if (value instanceof File && name === undefined)
      return value;
    return new File([value], name === undefined ? 'blob' : name, {
      type: value.type,
      lastModified: value.lastModified });
  }

  class FormData {
    #list = [];
    constructor(form = undefined) {
      if (form !== undefined)
        throw new TypeError('a FormData is made empty: there are no elements');
    }
    append(name, value, file_name = undefined) {
      need(arguments.length, 2, 'FormData.append');
      this.#list.push([usv(name),
        entry_value(value, file_name, arguments.length)]);
    }
    /* The new value takes the place of the first of that name. */
    set(name, value, file_name = undefined) {
      need(arguments.length, 2, 'FormData.set');
      const entry = [usv(name),
        entry_value(value, file_name, arguments.length)];
      const place = this.#list.findIndex(([own]) => own === entry[0]);
      if (place < 0) {
        this.#list.push(entry);
        return;
      }
      this.#list[place] = entry;
      this.#list = this.#list.filter(([own], index) => index <= place ||
        own !== entry[0]);
    }
    delete(name) {
      need(arguments.length, 1, 'FormData.delete');
      name = usv(name);
      this.#list = this.#list.filter(([own]) => own !== name);
    }
    get(name) {
      need(arguments.length, 1, 'FormData.get');
      name = usv(name);
      return this.#list.find(([own]) => own === name)?.[1] ?? null;
    }
    getAll(name) {
      need(arguments.length, 1, 'FormData.getAll');
      name = usv(name);
      return this.#list.filter(([own]) => own === name)
        .map(([, value]) => value);
    }
    has(name) {
      need(arguments.length, 1, 'FormData.has');
      name = usv(name);
      return this.#list.some(([own]) => own === name);
    }
    static list_of(form) {
      return form.#list;
    }
  }
  const { list_of } = FormData;
  delete FormData.list_of;
  load('pairs').define_pairs(FormData, 'FormData', list_of);
  load('web_idl').tag(FormData, 'FormData');
  load('web_idl').show(FormData, (form) => {
    const values = {};
    for (const [name] of form) {
      const all = form.getAll(name);
      load('own').set(values, name, all.length > 1 ? all : all[0]);
    }
    return values;
  });

  const with_crlf = (text) => text.replace(/\r\n|\r|\n/g, '\r\n');
  const quote = (text) => text.replaceAll('\n', '%0A').replaceAll('\r', '%0D')
    .replaceAll('"', '%22');
  const unquote = (text) => text.replace(/%0a/gi, '\n').replace(/%0d/gi, '\r')
    .replaceAll('%22', '"');

  /* The body's bytes and its content type. */
  function encode(form) {
    const random = native.random(new Uint8Array(16));
    const boundary = '----pond' + Array.from(random, (byte) =>
      byte.toString(16).padStart(2, '0')).join('');
    const pieces = [];
    const text = (part) => pieces.push(native.encode_utf8(part));
    for (const [name, value] of form) {
      text(`--${boundary}\r\nContent-Disposition: form-data; ` +
        `name="${quote(with_crlf(name))}"`);
      if (typeof value === 'string') {
        text(`\r\n\r\n${with_crlf(value)}\r\n`);
        continue;
      }
      text(`; filename="${quote(value.name)}"\r\nContent-Type: ` +
        `${value.type || 'application/octet-stream'}\r\n\r\n`);
      pieces.push(blob_bytes(value));
      text('\r\n');
    }
    text(`--${boundary}--\r\n`);
    return [join(pieces), `multipart/form-data; boundary=${boundary}`];
  }

  /* The value of a part's header; null if the part has no such header. */
  function header_of(head, name) {
    const line = head.split('\r\n').find((each) =>
      each.slice(0, name.length + 1).toLowerCase() === name + ':');
    return line === undefined ? null : line.slice(name.length + 1).trim();
  }

  function decode_part(form, part) {
    const end = part.startsWith('\r\n') ? 0 : part.indexOf('\r\n\r\n');
    const head = part.slice(0, end);
    const disposition = header_of(head, 'content-disposition') ?? '';
    const name = /^form-data;(?:.*;)?\s*name="([^"]*)"/i.exec(disposition)?.[1];
    if (end < 0 || name === undefined)
      throw new TypeError('a part of the form has no name');
    const file = /;\s*filename="([^"]*)"/i.exec(disposition)?.[1];
    const body = part.slice(end + 4);
    form.append(unquote(utf8_of_latin1(name)), file === undefined
      ? utf8_of_latin1(body)
      : new File([latin1_bytes(body)], unquote(utf8_of_latin1(file)),
        { type: header_of(head, 'content-type') ?? 'text/plain' }));
  }

  /* The bytes are read as one character each, so that files do not change. */
  function decode_multipart(bytes, boundary) {
    const form = new FormData();
    const text = '\r\n' + native.decode_latin1(bytes);
    const mark = `\r\n--${boundary}`;
    let at = text.indexOf(mark);
    for (;;) {
      if (at < 0)
        throw new TypeError('the form is not whole');
      const line = /^(--)?[ \t]*(\r\n|$)/.exec(
        text.slice(at + mark.length, at + mark.length + 80));
      const start = at + mark.length + (line?.[0].length ?? 0);
      if (line?.[1])
        return form;
      if (!line)
        throw new TypeError('the form is not whole');
      /* The line break before the next mark may be the one of this line. */
      at = text.indexOf(mark, start - 2);
      if (at >= 0)
        decode_part(form, text.slice(start, at));
    }
  }

  /* type is a MIME type in the form of mime.js, or null. */
  function decode(bytes, type) {
    if (type?.essence === 'application/x-www-form-urlencoded') {
      const form = new FormData();
      const { form_parse } = load('url_search_params');
      for (const [name, value] of form_parse(native.decode_utf8(bytes, false)))
        form.append(name, value);
      return form;
    }
    const boundary = type?.parameters.get('boundary');
    if (type?.essence !== 'multipart/form-data' || boundary === undefined)
      throw new TypeError('the body is no form but ' +
        (type ? type.essence : 'untyped'));
    return decode_multipart(bytes, boundary);
  }

  return { FormData, encode, decode };
})
