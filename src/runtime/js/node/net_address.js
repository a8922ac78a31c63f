/*
 * The part of node:net that computes: what is an IP address, and lists of
 * addresses that are to be blocked.
 */
'use strict';

(function ({ load }) {
  const { make, arg_type, arg_value, check_integer, check_string } =
    load('node/errors');

  const octet = '(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)';
  const v4 = new RegExp(`^${octet}(?:\\.${octet}){3}$`);

  const isIPv4 = (text) => v4.test(`${text}`);
  const isIPv6 = (text) => parse_v6(`${text}`.replace(/%[\w.:-]+$/, '')) !==
    null;
  const isIP = (text) => isIPv4(text) ? 4 : isIPv6(text) ? 6 : 0;

  const parse_v4 = (text) => text.split('.')
    .reduce((sum, part) => sum * 256n + BigInt(part), 0n);

  /* The groups of a side of "::", or null. */
  function groups_of(text) {
    const groups = text === '' ? [] : text.split(':');
    return groups.every((group) => /^[\da-f]{1,4}$/i.test(group))
      ? groups.map((group) => BigInt(`0x${group}`)) : null;
  }

  /* The address as a number, or null (RFC 4291, 2.2). */
  function parse_v6(text) {
    const last = text.slice(text.lastIndexOf(':') + 1);
    if (last.includes('.')) {
      if (!v4.test(last))
        return null;
      const value = parse_v4(last);
      text = text.slice(0, -last.length) + (value >> 16n).toString(16) + ':' +
        (value & 0xffffn).toString(16);
    }
    const sides = text.split('::');
    if (sides.length > 2)
      return null;
    const [left, right] = sides.map(groups_of);
    if (!left || right === null)
      return null;
    const zeros = 8 - left.length - (right?.length ?? 0);
    if (right ? zeros < 1 : zeros !== 0)
      return null;
    return [...left, ...new Array(zeros).fill(0n), ...right ?? []]
      .reduce((sum, group) => sum << 16n | group, 0n);
  }

  function check_family(family) {
    const lower = `${family}`.toLowerCase();
    if (lower !== 'ipv4' && lower !== 'ipv6')
      throw arg_value('family', family);
    return lower;
  }

  const bits_of = (family) => family === 'ipv4' ? 32 : 128;

  /* {family, value} of a text or of a SocketAddress. */
  function read(address, family, name = 'address') {
    if (address instanceof SocketAddress)
      return { family: address.family,
        value: parse_address(address.address, address.family) };
    check_string(address, name);
    family = check_family(family);
    const value = parse_address(address, family);
    if (value === null)
      throw make(Error, 'ERR_INVALID_ADDRESS', 'Invalid address');
    return { family, value };
  }

  function parse_address(text, family) {
    return family === 'ipv4' ? v4.test(text) ? parse_v4(text) : null
      : parse_v6(text);
  }

  class SocketAddress {
    #options;
    constructor(options = {}) {
      if (options === null || typeof options !== 'object')
        throw arg_type('options', 'of type object', options);
      const family = check_family(options.family ?? 'ipv4');
      const { address = family === 'ipv4' ? '127.0.0.1' : '::', port = 0,
        flowlabel = 0 } = options;
      check_string(address, 'options.address');
      check_integer(flowlabel, 'options.flowlabel', 0, 0xfffff);
      if (!Number.isInteger(port) || port < 0 || port > 65535)
        throw make(RangeError, 'ERR_SOCKET_BAD_PORT',
          `options.port should be >= 0 and < 65536. Received ${port}.`);
      if (parse_address(address, family) === null)
        throw make(Error, 'ERR_INVALID_ADDRESS', 'Invalid address');
      this.#options = { address, port, family, flowlabel };
    }
    static isSocketAddress(value) {
      return typeof value === 'object' && value !== null && #options in value;
    }
    get address() {
      return this.#options.address;
    }
    get port() {
      return this.#options.port;
    }
    get family() {
      return this.#options.family;
    }
    get flowlabel() {
      return this.#options.flowlabel;
    }
    toJSON() {
      return { ...this.#options };
    }
  }

  /* An IPv4 address inside an IPv6 one, ::ffff:a.b.c.d. */
  const mapped = 0xffffn;

  class BlockList {
    #rules = [];
    static isBlockList(value) {
      return typeof value === 'object' && value !== null && #rules in value;
    }
    #add(family, first, last, text) {
      /* Node lists the latest rule first. */
      this.#rules.unshift({ family, first, last, text });
    }
    addAddress(address, family = 'ipv4') {
      const { family: own, value } = read(address, family);
      this.#add(own, value, value,
        `Address: ${label(own)} ${address.address ?? address}`);
    }
    addRange(start, end, family = 'ipv4') {
      const first = read(start, family, 'start');
      const last = read(end, family, 'end');
      if (last.value < first.value)
        throw arg_value('start', start, 'must come before end');
      this.#add(first.family, first.value, last.value,
        `Range: ${label(first.family)} ${start.address ?? start}-` +
        `${end.address ?? end}`);
    }
    addSubnet(network, prefix, family = 'ipv4') {
      const { family: own, value } = read(network, family, 'network');
      check_integer(prefix, 'prefix', 0, bits_of(own));
      const free = BigInt(bits_of(own) - prefix);
      const first = value >> free << free;
      this.#add(own, first, first | (1n << free) - 1n,
        `Subnet: ${label(own)} ${network.address ?? network}/${prefix}`);
    }
    check(address, family = 'ipv4') {
      if (!(address instanceof SocketAddress)) {
        check_string(address, 'address');
        check_family(family);
        if (parse_address(address, check_family(family)) === null)
          return false;
      }
      const found = read(address, family);
      const is_mapped = found.family === 'ipv6' &&
        found.value >> 32n === mapped;
      return this.#rules.some(({ family: own, first, last }) => {
        const value = is_mapped && own === 'ipv4'
          ? found.value & 0xffffffffn : found.value;
        return (own === found.family || is_mapped && own === 'ipv4') &&
          value >= first && value <= last;
      });
    }
    get rules() {
      return this.#rules.map(({ text }) => text);
    }
  }

  const label = (family) => family === 'ipv4' ? 'IPv4' : 'IPv6';

  /* The forms of the arguments of connect(): options, port and host, path. */
  function _normalizeArgs(values) {
    const done = typeof values.at(-1) === 'function' ? values.at(-1) : null;
    const [first, second] = values;
    const options = typeof first === 'object' && first !== null ? first
      : typeof first === 'string' && !/^\d+$/.test(first) ? { path: first }
        : { port: first, ...typeof second === 'string' && { host: second } };
    return [options, done];
  }

  return { isIP, isIPv4, isIPv6, BlockList, SocketAddress, _normalizeArgs };
})
