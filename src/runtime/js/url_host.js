/*
 * Hosts of URLs (URL Standard, 3). ICU maps names by UTS 46.
 */
'use strict';

(function ({ native, load }) {
  const { encode, decode, sets } = load('url_encode');

  function invalid(text) {
    const error = new TypeError('Invalid URL');
    error.code = 'ERR_INVALID_URL';
    error.input = text;
    return error;
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
    const pieces_of = (half, is_end) => {
      if (half === '')
        return [];
      const parts = half.split(':');
      const pieces = [];
      parts.forEach((part, index) => {
        const dotted = /^(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(part);
        if (dotted && is_end && index === parts.length - 1) {
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
    const front = pieces_of(halves[0], halves.length === 1);
    const back = halves.length === 2 ? pieces_of(halves[1], true) : [];
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

  /* Null if the text can not be a domain. A name in ASCII becomes lower case
   * and nothing else, even if its Punycode is broken (3.3, step 1). */
  function domain_to_ascii(domain) {
    if (/^[\0-\x7f]*$/.test(domain))
      return domain.toLowerCase() || null;
    /* Unicode 16 maps or ignores these characters. Older tables, such as those
     * of Debian 12's ICU, refuse or change them. */
    return native.domain_to_ascii(domain
      .replace(/[\u04c0\u10a0-\u10c5\u1e9e\u2132\u2183]/g,
        (letter) => letter.toLowerCase())
      .replace(/[\u180e\u206a-\u206f]/g, '')) || null;
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
    const host = domain_to_ascii(decode(text));
    if (host === null || /[\0-\x20#%/:<>?@[\\\]^|\x7f]/.test(host))
      throw invalid(input);
    return parse_ipv4(host, input) ?? host;
  }

  return { invalid, parse_host };
})
