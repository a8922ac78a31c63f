/*
 * URLs of Blobs (File API, 8). They hold for this worker alone, and keep a Blob
 * until they are revoked.
 */
'use strict';

(function ({ load }) {
  const blobs = new Map();

  function create(blob) {
    if (Object(blob) !== blob || !load('blob').is_blob(blob))
      throw load('node/errors').arg_type('obj', 'an instance of Blob', blob);
    /* Node's form. */
    const url = `blob:nodedata:${load('crypto').crypto.randomUUID()}`;
    blobs.set(url, blob);
    return url;
  }

  return { create, revoke: (url) => blobs.delete(url),
    /* The Blob, or undefined. A fragment does not matter. */
    find: (url) => blobs.get(url.replace(/#.*/s, '')) };
})
