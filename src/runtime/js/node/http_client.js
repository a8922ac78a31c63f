/*
 * http.ClientRequest over the node's fetch: the node connects under the task's
 * network rules. A request is sent once its end has come, its whole body at
 * once. Redirects are answers like others.
 */
'use strict';

(function (library) {
  const { load } = library;
  const { OutgoingMessage, each_header } = load('node/http_outgoing');
  const { IncomingMessage } = load('node/http_incoming');
  const { Socket } = load('node/http_socket');
  const { token, reason_of } = load('node/http_headers');
  const { Agent, SecureAgent, connects_itself } = load('node/http_agent');
  const { make, arg_type, abort_error, check_signal, check_number } =
    load('node/errors');

  /* One for each protocol, shared by http.js and https.js. */
  const global_agents = new Map([
    ['http:', new Agent({ keepAlive: true, scheduling: 'lifo',
      timeout: 5000 })],
    ['https:', new SecureAgent({ keepAlive: true, scheduling: 'lifo',
      timeout: 5000 })]]);

  const default_ports = new Map([['http:', 80], ['https:', 443]]);

  /* Methods whose request has no body unless one is written. */
  const without_body = new Set(['GET', 'HEAD', 'DELETE', 'OPTIONS', 'TRACE',
    'CONNECT']);

  /* Where a message ends is the node's to say. */
  const of_connection = new Set(['connection', 'transfer-encoding',
    'keep-alive', 'proxy-connection', 'content-length', 'expect', 'te']);

  /* ---- errors ---- */

  const hang_up = () => make(Error, 'ECONNRESET', 'socket hang up');

  /* libuv's numbers. */
  const numbers = new Map(Object.entries({ ECONNREFUSED: -111,
    ECONNRESET: -104, ETIMEDOUT: -110, EHOSTUNREACH: -113, ENETUNREACH: -101,
    EPIPE: -32, ENOTFOUND: -3008, EAI_AGAIN: -3001 }));

  const with_cause = (error, cause) => Object.defineProperty(error, 'cause',
    { value: cause, configurable: true, writable: true });

  /* An error of the node's as Node's: the code is the node's, the words are
   * those of the call that Node would have made. */
  function network_error(error, { hostname, port }) {
    const code = [error.cause?.code, error.code].find((each) =>
      typeof each === 'string' && /^[A-Z][A-Z0-9_]+$/.test(each));
    if (code === 'ECONNRESET')
      return with_cause(hang_up(), error);
    const known = with_cause(make(Error, code ?? 'ECONNRESET', error.message),
      error);
    if (!numbers.has(code))
      return known;
    known.errno = numbers.get(code);
    if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') {
      known.message = `getaddrinfo ${code} ${hostname}`;
      return Object.assign(known, { syscall: 'getaddrinfo', hostname });
    }
    known.message = `connect ${code} ${hostname}:${port}`;
    return Object.assign(known, { syscall: 'connect', address: hostname,
      port: Number(port) });
  }

  /* ---- the options ---- */

  function options_of_url(url) {
    const { hostname } = url;
    const options = { protocol: url.protocol,
      hostname: hostname.startsWith('[') ? hostname.slice(1, -1) : hostname,
      hash: url.hash, search: url.search, pathname: url.pathname,
      path: `${url.pathname || ''}${url.search || ''}`, href: url.href };
    if (url.port !== '')
      options.port = Number(url.port);
    if (url.username || url.password)
      options.auth = `${decodeURIComponent(url.username)}:` +
        decodeURIComponent(url.password);
    return options;
  }

  /* The arguments of request(): [url][, options][, callback]. */
  function read_arguments(input, options, done) {
    let own = {};
    if (typeof input === 'string' || input instanceof URL)
      own = options_of_url(typeof input === 'string' ? new URL(input) : input);
    else
      [options, done] = [input, options];
    if (typeof options === 'function')
      [options, done] = [undefined, options];
    /* Options may be inherited: packages make them by Object.create(). */
    const all = { ...own };
    for (const name in options ?? {})
      all[name] = options[name];
    if (options instanceof URL)
      Object.assign(all, options_of_url(options));
    return { options: all, done };
  }

  function check_host(value, name) {
    if (value !== undefined && value !== null && typeof value !== 'string')
      throw arg_type(`options.${name}`,
        'of type string or one of undefined or null', value);
    return value;
  }

  function agent_of(options, protocol) {
    const { agent } = options;
    if (agent === false)
      return protocol === 'https:' ? new SecureAgent() : new Agent();
    if (agent === undefined || agent === null)
      return global_agents.get(protocol);
    if (typeof agent.addRequest !== 'function')
      throw arg_type('options.agent', 'one of Agent-like Object, undefined, ' +
        'or false', agent);
    return agent;
  }

  function check_protocol(options, agent, protocol) {
    const wanted = options.protocol || agent.protocol || protocol;
    const expected = agent.protocol || protocol;
    if (wanted !== expected)
      throw make(TypeError, 'ERR_INVALID_PROTOCOL',
        `Protocol "${wanted}" not supported. Expected "${expected}"`);
    return wanted;
  }

  function method_of(method) {
    if (method !== undefined && method !== null && typeof method !== 'string')
      throw arg_type('options.method', 'of type string', method);
    if (!method)
      return 'GET';
    if (!token.test(method))
      throw make(TypeError, 'ERR_INVALID_HTTP_TOKEN',
        `Method must be a valid HTTP token ["${method}"]`);
    return method.toUpperCase();
  }

  function path_of(path) {
    const text = path ? String(path) : '/';
    if (/[^\u0021-\u00ff]/.test(text))
      throw make(TypeError, 'ERR_UNESCAPED_CHARACTERS',
        'Request path contains unescaped characters');
    return text;
  }

  /* What the node reports as {code, message}. */
  const failure = ({ code, message }) => make(Error, code, message);

  async function* once(bytes) {
    if (bytes?.length)
      yield bytes;
  }

  /* Half of what a task may ask of its node at once. More requests wait here
   * for the heads of others, as they wait for connections in Node. */
  const open_max = Math.max(1, library.start.limits.open_requests >> 1);
  let open_count = 0;
  const waiting = [];

  async function take_turn(signal) {
    if (open_count >= open_max) {
      const { promise, resolve } = Promise.withResolvers();
      waiting.push(resolve);
      await promise; /* the turn was handed over */
    } else {
      open_count++;
    }
    if (!signal.aborted)
      return;
    give_turn();
    throw signal.reason;
  }

  function give_turn() {
    const next = waiting.shift();
    if (next)
      next();
    else
      open_count--;
  }

  /* The node makes one request, without following redirects. body becomes an
   * asynchronous iterator of bytes. */
  async function exchange(request, bytes, signal) {
    await take_turn(signal);
    const { result, payload } = await library.ask('fetch', [request],
      request.body ? bytes : undefined, signal).finally(give_turn);
    if (result.error)
      throw failure(result.error);
    return { ...result, body: result.stream === undefined ? once(payload)
      : load('fetch_body').iterate(result.stream, payload, failure) };
  }

  /* ---- the request ---- */

  class ClientRequest extends OutgoingMessage {
    #url;
    #place;
    #abort = new AbortController();
    #joins_all;
    #own_agent;

    constructor(input, given, listener) {
      super();
      const { options, done } = read_arguments(input, given, listener);
      const protocol = options.default_protocol ?? 'http:';
      const agent = agent_of(options, protocol);
      this.agent = agent;
      this.#own_agent = agent;
      this.protocol = check_protocol(options, agent, protocol);
      this.path = path_of(options.path);
      check_host(options.hostname, 'hostname');
      check_host(options.host, 'host');
      this.host = options.hostname || options.host || 'localhost';
      this.method = method_of(options.method);
      this.#joins_all = Boolean(options.joinDuplicateHeaders);
      Object.assign(this, { aborted: false, res: null, reusedSocket: false,
        maxHeadersCount: null, timeout: options.timeout,
        maxHeaderSize: options.maxHeaderSize,
        useChunkedEncodingByDefault: !without_body.has(this.method) });
      const port = options.port || options.defaultPort ||
        agent.defaultPort || default_ports.get(this.protocol);
      this.#place = { hostname: this.host, port };
      this.#fill_headers(options, port);
      const name = this.host.includes(':') && !this.host.startsWith('[')
        ? `[${this.host}]` : this.host;
      this.#url = `${this.protocol}//${name}:${port}` +
        (this.path.startsWith('/') ? '' : '/') + this.path;
      if (done)
        this.once('response', done);
      this.#watch_signal(options.signal);
      if (options.timeout !== undefined) {
        check_number(options.timeout, 'timeout', 0);
        this.setTimeout(options.timeout);
      }
      process.nextTick(() => this.#give_socket());
    }

    #fill_headers(options, port) {
      each_header(options.headers, (name, value) => {
        if (value !== undefined)
          this.setHeader(name, value);
      });
      if (!this.hasHeader('host') && options.setHost !== false) {
        const is_default = Number(port) === default_ports.get(this.protocol);
        const name = this.host.includes(':') ? `[${this.host}]` : this.host;
        this.setHeader('Host', is_default ? name : `${name}:${port}`);
      }
      if (options.auth && !this.hasHeader('authorization'))
        this.setHeader('Authorization', 'Basic ' +
          load('node/buffer').Buffer.from(options.auth).toString('base64'));
    }

    #watch_signal(signal) {
      if (signal === undefined || signal === null)
        return;
      check_signal(signal, 'options.signal');
      const stop = () => this.destroy(abort_error(signal));
      if (signal.aborted) {
        process.nextTick(stop);
        return;
      }
      signal.addEventListener('abort', stop, { once: true });
      /* A signal may outlive many requests. */
      this.once('close', () => signal.removeEventListener('abort', stop));
    }

    #give_socket() {
      if (this.destroyed)
        return;
      if (connects_itself(this.#own_agent)) {
        this.destroy(make(Error, 'ERR_FEATURE_UNAVAILABLE_ON_PLATFORM',
          'http.request() with an agent that connects by itself, to a proxy ' +
          'for example, is not there in this engine; a task that needs it ' +
          'can choose "engine: node"'));
        return;
      }
      if (this.hasHeader('upgrade')) {
        this.destroy(make(Error, 'ERR_FEATURE_UNAVAILABLE_ON_PLATFORM',
          'http.request() with an Upgrade is not there in this engine; use ' +
          'the global WebSocket, or choose "engine: node"'));
        return;
      }
      const socket = new Socket({ encrypted: this.protocol === 'https:',
        remotePort: Number(this.#place.port), servername:
          this.#place.hostname });
      this.socket = socket;
      socket.on('timeout', () => {
        this.emit('timeout');
        this.res?.emit('timeout');
      });
      socket.on('error', () => {});
      /* Who destroys the socket ends the request. */
      const end = socket._destroy;
      socket._destroy = (error, done) => {
        end.call(socket, error, done);
        if (!this.res?.complete)
          this.destroy(error ?? undefined);
      };
      this.emit('socket', socket);
      if (this.getHeader('expect') !== undefined)
        process.nextTick(() => this.emit('continue'));
    }

    #headers_to_send() {
      return this.header_list().filter(([name]) =>
        !of_connection.has(name.toLowerCase()));
    }

    async _send_whole(bytes) {
      const has_body = bytes.length > 0 || this.useChunkedEncodingByDefault;
      try {
        const answer = await exchange({ url: this.#url, method: this.method,
          headers: this.#headers_to_send(), body: has_body }, bytes,
        this.#abort.signal);
        this.socket?.refresh();
        this.#answered(answer);
      } catch (error) {
        this.destroy(this.#abort.signal.aborted ? this.errored
          : network_error(error, this.#place));
      }
    }
    end(...values) {
      super.end(...values);
      process.nextTick(() => this.finish());
      return this;
    }

    #answered({ status, statusText, headers, body }) {
      if (this.destroyed) {
        body.return();
        return;
      }
      const response = new IncomingMessage(this.socket);
      /* The node has unpacked the body, which Node leaves to its caller. */
      const packed = headers.some(([name]) =>
        name.toLowerCase() === 'content-encoding');
      const list = packed ? headers.filter(([name]) =>
        !['content-encoding', 'content-length'].includes(name.toLowerCase()))
        : headers;
      response.fill(list, body, this.#joins_all);
      response.statusCode = status;
      response.statusMessage = statusText || reason_of(status) || '';
      response.req = this;
      this.res = response;
      response.on('close', () => this.#close());
      response.on('end', () => this.socket?.release());
      if (this.emit('response', response))
        return;
      response._dump();
    }

    #close() {
      if (this.closed)
        return;
      this.closed = true;
      this.destroyed = true;
      this.socket?.release();
      this.emit('close');
    }

    abort() {
      if (this.aborted)
        return;
      this.aborted = true;
      process.nextTick(() => this.emit('abort'));
      this.destroy();
    }

    destroy(error) {
      if (this.destroyed)
        return this;
      this.destroyed = true;
      this.errored = error ?? null;
      this.#abort.abort();
      if (this.socket && !this.socket.destroyed)
        this.socket.destroy();
      if (this.res) {
        this.res.destroy(error);
        process.nextTick(() => this.#close());
        return this;
      }
      process.nextTick(() => {
        const reason = error ?? hang_up();
        this.errored = reason;
        this.emit('error', reason);
        this.#close();
      });
      return this;
    }

    onSocket() {}
    setNoDelay() {}
    setSocketKeepAlive() {}
    clearTimeout(done) {
      this.setTimeout(0, done);
    }
  }

  return { ClientRequest, global_agents };
})
