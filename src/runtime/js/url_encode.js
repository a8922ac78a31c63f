/*
 * Percent-encoding of URLs (URL Standard, 1.3).
 */
'use strict';

(function ({ native }) {
  /* Percent-encode sets, as the characters they add to the one before. */
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

  function decode(text) {
    if (!text.includes('%'))
      return text;
    const bytes = native.encode_utf8(text.toWellFormed());
    const out = [];
    for (let at = 0; at < bytes.length; at++) {
      const code = bytes[at] === 0x25 && at + 2 < bytes.length
        ? String.fromCharCode(bytes[at + 1], bytes[at + 2]) : '';
      if (/^[0-9A-Fa-f]{2}$/.test(code)) {
        out.push(parseInt(code, 16));
        at += 2;
      } else {
        out.push(bytes[at]);
      }
    }
    return native.decode_utf8(Uint8Array.from(out), false);
  }

  return { encode, decode,
    sets: { c0, fragment, query, special_query, path, userinfo } };
})
