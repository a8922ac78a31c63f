/*
 * express: the part of Express 4 that works in a task. All applications are
 * within the one that the node serves only if the task puts them there with
 * app.use(); listen() does it for the others.
 */
'use strict';

(function ({ load }) {
  const { Router, Route } = load('koii/http_router');
  const { make_application } = load('koii/http_application');
  const { Request } = load('koii/http_request');
  const { Response } = load('koii/http_response');
  const { json, urlencoded, text, raw } = load('koii/http_body');

  function express() {
    const app = make_application();
    const { listen } = app;
    app.listen = function (...values) {
      load('koii/app').app.use(app);
      return listen.apply(app, values);
    };
    return app;
  }

  return Object.assign(express, { Router, Route, json, urlencoded, text, raw,
    static: (...values) => load('koii/http_file').serve_static(...values),
    application: Object.getPrototypeOf(make_application()),
    request: Request.prototype, response: Response.prototype,
    default: express });
})
