/*
 * express: the part of Express 4 that works in a task. The node serves one
 * application. Others are served if the task puts them into that one with
 * app.use(), or calls their listen(), which does the same.
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
