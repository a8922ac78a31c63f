/* A task of the third generation, whose manager is in the bundle because it
 * uses what only Node has: the six functions, called by the node's messages. */
const wrapper = new NamespaceWrapper({ voter_in_votes: false, sample: 5 });
const { execFileSync } = require('child_process');

const functions = {
  async setup() {
    console.log('setup');
  },
  async task(round) {
    const value = String(execFileSync('echo', ['-n', `round ${round}`]));
    await wrapper.storeSet('value', value);
    await wrapper.storeSet(`value ${round}`, value);
  },
  submission: (round) => wrapper.storeGet(`value ${round}`),
  audit: async (value, round) => value === `round ${round}` ? undefined : false,
  distribution: (submitters, bounty) => Object.fromEntries(submitters.map(
    ({ publicKey }) => [publicKey, Math.floor(bounty / submitters.length)])),
};

async function make(round) {
  const state = await generic('getTaskState', { is_submission_required: true,
    is_stake_list_required: true });
  const submitters = Object.keys(state.submissions[round] ?? {}).map((key) =>
    ({ publicKey: key, votes: 1, stake: state.stake_list[key] ?? 0 }));
  return functions.distribution(submitters, state.bounty_amount_per_round,
    round);
}

const handlers = {
  executeTask: functions.task,
  async submitPayload(round) {
    const value = await functions.submission(round);
    if (typeof value === 'string')
      await generic('checkSubmissionAndUpdateRound', value, round);
  },
  auditPayload: (round) => wrapper.validateAndVoteOnNodes(
    async (...all) => await functions.audit(...all) ?? true, round),
  generateAndSubmitDistributionList: (round, failed) =>
    wrapper.selectAndGenerateDistributionList(make, round, failed),
  distributionListAudit: (round, failed) =>
    wrapper.validateAndVoteOnDistributionList(async (account) => {
      const fetched = JSON.parse(
        await generic('getDistributionList', account, round));
      const own = await make(round);
      return Object.keys(own).length === Object.keys(fetched).length &&
        Object.keys(own).every((key) => own[key] === fetched[key]);
    }, round, failed),
};

process.on('message', ({ functionCall, roundNumber, isPreviousRoundFailed }) =>
  handlers[functionCall](roundNumber, isPreviousRoundFailed)
    .catch((error) => console.error(functionCall, 'error', error)));

serve({
  'GET /': (request, response) => response.end('Hello World!'),
  'POST /end': (request, response, body) => {
    response.end('ending');
    setTimeout(() => process.exit(Number(body)), 50);
  },
});
functions.setup();
