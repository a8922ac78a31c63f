/*
 * node:constants: the numbers of os, fs and crypto in one object, as in Node's
 * first versions.
 */
'use strict';

(function ({ load }) {
  const { dlopen, errno, priority, signals } = load('node/os').constants;
  const { get } = load('modules');
  return Object.freeze(Object.assign({}, dlopen, errno, priority, signals,
    get('fs').constants, get('crypto').constants));
})
