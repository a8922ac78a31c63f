/*
 * url.parse() and url.format() of Node's legacy API. They cut a URL, or a part
 * of one, into pieces that mostly stay as they are.
 */
'use strict';

(function ({ load }) {
  const { check_string } = load('node/errors');
  const { URLSearchParams } = load('url');

  const slashed = new Set(['http:', 'https:', 'ftp:', 'gopher:', 'file:', 'ws:',
    'wss:']);
  const is_script = (protocol) => protocol === 'javascript:';

  class Url {
    constructor() {
      for (const name of ['protocol', 'slashes', 'auth', 'host', 'port',
        'hostname', 'hash', 'search', 'query', 'pathname', 'path', 'href'])
        this[name] = null;
    }
    parse(text, ...options) {
      return Object.assign(this, parse(text, ...options));
    }
    format() {
      return format(this);
    }
    resolve(to) {
      return load('node/url').resolve(format(this), to);
    }
    resolveObject(to) {
      return parse(this.resolve(to));
    }
  }

  /* A name that comes twice has a list. Each name is an own property. */
  function query_of(text) {
    const query = Object.create(null);
    const params = new URLSearchParams(text);
    for (const name of new Set(params.keys())) {
      const values = params.getAll(name);
      query[name] = values.length > 1 ? values : values[0];
    }
    return query;
  }

  function query_text(query) {
    return String(new URLSearchParams(Object.entries(query).flatMap(
      ([name, value]) => [value].flat().map((each) => [name, each]))))
      .replaceAll('+', '%20');
  }

  function set_host(url, text) {
    const port = /:([0-9]*)$/.exec(text);
    let name = port ? text.slice(0, port.index) : text;
    if (port && port[1] !== '')
      url.port = port[1];
    const is_ipv6 = /^\[.*\]$/.test(name);
    name = name.length > 255 ? '' : name.toLowerCase();
    if (!is_ipv6 && /[^\0-\x7f]/.test(name))
      name = URL.parse(`http://${name}`)?.hostname ?? '';
    url.host = name + (url.port === null ? '' : `:${url.port}`);
    url.hostname = is_ipv6 ? name.slice(1, -1) : name;
  }

  /* Read the authority at the beginning of rest. Returns what follows. */
  function take_authority(url, rest) {
    const end = /[/?#]/.exec(rest)?.index ?? rest.length;
    const at = rest.lastIndexOf('@', end - 1);
    if (at >= 0) {
      url.auth = decodeURIComponent(rest.slice(0, at));
      rest = rest.slice(at + 1);
    }
    const size = /[\t\n\r "#%'/;<>?\\^`{|}]/.exec(rest)?.index ?? rest.length;
    /* A colon that no port follows belongs to the path. */
    const odd = /^[^[:]+(?=:[^:]*[^0-9:])/.exec(rest.slice(0, size))?.[0];
    set_host(url, odd ?? rest.slice(0, size));
    return odd ? `/${rest.slice(odd.length)}` : rest.slice(size);
  }

  function take_query(url, text, parse_query) {
    const mark = text.indexOf('?');
    if (mark >= 0) {
      url.search = text.slice(mark);
      url.query = parse_query ? query_of(url.search.slice(1))
        : url.search.slice(1);
    } else if (parse_query) {
      url.query = Object.create(null);
    }
    return mark < 0 ? text : text.slice(0, mark);
  }

  const escape = (text) => text.replace(/[\t\n\r "'<>\\^`{|}]/g, (character) =>
    `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`);

  function parse(text, parse_query = false, slashes_denote_host = false) {
    if (text instanceof Url)
      return text;
    check_string(text, 'url');
    const url = new Url();
    let rest = text.trim();
    const mark = /[?#]/.exec(rest)?.index ?? rest.length;
    rest = rest.slice(0, mark).replaceAll('\\', '/') + rest.slice(mark);
    const protocol = /^[a-z0-9.+-]+:/i.exec(rest)?.[0];
    if (protocol) {
      url.protocol = protocol.toLowerCase();
      rest = rest.slice(protocol.length);
    }
    if (rest.startsWith('//') && !is_script(url.protocol) &&
      (slashes_denote_host || protocol || /^\/\/[^@/]+@[^@/]+/.test(rest))) {
      url.slashes = true;
      rest = rest.slice(2);
    }
    if (!is_script(url.protocol) && (url.slashes ||
      protocol && !slashed.has(url.protocol)))
      rest = take_authority(url, rest);
    if (!is_script(url.protocol))
      rest = escape(rest);
    const hash = rest.indexOf('#');
    if (hash >= 0) {
      url.hash = rest.slice(hash);
      rest = rest.slice(0, hash);
    }
    url.pathname = take_query(url, rest, parse_query) || null;
    if (slashed.has(url.protocol) && url.hostname && !url.pathname)
      url.pathname = '/';
    if (url.pathname || url.search)
      url.path = (url.pathname ?? '') + (url.search ?? '');
    url.href = format(url);
    return url;
  }

  function host_text(url) {
    const auth = url.auth ? `${encodeURIComponent(url.auth)
      .replaceAll('%3A', ':')}@` : '';
    if (url.host)
      return auth + url.host;
    if (!url.hostname)
      return null;
    return auth + (url.hostname.includes(':') && url.hostname[0] !== '['
      ? `[${url.hostname}]` : url.hostname) + (url.port ? `:${url.port}` : '');
  }

  function format_standard(url, options) {
    const { auth = true, fragment = true, search = true } = options ?? {};
    const copy = new URL(url.href);
    if (!auth)
      copy.username = copy.password = '';
    if (!fragment)
      copy.hash = '';
    if (!search)
      copy.search = '';
    return copy.href;
  }

  function format(url, options) {
    if (url instanceof URL)
      return format_standard(url, options);
    if (typeof url === 'string')
      url = parse(url);
    load('node/errors').check_object(url, 'urlObject');
    const protocol = url.protocol ? url.protocol.replace(/:?$/, ':') : '';
    let path = (url.pathname ?? '').replace(/[#?]/g, encodeURIComponent);
    let host = host_text(url);
    if (url.slashes || slashed.has(protocol)) {
      if (url.slashes || host !== null) {
        host = `//${host ?? ''}`;
        if (path && path[0] !== '/')
          path = `/${path}`;
      } else if (protocol === 'file:') {
        host = '//';
      }
    }
    const query = url.query !== null && typeof url.query === 'object'
      ? query_text(url.query) : '';
    const search = (url.search || (query && `?${query}`) || '')
      .replace(/^(?=[^?])/, '?').replaceAll('#', '%23');
    const hash = (url.hash || '').replace(/^(?=[^#])/, '#');
    return protocol + (host ?? '') + path + search + hash;
  }

  return { Url, parse, format };
})
