/*
 * node:stream/consumers: the whole of a stream, of either kind.
 */
'use strict';

(function ({ load }) {
  async function blob(stream) {
    const chunks = [];
    for await (const chunk of stream)
      chunks.push(chunk);
    return new Blob(chunks);
  }

  async function arrayBuffer(stream) {
    return (await blob(stream)).arrayBuffer();
  }

  async function buffer(stream) {
    return load('node/buffer').Buffer.from(await arrayBuffer(stream));
  }

  async function text(stream) {
    const decoder = new TextDecoder();
    let whole = '';
    for await (const chunk of stream)
      whole += typeof chunk === 'string' ? chunk
        : decoder.decode(chunk, { stream: true });
    return whole + decoder.decode();
  }

  async function json(stream) {
    return JSON.parse(await text(stream));
  }

  return { arrayBuffer, blob, buffer, text, json };
})
