/* A task of the first generation: the old wrapper's calls, which name the
 * voter, an HTTP server of its own, and a loop over the node's messages. */
const wrapper = new NamespaceWrapper({ voter_in_votes: true, sample: 0 });

const proof_of = (round) => `proof ${round} ${process.env.KEYWORD ?? ''}`;

async function execute(round) {
  const made = proof_of(round);
  await wrapper.storeSet(`value ${round}`, made);
  await wrapper.fs('writeFile', `work-${round}.txt`, made);
}

async function submit(round) {
  const value = await wrapper.storeGet(`value ${round}`);
  const kept = await wrapper.fs('readFile', `work-${round}.txt`, 'utf8');
  if (!value || value !== kept) {
    console.log(`nothing for ${round}: ${value} ${JSON.stringify(kept)}`);
    return;
  }
  console.log(`submitted ${round}`, JSON.stringify(
    await generic('checkSubmissionAndUpdateRound', value, round) ?? null));
}

const validate = async (value, round) => value === proof_of(round);

async function make_list(round) {
  const state = await generic('getTaskState', { is_submission_required: true });
  const keys = Object.keys(state.submissions[round] ?? {});
  const share = Math.floor(state.bounty_amount_per_round / keys.length);
  return Object.fromEntries(keys.map((key) => [key, share]));
}

async function validate_list(account, round) {
  const text = await generic('getDistributionList', account, round);
  const fetched = JSON.parse(text);
  const own = await make_list(round);
  return Object.keys(own).length === Object.keys(fetched).length &&
    Object.keys(own).every((key) => own[key] === fetched[key]);
}

process.on('message', (message) => {
  const { functionCall, roundNumber, isPreviousRoundFailed } = message;
  console.log('message', JSON.stringify(message));
  const handlers = {
    submitPayload: () => submit(roundNumber),
    auditPayload: () => wrapper.validateAndVoteOnNodes(validate, roundNumber),
    executeTask: () => execute(roundNumber),
    generateAndSubmitDistributionList: () =>
      wrapper.selectAndGenerateDistributionList(make_list, roundNumber,
        isPreviousRoundFailed),
    distributionListAudit: () =>
      wrapper.validateAndVoteOnDistributionList(validate_list, roundNumber,
        isPreviousRoundFailed),
  };
  handlers[functionCall]?.().catch((error) =>
    console.error(`${functionCall}: error`, error));
});

serve({
  'GET /taskState': (request, response) => generic('getTaskState', {})
    .then((taskState) => response.end(JSON.stringify({ taskState }))),
  'GET /': (request, response) =>
    response.end(JSON.stringify({ status: 200, message: 'Running' })),
  'POST /echo': (request, response, body) => {
    response.setHeader('X-Method', request.method);
    response.setHeader('X-Url', request.url);
    response.setHeader('Content-Type', 'application/octet-stream');
    response.end(body);
  },
  /* Answers that begin before the body has ended. */
  'EARLY POST /unread': (request, response) => response.end('taken'),
  'EARLY POST /pipe': (request, response) => request.pipe(response),
  'EARLY POST /open': (request, response) => {
    globalThis.open = response;
    request.resume();
    response.write('first');
  },
  /* Events for as long as somebody listens. */
  'GET /events': (request, response) => {
    response.setHeader('Content-Type', 'text/event-stream');
    response.write('data: 0\n\n');
    globalThis.listeners = (globalThis.listeners ?? new Set()).add(response);
    response.on('close', () => globalThis.listeners.delete(response));
  },
  /* As much as the client takes, and how much that was. */
  'GET /much': async (request, response) => {
    const piece = Buffer.alloc(1 << 16, 'much');
    response.setHeader('Content-Length', 96 << 20);
    for (globalThis.written = 0; globalThis.written < 96 << 20;
      globalThis.written += piece.length)
      if (!response.write(piece))
        await new Promise((resolve) => response.once('drain', resolve));
    response.end();
  },
  /* What a test wants to know of the inside. */
  'POST /call': async (request, response, body) => {
    response.setHeader('Content-Type', 'application/json');
    response.end(JSON.stringify(
      await generic(...JSON.parse(body)) ?? null));
  },
  'POST /eval': async (request, response, body) => {
    try {
      response.end(JSON.stringify(await eval(String(body))) ?? 'undefined');
    } catch (error) {
      response.statusCode = 500;
      response.end(String(error?.stack));
    }
  },
});

generic('defaultTaskSetup').then((answer) => console.log('set up',
  JSON.stringify(answer ?? null)));
