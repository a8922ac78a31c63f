/*
 * Bodies of requests, parsed as Express 4's parsers do it: json, urlencoded,
 * text and raw, unpacked where they came packed. A body that does not match its
 * type or packing gives status 400, an unknown character set or packing 415.
 */
'use strict';

(function ({ load }) {
  const { type_is } = load('koii/http_type');

  /* How deep brackets in a form may nest. */
  const depth_max = 32;
  const list_min = 100;
  const parameter_max = 1000;
  /* As large as a body may be that Koii's wrapper takes. */
  const unpacked_max = 50 << 20;

  function refusal(status, type, text) {
    const error = new Error(text);
    error.status = error.statusCode = status;
    error.type = type;
    return error;
  }

  /* The body as text in its own character set. */
  function text_of(request, known) {
    const found = /;\s*charset\s*=\s*"?([^";\s]+)/i
      .exec(request.headers['content-type'] ?? '');
    const charset = (found?.[1] ?? 'utf-8').toLowerCase();
    const { bytes } = request;
    if (!known(charset))
      throw refusal(415, 'charset.unsupported',
        `unsupported charset "${charset.toUpperCase()}"`);
    try {
      return new (load('encoding').TextDecoder)(charset).decode(bytes);
    } catch (error) {
      if (!(error instanceof RangeError))
        throw error;
      throw refusal(415, 'charset.unsupported',
        `unsupported charset "${charset.toUpperCase()}"`);
    }
  }

  function parse_json(request, { strict = true, reviver }) {
    const text = text_of(request, (charset) => charset.startsWith('utf-'));
    if (!text)
      return {};
    try {
      if (strict && !/^[\t\n\r ]*[{[]/.test(text))
        throw new SyntaxError('a JSON body must be an object or a list');
      return JSON.parse(text, reviver);
    } catch (error) {
      error.status = error.statusCode = 400;
      error.type = 'entity.parse.failed';
      error.body = text;
      throw error;
    }
  }

  function parse_form(request, { extended = true, parameterLimit =
    parameter_max, depth = depth_max }) {
    const query = load('koii/http_query');
    const text = text_of(request, (charset) => charset === 'utf-8');
    const count = text.split('&').length;
    if (count > parameterLimit)
      throw refusal(413, 'parameters.too.many', 'too many parameters');
    if (!extended)
      return query.parse_simple(text);
    if (query.depth_of(text) > depth)
      throw refusal(400, 'querystring.parse.rangeError',
        'The input exceeded the depth');
    return query.parse(text, { depth, parameter_limit: parameterLimit,
      list_limit: Math.max(list_min, count) });
  }

  const parse_text = (request, { defaultCharset = 'utf-8' }) =>
    /;\s*charset\s*=/i.test(request.headers['content-type'] ?? '')
      ? text_of(request, () => true)
      : new (load('encoding').TextDecoder)(defaultCharset)
        .decode(request.bytes);

  const parse_raw = (request) =>
    load('node/buffer').Buffer.from(request.bytes);

  const has_body = (request) => request.bytes.length > 0 ||
    request.headers['transfer-encoding'] !== undefined ||
    request.headers['content-length'] !== undefined;

  const unpackers = { __proto__: null, gzip: 'gunzipSync',
    deflate: 'inflateSync' };

  /* The body's bytes, unpacked: a few of them can stand for many. */
  function unpacked(request, { inflate = true }) {
    const encoding = (request.headers['content-encoding'] || 'identity')
      .toLowerCase();
    if (encoding === 'identity')
      return request.bytes;
    if (!inflate || !unpackers[encoding])
      throw refusal(415, 'encoding.unsupported', inflate
        ? `unsupported content encoding "${encoding}"`
        : 'content encoding unsupported');
    try {
      return load('node/zlib')[unpackers[encoding]](request.bytes,
        { maxOutputLength: unpacked_max });
    } catch (error) {
      if (error.code === 'ERR_BUFFER_TOO_LARGE')
        throw too_large();
      error.status = error.statusCode = 400;
      throw error;
    }
  }

  const too_large = () =>
    refusal(413, 'entity.too.large', 'request entity too large');

  /* A limit of Express: bytes, or a text such as "10mb". */
  function bytes_of(limit) {
    if (typeof limit !== 'string')
      return limit;
    const [, number, unit] =
      /^\s*([\d.]+)\s*(b|kb|mb|gb)?\s*$/i.exec(limit) ?? [];
    const shift = { __proto__: null, kb: 10, mb: 20, gb: 30 };
    return number === undefined ? undefined
      : Math.floor(number * 2 ** (shift[unit?.toLowerCase()] ?? 0));
  }

  async function collect(request, limit) {
    if (!await request.collect(limit))
      throw too_large();
  }

  /* A middleware. If a task adds one, that one parses a body of its type again,
   * even though the standard ones below have parsed it. */
  function parser(parse, standard_type) {
    return (options = {}) => {
      const wanted = options.type ?? standard_type;
      const is_for = typeof wanted === 'function' ? wanted
        : (request) => [wanted].flat().some((one) =>
          type_is(request.headers['content-type'] ?? '', one));
      const limit = bytes_of(options.limit) ?? unpacked_max;
      const take = (request, response) => {
        const bytes = unpacked(request, options);
        if (bytes.length > limit)
          throw too_large();
        if (options.verify)
          options.verify(request, response,
            load('node/buffer').Buffer.from(bytes));
        request.body = parse({ headers: request.headers, bytes }, options);
        request._body = true;
      };
      return function bodyParser(request, response, next) {
        request.body ??= {};
        if (!has_body(request) || !is_for(request)) {
          next();
        } else if (!request.is_coming) {
          take(request, response);
          next();
        } else {
          collect(request, limit).then(() => take(request, response))
            .then(() => next(), next);
        }
      };
    };
  }

  const json = parser(parse_json, 'application/json');
  const urlencoded = parser(parse_form, 'application/x-www-form-urlencoded');
  const text = parser(parse_text, 'text/plain');
  const raw = parser(parse_raw, 'application/octet-stream');

  /* A text if the type says text and the bytes are UTF-8, else the bytes. */
  function other_body(request) {
    const type = request.headers['content-type'] ?? '';
    const is_text = /^text\//i.test(type) &&
      !/;\s*charset\s*=\s*"?(?!utf-8)/i.test(type) &&
      !request.headers['content-encoding'];
    try {
      if (is_text)
        return new (load('encoding').TextDecoder)('utf-8', { fatal: true })
          .decode(request.bytes);
    } catch {
      /* The bytes are not UTF-8. */
    }
    return parse_raw(request);
  }

  function take_other(request, response, next) {
    if (!request._body && request.bytes.length > 0) {
      request.body = other_body(request);
      request._body = true;
    }
    next();
  }

  /* Every request passes these first. Koii's wrapper parses JSON and forms.
   * Other bodies are handed on as they are, also packed, so that nothing is
   * lost; those that are still coming as a stream alone. */
  const standard = [json(), urlencoded(), take_other];

  return { json, urlencoded, text, raw, standard };
})
