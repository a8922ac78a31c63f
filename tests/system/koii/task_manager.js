/* As Koii's task manager, which a bundle for Node carries: the functions of a
 * task, called by the node's messages. Stands behind wrapper.js. */
const namespaceWrapper = new NamespaceWrapper({ voter_in_votes: false,
  sample: 5 });

function initializeTaskManager(functions) {
  async function make(round) {
    const state = await generic('getTaskState', { is_submission_required: true,
      is_stake_list_required: true });
    const submitters = Object.keys(state.submissions[round] ?? {}).map((key) =>
      ({ publicKey: key, votes: 1, stake: state.stake_list[key] ?? 0 }));
    return functions.distribution(submitters, state.bounty_amount_per_round,
      round);
  }
  const handlers = {
    executeTask: (round) => functions.task(round),
    async submitPayload(round) {
      const value = await functions.submission(round);
      if (typeof value === 'string')
        await generic('checkSubmissionAndUpdateRound', value, round);
    },
    auditPayload: (round) => namespaceWrapper.validateAndVoteOnNodes(
      async (...all) => await functions.audit(...all) ?? true, round),
    generateAndSubmitDistributionList: (round, failed) =>
      namespaceWrapper.selectAndGenerateDistributionList(make, round, failed),
    distributionListAudit: () => {},
  };
  process.on('message', ({ functionCall, roundNumber,
    isPreviousRoundFailed }) =>
    Promise.resolve(handlers[functionCall](roundNumber, isPreviousRoundFailed))
      .catch((error) => console.error(functionCall, 'error', error)));
  serve({ 'GET /': (request, response) => response.end('Hello World!') });
  functions.setup?.();
}

module.exports = { initializeTaskManager, namespaceWrapper };
