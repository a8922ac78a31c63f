/*
 * WebAssembly.compileStreaming() and instantiateStreaming() (WebAssembly Web
 * API, 3). The bytes are collected first: the engine compiles whole modules.
 */
'use strict';

(function ({ load }) {
  async function bytes_of(source) {
    const response = await source;
    if (!(response instanceof load('response').Response))
      throw load('node/errors').arg_type('source', 'an instance of Response ' +
        'or a Promise resolving to Response', response);
    const type = response.headers.get('content-type') ?? '';
    if (type.replace(/^[\t\n\r ]+|[\t\n\r ]+$/g, '').toLowerCase() !==
      'application/wasm')
      throw load('node/errors').make(TypeError,
        'ERR_WEBASSEMBLY_RESPONSE', 'WebAssembly response has unsupported ' +
        `MIME type '${type}'`);
    if (!response.ok)
      throw load('node/errors').make(TypeError, 'ERR_WEBASSEMBLY_RESPONSE',
        `WebAssembly response has status code ${response.status}`);
    if (response.bodyUsed)
      throw load('node/errors').make(TypeError, 'ERR_WEBASSEMBLY_RESPONSE',
        'WebAssembly response body has already been used');
    return response.arrayBuffer();
  }

  return {
    async compileStreaming(source) {
      return WebAssembly.compile(await bytes_of(source));
    },
    async instantiateStreaming(source, imports = undefined) {
      return WebAssembly.instantiate(await bytes_of(source), imports);
    },
  };
})
