/*
 * Routers and routes of Express 4: handlers in the order in which they were
 * added, next(), next('route'), next('router'), error handlers with four
 * parameters, routers within routers.
 *
 * Unlike in Express 4, a handler that is async and rejects counts as one that
 * threw, and a path or handler of an unknown type is refused when it is added.
 */
'use strict';

(function ({ load, report }) {
  const { matcher, names_of } = load('koii/http_path');
  const { set } = load('own');

  const methods = ['get', 'post', 'put', 'head', 'delete', 'options', 'patch',
    'trace', 'copy', 'lock', 'mkcol', 'move', 'purge', 'propfind', 'proppatch',
    'unlock', 'report', 'mkactivity', 'checkout', 'merge', 'm-search', 'notify',
    'subscribe', 'unsubscribe', 'search', 'link', 'unlink', 'bind', 'rebind',
    'unbind', 'acl', 'mkcalendar', 'source', 'connect', 'query'];

  /* After this many handlers that call next() at once, the rest run on a new
   * stack. */
  const depth_max = 100;
  const later = (callback, ...values) =>
    load('timers').setImmediate(callback, ...values);

  function flatten(handlers, what) {
    const flat = handlers.flat(Infinity);
    if (!flat.length)
      throw new TypeError(`${what} needs a function`);
    for (const handler of flat)
      if (typeof handler !== 'function')
        throw new TypeError(`${what} needs functions, not ` +
          (handler === null ? 'null' : `a ${typeof handler}`));
    return flat;
  }

  /* Call a handler. If there is an error, only handlers of four parameters are
   * called, else only handlers of up to three. */
  function invoke(handler, error, request, response, next) {
    if (error ? handler.length !== 4 : handler.length > 3) {
      next(error);
      return;
    }
    let went_on = false;
    const go_on = (signal) => {
      went_on = true;
      next(signal);
    };
    /* A handler that rejects after it has passed the request on does not
     * change the request's way again. */
    const rejected = (reason) => {
      if (went_on || response.writableEnded)
        report(reason);
      else
        go_on(reason || new Error('a handler rejected without a reason'));
    };
    try {
      const result = error ? handler(error, request, response, go_on)
        : handler(request, response, go_on);
      if (typeof result?.then === 'function')
        result.then(undefined, rejected);
    } catch (fault) {
      next(fault || new Error('a handler threw nothing'));
    }
  }

  /* The handlers of one path, by method. */
  class Route {
    stack = []; /* {method: or null for all, handler} */

    constructor(path) {
      this.path = path;
    }
    takes(method) {
      const wanted = method.toLowerCase();
      return this.stack.some((layer) => !layer.method ||
        layer.method === wanted) ||
        (wanted === 'head' && this.stack.some(({ method: own }) =>
          own === 'get'));
    }
    /* The names that an answer to OPTIONS lists. */
    names() {
      const names = new Set(this.stack.map(({ method }) => method)
        .filter((method) => method));
      if (names.has('get') && !names.has('head'))
        names.add('head');
      return [...names].map((name) => name.toUpperCase());
    }
    add(method, handlers) {
      const what = `Route.${method ?? 'all'}()`;
      for (const handler of flatten(handlers, what))
        this.stack.push({ method, handler });
      return this;
    }
    all(...handlers) {
      return this.add(null, handlers);
    }
    dispatch(request, response, done) {
      let method = request.method.toLowerCase();
      if (method === 'head' &&
        !this.stack.some(({ method: own }) => own === 'head'))
        method = 'get';
      let place = 0;
      let depth = 0;
      const next = (signal) => {
        if (signal === 'route' || signal === 'router') {
          done(signal === 'route' ? undefined : signal);
          return;
        }
        if (++depth > depth_max) {
          depth = 0;
          later(next, signal);
          return;
        }
        while (place < this.stack.length) {
          const layer = this.stack[place++];
          if (layer.method && layer.method !== method)
            continue;
          invoke(layer.handler, signal, request, response, next);
          return;
        }
        done(signal);
      };
      request.route = this;
      next();
    }
  }
  for (const method of methods)
    Route.prototype[method] = function (...handlers) {
      return this.add(method, handlers);
    };

  /* The path of a request's URL, without the query. */
  const path_of = (url) => url.split('?', 1)[0];

  /* One request's way through one router. */
  class Journey {
    place = 0;
    depth = 0;
    removed = '';
    slash_added = false;
    called = new Map(); /* parameters that param() has seen */
    allowed = new Set();

    constructor(router, request, response, out) {
      this.router = router;
      this.request = request;
      this.response = response;
      this.out = out;
      this.parent_params = request.params;
      this.parent_next = request.next;
      this.parent_url = request.baseUrl ?? '';
      this.next = (signal) => this.go_on(signal);
    }

    begin() {
      this.request.next = this.next;
      this.request.baseUrl = this.parent_url;
      this.request.originalUrl ||= this.request.url;
      this.go_on();
    }

    /* This runs after the last handler. */
    end(error) {
      const { request, response, allowed } = this;
      request.baseUrl = this.parent_url;
      request.params = this.parent_params;
      request.next = this.parent_next;
      if (!error && request.method === 'OPTIONS' && allowed.size &&
        !response.headersSent) {
        const body = [...allowed].join(',');
        response.set('Allow', body);
        response.send(body);
        return;
      }
      this.out(error);
    }

    /* Put back the part of the URL that a router within this one does not
     * see. */
    restore() {
      const { request } = this;
      if (this.slash_added)
        request.url = request.url.slice(1);
      if (this.removed) {
        request.baseUrl = this.parent_url;
        request.url = this.removed + request.url;
      }
      this.slash_added = false;
      this.removed = '';
    }

    go_on(signal) {
      this.restore();
      let error = signal === 'route' ? undefined : signal;
      if (error === 'router') {
        later(() => this.end());
        return;
      }
      if (this.place >= this.router.stack.length) {
        later(() => this.end(error));
        return;
      }
      if (++this.depth > depth_max) {
        this.depth = 0;
        later(this.next, signal);
        return;
      }
      const path = path_of(this.request.url);
      for (const layer of this.rest()) {
        try {
          const found = layer.match(path);
          if (found && this.is_for(layer, error)) {
            this.enter(layer, found, error, path);
            return;
          }
        } catch (fault) {
          error ||= fault;
        }
      }
      this.end(error);
    }

    *rest() {
      while (this.place < this.router.stack.length)
        yield this.router.stack[this.place++];
    }

    is_for({ route }, error) {
      if (!route)
        return true;
      if (error)
        return false;
      const { method } = this.request;
      if (route.takes(method))
        return true;
      if (method === 'OPTIONS')
        for (const name of route.names())
          this.allowed.add(name);
      return false;
    }

    enter(layer, found, error, path) {
      const { request, response } = this;
      request.params = found.params;
      if (this.router.options.mergeParams)
        request.params = merge_params(found.params, this.parent_params);
      this.look_at_params(layer, 0, (fault) => {
        if (fault)
          this.next(error || fault);
        else if (layer.route)
          layer.route.dispatch(request, response, this.next);
        else
          this.descend(layer, found.path, error, path);
        this.depth = 0;
      });
    }

    /* A handler of use() sees the URL after the path of that use(). */
    descend({ handler }, matched, error, path) {
      const { request } = this;
      if (matched) {
        const after = path[matched.length];
        if (!path.startsWith(matched) ||
          (after && after !== '/' && after !== '.')) {
          this.next(error);
          return;
        }
        this.removed = matched;
        request.url = request.url.slice(matched.length);
        if (request.url[0] !== '/') {
          request.url = '/' + request.url;
          this.slash_added = true;
        }
        request.baseUrl = this.parent_url + matched.replace(/\/$/, '');
      }
      invoke(handler, error, request, this.response, this.next);
    }

    /* Call the functions of param() in order, each once for a value. */
    look_at_params(layer, index, done) {
      const { request } = this;
      const name = layer.names[index];
      if (name === undefined) {
        done();
        return;
      }
      const go_on = (error) => error ? done(error)
        : this.look_at_params(layer, index + 1, done);
      const value = request.params[name];
      const functions = this.router.param_functions.get(name);
      if (value === undefined || !functions) {
        go_on();
        return;
      }
      const before = this.called.get(name);
      if (before && (before.match === value ||
        (before.error && before.error !== 'route'))) {
        set(request.params, name, before.value);
        go_on(before.error);
        return;
      }
      const called = { match: value, value, error: null };
      this.called.set(name, called);
      this.call_params(functions, 0, name, called, go_on);
    }

    call_params(functions, index, name, called, done) {
      const { request, response } = this;
      const next = (error) => {
        if (index)
          called.value = request.params[name];
        if (error || index === functions.length) {
          called.error = error;
          done(error);
          return;
        }
        const own = functions[index++];
        try {
          const result = own(request, response, next, called.match, name);
          if (typeof result?.then === 'function')
            result.then(undefined, next);
        } catch (fault) {
          next(fault);
        }
      };
      next();
    }
  }

  /* The parent's parameters and the own ones. The own numbered ones follow the
   * parent's numbers. */
  function merge_params(own, parent) {
    if (!parent || typeof parent !== 'object')
      return own;
    const count = (object) => {
      let number = 0;
      while (Object.hasOwn(object, number))
        number++;
      return number;
    };
    const merged = {};
    for (const [name, value] of Object.entries(parent))
      set(merged, name, value);
    const own_count = count(own);
    const shift = Object.hasOwn(own, 0) ? count(parent) : 0;
    for (const [name, value] of Object.entries(own))
      set(merged, shift && Number(name) < own_count
        ? String(Number(name) + shift) : name, value);
    return merged;
  }

  const router_methods = {
    add_layer(path, handler, route) {
      const options = { end: Boolean(route),
        strict: Boolean(route && this.options.strict),
        sensitive: Boolean(this.options.caseSensitive) };
      this.stack.push({ match: matcher(path, options), handler, route,
        names: names_of(path, options) });
    },
    handle(request, response, out) {
      new Journey(this, request, response, out).begin();
    },
    route(path) {
      const route = new Route(path);
      this.add_layer(path, null, route);
      return route;
    },
    use(first, ...rest) {
      const has_path = typeof [first].flat(Infinity)[0] !== 'function';
      const handlers = flatten(has_path ? rest : [first, ...rest],
        'Router.use()');
      for (const handler of handlers)
        this.add_layer(has_path ? first : '/', handler, null);
      return this;
    },
    all(path, ...handlers) {
      this.add_route(null, path, handlers);
      return this;
    },
    /* The handlers are checked before the path is added, because otherwise
     * half a route would stay. */
    add_route(method, path, handlers) {
      const flat = flatten(handlers, `Router.${method ?? 'all'}()`);
      this.route(path).add(method, flat);
    },
    param(name, own) {
      if (typeof own !== 'function')
        throw new Error(`invalid param() call for ${String(name)}, got ` +
          String(own));
      const key = String(name).replace(/^:/, '');
      const list = this.param_functions.get(key) ?? [];
      list.push(own);
      this.param_functions.set(key, list);
      return this;
    },
  };
  for (const method of methods)
    router_methods[method] = function (path, ...handlers) {
      this.add_route(method, path, handlers);
      return this;
    };
  Object.setPrototypeOf(router_methods, Function.prototype);

  /* options: caseSensitive, mergeParams, strict. */
  function Router(options = {}) {
    const router = (request, response, next) =>
      router.handle(request, response, next);
    Object.setPrototypeOf(router, router_methods);
    router.stack = [];
    router.options = options;
    router.param_functions = new Map();
    return router;
  }

  return { Router, Route, methods, flatten };
})
