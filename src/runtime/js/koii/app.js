/*
 * app: the part of Express that routes of tasks use. Requests come from the
 * node's HTTP face, one message each; a handler answers through res.
 */
'use strict';

(function (library) {
  const { load, native } = library;
  const routes = [];
  const methods = ['get', 'post', 'put', 'patch', 'delete', 'head', 'options'];

  /* "/a/:name/*" as an expression and the names of its groups. */
  function compile(path, prefix) {
    if (path instanceof RegExp)
      return { match: path, names: [], text: String(path) };
    const names = [];
    const source = String(path).replace(/[.+?^${}()|[\]\\]/g, '\\$&')
      .replace(/:(\w+)/g, (whole, name) => {
        names.push(name);
        return '([^/]+)';
      }).replace(/\*/g, () => {
        names.push(String(names.length));
        return '(.*)';
      }).replace(/\/$/, '');
    return { match: new RegExp(`^${source}${prefix ? '(?:/|$)' : '/?$'}`, 'i'),
      names, text: String(path) };
  }

  function add(method, path, prefix, handlers) {
    const flat = handlers.flat(Infinity);
    for (const handler of flat)
      if (typeof handler !== 'function')
        throw new TypeError('a route needs functions');
    routes.push({ method, ...compile(path, prefix), handlers: flat });
  }

  class Response {
    constructor(done) {
      this.statusCode = 200;
      this.headersSent = false;
      this.headers = {};
      this.done = done;
    }
    status(code) {
      this.statusCode = Number(code);
      return this;
    }
    set(name, value) {
      if (typeof name === 'object')
        for (const [key, each] of Object.entries(name))
          this.set(key, each);
      else
        this.headers[String(name).toLowerCase()] = String(value);
      return this;
    }
    get(name) {
      return this.headers[String(name).toLowerCase()];
    }
    type(value) {
      const known = { json: 'application/json', html: 'text/html',
        text: 'text/plain', txt: 'text/plain' };
      return this.set('content-type', known[value] ?? value);
    }
    json(value) {
      if (!this.get('content-type'))
        this.type('application/json; charset=utf-8');
      return this.finish(JSON.stringify(value) ?? '');
    }
    send(value = '') {
      if (typeof value === 'object' && value !== null &&
        !ArrayBuffer.isView(value))
        return this.json(value);
      if (!this.get('content-type'))
        this.type('text/html; charset=utf-8');
      return this.finish(ArrayBuffer.isView(value)
        ? native.decode_utf8(new Uint8Array(value.buffer, value.byteOffset,
          value.byteLength), false)
        : String(value));
    }
    sendStatus(code) {
      return this.status(code).type('text').finish(String(code));
    }
    redirect(code, to) {
      if (to === undefined)
        [code, to] = [302, code];
      return this.status(code).set('location', to).finish('');
    }
    end(value = '') {
      return this.finish(String(value));
    }
    finish(body) {
      if (this.headersSent)
        throw new Error('the answer was sent before');
      this.headersSent = true;
      this.done({ status: this.statusCode, headers: this.headers, body });
      return this;
    }
  }
  Response.prototype.header = Response.prototype.set;
  Response.prototype.setHeader = Response.prototype.set;
  Response.prototype.getHeader = Response.prototype.get;
  Response.prototype.contentType = Response.prototype.type;

  function parse_body(body, type) {
    if (!body)
      return {};
    if (/\bjson\b/.test(type))
      return JSON.parse(body);
    if (type.startsWith('application/x-www-form-urlencoded'))
      return Object.fromEntries(new (load('url').URLSearchParams)(body));
    return body;
  }

  function make_request({ method, path, query, headers, body }) {
    const lower = {};
    for (const [name, value] of Object.entries(headers ?? {}))
      lower[name.toLowerCase()] = value;
    return {
      method, path, url: path, originalUrl: path, query: query ?? {},
      headers: lower, params: {},
      body: parse_body(body, lower['content-type'] ?? ''),
      get: (name) => lower[String(name).toLowerCase()],
      header: (name) => lower[String(name).toLowerCase()],
    };
  }

  /* Handlers in the order of registration, as Express has it: next() goes on,
   * next(error) and a throw end it with status 500. */
  async function run(request, response) {
    for (const route of routes) {
      if (route.method && route.method !== request.method)
        continue;
      const found = route.match.exec(request.path);
      if (!found)
        continue;
      request.params = Object.fromEntries(route.names.map((name, index) =>
        [name, decodeURIComponent(found[index + 1])]));
      for (const handler of route.handlers) {
        if (handler.length > 3)
          continue; /* Express's error handlers */
        let go_on = false;
        let fault;
        await handler(request, response, (error) => {
          go_on = true;
          fault = error;
        });
        if (fault)
          throw fault;
        if (!go_on)
          return;
      }
    }
    if (!response.headersSent)
      response.status(404).type('text')
        .finish(`Cannot ${request.method} ${request.path}`);
  }

  const app = {
    use(path, ...handlers) {
      if (typeof path === 'function')
        add(null, '/', true, [path, ...handlers]);
      else
        add(null, path, true, handlers);
      return app;
    },
    all(path, ...handlers) {
      add(null, path, false, handlers);
      return app;
    },
    set: () => app,
    /* The node listens. */
    listen(port, done) {
      if (typeof done === 'function')
        queueMicrotask(done);
      return { close() {} };
    },
  };
  for (const method of methods)
    app[method] = (path, ...handlers) => {
      add(method.toUpperCase(), path, false, handlers);
      return app;
    };

  return {
    app,
    list: () => routes.filter(({ method }) => method)
      .map(({ method, text }) => `${method} ${text}`),
    handle(message) {
      return new Promise((resolve) => {
        const response = new Response(resolve);
        const failed = (status, error) => {
          library.report(error);
          if (!response.headersSent)
            response.status(status).json({ error: String(error?.message ??
              error) });
        };
        let request;
        try {
          request = make_request(message);
        } catch (error) {
          failed(400, error);
          return;
        }
        run(request, response).catch((error) => failed(500, error));
      });
    },
  };
})
