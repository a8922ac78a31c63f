/*
 * An application of Express: settings, a router, and applications within it.
 */
'use strict';

(function ({ load, report }) {
  const { Router, methods, flatten } = load('koii/http_router');

  const standard_settings = {
    'case sensitive routing': false, env: 'production', etag: 'weak',
    'jsonp callback name': 'callback', 'query parser': 'extended',
    'strict routing': false, 'subdomain offset': 2, 'trust proxy': false,
  };

  const unsupported = (name) => () => {
    throw new Error(`app.${name}() is not supported: a task has no view ` +
      'engine; make the page in the handler and send() it');
  };

  const application = {
    /* The router is made at its first use, so that it has the settings made
     * before. */
    get router() {
      this.own_router ??= Router({ caseSensitive:
        this.enabled('case sensitive routing'),
      strict: this.enabled('strict routing') });
      return this.own_router;
    },
    handle(request, response, out) {
      const parent = request.app;
      request.app = response.app = this;
      this.router.handle(request, response, (error) => {
        request.app = response.app = parent;
        out(error);
      });
    },

    set(name, ...values) {
      if (!values.length)
        return this.settings[name];
      this.settings[name] = values[0];
      return this;
    },
    enabled(name) {
      return Boolean(this.settings[name]);
    },
    disabled(name) {
      return !this.settings[name];
    },
    enable(name) {
      return this.set(name, true);
    },
    disable(name) {
      return this.set(name, false);
    },

    use(first, ...rest) {
      const has_path = typeof [first].flat(Infinity)[0] !== 'function';
      const handlers = flatten(has_path ? rest : [first, ...rest],
        'app.use()');
      const path = has_path ? first : '/';
      for (const handler of handlers) {
        this.router.use(path, handler);
        if (handler.mountpath !== undefined && handler.settings) {
          handler.mountpath = path;
          handler.parent = this;
        }
      }
      return this;
    },
    route(path) {
      return this.router.route(path);
    },
    all(path, ...handlers) {
      this.router.all(path, ...handlers);
      return this;
    },
    param(names, own) {
      for (const name of [names].flat())
        this.router.param(name, own);
      return this;
    },
    path() {
      return this.parent ? this.parent.path() + this.mountpath : '';
    },
    on() {
      return this;
    },

    /* The node listens already. */
    listen(...values) {
      const done = values.find((value) => typeof value === 'function');
      if (done)
        queueMicrotask(() => done());
      const server = { listening: true, on: () => server, once: () => server,
        close(closed) {
          server.listening = false;
          if (typeof closed === 'function')
            queueMicrotask(() => closed());
          return server;
        },
        address: () => ({ address: '127.0.0.1', family: 'IPv4', port: 0 }),
        setTimeout: () => server, ref: () => server, unref: () => server };
      return server;
    },
    engine: unsupported('engine'),
    render: unsupported('render'),
  };
  for (const method of methods)
    application[method] = function (path, ...handlers) {
      /* app.get(name) asks for a setting. */
      if (method === 'get' && !handlers.length)
        return this.set(path);
      this.router[method](path, ...handlers);
      return this;
    };
  application.del = application.delete;
  Object.setPrototypeOf(application, Function.prototype);

  function make_application() {
    const app = (request, response, next) => app.handle(request, response,
      next ?? ((error) => error && report(error)));
    Object.setPrototypeOf(app, application);
    app.settings = Object.assign(Object.create(null), standard_settings);
    app.locals = Object.assign(Object.create(null),
      { settings: app.settings });
    app.mountpath = '/';
    return app;
  }

  return { make_application };
})
