/*
 * node:url: the standard's classes and the helpers around them. The legacy
 * url.parse() is given as an object with the fields that callers read.
 */
'use strict';

(function ({ load }) {
  const { URL, URLSearchParams } = load('url');

  /* A name that comes twice has a list; no name is anybody else's. */
  function query_of(params) {
    const query = Object.create(null);
    for (const name of new Set(params.keys())) {
      const values = params.getAll(name);
      query[name] = values.length > 1 ? values : values[0];
    }
    return query;
  }

  function parse(text, parse_query = false) {
    const url = URL.parse(text) ?? URL.parse(text, 'http://relative.invalid');
    if (!url)
      throw new TypeError(`Invalid URL: ${text}`);
    const relative = url.hostname === 'relative.invalid';
    return {
      href: relative ? text : url.href,
      protocol: relative ? null : url.protocol,
      slashes: relative ? null : true,
      auth: url.username ? decodeURIComponent(url.username +
        (url.password ? ':' + url.password : '')) : null,
      host: relative ? null : url.host,
      hostname: relative ? null : url.hostname,
      port: url.port || null,
      pathname: url.pathname,
      search: url.search || null,
      query: parse_query ? query_of(url.searchParams)
        : url.search.slice(1) || null,
      path: url.pathname + url.search,
      hash: url.hash || null,
    };
  }

  function format(url) {
    if (url instanceof URL || typeof url === 'string')
      return String(url);
    const query = url.query && typeof url.query === 'object'
      ? String(new URLSearchParams(Object.entries(url.query).flatMap(
        ([name, value]) => [value].flat().map((each) => [name, each]))))
      : url.query ?? '';
    const search = url.search ?? (query ? '?' + query : '');
    const host = url.host ?? (url.hostname ?? '') +
      (url.port ? ':' + url.port : '');
    return (url.protocol ? url.protocol.replace(/:?$/, ':') : '') +
      (host ? '//' + (url.auth ? url.auth + '@' : '') + host : '') +
      (url.pathname ?? '') + search + (url.hash ?? '');
  }

  const module = {
    URL, URLSearchParams, parse, format,
    resolve: (from, to) => {
      const url = new URL(to, new URL(from, 'resolve://'));
      return url.protocol === 'resolve:'
        ? url.pathname + url.search + url.hash : url.href;
    },
    fileURLToPath: (url) => decodeURIComponent(new URL(url).pathname),
    pathToFileURL: (path) => new URL('file://' +
      load('node/path').resolve(path).split('/').map(encodeURIComponent)
        .join('/')),
  };
  module.default = module;
  return module;
})
