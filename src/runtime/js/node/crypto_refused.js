/*
 * What node:crypto has in Node and not here: rare, or of no use without
 * sockets. It throws when it is called.
 */
'use strict';

(function ({ load }) {
  function refused(what) {
    return load('node/errors').make(Error,
      'ERR_FEATURE_UNAVAILABLE_ON_PLATFORM', `crypto: ${what} is not ` +
      'available in this engine. A task that needs it must run in Node: ' +
      'write "engine: node" into its metadata');
  }

  /* A function or a class of this name. */
  function stand_in(name) {
    const own = function () {
      throw refused(`${name}()`);
    };
    Object.defineProperty(own, 'name', { value: name });
    return own;
  }

  const names = ['createDiffieHellman', 'createDiffieHellmanGroup',
    'getDiffieHellman', 'checkPrime', 'checkPrimeSync', 'generatePrime',
    'generatePrimeSync', 'setEngine', 'setFips', 'Certificate', 'Cipher',
    'Decipher', 'createCipher', 'createDecipher', 'DiffieHellman',
    'DiffieHellmanGroup', 'X509Certificate'];

  return { refused, ...Object.fromEntries(
    names.map((name) => [name, stand_in(name)])) };
})
