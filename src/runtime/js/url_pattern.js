/*
 * URLPattern (URL Pattern Standard, 1).
 */
'use strict';

(function ({ load }) {
  const { parse: parse_url, run_part, default_ports } = load('url_parse');
  const { parse, compile, show, escape_pattern, fault } =
    load('url_pattern_parse');

  const names = ['protocol', 'username', 'password', 'hostname', 'port',
    'pathname', 'search', 'hash'];
  const special = Object.keys(default_ports);
  const { usv } = load('web_idl');

  /* ---- the components' own forms of text ---- */

  /* A URL into which a component is parsed. */
  const dummy = () => parse_url('https://dummy.test', null);

  /* What a part of a URL becomes, as the setters of URL would have it; an error
   * if it is not such a part. */
  function part_of(text, state, override, change = () => {}) {
    const url = dummy();
    change(url);
    run_part(url, text, state, override);
    return url;
  }

  const forms = {
    protocol: (text) => parse_url(`${text}://dummy.test`, null).scheme,
    username(text) {
      const { encode, sets } = load('url_encode');
      return encode(text, sets.userinfo);
    },
    password: (text) => forms.username(text),
    hostname: (text) => part_of(text, 'host', 'hostname').host,
    ipv6(text) {
      if (!/^[0-9a-f:[\]]*$/i.test(text))
        throw fault(`"${text}" is no address`);
      return text.toLowerCase();
    },
    port(text, protocol = '') {
      const { port } = part_of(text, 'port', 'port', (url) => {
        url.scheme = protocol;
      });
      return port === null ? '' : String(port);
    },
    pathname(text) {
      const is_absolute = text[0] === '/';
      const { path } = part_of(is_absolute ? text : `/-${text}`, 'path_start',
        'pathname', (url) => {
          url.path = [];
        });
      const whole = path.map((part) => `/${part}`).join('');
      return is_absolute ? whole : whole.slice(2);
    },
    opaque(text) {
      const { encode, sets } = load('url_encode');
      return encode(text.replace(/[\t\n\r]/g, ''), sets.c0);
    },
    search: (text) => part_of(text, 'query', 'search').query,
    hash: (text) => part_of(text, 'fragment', 'hash').fragment,
  };

  const form = (name) => (text, ...more) =>
    text === '' ? '' : forms[name](text, ...more);

  /* ---- components ---- */

  const plain = { delimiter: '', prefix: '' };
  const of_hosts = { delimiter: '.', prefix: '' };
  const of_paths = { delimiter: '/', prefix: '/' };

  function make_component(text, name, options, ignore_case = false) {
    const parts = parse(text, options, form(name));
    return { ...compile(parts, options, ignore_case),
      text: show(parts, options),
      has_regexp: parts.some(({ type }) => type === 'regexp') };
  }

  const matches_special = (component) =>
    special.some((scheme) => component.regexp.test(scheme));

  const is_ipv6 = (text) => /^(\[|\{\[|\\\[)/.test(text) && text.length > 1;

  /* ---- URLPatternInit ---- */

  const is_absolute = (text, is_pattern) => text[0] === '/' ||
    is_pattern && /^(\\\/|\{\/)/.test(text);

  const show_path = ({ path }) => typeof path === 'string' ? path
    : path.map((part) => `/${part}`).join('');

  /* What the base gives, as far as init does not say something before it. */
  function inherit(result, init, base, is_pattern) {
    const lacks = (...list) => list.every((name) => init[name] === undefined);
    const give = (name, value, ...before) => {
      if (lacks(...before))
        result[name] = is_pattern ? escape_pattern(value) : value;
    };
    give('protocol', base.scheme, 'protocol');
    if (!is_pattern) {
      give('username', base.username, 'protocol', 'hostname', 'port',
        'username');
      give('password', base.password, 'protocol', 'hostname', 'port',
        'username', 'password');
    }
    const before = ['protocol'];
    for (const [name, value] of [['hostname', base.host ?? ''],
      ['port', base.port === null ? '' : String(base.port)],
      ['pathname', show_path(base)], ['search', base.query ?? ''],
      ['hash', base.fragment ?? '']]) {
      before.push(name);
      give(name, value, ...before);
    }
  }

  function resolve_path(path, base, is_pattern) {
    if (!base || typeof base.path === 'string' || is_absolute(path, is_pattern))
      return path;
    const whole = is_pattern ? escape_pattern(show_path(base))
      : show_path(base);
    return whole.slice(0, whole.lastIndexOf('/') + 1) + path;
  }

  /* The components that init means (1.4, "process a URLPatternInit"). */
  function process(init, is_pattern) {
    const result = {};
    if (!is_pattern)
      names.forEach((name) => {
        result[name] = '';
      });
    let base = null;
    if (init.baseURL !== undefined) {
      base = parse_url(init.baseURL, null);
      inherit(result, init, base, is_pattern);
    }
    const set = (name, text, own = name, ...more) => {
      result[name] = is_pattern ? text : form(own)(text, ...more);
    };
    if (init.protocol !== undefined)
      set('protocol', init.protocol.replace(/:$/, ''));
    for (const name of ['username', 'password', 'hostname'])
      if (init[name] !== undefined)
        set(name, init[name]);
    if (init.port !== undefined)
      set('port', init.port, 'port', result.protocol);
    if (init.pathname !== undefined)
      set('pathname', resolve_path(init.pathname, base, is_pattern),
        !result.protocol || special.includes(result.protocol) ? 'pathname'
          : 'opaque');
    if (init.search !== undefined)
      set('search', init.search.replace(/^\?/, ''));
    if (init.hash !== undefined)
      set('hash', init.hash.replace(/^#/, ''));
    return result;
  }

  /* The dictionary as texts. */
  function read_init(init) {
    const result = {};
    for (const name of ['baseURL', ...names].sort())
      if (init[name] !== undefined)
        result[name] = usv(init[name]);
    return result;
  }

  /* The constructor's first arguments as components. */
  function components_of(input, base) {
    if (typeof input === 'object' && input !== null) {
      if (base !== undefined)
        throw fault('a base belongs into the object');
      return process(read_init(input), true);
    }
    const init = load('url_pattern_text').read(usv(input), (protocol) =>
      matches_special(make_component(protocol, 'protocol', plain)));
    if (base === undefined && init.protocol === undefined)
      throw fault(`"${input}" is relative and has no base`);
    if (base !== undefined)
      init.baseURL = usv(base);
    return process(init, true);
  }

  class URLPattern {
    #components = {};

    constructor(input = {}, base = undefined, options = undefined) {
      if (typeof base === 'object' && base !== null && options === undefined)
        [base, options] = [undefined, base];
      const ignore_case = Boolean(options?.ignoreCase);
      const texts = components_of(input, base);
      for (const name of names)
        texts[name] ??= '*';
      if (special.includes(texts.protocol) &&
        texts.port === String(default_ports[texts.protocol]))
        texts.port = '';
      const made = this.#components;
      for (const name of ['protocol', 'username', 'password', 'port'])
        made[name] = make_component(texts[name], name, plain);
      made.hostname = make_component(texts.hostname,
        is_ipv6(texts.hostname) ? 'ipv6' : 'hostname', of_hosts);
      made.pathname = matches_special(made.protocol)
        ? make_component(texts.pathname, 'pathname', of_paths, ignore_case)
        : make_component(texts.pathname, 'opaque', plain, ignore_case);
      for (const name of ['search', 'hash'])
        made[name] = make_component(texts[name], name, plain, ignore_case);
    }
    get protocol() {
      return this.#components.protocol.text;
    }
    get username() {
      return this.#components.username.text;
    }
    get password() {
      return this.#components.password.text;
    }
    get hostname() {
      return this.#components.hostname.text;
    }
    get port() {
      return this.#components.port.text;
    }
    get pathname() {
      return this.#components.pathname.text;
    }
    get search() {
      return this.#components.search.text;
    }
    get hash() {
      return this.#components.hash.text;
    }
    get hasRegExpGroups() {
      return names.some((name) => this.#components[name].has_regexp);
    }
    test(input = {}, base = undefined) {
      return this.exec(input, base) !== null;
    }
    exec(input = {}, base = undefined) {
      const values = values_of(input, base);
      if (!values)
        return null;
      const result = { inputs: base === undefined ? [input] : [input, base] };
      for (const name of names) {
        const { regexp, names: keys } = this.#components[name];
        const found = regexp.exec(values[name]);
        if (!found)
          return null;
        const groups = {};
        keys.forEach((key, at) =>
          load('own').set(groups, key, found[at + 1]));
        result[name] = { input: values[name], groups };
      }
      return result;
    }
  }

  /* The components of what is matched; null if it is no URL. */
  function values_of(input, base) {
    const is_init = typeof input === 'object' && input !== null;
    if (is_init && base !== undefined)
      throw fault('a base belongs into the object');
    try {
      if (is_init)
        return process(read_init(input), false);
      const url = parse_url(usv(input), base === undefined ? null
        : parse_url(usv(base), null));
      return { protocol: url.scheme, username: url.username,
        password: url.password, hostname: url.host ?? '',
        port: url.port === null ? '' : String(url.port),
        pathname: show_path(url), search: url.query ?? '',
        hash: url.fragment ?? '' };
    } catch (error) {
      if (error instanceof TypeError)
        return null;
      throw error;
    }
  }
  load('web_idl').tag(URLPattern, 'URLPattern');

  return { URLPattern };
})
