/*
 * Files of the task's folder as answers: res.sendFile() and express.static().
 */
'use strict';

(function ({ load }) {
  const { type_of, is_text } = load('koii/http_type');
  const { etag_of } = load('koii/http_response');

  function refusal(status, code, text) {
    const error = new Error(text);
    error.status = error.statusCode = status;
    error.code = code;
    return error;
  }

  /* The path of a file below root, or the reason why it can not be served. */
  function resolve(path, { root, dotfiles = 'ignore' }) {
    const { normalize, join } = load('node/path');
    if (path.includes('\0'))
      throw refusal(400, 'EINVAL', 'Bad Request');
    if (root !== undefined && /(?:^|[\\/])\.\.(?:[\\/]|$)/
      .test(normalize('./' + path)))
      throw refusal(403, 'EACCES', 'Forbidden');
    const parts = normalize(path).split('/');
    if ((root !== undefined ? parts : parts.slice(-1))
      .some((part) => /^\.[^.]/.test(part))) {
      if (dotfiles === 'deny')
        throw refusal(403, 'EACCES', 'Forbidden');
      if (dotfiles !== 'allow')
        throw refusal(404, 'ENOENT', 'Not Found');
    }
    return root === undefined ? path : join(String(root), path);
  }

  function look_at(path) {
    try {
      return load('node/fs').statSync(path);
    } catch (error) {
      if (/^(ENOENT|ENOTDIR|ENAMETOOLONG|EACCES|not found)/
        .test(String(error.code)))
        throw Object.assign(error, { status: 404, statusCode: 404 });
      throw error;
    }
  }

  const set_if_absent = (response, name, value) =>
    response.get(name) === undefined && response.set(name, value);

  function set_head(response, path, stats, bytes, options) {
    const { maxAge = options.maxage ?? 0, immutable } = options;
    for (const [name, value] of Object.entries(options.headers ?? {}))
      response.setHeader(name, value);
    if (options.setHeaders)
      options.setHeaders(response, path, stats);
    if (options.acceptRanges !== false)
      set_if_absent(response, 'Accept-Ranges', 'bytes');
    if (options.cacheControl !== false)
      set_if_absent(response, 'Cache-Control', 'public, max-age=' +
        Math.floor(Number(maxAge) / 1000 || 0) +
        (immutable ? ', immutable' : ''));
    if (options.lastModified !== false)
      set_if_absent(response, 'Last-Modified',
        new Date(stats.mtimeMs).toUTCString());
    if (options.etag !== false)
      set_if_absent(response, 'ETag', etag_of(bytes));
    const type = type_of(path) ?? 'application/octet-stream';
    set_if_absent(response, 'Content-Type',
      is_text(type) ? type + '; charset=UTF-8' : type);
  }

  /* The answer to one range is that part; to several ranges it is the whole
   * file. */
  function cut(request, response, bytes) {
    const header = request.get('Range');
    const since = request.get('If-Range');
    if (!/^bytes=/.test(header ?? '') || (since !== undefined &&
      since !== response.get('ETag') &&
      since !== response.get('Last-Modified')))
      return bytes;
    const ranges = request.range(bytes.length);
    if (ranges === -1) {
      throw Object.assign(refusal(416, 'ERANGE', 'Range Not Satisfiable'),
        { headers: { 'Content-Range': `bytes */${bytes.length}` } });
    }
    if (ranges === -2 || ranges.length !== 1)
      return bytes;
    const [{ start, end }] = ranges;
    response.status(206).set('Content-Range',
      `bytes ${start}-${end}/${bytes.length}`);
    return bytes.subarray(start, end + 1);
  }

  function send(response, path, options) {
    const request = response.req;
    const stats = look_at(path);
    if (stats.isDirectory())
      throw refusal(404, 'EISDIR', 'EISDIR, read');
    const bytes = load('node/fs').readFileSync(path);
    set_head(response, path, stats, bytes, options);
    if (request.fresh) {
      response.removeHeader('Content-Type');
      response.status(304).end();
      return;
    }
    const part = options.acceptRanges === false ? bytes
      : cut(request, response, bytes);
    response.set('Content-Length', part.length);
    response.end(part);
  }

  function send_file(response, path, options, callback) {
    const done = typeof options === 'function' ? options : callback;
    const own = typeof options === 'object' && options ? options : {};
    if (typeof path !== 'string' || !path)
      throw new TypeError('path must be a string to res.sendFile');
    if (own.root === undefined && !load('node/path').isAbsolute(path))
      throw new TypeError('path must be absolute or specify root to ' +
        'res.sendFile');
    const { next } = response.req;
    try {
      send(response, resolve(path, own), own);
    } catch (error) {
      if (done)
        queueMicrotask(() => done(error));
      else
        next(error.code === 'EISDIR' ? undefined : error);
      return;
    }
    if (done)
      queueMicrotask(() => done());
  }

  /* express.static() serves files below root and passes other requests on. */
  function serve_static(root, options = {}) {
    if (typeof root !== 'string' || !root)
      throw new TypeError('express.static() needs a folder');
    const { index = 'index.html', fallthrough = true, redirect = true } =
      options;
    const folder = load('node/path').resolve(root);
    const pick = (path) => {
      const whole = resolve(path, { ...options, root: folder });
      const stats = look_at(whole);
      if (!stats.isDirectory())
        return whole;
      return index === false ? null : { whole };
    };
    return function serveStatic(request, response, next) {
      if (request.method !== 'GET' && request.method !== 'HEAD') {
        next();
        return;
      }
      try {
        const path = decodeURIComponent(request.path);
        let found = pick(path);
        if (found?.whole && !path.endsWith('/') && redirect) {
          const [own, query] = request.originalUrl.split(/(?=\?)/);
          load('koii/app').send_page(response, 301, 'Redirecting',
            { Location: own.replace(/^\/+/, '/') + '/' + (query ?? '') });
          return;
        }
        if (found?.whole)
          found = pick(path.replace(/\/?$/, '/') + [index].flat()[0]);
        if (typeof found !== 'string')
          throw refusal(404, 'ENOENT', 'Not Found');
        send(response, found, options);
      } catch (error) {
        const status = error instanceof URIError ? 400 : error.status ?? 500;
        error.status ??= status;
        next(fallthrough && status < 500 && status !== 416 ? undefined
          : error);
      }
    };
  }

  return { send_file, serve_static };
})
