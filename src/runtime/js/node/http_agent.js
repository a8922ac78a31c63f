/*
 * http.Agent and https.Agent. Connections are the node's and are kept or not by
 * its rule, so an agent only has options here. One that connects in a way of
 * its own, to a proxy for example, is refused by the request that is given it.
 */
'use strict';

(function ({ load }) {
  const EventEmitter = load('node/events');
  const { make, arg_value, check_number } = load('node/errors');

  class Agent extends EventEmitter {
    constructor(options) {
      super();
      Object.assign(this, { defaultPort: 80, protocol: 'http:' });
      this.options = { __proto__: null, noDelay: true, path: null, ...options };
      const { keepAliveMsecs, keepAlive, maxSockets, maxFreeSockets,
        scheduling = 'lifo', maxTotalSockets } = this.options;
      if (scheduling !== 'fifo' && scheduling !== 'lifo')
        throw arg_value('scheduling', scheduling,
          'must be one of: \'fifo\', \'lifo\'');
      if (maxTotalSockets !== undefined)
        check_number(maxTotalSockets, 'maxTotalSockets', 1);
      Object.assign(this, {
        requests: Object.create(null), sockets: Object.create(null),
        freeSockets: Object.create(null),
        keepAliveMsecs: keepAliveMsecs || 1000, keepAlive: keepAlive || false,
        maxSockets: maxSockets || Infinity,
        maxFreeSockets: maxFreeSockets || 256, scheduling,
        maxTotalSockets: maxTotalSockets ?? Infinity, totalSocketCount: 0 });
    }
    getName({ host, port, localAddress, family, socketPath } = {}) {
      let name = `${host || 'localhost'}:${port || ''}:${localAddress || ''}`;
      if (family === 4 || family === 6)
        name += `:${family}`;
      return socketPath ? `${name}:${socketPath}` : name;
    }
    createConnection() {
      throw make(Error, 'ERR_FEATURE_UNAVAILABLE_ON_PLATFORM',
        'http.Agent.createConnection() is not there in this engine: the node ' +
        'makes the connections; a task that needs it can choose ' +
        '"engine: node"');
    }
    addRequest() {}
    createSocket(request, options, done) {
      process.nextTick(() => {
        try {
          done(null, this.createConnection(options));
        } catch (error) {
          done(error);
        }
      });
    }
    removeSocket() {}
    keepSocketAlive() {
      return true;
    }
    reuseSocket() {}
    destroy() {}
  }

  class SecureAgent extends Agent {
    constructor(options) {
      super(options);
      this.defaultPort = 443;
      this.protocol = 'https:';
      this.maxCachedSessions = this.options.maxCachedSessions ?? 100;
    }
  }

  /* The ways of the package agent-base, which agents of proxies extend, and of
   * agents that take over requests. */
  const connects_itself = (agent) => typeof agent.connect === 'function' ||
    typeof agent.callback === 'function' ||
    !(agent instanceof Agent) && typeof agent.addRequest === 'function';

  return { Agent, SecureAgent, connects_itself };
})
