/*
 * Keys as bundles handle them. The secret keys of the node's accounts stay
 * with the node. A task gets a handle, which payloadSigning() takes in place
 * of the secret. Reading bytes from a handle is an error that says so.
 */
'use strict';

(function ({ native }) {
  const roles = new WeakMap(); /* handle -> the name of the node's key */
  const custom = Symbol.for('nodejs.util.inspect.custom');

  class PublicKey {
    #text;
    constructor(text) {
      this.#text = text;
    }
    toBase58() {
      return this.#text;
    }
    toString() {
      return this.#text;
    }
    toJSON() {
      return this.#text;
    }
    toBytes() {
      return native.decode_base58(this.#text);
    }
    toBuffer() {
      return Buffer.from(this.toBytes());
    }
    equals(other) {
      return String(other) === this.#text;
    }
  }

  /* The members of a handle. Any other member would be the secret's bytes. */
  function handle_member(role, name) {
    const text = `[the secret key of the ${role} account: it stays with the ` +
      'node]';
    if (name === custom || name === 'toString' || name === 'toJSON')
      return () => text;
    if (name === Symbol.toStringTag)
      return 'SecretKeyHandle';
    if (name === 'then' || name === 'constructor' || name === 'stack' ||
      name === Symbol.toPrimitive)
      return name === Symbol.toPrimitive ? () => text : undefined;
    throw new Error(`the secret key of the ${role} account stays with the ` +
      'node: sign with namespaceWrapper.payloadSigning(body, secretKey)');
  }

  function make_handle(role) {
    /* util.inspect() looks past a proxy. */
    const shown = { [custom]: handle_member(role, custom) };
    const handle = new Proxy(Object.freeze(Object.create(shown)), {
      get: (target, name) => handle_member(role, name),
      ownKeys: () => handle_member(role, 'keys'),
    });
    roles.set(handle, role);
    return handle;
  }

  /* Like web3.js' Keypair of an account of the node. */
  function keypair(role, address) {
    return { publicKey: new PublicKey(address), secretKey: make_handle(role) };
  }

  /* {role} if the key is a handle, {secret} if it is 64 bytes of the task's
   * own. */
  function signer_of(key) {
    const role = roles.get(Object(key));
    if (role)
      return { role };
    const bytes = ArrayBuffer.isView(key) || Array.isArray(key)
      ? Uint8Array.from(key) : null;
    if (bytes?.length !== 64)
      throw new TypeError('payloadSigning() takes a secret key of 64 bytes, ' +
        'or the secretKey that getSubmitterAccount() gives');
    return { secret: bytes };
  }

  return { keypair, signer_of };
})
