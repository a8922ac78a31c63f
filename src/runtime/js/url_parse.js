/*
 * The URL parser (URL Standard, 4.4): the standard's state machine, a function
 * for each state. A setter of URL starts in the middle of it, with the state
 * override.
 *
 * A URL is {scheme, username, password, host, port, path, query, fragment}.
 * A URL without a host has null, likewise port, query and fragment. The path is
 * a list of segments, or a text if it is opaque. The scheme is without colon.
 */
'use strict';

(function ({ load }) {
  const { encode, sets } = load('url_encode');
  const { invalid, parse_host } = load('url_host');

  const default_ports = { __proto__: null, http: 80, https: 443, ws: 80,
    wss: 443, ftp: 21, file: null };
  const is_special = (url) => url.scheme in default_ports;

  const is_single_dot = (part) => /^(\.|%2e)$/i.test(part);
  const is_double_dot = (part) => /^(\.|%2e){2}$/i.test(part);
  const is_drive = (part) => /^[A-Za-z][:|]$/.test(part);
  const is_normal_drive = (part) => /^[A-Za-z]:$/.test(part);
  const begins_with_drive = (text) => /^[A-Za-z][:|](?:[/\\?#]|$)/.test(text);

  const has_credentials = (url) => url.username !== '' || url.password !== '';

  function shorten(url) {
    if (url.scheme !== 'file' || url.path.length !== 1 ||
      !is_normal_drive(url.path[0]))
      url.path.pop();
  }

  function copy_authority(url, base) {
    url.username = base.username;
    url.password = base.password;
    url.host = base.host;
    url.port = base.port;
  }

  /* What a state returns if it is not the end: go on with the next character,
   * or look at this one again in the new state. */
  const NEXT = 1;
  const AGAIN = 0;
  /* The end: of the whole run, or of a setter that changes nothing more. */
  const END = -1;

  /* Each function takes the machine and the present character, '' at the end
   * of the input. */
  const states = {
    __proto__: null,

    scheme_start(m, c) {
      if (/^[A-Za-z]$/.test(c)) {
        m.buffer += c.toLowerCase();
        m.state = 'scheme';
        return NEXT;
      }
      if (m.override)
        throw m.fault();
      m.state = 'no_scheme';
      return AGAIN;
    },

    scheme(m, c) {
      if (/^[A-Za-z0-9+.-]$/.test(c)) {
        m.buffer += c.toLowerCase();
        return NEXT;
      }
      if (c === ':')
        return end_scheme(m);
      if (m.override)
        throw m.fault();
      m.buffer = '';
      m.state = 'no_scheme';
      m.at = 0;
      return AGAIN;
    },

    no_scheme(m, c) {
      const { base, url } = m;
      const is_opaque = typeof base?.path === 'string';
      if (!base || is_opaque && c !== '#')
        throw m.fault();
      if (!is_opaque) {
        m.state = base.scheme === 'file' ? 'file' : 'relative';
        return AGAIN;
      }
      url.scheme = base.scheme;
      url.path = base.path;
      url.query = base.query;
      m.state = 'fragment';
      return NEXT;
    },

    special_relative_or_authority(m, c) {
      if (c === '/' && m.rest(1) === '/') {
        m.state = 'special_authority_ignore_slashes';
        m.at++;
        return NEXT;
      }
      m.state = 'relative';
      return AGAIN;
    },

    path_or_authority(m, c) {
      m.state = c === '/' ? 'authority' : 'path';
      return c === '/' ? NEXT : AGAIN;
    },

    relative(m, c) {
      const { url, base } = m;
      url.scheme = base.scheme;
      if (m.is_slash(c)) {
        m.state = 'relative_slash';
        return NEXT;
      }
      copy_authority(url, base);
      return inherit_path(m, c, () => shorten(url));
    },

    relative_slash(m, c) {
      if (is_special(m.url) && m.is_slash(c)) {
        m.state = 'special_authority_ignore_slashes';
        return NEXT;
      }
      if (c === '/') {
        m.state = 'authority';
        return NEXT;
      }
      copy_authority(m.url, m.base);
      m.state = 'path';
      return AGAIN;
    },

    special_authority_slashes(m, c) {
      m.state = 'special_authority_ignore_slashes';
      if (c === '/' && m.rest(1) === '/') {
        m.at++;
        return NEXT;
      }
      return AGAIN;
    },

    special_authority_ignore_slashes(m, c) {
      if (c === '/' || c === '\\')
        return NEXT;
      m.state = 'authority';
      return AGAIN;
    },

    /* All before the last @ of the authority are credentials. */
    authority(m) {
      const text = (is_special(m.url) ? /^[^/?#\\]*/ : /^[^/?#]*/)
        .exec(m.left())[0];
      const at = text.lastIndexOf('@');
      if (at >= 0) {
        if (at + 1 === text.length)
          throw m.fault();
        const colon = text.slice(0, at).indexOf(':');
        const split = colon < 0 ? at : colon;
        m.url.username = encode(text.slice(0, split), sets.userinfo);
        m.url.password = encode(text.slice(split + 1, at), sets.userinfo);
        m.at += at + 1;
      }
      m.state = 'host';
      return AGAIN;
    },

    host(m, c) {
      if (m.override && m.url.scheme === 'file') {
        m.state = 'file_host';
        return AGAIN;
      }
      if (c === ':' && !m.in_brackets) {
        if (m.buffer === '' || m.override === 'hostname')
          throw m.fault();
        m.url.host = parse_host(m.buffer, is_special(m.url), m.input);
        m.buffer = '';
        m.state = 'port';
        return NEXT;
      }
      if (m.ends_authority(c))
        return end_host(m);
      m.in_brackets = c === '[' || m.in_brackets && c !== ']';
      m.buffer += c;
      return NEXT;
    },

    port(m, c) {
      if (/^[0-9]$/.test(c)) {
        m.buffer += c;
        return NEXT;
      }
      if (!m.ends_authority(c) && !m.override)
        throw m.fault();
      if (m.buffer !== '') {
        const port = Number(m.buffer);
        if (port > 65535)
          throw m.fault();
        m.url.port = port === default_ports[m.url.scheme] ? null : port;
        m.buffer = '';
        if (m.override)
          return END;
      }
      if (m.override)
        throw m.fault();
      m.state = 'path_start';
      return AGAIN;
    },

    file(m, c) {
      const { url, base } = m;
      url.scheme = 'file';
      url.host = '';
      if (c === '/' || c === '\\') {
        m.state = 'file_slash';
        return NEXT;
      }
      if (base?.scheme !== 'file') {
        m.state = 'path';
        return AGAIN;
      }
      url.host = base.host;
      return inherit_path(m, c, () => {
        if (begins_with_drive(m.left()))
          url.path = [];
        else
          shorten(url);
      });
    },

    file_slash(m, c) {
      const { url, base } = m;
      if (c === '/' || c === '\\') {
        m.state = 'file_host';
        return NEXT;
      }
      if (base?.scheme === 'file') {
        url.host = base.host;
        if (!begins_with_drive(m.left()) &&
          is_normal_drive(base.path[0] ?? ''))
          url.path.push(base.path[0]);
      }
      m.state = 'path';
      return AGAIN;
    },

    file_host(m, c) {
      if (!(c === '' || c === '/' || c === '\\' || c === '?' || c === '#')) {
        m.buffer += c;
        return NEXT;
      }
      /* A drive letter is no host. It stays in the buffer for the path. */
      if (!m.override && is_drive(m.buffer)) {
        m.state = 'path';
        return AGAIN;
      }
      const host = m.buffer === '' ? '' : parse_host(m.buffer, true, m.input);
      m.url.host = host === 'localhost' ? '' : host;
      if (m.override)
        return END;
      m.buffer = '';
      m.state = 'path_start';
      return AGAIN;
    },

    path_start(m, c) {
      if (is_special(m.url)) {
        m.state = 'path';
        return m.is_slash(c) ? NEXT : AGAIN;
      }
      if (!m.override && (c === '?' || c === '#')) {
        m.state = c === '?' ? 'query' : 'fragment';
        return NEXT;
      }
      if (c !== '') {
        m.state = 'path';
        return c === '/' ? NEXT : AGAIN;
      }
      if (m.override && m.url.host === null)
        m.url.path.push('');
      return END;
    },

    /* All segments at once. Only a file URL's first one may already be begun,
     * by a drive letter in the buffer. */
    path(m) {
      const left = m.left();
      const size = m.override ? left.length : /^[^?#]*/.exec(left)[0].length;
      const parts = (m.buffer + left.slice(0, size))
        .split(is_special(m.url) ? /[/\\]/ : '/');
      m.buffer = '';
      m.at += size;
      parts.forEach((part, index) =>
        add_segment(m.url, part, index === parts.length - 1));
      return end_path(m);
    },

    opaque_path(m) {
      const left = m.left();
      const size = /^[^?#]*/.exec(left)[0].length;
      let text = left.slice(0, size);
      /* A space at the end would be lost when the URL is read again. */
      if (text.endsWith(' ') && size < left.length)
        text = text.slice(0, -1) + '%20';
      m.url.path = encode(text, sets.c0);
      m.at += size;
      return end_path(m);
    },

    query(m) {
      const left = m.left();
      const size = m.override ? left.length : /^[^#]*/.exec(left)[0].length;
      m.url.query = encode(left.slice(0, size),
        is_special(m.url) ? sets.special_query : sets.query);
      m.at += size;
      if (m.at === m.text.length)
        return END;
      m.state = 'fragment';
      return NEXT;
    },

    fragment(m) {
      m.url.fragment = encode(m.left(), sets.fragment);
      return END;
    },
  };

  function end_scheme(m) {
    const { url, base } = m;
    if (m.override) {
      change_scheme(m);
      return END;
    }
    url.scheme = m.buffer;
    m.buffer = '';
    if (url.scheme === 'file') {
      m.state = 'file';
    } else if (is_special(url)) {
      m.state = base?.scheme === url.scheme ? 'special_relative_or_authority'
        : 'special_authority_slashes';
    } else if (m.rest(1) === '/') {
      m.state = 'path_or_authority';
      m.at++;
    } else {
      url.path = '';
      m.state = 'opaque_path';
    }
    return NEXT;
  }

  /* What the setter of protocol may change. */
  function change_scheme({ url, buffer }) {
    if (is_special(url) !== (buffer in default_ports) ||
      buffer === 'file' && (has_credentials(url) || url.port !== null) ||
      url.scheme === 'file' && url.host === '')
      return;
    url.scheme = buffer;
    if (url.port === default_ports[buffer])
      url.port = null;
  }

  /* The path and query of a relative URL are the base's, as far as the input
   * does not say otherwise. leave makes room for the input's path. */
  function inherit_path(m, c, leave) {
    m.url.path = [...m.base.path];
    m.url.query = m.base.query;
    if (c === '')
      return END;
    if (c === '?' || c === '#') {
      m.state = c === '?' ? 'query' : 'fragment';
      return NEXT;
    }
    m.url.query = null;
    leave();
    m.state = 'path';
    return AGAIN;
  }

  function end_host(m) {
    const { url } = m;
    if (m.buffer === '' && (is_special(url) || m.override &&
      (has_credentials(url) || url.port !== null)))
      throw m.fault();
    url.host = m.buffer === '' ? ''
      : parse_host(m.buffer, is_special(url), m.input);
    m.buffer = '';
    if (m.override)
      return END;
    m.state = 'path_start';
    return AGAIN;
  }

  function add_segment(url, part, is_last) {
    if (is_double_dot(part)) {
      shorten(url);
      if (is_last)
        url.path.push('');
    } else if (is_single_dot(part)) {
      if (is_last)
        url.path.push('');
    } else if (url.scheme === 'file' && !url.path.length && is_drive(part)) {
      url.path.push(part[0] + ':');
    } else {
      url.path.push(encode(part, sets.path));
    }
  }

  function end_path(m) {
    const c = m.text[m.at];
    if (c === undefined)
      return END;
    m.state = c === '?' ? 'query' : 'fragment';
    return NEXT;
  }

  class Machine {
    buffer = '';
    at = 0;
    in_brackets = false;

    constructor(text, url, base, state, override) {
      this.input = text;
      this.text = text.replace(/[\t\n\r]/g, '');
      this.url = url;
      this.base = base;
      this.state = state;
      this.override = override;
    }
    fault() {
      return invalid(this.input);
    }
    /* What follows the present character. */
    rest(size) {
      return this.text.slice(this.at + 1, this.at + 1 + size);
    }
    /* The present character and what follows. */
    left() {
      return this.text.slice(this.at);
    }
    is_slash(c) {
      return c === '/' || c === '\\' && is_special(this.url);
    }
    ends_authority(c) {
      return c === '' || c === '?' || c === '#' || this.is_slash(c);
    }
    run() {
      for (;;) {
        const step = states[this.state](this, this.text[this.at] ?? '');
        if (step === END)
          return;
        this.at += step;
      }
    }
  }

  /* Throws a TypeError if the text is not a URL. */
  function parse(input, base) {
    const url = { scheme: '', username: '', password: '', host: null,
      port: null, path: [], query: null, fragment: null };
    const machine = new Machine(input, url, base, 'scheme_start', null);
    machine.text = input.replace(/^[\0-\x20]+|[\0-\x20]+$/g, '')
      .replace(/[\t\n\r]/g, '');
    machine.run();
    return url;
  }

  /* Parse a part of a URL into it, from the state; override names the part.
   * Throws if the text is not such a part, and leaves the URL half changed. */
  function run_part(url, text, state, override) {
    new Machine(text, url, null, state, override).run();
  }

  /* The same, but text that is not such a part leaves the URL as it was. */
  function parse_part(url, text, state, override) {
    const copy = { ...url };
    if (Array.isArray(url.path))
      copy.path = [...url.path];
    try {
      run_part(copy, text, state, override);
    } catch {
      /* The port may be wrong and the host right. */
      if (override !== 'host' || copy.host === url.host)
        return;
    }
    Object.assign(url, copy);
  }

  return { parse, parse_part, run_part, is_special, default_ports };
})
