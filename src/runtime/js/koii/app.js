/*
 * The task's application, which the node's HTTP interface serves below
 * /task/ID. The node makes a call for each request. Bodies of requests and
 * answers are bytes.
 *
 * In Koii every task answers "/" and "/taskState". This file answers them if
 * the task has no such routes.
 */
'use strict';

(function (library) {
  const { load, report } = library;
  const { make_application } = load('koii/http_application');
  const { Request } = load('koii/http_request');
  const { Response, reason_of, escape_html, encode_url } =
    load('koii/http_response');
  const { standard } = load('koii/http_body');

  const app = make_application();
  app.use(standard);

  /* A handler that never answers must end before the call's time limit,
   * because the node ends a worker whose call is late. */
  const answer_share = 0.8;

  /* A timer that can be stopped and begins anew: late() is called at its
   * end. */
  function watch(ms) {
    const timers = load('timers');
    let timer;
    return {
      late: null,
      stop() {
        timers.clearTimeout(timer);
      },
      start() {
        timers.clearTimeout(timer);
        timer = timers.setTimeout(() => this.late(), ms);
      },
    };
  }

  /* The answer is what the node has in memory: a stranger's request must not
   * make the node fetch all submissions from the chain. */
  async function give_state(request, response) {
    const { namespaceWrapper } = load('koii/namespace_wrapper');
    response.status(200).json({ taskState:
      await namespaceWrapper.getTaskState({
        is_available_balances_required: true, is_stake_list_required: true,
      }) });
  }

  const fallback = make_application();
  fallback.get('/', (request, response) => response.send('Hello World!'));
  fallback.get('/taskState', give_state);

  function page(message) {
    const body = escape_html(message).replace(/\n/g, '<br>')
      .replace(/ {2}/g, ' &nbsp;');
    return '<!DOCTYPE html>\n<html lang="en">\n<head>\n' +
      '<meta charset="utf-8">\n<title>Error</title>\n</head>\n<body>\n' +
      `<pre>${body}</pre>\n</body>\n</html>\n`;
  }

  function send_page(response, status, message, headers) {
    for (const name of ['Content-Encoding', 'Content-Language',
      'Content-Range', 'Content-Length'])
      response.removeHeader(name);
    for (const [name, value] of Object.entries(headers ?? {}))
      response.setHeader(name, value);
    response.statusCode = status;
    response.setHeader('Content-Security-Policy', "default-src 'none'");
    response.setHeader('X-Content-Type-Options', 'nosniff');
    response.setHeader('Content-Type', 'text/html; charset=utf-8');
    response.end(page(message));
  }

  const is_failure = (status) => Number.isInteger(status) && status >= 400 &&
    status < 600;

  /* The client learns the kind of the failure, the task's log all of it. */
  function fail(error, response) {
    const own = [error.status, error.statusCode].find(is_failure);
    const status = own ??
      (is_failure(response.statusCode) ? response.statusCode : 500);
    if (status >= 500)
      report(error);
    if (response.headersSent) {
      response.destroy();
      return;
    }
    send_page(response, status, reason_of(status),
      own && typeof error.headers === 'object' ? error.headers : undefined);
  }

  /* This runs after the last handler. */
  function conclude(error, request, response) {
    if (error)
      fail(Object(error) === error ? error : new Error(String(error)),
        response);
    else if (!response.headersSent)
      send_page(response, 404, `Cannot ${request.method} ` +
        encode_url(request.originalUrl.split('?', 1)[0]));
  }

  function run(request, response) {
    app.handle(request, response, (error) => {
      if (error || response.headersSent)
        conclude(error, request, response);
      /* A server of the task's own, if it has made one. Koii's node answers
       * /taskState whatever servers a task has. */
      else if (request.path === '/taskState' ||
        !library.peek('node/http_server')?.serve(request, response))
        fallback.handle(request, response,
          (fault) => conclude(fault, request, response));
    });
  }

  function list() {
    const routes = [];
    for (const { route } of app.router.stack)
      for (const { method } of route?.stack ?? []) {
        const text = `${(method ?? 'all').toUpperCase()} ` +
          [route.path].flat().join(', ');
        if (!routes.includes(text))
          routes.push(text);
      }
    return routes;
  }

  return {
    app,
    list,
    send_page,

    /* head is {method, target, headers: [[name, value], ...], address,
     * version, coming}. coming: the body is not in bytes, but still to come; id
     * is the call that it is read by. Resolves to {result: {status, headers},
     * payload: bytes}. */
    handle(head, bytes, limit_ms, id) {
      return new Promise((resolve) => {
        const clock = watch(limit_ms * answer_share);
        const coming = head.coming
          ? new (load('koii/http_coming').ComingBody)(id, limit_ms, clock)
          : null;
        const request = new Request(head, bytes, app, coming);
        const end = (answer) => {
          clock.stop();
          coming?.end();
          const { status, headers, body } = answer ?? { status: 502,
            headers: [], body: new Uint8Array(0) };
          resolve({ result: { status, headers }, payload: body });
        };
        let answered = null;
        const end_after_body = () => {
          if (request.readableFlowing && !request.complete &&
            !request.destroyed)
            request.once('close', () => end(answered));
          else
            end(answered);
        };
        /* The client has its answer when its body has come. A handler that
         * reads on in the turn of its answer may have the rest; nobody else
         * wants it. */
        const done = (answer) => {
          answered = answer;
          if (coming)
            load('timers').setTimeout(end_after_body, 0);
          else
            end(answer);
        };
        const response = new Response(request, done, app);
        request.res = response;
        clock.late = () => {
          if (response.writableEnded) {
            end(answered);
            return;
          }
          library.report(new Error(`${head.method} ${head.target}: the ` +
            'handler did not answer in time'));
          if (response.headersSent)
            response.destroy();
          else
            send_page(response, 504, reason_of(504));
        };
        request.once('close', () => {
          if (coming?.has_failed)
            response.destroy();
        });
        clock.start();
        try {
          run(request, response);
        } catch (error) {
          conclude(error, request, response);
        }
      });
    },
  };
})
