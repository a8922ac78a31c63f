/*
 * Applications and requests to them. express_routes.mjs has real Express answer
 * the requests and writes express_routes.json; the tests have Pond answer them.
 */
exports.apps = {
  paths(app) {
    const params = (req, res) => res.json(req.params);
    app.get('/p/:name', params);
    app.get(['/a', '/b'], (req, res) => res.send('ab'));
    app.get(/^\/re(\d+)$/, params);
    app.get('/o/:x?', params);
    app.get('/w/*', params);
    app.get('/digits/:id(\\d+)', params);
    app.get('/f/:name.:end', params);
    app.get('/ab?cd', (req, res) => res.send('ab?cd'));
    app.all('/all', (req, res) => res.send(req.method));
    app.route('/r').get((req, res) => res.send('g'))
      .post((req, res) => res.send('p'));
    app.get('/q', (req, res) => res.json({ query: req.query, path: req.path,
      url: req.url, original: req.originalUrl }));
    app.post('/post', (req, res) => res.json(req.body));
    app.put('/put', (req, res) => res.sendStatus(204));
    app.get('/dir/', (req, res) => res.send('d'));
    app.delete('/d', (req, res) => res.status(201).end());
  },

  answers(app) {
    const send = (path, ...values) =>
      app.get(path, (req, res) => res.send(...values));
    send('/bytes', Buffer.from([0x89, 0x50, 0xff]));
    send('/text', 'h\u20ac');
    send('/null', null);
    send('/nothing');
    send('/number', 404);
    send('/both', 201, 'x');
    send('/turned', 'x', 202);
    send('/true', true);
    send('/object', { a: 1 });
    send('/list', [1]);
    app.get('/json/null', (req, res) => res.json(null));
    app.get('/json/nothing', (req, res) => res.json(undefined));
    app.get('/json/text', (req, res) => res.json('x<y'));
    app.get('/type/:type', (req, res) =>
      res.type(req.params.type).send('x'));
    app.get('/type', (req, res) =>
      res.set('Content-Type', 'text/css').end('x'));
    app.get('/charset', (req, res) =>
      res.set('content-type', 'application/x; charset=latin1').send('x'));
    app.get('/status/:code', (req, res) => res.sendStatus(+req.params.code));
    app.get('/write', (req, res) => {
      res.write('a');
      res.write(Buffer.from([0xff]));
      res.end('c');
    });
    app.get('/end', (req, res) => res.end('x'));
    app.get('/end/bytes', (req, res) => res.end(Buffer.from([255])));
    app.get('/end/array', (req, res) => res.end(new Uint8Array([1, 200])));
    app.get('/end/hex', (req, res) => res.end('ff', 'hex'));
    app.get('/cookie', (req, res) => {
      res.cookie('a', 'b c');
      res.cookie('o', { x: 1 }, { httpOnly: true, secure: true,
        sameSite: 'lax', path: '/p', domain: 'ex.am' });
      res.clearCookie('z');
      res.cookie('e', '1', { expires: new Date(1e12) });
      res.end();
    });
    app.get('/cookie/bad', (req, res) => res.cookie('a b', 'x').end());
    app.get('/append', (req, res) => {
      res.append('Link', '<a>');
      res.append('Link', '<b>');
      res.append('X', ['1', '2']);
      res.append('x', '3');
      res.end();
    });
    app.get('/set', (req, res) => {
      res.set({ A: '1', 'B-C': 2 });
      res.set('L', ['x', 'y']);
      res.end(String(res.get('a')));
    });
    const header = (path, ...pair) =>
      app.get(path, (req, res) => res.set(...pair).end(Buffer.from('x')));
    header('/header/e9', 'X', '\xe9');
    header('/header/snowman', 'X', '\u2603');
    header('/header/empty', 'X', '');
    header('/header/lines', 'X', 'a\r\nb: c');
    header('/header/name', 'a b', 'x');
    header('/header/undefined', 'X', undefined);
    app.get('/header/unset', (req, res) => res.setHeader('X', undefined));
    app.get('/headers', (req, res) => {
      res.set('A', '1');
      res.removeHeader('a');
      res.end(JSON.stringify([res.hasHeader('a'), res.getHeaderNames(),
        res.headersSent]));
    });
    app.get('/echo', (req, res) => res.json([req.headers, req.get('x-a'),
      req.get('Referrer'), req.header('host')]));
    app.get('/redirect', (req, res) => res.redirect('/x y?\xe9'));
    app.get('/redirect/301', (req, res) =>
      res.redirect(301, 'http://a/<b>'));
    app.get('/back', (req, res) => res.redirect('back'));
    app.get('/location', (req, res) => res.location('/a b').end());
    app.get('/request', (req, res) => res.json({ hostname: req.hostname,
      protocol: req.protocol, secure: req.secure, xhr: req.xhr, ips: req.ips,
      subdomains: req.subdomains, baseUrl: req.baseUrl,
      originalUrl: req.originalUrl, fresh: req.fresh, stale: req.stale,
      method: req.method }));
    app.post('/is', (req, res) => res.json([req.is('json'), req.is('html'),
      req.is('application/*'), req.is('*/*'), req.is(['text', 'json']),
      req.is()]));
    app.get('/accepts', (req, res) => res.json([req.accepts('html'),
      req.accepts(['json', 'text']), req.accepts('png'), req.accepts(),
      req.acceptsLanguages('en', 'de'), req.acceptsEncodings('gzip'),
      req.acceptsCharsets('utf-8')]));
    app.get('/format', (req, res) => res.format({
      text: () => res.send('t'), html: () => res.send('<p>'),
      json: () => res.json(1) }));
    app.get('/vary', (req, res) => {
      res.vary('A');
      res.vary(['b', 'a']);
      res.end();
    });
    app.get('/links', (req, res) =>
      res.links({ next: 'u', last: 'v' }).end());
    app.get('/attachment', (req, res) => res.attachment('a b.png').end());
    app.get('/attachment/euro', (req, res) =>
      res.attachment('\u20ac.txt').end());
    app.get('/attachment/none', (req, res) => res.attachment().end());
    send('/tagged', 'x');
    app.get('/jsonp', (req, res) => res.jsonp({ a: 1 }));
    app.get('/head', (req, res) => {
      res.writeHead(418, { 'X-A': '1' });
      res.end('tea');
    });
    app.get('/head/list', (req, res) => {
      res.writeHead(200, ['A', '1', 'B', '2']);
      res.end();
    });
    app.get('/empty/:code', (req, res) =>
      res.status(+req.params.code).send('x'));
    app.head('/own', (req, res) => res.set('X', 'h').end());
    app.get('/own', (req, res) => res.set('X', 'g').send('y'));
  },

  flow(app, express) {
    app.use((req, res, next) => {
      req.way = ['use'];
      next();
      req.way.push('after');
    });
    app.use('/pre', (req, res, next) => {
      req.way.push(req.url, req.baseUrl, req.path, req.originalUrl);
      next();
    });
    app.get('/pre/x', (req, res) => res.json(req.way));
    app.get('/next', (req, res, next) => next('route'),
      (req, res) => res.send('no'));
    app.get('/next', (req, res) => res.send('second'));
    app.get('/many', (req, res, next) => {
      req.a = 1;
      next();
    }, [(req, res, next) => {
      req.b = 2;
      next();
    }, [(req, res) => res.json([req.a, req.b])]]);
    app.get('/throw', () => {
      throw new Error('boom');
    });
    app.get('/next/error', (req, res, next) => next(new Error('x')));
    app.get('/next/text', (req, res, next) => next('text error'));
    app.get('/gone', (req, res, next) =>
      next(Object.assign(new Error('gone'), { status: 410 })));
    app.get('/circle', (req, res) => {
      const circle = {};
      circle.circle = circle;
      try {
        res.json(circle);
      } catch (error) {
        res.end(String(res.get('Content-Type')));
      }
    });
    app.get('/handled', () => {
      throw Object.assign(new Error('h'), { code: 'HANDLED' });
    });
    const router = express.Router({ mergeParams: true });
    router.use((req, res, next) => {
      req.way.push('router');
      next();
    });
    router.get('/', (req, res) => res.json({ params: req.params,
      base: req.baseUrl, url: req.url, way: req.way }));
    router.get('/i/:k', (req, res) => res.json({ params: req.params,
      base: req.baseUrl, url: req.url }));
    router.get('/skip', (req, res, next) => next('router'));
    router.param('k', (req, res, next, value, name) => {
      req.params.k = `${value}!${name}`;
      next();
    });
    app.use('/rt/:id', router);
    app.use('/rt/:id', (req, res) => res.send('fell ' + req.params.id));
    const other = express.Router();
    other.get('/i/:k', (req, res) => res.json(req.params));
    other.post('/p', (req, res) => res.send('p'));
    app.use(['/x1', '/x2'], other);
    const within = express();
    within.get('/s', (req, res) =>
      res.json([req.baseUrl, req.app === within]));
    app.use('/within', within);
    app.param('uid', (req, res, next, value) => {
      req.uid = (req.uid || 0) + 1;
      next(value === 'bad' ? new Error('p') : undefined);
    });
    app.get('/u/:uid', (req, res, next) => next());
    app.get('/u/:uid', (req, res) => res.json(req.uid));
    app.get('/late', (req, res) => setTimeout(() => res.send('late'), 5));
    app.get('/twice', (req, res) => {
      res.send('1');
      try {
        res.send('2');
      } catch {
        /* It says that the head was sent. */
      }
    });
    app.use('/con.structor', (req, res) => res.send('dot'));
    app.get('/deep', ...Array(300).fill((req, res, next) => next()),
      (req, res) => res.send('deep'));
    app.post('/raw', express.raw({ type: '*/*' }), (req, res) =>
      res.send(Buffer.concat([Buffer.from([1]), req.body])));
    app.post('/text', express.text(), (req, res) => res.json(req.body));
    app.use((error, req, res, next) => {
      if (error.code === 'HANDLED')
        res.status(400).json({ error: error.message });
      else
        next(error);
    });
  },

  files(app, express, folder) {
    const fs = require('fs');
    fs.mkdirSync(`${folder}/web/sub`, { recursive: true });
    fs.writeFileSync(`${folder}/web/a.txt`, 'hello file');
    fs.writeFileSync(`${folder}/web/b.bin`, Buffer.from([0x89, 0x50, 0xff]));
    fs.writeFileSync(`${folder}/web/sub/index.html`, '<b>i</b>');
    fs.writeFileSync(`${folder}/web/.hidden`, 'x');
    const root = `${folder}/web`;
    const file = (path, ...values) =>
      app.get(path, (req, res) => res.sendFile(...values));
    file('/a', `${root}/a.txt`);
    file('/b', 'b.bin', { root });
    file('/none', `${root}/none`);
    file('/relative', 'a.txt');
    file('/up', '../etc/passwd', { root });
    file('/folder', root);
    file('/hidden', '.hidden', { root });
    file('/options', 'a.txt', { root, maxAge: 60000,
      headers: { 'X-A': '1' } });
    app.get('/done', (req, res) => res.sendFile(`${root}/none`,
      (error) => res.status(error.status).send('done')));
    app.get('/download', (req, res) =>
      res.download(`${root}/a.txt`, 'n.txt'));
    app.use('/static', express.static(root));
  },
};

const zlib = require('zlib');

const json = ['Content-Type', 'application/json'];
const form = ['Content-Type', 'application/x-www-form-urlencoded'];
const plain = ['Content-Type', 'text/plain'];
const packed = (how) => ['Content-Encoding', how];
const gzip = (text) => zlib.gzipSync(text).toString('latin1');
const deflate = (text) => zlib.deflateSync(text).toString('latin1');
const accept = (value) => [['Accept', value]];
const range = (value) => [['Range', value]];

/* "METHOD target", or [that, headers, body]. */
exports.requests = {
  paths: ['GET /p/100%25', 'GET /p/%2541', 'GET /p/a%2Fb', 'GET /p/%',
    'GET /p/%FF', 'GET /p/%00', 'GET /p/a+b', 'GET /p/%E2%82%AC',
    'GET /p/a/b', 'GET /p/x%0d%0ay', 'GET /a', 'GET /b', 'GET /c', 'HEAD /a',
    'HEAD /p/x', 'POST /a', 'GET /re12', 'GET /rex', 'GET /o', 'GET /o/',
    'GET /o/1', 'GET /o/1/2', 'GET /w/', 'GET /w/a/b%2Fc', 'GET /w',
    'GET /digits/12', 'GET /digits/x', 'GET /f/a.b', 'GET /acd', 'GET /abcd',
    'DELETE /all', 'PATCH /all', 'HEAD /all', 'OPTIONS /all', 'GET /r',
    'POST /r', 'PUT /r', 'OPTIONS /r', 'OPTIONS /p/x', 'GET /A', 'GET /dir',
    'GET /dir/', 'GET //a', 'DELETE /d', 'PUT /put', 'GET /no?x=<b>',
    'GET /n<o>/%3Cb%3E', 'GET /q?', 'GET /q?x=1&x=2', 'GET /q?a[]=1',
    'GET /q?a[b]=1&c=%zz', 'GET /q?__proto__=1&constructor=2',
    'GET /q?a[__proto__][x]=1', 'GET /q?a=1?b=2', 'GET /q?a[1]=x&a[0]=y',
    'GET /q?a%5Bb%5D%5Bc%5D=1+2', 'GET /q?a[b]=1&a=2', 'GET /q?a[20]=1',
    'GET /q?a&b=&=c', 'GET /q?a[b][c][d][e][f][g]=1',
    ['POST /post', [form], 'a=1&a=2'],
    ['POST /post', [form], 'a[]=1&b[c]=2&d=%FF&e=\xc3\xa9'],
    ['POST /post', [form], '__proto__[x]=1&toString=2'],
    ['POST /post', [form], 'a' + '[b]'.repeat(40) + '=1'],
    ['POST /post', [form], Array(1100).fill('a=1').join('&')],
    ['POST /post', [form], Array(60).fill('a=1').join('&')],
    ['POST /post', [json], '{"a":1}'], ['POST /post', [json], '{bad'],
    ['POST /post', [json], '5'], ['POST /post', [json], ''],
    ['POST /post', [json], '{"__proto__":{"x":1},"a":[1]}'],
    ['POST /post', [['Content-Type', 'application/json; charset=utf-8']],
      '{"a":"\xc3\xa9"}'],
    ['POST /post', [['Content-Type', 'application/json; charset=latin1']],
      '{}'],
    ['POST /post', [json, packed('gzip')], gzip('{"a":[1]}')],
    ['POST /post', [form, packed('GZIP')], gzip('a=1&a=2')],
    ['POST /post', [json, packed('deflate')], deflate('{"a":"\u20ac"}')],
    ['POST /post', [json, packed('identity')], '{"a":1}'],
    ['POST /post', [json, packed('gzip')], '{"a":1}'],
    ['POST /post', [json, packed('gzip')], gzip('{"a":1}').slice(0, -9)],
    ['POST /post', [json, packed('deflate')], gzip('{}')],
    ['POST /post', [json, packed('odd')], '{}'],
    ['POST /post', [json, packed('constructor')], '{}']],
  answers: ['GET /bytes', 'GET /text', 'GET /null', 'GET /nothing',
    'GET /number', 'GET /both', 'GET /turned', 'GET /true', 'GET /object',
    'GET /list', 'GET /json/null', 'GET /json/nothing', 'GET /json/text',
    'GET /type/png', 'GET /type/txt', 'GET /type/.json',
    'GET /type/constructor', 'GET /type', 'GET /charset', 'GET /status/204',
    'GET /status/404', 'GET /status/599', 'GET /status/418', 'GET /write',
    'HEAD /write', 'GET /end', 'GET /end/bytes', 'GET /end/array',
    'GET /end/hex', 'GET /cookie', 'HEAD /cookie', 'GET /cookie/bad',
    'GET /append', 'GET /set', 'GET /header/e9', 'GET /header/snowman',
    'GET /header/empty', 'GET /header/lines', 'GET /header/name',
    'GET /header/undefined', 'GET /header/unset', 'GET /headers',
    ['GET /echo', [['X-A', '\xe9'], ['Referer', 'r']]],
    ['GET /echo', [['X-A', '1'], ['x-a', '2'], ['Cookie', 'a=1'],
      ['Cookie', 'b=2'], ['User-Agent', 'u'], ['User-Agent', 'v'],
      ['constructor', 'c'], ['X-Empty', '']]],
    ['GET /redirect', accept('text/html')],
    ['GET /redirect', accept('text/plain')],
    ['GET /redirect', accept('image/png')], 'GET /redirect/301',
    'HEAD /redirect', ['GET /back', [['Referer', '/q']]], 'GET /back',
    'GET /location', 'GET /request?x',
    ['GET /request', [['X-Requested-With', 'XMLHttpRequest'],
      ['X-Forwarded-For', '9.9.9.9']]],
    ['POST /is', [json], '{}'], 'POST /is',
    ['POST /is', [['Content-Type', 'text/html; charset=x']], 'a'],
    ['GET /accepts', [['Accept', 'text/html, application/json;q=0.5, ' +
      '*/*;q=0.1'], ['Accept-Language', 'de, en;q=0.5'],
    ['Accept-Encoding', 'gzip'], ['Accept-Charset', 'utf-8']]],
    'GET /accepts', ['GET /accepts', accept('image/*')],
    ['GET /format', accept('application/json')],
    ['GET /format', accept('text/html;q=0.9, text/plain')],
    ['GET /format', accept('image/png')], 'GET /format', 'GET /vary',
    'GET /links', 'GET /attachment', 'GET /attachment/euro',
    'GET /attachment/none', ['GET /tagged', [['If-None-Match', '*']]],
    ['GET /tagged', [['If-None-Match', '"no"']]], 'HEAD /tagged',
    'GET /jsonp?callback=a.b', 'GET /jsonp', 'GET /head', 'GET /head/list',
    'GET /empty/204', 'GET /empty/205', 'GET /empty/304', 'HEAD /own',
    'GET /own'],
  flow: ['GET /pre/x', 'GET /next', 'GET /many', 'GET /throw',
    'GET /next/error', 'GET /next/text', 'GET /gone', 'GET /handled',
    'GET /circle', 'GET /rt/5', 'GET /rt/5/', 'GET /rt/5/i/7', 'GET /rt/5/skip',
    'GET /rt/%25/i/%41?q=1', 'GET /rt/5/none', 'GET /x1/i/3', 'GET /x2/i/3',
    'GET /x3/i/3', 'OPTIONS /x1/p', 'GET /within/s', 'GET /u/1',
    'GET /u/bad', 'GET /late', 'GET /twice', 'GET /con.structor/a',
    'GET /con.structorx', 'GET /deep', 'GET /none',
    ['POST /raw', [['Content-Type', 'a/b']], '\xff\x00\x80'],
    ['POST /text', [plain], 'h\xc3\xa9'],
    ['POST /text', [['Content-Type', 'text/plain; charset=latin1']], 'h\xe9'],
    ['POST /throw', [json], '{']],
  files: ['GET /a', 'HEAD /a', ['GET /a', range('bytes=0-3')],
    ['GET /a', range('bytes=-2')], ['GET /a', range('bytes=99-')],
    ['GET /a', range('bytes=4-')], 'GET /b', 'GET /none', 'GET /relative',
    'GET /up', 'GET /folder', 'GET /hidden', 'GET /options', 'GET /done',
    'GET /download', 'GET /static/a.txt', 'GET /static/sub/',
    'GET /static/none', 'GET /static/.hidden', 'GET /static/%',
    'GET /static/..%2f..%2fetc/passwd', 'POST /static/a.txt'],
};
