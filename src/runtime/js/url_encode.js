/*
 * Percent-encoding of URLs (URL Standard, 1.3).
 */
'use strict';

(function ({ native }) {
  /* Percent-encode sets. Each adds characters to the set before it. */
  const c0 = (code) => code <= 0x1f || code > 0x7e;
  const among = (text, below) => (code) =>
    below(code) || text.includes(String.fromCharCode(code));
  const fragment = among(' "<>`', c0);
  const query = among(' "#<>', c0);
  const special_query = among('\'', query);
  const path = among('?^`{}', query);
  const userinfo = among('/:;=@[\\]|', path);

  function encode(text, in_set) {
    let plain = true;
    for (let at = 0; plain && at < text.length; at++)
      plain = !in_set(text.charCodeAt(at));
    if (plain)
      return text;
    let out = '';
    for (const byte of native.encode_utf8(text.toWellFormed()))
      out += in_set(byte)
        ? '%' + byte.toString(16).toUpperCase().padStart(2, '0')
        : String.fromCharCode(byte);
    return out;
  }

  const digit = (byte) => byte >= 0x30 && byte <= 0x39 ? byte - 0x30
    : byte >= 0x41 && byte <= 0x46 ? byte - 0x37
      : byte >= 0x61 && byte <= 0x66 ? byte - 0x57 : -1;

  /* The text's UTF-8 with escapes decoded. Broken escapes stay. */
  function decode_bytes(text) {
    const bytes = native.encode_utf8(text.toWellFormed());
    if (!text.includes('%'))
      return bytes;
    let size = 0;
    for (let at = 0; at < bytes.length; at++, size++) {
      const high = bytes[at] === 0x25 ? digit(bytes[at + 1]) : -1;
      const low = high >= 0 ? digit(bytes[at + 2]) : -1;
      bytes[size] = low >= 0 ? high << 4 | low : bytes[at];
      if (low >= 0)
        at += 2;
    }
    return bytes.slice(0, size);
  }

  function decode(text) {
    return text.includes('%') ? native.decode_utf8(decode_bytes(text), false)
      : text;
  }

  return { encode, decode, decode_bytes,
    sets: { c0, fragment, query, special_query, path, userinfo } };
})
