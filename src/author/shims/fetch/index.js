/*
 * node-fetch, cross-fetch, isomorphic-fetch and node-fetch-native over the
 * global fetch. What they have beside the standard's: a body that is a stream
 * of Node, buffer(), the option timeout, errors of their own.
 */
'use strict';

class FetchError extends Error {
  constructor(message, type, cause) {
    super(message);
    this.type = type;
    if (cause?.code) {
      this.code = cause.code;
      this.errno = cause.code;
    }
  }
  get name() {
    return 'FetchError';
  }
  get [Symbol.toStringTag]() {
    return 'FetchError';
  }
}

class AbortError extends Error {
  constructor(message) {
    super(message);
    this.type = 'aborted';
  }
  get name() {
    return 'AbortError';
  }
  get [Symbol.toStringTag]() {
    return 'AbortError';
  }
}

/* The bytes of a stream of Node, old ones (form-data) included. */
function read_stream(stream) {
  return new Promise((resolve, reject) => {
    const chunks = [];
    stream.on('data', (chunk) => chunks.push(Buffer.from(chunk)));
    stream.on('end', () => resolve(Buffer.concat(chunks)));
    stream.on('error', reject);
    stream.resume?.();
  });
}

/* The options without what the global fetch does not know. */
async function standard_options(options) {
  const { agent, timeout, size, follow, compress, body, ...own } = options;
  if (timeout)
    own.signal = own.signal
      ? AbortSignal.any([own.signal, AbortSignal.timeout(timeout)])
      : AbortSignal.timeout(timeout);
  if (typeof body?.pipe !== 'function') {
    if (body !== undefined)
      own.body = body;
    return own;
  }
  own.headers = new Headers(own.headers);
  if (body.getBoundary && !own.headers.has('content-type'))
    own.headers.set('content-type',
      `multipart/form-data;boundary=${body.getBoundary()}`);
  own.body = await read_stream(body);
  return own;
}

/* A stream of Node that reads the body when it is read itself. */
function node_stream(body) {
  const { Readable } = require('stream');
  let reader;
  return new Readable({
    read() {
      reader ??= body.getReader();
      reader.read().then(
        ({ done, value }) => this.push(done ? null : Buffer.from(value)),
        (error) => this.destroy(error));
    },
    destroy(error, done) {
      reader?.cancel(error).catch(() => {});
      done(error);
    },
  });
}

function extend(response) {
  const { body } = response;
  let stream;
  Object.defineProperty(response, 'body', {
    configurable: true, enumerable: true,
    get: () => body && (stream ??= node_stream(body)),
  });
  response.buffer = async () => Buffer.from(await response.arrayBuffer());
  return response;
}

async function fetch(resource, options = {}) {
  try {
    const own = await standard_options(options);
    return extend(await globalThis.fetch(resource, own));
  } catch (error) {
    if (options.signal?.aborted)
      throw new AbortError('The user aborted a request.');
    if (error.name === 'TimeoutError')
      throw new FetchError(`network timeout at: ${resource}`,
        'request-timeout');
    const cause = error.cause ?? error;
    throw new FetchError(`request to ${resource?.url ?? resource} failed, ` +
      `reason: ${cause.message}`, 'system', cause);
  }
}

module.exports = Object.assign(fetch, {
  __esModule: true, default: fetch, fetch, FetchError, AbortError,
  Headers, Request, Response, Blob: globalThis.Blob, File: globalThis.File,
  FormData: globalThis.FormData, AbortController: globalThis.AbortController,
  isRedirect: (code) => [301, 302, 303, 307, 308].includes(code),
});
