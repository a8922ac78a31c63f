/*
 * Hosts of URLs (URL Standard, 3.5). Names outside ASCII are mapped to lower
 * case and NFC and encoded in Punycode (RFC 3492). That is the part of UTS 46
 * that names in use need.
 */
'use strict';

(function ({ load }) {
  const { encode, decode, sets } = load('url_encode');

  function invalid(text) {
    const error = new TypeError(`Invalid URL: ${text}`);
    error.code = 'ERR_INVALID_URL';
    error.input = text;
    return error;
  }

  /* Encode one label (RFC 3492, 6.3). */
  function punycode(label) {
    const points = Array.from(label, (each) => each.codePointAt(0));
    const out = points.filter((point) => point < 128)
      .map((point) => String.fromCharCode(point));
    const basic = out.length;
    let handled = basic;
    let n = 128;
    let delta = 0;
    let bias = 72;
    if (basic)
      out.push('-');
    while (handled < points.length) {
      const next = Math.min(...points.filter((point) => point >= n));
      delta += (next - n) * (handled + 1);
      n = next;
      for (const point of points) {
        if (point < n)
          delta++;
        if (point !== n)
          continue;
        let q = delta;
        for (let k = 36; ; k += 36) {
          const t = k <= bias ? 1 : k >= bias + 26 ? 26 : k - bias;
          if (q < t)
            break;
          out.push(digit(t + (q - t) % (36 - t)));
          q = Math.floor((q - t) / (36 - t));
        }
        out.push(digit(q));
        bias = adapt(delta, handled + 1, handled === basic);
        delta = 0;
        handled++;
      }
      delta++;
      n++;
    }
    return 'xn--' + out.join('');
  }

  function digit(value) {
    return String.fromCharCode(value < 26 ? 97 + value : 22 + value);
  }

  function adapt(delta, count, first) {
    let k = 0;
    delta = first ? Math.floor(delta / 700) : delta >> 1;
    delta += Math.floor(delta / count);
    for (; delta > 455; k += 36)
      delta = Math.floor(delta / 35);
    return k + Math.floor(36 * delta / (delta + 38));
  }

  function parse_ipv4_number(part) {
    if (part === '')
      return NaN;
    if (/^0x[0-9a-f]*$/i.test(part))
      return part.length === 2 ? 0 : parseInt(part, 16);
    if (/^0[0-7]*$/.test(part))
      return parseInt(part, 8);
    return /^[0-9]+$/.test(part) && part[0] !== '0' ? parseInt(part, 10) : NaN;
  }

  /* The address, or null if the host does not end in a number. Throws if it
   * does and is not an address. */
  function parse_ipv4(host, input) {
    const parts = host.split('.');
    if (parts.at(-1) === '' && parts.length > 1)
      parts.pop();
    const last = parts.at(-1);
    if (!/^[0-9]+$/.test(last) && !/^0x[0-9a-f]*$/i.test(last))
      return null;
    const numbers = parts.map(parse_ipv4_number);
    const rest = numbers.at(-1);
    if (parts.length > 4 || numbers.some(Number.isNaN) ||
      numbers.slice(0, -1).some((number) => number > 255) ||
      rest >= 256 ** (5 - parts.length))
      throw invalid(input);
    let address = rest;
    numbers.slice(0, -1).forEach((number, index) => {
      address += number * 256 ** (3 - index);
    });
    return [3, 2, 1, 0].map((place) =>
      Math.floor(address / 256 ** place) % 256).join('.');
  }

  function parse_ipv6(text, input) {
    const halves = text.split('::');
    if (halves.length > 2)
      throw invalid(input);
    const pieces_of = (half) => {
      if (half === '')
        return [];
      const parts = half.split(':');
      const pieces = [];
      parts.forEach((part, index) => {
        const dotted = /^(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(part);
        if (dotted && index === parts.length - 1) {
          const numbers = dotted.slice(1).map((each) => {
            if (Number(each) > 255 || (each.length > 1 && each[0] === '0'))
              throw invalid(input);
            return Number(each);
          });
          pieces.push(numbers[0] * 256 + numbers[1],
            numbers[2] * 256 + numbers[3]);
        } else if (/^[0-9a-f]{1,4}$/i.test(part)) {
          pieces.push(parseInt(part, 16));
        } else {
          throw invalid(input);
        }
      });
      return pieces;
    };
    const front = pieces_of(halves[0]);
    const back = halves.length === 2 ? pieces_of(halves[1]) : [];
    const missing = 8 - front.length - back.length;
    if (halves.length === 2 ? missing < 1 : missing !== 0)
      throw invalid(input);
    return show_ipv6([...front, ...Array(missing).fill(0), ...back]);
  }

  /* The longest run of two or more zeros becomes "::". */
  function show_ipv6(pieces) {
    let best = -1;
    let best_size = 1;
    for (let at = 0; at < 8; at++) {
      let size = 0;
      while (at + size < 8 && pieces[at + size] === 0)
        size++;
      if (size > best_size)
        [best, best_size] = [at, size];
    }
    const hex = (list) => list.map((piece) => piece.toString(16)).join(':');
    return best < 0 ? `[${hex(pieces)}]`
      : `[${hex(pieces.slice(0, best))}::${hex(pieces.slice(best + best_size))}]`;
  }

  function parse_host(text, special, input) {
    if (text[0] === '[') {
      if (text.at(-1) !== ']')
        throw invalid(input);
      return parse_ipv6(text.slice(1, -1), input);
    }
    if (!special) {
      if (/[\0\t\n\r #/<>?@[\\\]^|:]/.test(text))
        throw invalid(input);
      return encode(text, sets.c0);
    }
    /* For nearly all names this is the mapping of UTS 46: it unites compatible
     * forms and removes case and invisible characters. */
    const host = decode(text).normalize('NFKC').toLowerCase().normalize('NFC')
      .replace(/[\u00ad\u180b-\u180d\u200b\u2060\ufe00-\ufe0f\ufeff]/g, '')
      .replace(/\u3002/g, '.').split('.').map((label) =>
        /[^\0-\x7f]/.test(label) ? punycode(label) : label).join('.');
    if (host === '' || /(^|\.)xn--(\.|$)/.test(host) ||
      decode(text).includes('\ufffd') ||
      /[\0-\x20#%/:<>?@[\\\]^|\x7f]/.test(host))
      throw invalid(input);
    return parse_ipv4(host, input) ?? host;
  }

  return { invalid, parse_host };
})
