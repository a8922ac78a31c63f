/*
 * What node:http and node:https have in common: request(), get(),
 * createServer() and the agent that requests share.
 */
'use strict';

(function ({ load }) {
  const { ClientRequest, global_agents } = load('node/http_client');
  const { Server } = load('node/http_server');

  const with_protocol = (protocol, options) => Object.assign(
    Object.create(options ?? null), { default_protocol: protocol });

  /* request() and get() of a protocol. */
  function functions_of(protocol) {
    function request(url, options, done) {
      if (typeof url !== 'string' && !(url instanceof URL))
        return new ClientRequest(with_protocol(protocol, url), options);
      if (typeof options === 'function')
        [options, done] = [undefined, options];
      return new ClientRequest(url, with_protocol(protocol, options), done);
    }
    function get(url, options, done) {
      const own = request(url, options, done);
      own.end();
      return own;
    }
    return { request, get };
  }

  function createServer(options, listener) {
    return new Server(options, listener);
  }

  /* Add the functions of a protocol to its module. */
  function complete(module, protocol) {
    Object.assign(module, functions_of(protocol), { Server, createServer });
    Object.defineProperty(module, 'globalAgent', { configurable: true,
      enumerable: true, get: () => global_agents.get(protocol),
      set: (agent) => global_agents.set(protocol, agent) });
    return module;
  }

  return { complete };
})
