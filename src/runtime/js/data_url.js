/*
 * Reading data: URLs (Fetch Standard, 6: "data: URL processor").
 */
'use strict';

(function ({ native, load }) {
  /* The standard's forgiving decoding; null if the bytes are not base64. */
  function decode_base64(bytes) {
    const { atob, latin1_bytes } = load('encoding');
    try {
      return latin1_bytes(atob(native.decode_latin1(bytes)));
    } catch {
      return null;
    }
  }

  /* {bytes, type} of a URL's text without its fragment; null if the URL has
   * no comma or its base64 is broken. */
  function read(href) {
    const comma = href.indexOf(',');
    if (comma < 0)
      return null;
    let type = href.slice('data:'.length, comma)
      .replace(/^[\t\n\f\r ]+|[\t\n\f\r ]+$/g, '');
    let bytes = load('url_encode').decode_bytes(href.slice(comma + 1));
    const coded = /; *base64$/i.exec(type);
    if (coded) {
      bytes = decode_base64(bytes);
      type = type.slice(0, coded.index);
    }
    if (!bytes)
      return null;
    if (type.startsWith(';'))
      type = 'text/plain' + type;
    const mime = load('mime');
    const record = mime.parse(type);
    return { bytes, type: record ? mime.show(record)
      : 'text/plain;charset=US-ASCII' };
  }

  return { read };
})
