/*
 * Filling a Buffer and searching in one, as Node does.
 */
'use strict';

(function ({ load }) {
  const encodings = load('node/buffer_encodings');
  const { arg_type, arg_value, check_integer, check_string } =
    load('node/errors');

  /* Buffer's largest size. */
  const size_max = 2 ** 32;

  function fill_bytes(buffer, bytes, start, end) {
    for (let at = start, index = 0; at < end; at++) {
      buffer[at] = bytes[index];
      if (++index === bytes.length)
        index = 0;
    }
  }

  function fill_part(buffer, value, start, end, encoding) {
    if (typeof value === 'string') {
      if (start === undefined || typeof start === 'string')
        [encoding, start, end] = [start, 0, buffer.length];
      else if (typeof end === 'string')
        [encoding, end] = [end, buffer.length];
      if (encoding !== undefined && encoding !== null && encoding !== '')
        check_string(encoding, 'encoding');
    }
    if (start === undefined) {
      start = 0;
      end = buffer.length;
    } else {
      check_integer(start, 'offset', 0, size_max);
      end ??= buffer.length;
      check_integer(end, 'end', 0, buffer.length);
      if (start >= end)
        return buffer;
    }
    const bytes = typeof value === 'string'
      ? encodings.get(encoding || 'utf8').encode(value)
      : ArrayBuffer.isView(value) ? new Uint8Array(value.buffer,
        value.byteOffset, value.byteLength) : [value & 255];
    if (!bytes.length && value !== '')
      throw arg_value('value', value);
    fill_bytes(buffer, bytes.length ? bytes : [0], start, end);
    return buffer;
  }

  /* Where a search begins; -1 if it can find nothing. */
  function search_start(length, offset, size, is_forward) {
    if (offset < 0)
      return offset + length >= 0 ? length + offset
        : is_forward || size === 0 ? 0 : -1;
    if (offset + size <= length)
      return offset;
    return size === 0 ? length : is_forward ? -1 : length - 1;
  }

  function search_bytes(buffer, bytes, offset, step, is_forward) {
    const start = search_start(buffer.length, offset, bytes.length, is_forward);
    if (bytes.length === 0)
      return start;
    const last = buffer.length - bytes.length;
    if (start < 0 || last < 0 || is_forward && start > last)
      return -1;
    let at = Math.min(start, last);
    at -= at % step;
    for (; at >= 0 && at <= last; at += is_forward ? step : -step) {
      let same = 0;
      while (same < bytes.length && buffer[at + same] === bytes[same])
        same++;
      if (same === bytes.length)
        return at;
    }
    return -1;
  }

  function search(buffer, value, offset, encoding, is_forward) {
    if (typeof offset === 'string')
      [encoding, offset] = [offset, undefined];
    offset = Math.max(-0x80000000, Math.min(0x7fffffff, +offset));
    offset = Number.isNaN(offset) ? is_forward ? 0 : buffer.length
      : Math.trunc(offset);
    if (typeof value === 'number')
      return search_bytes(buffer, [value & 255], offset, 1, is_forward);
    const form = encoding === undefined ? encodings.utf8
      : encodings.find(encoding);
    const step = form?.name === 'utf16le' ? 2 : 1;
    if (typeof value === 'string') {
      const bytes = (form ?? encodings.get(encoding)).encode(value);
      return search_bytes(buffer, bytes, offset, step, is_forward);
    }
    if (value instanceof Uint8Array)
      return search_bytes(buffer, value, offset, step, is_forward);
    throw arg_type('value', 'one of type number or string or an instance of ' +
      'Buffer or Uint8Array', value);
  }

  return { fill_part, search };
})
