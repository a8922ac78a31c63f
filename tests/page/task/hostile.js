// A task whose every word would like to be more than text. HARM, which the test
// puts before it, has such words; PAGE is attack.html.
const { initializeTaskManager, namespaceWrapper } =
    require('@_koii/task-manager');
const { app } = require('@_koii/namespace-wrapper');

const page = ({ target, cookie }) => PAGE.replaceAll('{{target}}', target)
  .replaceAll('{{cookie}}', cookie);

initializeTaskManager({
  async setup() {
    for (const text of HARM)
      console.log(text);
    console.error(new Error(HARM.join(' ')));
    console.log('x'.repeat(1 << 20));
    await namespaceWrapper.logger('warn', HARM.join(' '), 'setup');
  },
  task(round) {
    console.warn(HARM[0]);
    throw new Error(HARM[0] + HARM.join(' ').repeat(1 << 14));
  },
  submission: (round) => `${HARM[round % HARM.length]} ${round}`.slice(0, 512),
  audit: () => true,
  distribution: (submitters, bounty) => Object.fromEntries(submitters.map(
    ({ publicKey }) => [publicKey, Math.floor(bounty / submitters.length)])),
  routes() {
    app.get('/page', (request, response) => {
      const { cookie } = request.query;
      response.setHeader('Set-Cookie', [`${cookie}=0; Path=/api/1; HttpOnly`,
        `${cookie}=1; Path=/api; SameSite=Strict`]);
      response.setHeader('Content-Type', 'text/html');
      response.send(page(request.query));
    });
    app.get('/evidence', async (request, response) => {
      response.send(await namespaceWrapper.storage.put(
        { files: { 'page.html': page(request.query),
          [`${HARM[1]}.txt`]: HARM.join(' ').repeat(1 << 14) } }));
    });
  },
});
