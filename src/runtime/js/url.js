/*
 * URL and URLSearchParams (URL Standard). The parser is the standard's state
 * machine with a function for each component. url_host.js parses hosts.
 */
'use strict';

(function ({ load }) {
  const default_ports = { 'http:': 80, 'https:': 443, 'ws:': 80, 'wss:': 443,
    'ftp:': 21, 'file:': null };
  const is_special = (scheme) => Object.hasOwn(default_ports, scheme);

  const { encode, sets } = load('url_encode');
  const { invalid, parse_host } = load('url_host');
  const { URLSearchParams, attach, replace, need_arguments } =
    load('url_search_params');

  /* A URL is {scheme, username, password, host, port, path, query, fragment}.
   * A URL without a host has null. The path is a list, or a text if it is
   * opaque. */

  function parse_authority(url, text, input) {
    const special = is_special(url.scheme);
    const at = text.lastIndexOf('@');
    if (at >= 0) {
      const colon = text.indexOf(':');
      const split = colon >= 0 && colon < at ? colon : at;
      url.username = encode(text.slice(0, split), sets.userinfo);
      url.password = encode(text.slice(split + 1, Math.max(at, split + 1)),
        sets.userinfo);
      if (text.length === at + 1)
        throw invalid(input);
    }
    const found = /^(\[[^\]]*\]|[^:]*)(?::(.*))?$/.exec(text.slice(at + 1));
    if (!found)
      throw invalid(input);
    if (found[1] === '' && (special || found[2] !== undefined || at >= 0))
      throw invalid(input);
    url.host = found[1] === '' ? '' : parse_host(found[1], special, input);
    if (found[2]) {
      const port = Number(found[2]);
      if (!/^[0-9]+$/.test(found[2]) || port > 65535)
        throw invalid(input);
      url.port = port === default_ports[url.scheme] ? null : port;
    }
  }

  const is_single_dot = (part) => /^(\.|%2e)$/i.test(part);
  const is_double_dot = (part) => /^(\.|%2e){2}$/i.test(part);
  const is_drive = (part) => /^[A-Za-z][:|]$/.test(part);

  function shorten(url) {
    if (url.scheme === 'file:' && url.path.length === 1 &&
      /^[A-Za-z]:$/.test(url.path[0]))
      return;
    url.path.pop();
  }

  /* text begins after the path's first slash, if there was one. */
  function parse_path(url, text) {
    const special = is_special(url.scheme);
    const parts = text.split(special ? /[/\\]/ : '/');
    parts.forEach((part, index) => {
      const last = index === parts.length - 1;
      if (is_double_dot(part)) {
        shorten(url);
        if (last)
          url.path.push('');
      } else if (is_single_dot(part)) {
        if (last)
          url.path.push('');
      } else {
        if (url.scheme === 'file:' && !url.path.length && is_drive(part))
          part = part[0] + ':';
        url.path.push(encode(part, sets.path));
      }
    });
  }

  function set_query(url, text) {
    url.query = text === null ? null
      : encode(text, is_special(url.scheme) ? sets.special_query : sets.query);
  }

  /* rest is what follows "scheme:", without query and fragment. */
  function parse_absolute(url, rest, input) {
    const special = is_special(url.scheme);
    if (special && url.scheme !== 'file:') {
      const [, authority, path] =
        /^[/\\]*([^/\\]*)(?:[/\\](.*))?$/s.exec(rest);
      parse_authority(url, authority, input);
      parse_path(url, path ?? '');
    } else if (url.scheme === 'file:') {
      parse_file(url, rest, input);
    } else if (rest.startsWith('//')) {
      const [, authority, path] = /^\/\/([^/]*)(?:\/(.*))?$/s.exec(rest);
      parse_authority(url, authority, input);
      if (path !== undefined)
        parse_path(url, path);
    } else if (rest[0] === '/') {
      parse_path(url, rest.slice(1));
    } else {
      url.path = encode(rest, sets.c0);
    }
  }

  function parse_file(url, rest, input) {
    const found = /^[/\\]{2}([^/\\]*)(?:[/\\](.*))?$/s.exec(rest);
    url.host = '';
    if (!found) {
      parse_path(url, rest.replace(/^[/\\]/, ''));
    } else if (is_drive(found[1])) {
      parse_path(url, found[1] + (found[2] === undefined ? ''
        : '/' + found[2]));
    } else {
      if (found[1] !== '')
        url.host = parse_host(found[1], true, input);
      if (url.host === 'localhost')
        url.host = '';
      parse_path(url, found[2] ?? '');
    }
  }

  function parse_relative(url, base, rest, query, input) {
    const special = is_special(base.scheme);
    const slash = (character) =>
      character === '/' || (special && character === '\\');
    url.scheme = base.scheme;
    if (typeof base.path === 'string') {
      /* With an opaque base, only a fragment can be relative. */
      if (rest !== '' || query !== null || url.fragment === null)
        throw invalid(input);
      url.path = base.path;
      set_query(url, base.query);
      return;
    }
    if (slash(rest[0]) && slash(rest[1])) {
      parse_absolute(url, special && base.scheme !== 'file:'
        ? rest.slice(2) : rest, input);
      set_query(url, query);
      return;
    }
    for (const name of ['username', 'password', 'host', 'port'])
      url[name] = base[name];
    if (slash(rest[0])) {
      if (base.scheme === 'file:' && /^[A-Za-z]:$/.test(base.path[0] ?? '') &&
        !/^[A-Za-z][:|]([/\\]|$)/.test(rest.slice(1)))
        url.path.push(base.path[0]);
      parse_path(url, rest.slice(1));
    } else if (rest === '') {
      url.path = [...base.path];
      url.query = base.query;
      if (query === null)
        return;
    } else {
      url.path = [...base.path];
      shorten(url);
      parse_path(url, rest);
    }
    set_query(url, query);
  }

  function parse(input, base) {
    const url = { scheme: '', username: '', password: '', host: null,
      port: null, path: [], query: null, fragment: null };
    let rest = input.replace(/^[\0-\x20]+|[\0-\x20]+$/g, '')
      .replace(/[\t\n\r]/g, '');
    const hash = rest.indexOf('#');
    if (hash >= 0) {
      url.fragment = encode(rest.slice(hash + 1), sets.fragment);
      rest = rest.slice(0, hash);
    }
    let query = null;
    const mark = rest.indexOf('?');
    if (mark >= 0) {
      query = rest.slice(mark + 1);
      rest = rest.slice(0, mark);
    }
    const scheme = /^[A-Za-z][A-Za-z0-9+.-]*:/.exec(rest)?.[0].toLowerCase();
    if (scheme && !(base && scheme === base.scheme && is_special(scheme) &&
      !rest.startsWith('//', scheme.length))) {
      url.scheme = scheme;
      parse_absolute(url, rest.slice(scheme.length), input);
      set_query(url, query);
    } else if (base) {
      parse_relative(url, base, scheme ? rest.slice(scheme.length) : rest,
        query, input);
    } else {
      throw invalid(input);
    }
    if (is_special(url.scheme) && !url.path.length)
      url.path.push('');
    return url;
  }

  function show_path(url) {
    if (typeof url.path === 'string')
      return url.path;
    return url.path.map((part) => '/' + part).join('');
  }

  function show_authority(url) {
    const user = url.username || url.password
      ? url.username + (url.password ? ':' + url.password : '') + '@' : '';
    return user + show_host(url);
  }

  function show_host(url) {
    return (url.host ?? '') + (url.port === null ? '' : ':' + url.port);
  }

  function show(url) {
    let text = url.scheme;
    if (url.host !== null)
      text += '//' + show_authority(url);
    else if (Array.isArray(url.path) && url.path.length > 1 &&
      url.path[0] === '')
      text += '/.';
    text += show_path(url);
    if (url.query !== null)
      text += '?' + url.query;
    if (url.fragment !== null)
      text += '#' + url.fragment;
    return text;
  }

  class URL {
    #url;
    #params = null;

    constructor(input, base) {
      need_arguments(arguments.length, 1, 'URL');
      this.#url = parse(String(input),
        base === undefined ? null : parse(String(base), null));
    }
    static canParse(input, base) {
      return URL.parse(input, base) !== null;
    }
    static parse(input, base) {
      try {
        return new URL(input, base);
      } catch {
        return null;
      }
    }
    get href() {
      return show(this.#url);
    }
    set href(text) {
      this.#url = parse(String(text), null);
      this.#query_changed();
    }
    get origin() {
      const { scheme, path } = this.#url;
      if (scheme === 'blob:' && typeof path === 'string')
        return /^https?:/.test(path) ? URL.parse(path)?.origin ?? 'null'
          : 'null';
      return is_special(scheme) && scheme !== 'file:'
        ? `${scheme}//${show_host(this.#url)}` : 'null';
    }
    get protocol() {
      return this.#url.scheme;
    }
    set protocol(text) {
      const scheme = /^[A-Za-z][A-Za-z0-9+.-]*/.exec(text)?.[0].toLowerCase();
      if (!scheme || is_special(scheme + ':') !== is_special(this.#url.scheme))
        return;
      const { username, password, port, host } = this.#url;
      if (scheme === 'file' && (username || password || port !== null) ||
        this.#url.scheme === 'file:' && host === '')
        return;
      this.#url.scheme = scheme + ':';
      if (this.#url.port === default_ports[this.#url.scheme])
        this.#url.port = null;
    }
    get username() {
      return this.#url.username;
    }
    set username(text) {
      if (this.#url.host)
        this.#url.username = encode(String(text), sets.userinfo);
    }
    get password() {
      return this.#url.password;
    }
    set password(text) {
      if (this.#url.host)
        this.#url.password = encode(String(text), sets.userinfo);
    }
    get host() {
      return show_host(this.#url);
    }
    set host(text) {
      this.#change_authority(String(text).split(/[/?#\\]/)[0]);
    }
    get hostname() {
      return this.#url.host ?? '';
    }
    set hostname(text) {
      const name = String(text).split(/[/?#\\]/)[0];
      if (!/^[^[].*:/.test(name))
        this.#change_authority(name + (this.#url.port === null ? ''
          : ':' + this.#url.port));
    }
    /* A text that is not a host leaves the URL as it was. */
    #change_authority(text) {
      const copy = { ...this.#url };
      if (typeof copy.path === 'string' || text.includes('@'))
        return;
      text = text.replace(/[\t\n\r]/g, '');
      try {
        if (copy.scheme === 'file:')
          copy.host = text === '' ? '' : parse_host(text, true, text);
        else
          parse_authority(copy, text, text);
        this.#url = copy;
      } catch {
        /* The standard ignores it. */
      }
    }
    get port() {
      return this.#url.port === null ? '' : String(this.#url.port);
    }
    set port(text) {
      const digits = /^[0-9]*/.exec(String(text))[0];
      if (!this.#url.host || (digits === '' && String(text) !== ''))
        return;
      if (digits === '')
        this.#url.port = null;
      else if (Number(digits) <= 65535)
        this.#url.port = Number(digits) === default_ports[this.#url.scheme]
          ? null : Number(digits);
    }
    get pathname() {
      return show_path(this.#url);
    }
    set pathname(text) {
      if (typeof this.#url.path === 'string')
        return;
      const special = is_special(this.#url.scheme);
      text = String(text).replace(/[\t\n\r]/g, '');
      this.#url.path = [];
      if (text !== '' || special)
        parse_path(this.#url, encode(text, (code) =>
          code === 0x3f || code === 0x23)
          .replace(special ? /^[/\\]/ : /^\//, ''));
    }
    get search() {
      return this.#url.query ? '?' + this.#url.query : '';
    }
    set search(text) {
      text = String(text).replace(/[\t\n\r]/g, '');
      set_query(this.#url, text === '' ? null
        : encode(text.replace(/^\?/, ''), (code) => code === 0x23));
      this.#query_changed();
    }
    #query_changed() {
      if (this.#params)
        replace(this.#params, this.#url.query ?? '');
    }
    get searchParams() {
      if (!this.#params) {
        this.#params = new URLSearchParams(this.#url.query ?? '');
        attach(this.#params, (text) => {
          this.#url.query = text === '' ? null : text;
        });
      }
      return this.#params;
    }
    get hash() {
      return this.#url.fragment ? '#' + this.#url.fragment : '';
    }
    set hash(text) {
      text = String(text).replace(/[\t\n\r]/g, '');
      this.#url.fragment = text === '' ? null
        : encode(text.replace(/^#/, ''), sets.fragment);
    }
    toString() {
      return this.href;
    }
    toJSON() {
      return this.href;
    }
    [Symbol.for('nodejs.util.inspect.custom')]() {
      return `URL { href: '${this.href}' }`;
    }
  }

  load('own').tag(URL, 'URL');

  return { URL, URLSearchParams };
})
