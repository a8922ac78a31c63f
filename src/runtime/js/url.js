/*
 * The class URL (URL Standard, 6). url_parse.js parses.
 */
'use strict';

(function ({ load }) {
  const { encode, sets } = load('url_encode');
  const { parse, parse_part, is_special } =
    load('url_parse');
  const { URLSearchParams, attach, replace } =
    load('url_search_params');
  const { need, usv } = load('web_idl');

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
    let text = url.scheme + ':';
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

  function show_origin(url) {
    if (url.scheme === 'blob' && typeof url.path === 'string') {
      const inner = URL.parse(url.path);
      return inner && /^https?:$/.test(inner.protocol) ? inner.origin : 'null';
    }
    return is_special(url) && url.scheme !== 'file'
      ? `${url.scheme}://${show_host(url)}` : 'null';
  }

  /* Whether the URL can have credentials and a port. */
  const has_place = (url) => url.host !== null && url.host !== '' &&
    url.scheme !== 'file';

  class URL {
    #url;
    #params = null;

    constructor(input, base = undefined) {
      need(arguments.length, 1, 'URL');
      input = usv(input);
      this.#url = parse(input, base === undefined ? null
        : parse(usv(base), null));
    }
    static canParse(input, base = undefined) {
      need(arguments.length, 1, 'URL.canParse');
      return URL.parse(input, base) !== null;
    }
    static parse(input, base = undefined) {
      need(arguments.length, 1, 'URL.parse');
      input = usv(input);
      base = base === undefined ? undefined : usv(base);
      try {
        return new URL(input, base);
      } catch {
        return null;
      }
    }
    static createObjectURL(blob) {
      need(arguments.length, 1, 'URL.createObjectURL');
      return load('object_url').create(blob);
    }
    static revokeObjectURL(url) {
      need(arguments.length, 1, 'URL.revokeObjectURL');
      load('object_url').revoke(usv(url));
    }
    get href() {
      return show(this.#url);
    }
    set href(text) {
      this.#url = parse(usv(text), null);
      this.#query_changed();
    }
    get origin() {
      return show_origin(this.#url);
    }
    get protocol() {
      return this.#url.scheme + ':';
    }
    set protocol(text) {
      parse_part(this.#url, `${usv(text)}:`, 'scheme_start', 'protocol');
    }
    get username() {
      return this.#url.username;
    }
    set username(text) {
      text = usv(text);
      if (has_place(this.#url))
        this.#url.username = encode(text, sets.userinfo);
    }
    get password() {
      return this.#url.password;
    }
    set password(text) {
      text = usv(text);
      if (has_place(this.#url))
        this.#url.password = encode(text, sets.userinfo);
    }
    get host() {
      return show_host(this.#url);
    }
    set host(text) {
      text = usv(text);
      if (typeof this.#url.path !== 'string')
        parse_part(this.#url, text, 'host', 'host');
    }
    get hostname() {
      return this.#url.host ?? '';
    }
    set hostname(text) {
      text = usv(text);
      if (typeof this.#url.path !== 'string')
        parse_part(this.#url, text, 'host', 'hostname');
    }
    get port() {
      return this.#url.port === null ? '' : String(this.#url.port);
    }
    set port(text) {
      text = usv(text);
      if (!has_place(this.#url))
        return;
      if (text === '')
        this.#url.port = null;
      else
        parse_part(this.#url, text, 'port', 'port');
    }
    get pathname() {
      return show_path(this.#url);
    }
    set pathname(text) {
      text = usv(text);
      if (typeof this.#url.path === 'string')
        return;
      this.#url.path = [];
      parse_part(this.#url, text, 'path_start', 'pathname');
    }
    get search() {
      return this.#url.query ? '?' + this.#url.query : '';
    }
    set search(text) {
      text = usv(text);
      if (text === '')
        this.#url.query = null;
      else
        parse_part(this.#url, text.replace(/^\?/, ''), 'query', 'search');
      this.#query_changed();
    }
    #query_changed() {
      if (this.#params)
        replace(this.#params, this.#url.query ?? '');
    }
    get searchParams() {
      if (!this.#params) {
        this.#params = new URLSearchParams();
        replace(this.#params, this.#url.query ?? '');
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
      text = usv(text);
      if (text === '')
        this.#url.fragment = null;
      else
        parse_part(this.#url, text.replace(/^#/, ''), 'fragment', 'hash');
    }
    toString() {
      return this.href;
    }
    toJSON() {
      return this.href;
    }
  }

  load('web_idl').tag(URL, 'URL');
  load('web_idl').show(URL, ['href', 'origin', 'protocol', 'username',
    'password', 'host', 'hostname', 'port', 'pathname', 'search',
    'searchParams', 'hash']);

  return { URL, URLSearchParams };
})
