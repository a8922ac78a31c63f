/*
 * node:url: the standard's classes and the helpers around them.
 */
'use strict';

(function ({ load }) {
  const { URL, URLSearchParams } = load('url');
  const { Url, parse, format } = load('node/url_legacy');
  const { make, arg_type, check_string } = load('node/errors');

  function fileURLToPath(url) {
    if (typeof url !== 'string' && !(url instanceof URL))
      throw arg_type('path', 'of type string or an instance of URL', url);
    url = new URL(url);
    if (url.protocol !== 'file:')
      throw make(TypeError, 'ERR_INVALID_URL_SCHEME',
        'The URL must be of scheme file');
    if (url.hostname !== '')
      throw make(TypeError, 'ERR_INVALID_FILE_URL_HOST',
        'File URL host must be "localhost" or empty on linux');
    if (/%2f/i.test(url.pathname))
      throw make(TypeError, 'ERR_INVALID_FILE_URL_PATH',
        'File URL path must not include encoded / characters');
    return decodeURIComponent(url.pathname);
  }

  function pathToFileURL(path) {
    check_string(path, 'path');
    const whole = load('node/path').resolve(path);
    const url = new URL('file://');
    const tail = path.endsWith('/') && !whole.endsWith('/') ? '/' : '';
    url.pathname = (whole + tail).replace(/[%\\\n\r\t]/g, encodeURIComponent);
    return url;
  }

  function urlToHttpOptions(url) {
    return { __proto__: null, protocol: url.protocol,
      hostname: url.hostname.replace(/^\[(.*)\]$/, '$1'),
      hash: url.hash, search: url.search, pathname: url.pathname,
      path: url.pathname + url.search, href: url.href,
      ...url.port !== '' && { port: Number(url.port) },
      ...(url.username || url.password) && {
        auth: decodeURIComponent(url.username) + ':' +
          decodeURIComponent(url.password) } };
  }

  const module = {
    URL, URLSearchParams, Url, parse, format, fileURLToPath, pathToFileURL,
    urlToHttpOptions,
    resolve: (from, to) => {
      const url = new URL(to, new URL(from, 'resolve://'));
      return url.protocol === 'resolve:'
        ? url.pathname + url.search + url.hash : url.href;
    },
    resolveObject: (from, to) => parse(module.resolve(from, to)),
    domainToUnicode: (domain) => load('modules').get('punycode')
      .toUnicode(module.domainToASCII(domain)),
    domainToASCII: (domain) => URL.parse(`http://${domain}`)?.hostname ?? '',
  };
  return module;
})
