/* A task of the second generation: the published namespace wrapper, whose votes
 * name no voter and whose sample is random, with its own loop over messages. */
const wrapper = new NamespaceWrapper({ voter_in_votes: false, sample: 5 });

const cheats = process.env.CHEAT === 'yes';
const proof_of = (round) => sha256(`work of ${round}`);

const task = {
  async task(round) {
    await wrapper.storeSet(`value ${round}`,
      cheats ? 'nothing was done' : proof_of(round));
  },
  submission: (round) => wrapper.storeGet(`value ${round}`),
  validate: async (value, round) => value === proof_of(round),
  async list(round) {
    const state = await generic('getTaskState', {});
    const info = await generic('getTaskSubmissionInfo', round);
    const triggers = info.submissions_audit_trigger?.[round] ?? {};
    const list = {};
    const good = [];
    for (const key of Object.keys(info.submissions?.[round] ?? {})) {
      const votes = triggers[key]?.votes;
      const tally = !triggers[key] ? 1 : (votes ?? [])
        .reduce((sum, vote) => sum + (vote.is_valid ? 1 : -1), 0);
      if (tally > 0)
        good.push(key);
      list[key] = tally < 0 ? -Math.floor(state.minimum_stake_amount * 0.7) : 0;
    }
    for (const key of good)
      list[key] = Math.floor(state.bounty_amount_per_round / good.length);
    return list;
  },
  async validate_list(account, round) {
    const fetched = JSON.parse(
      await generic('getDistributionList', account, round));
    const own = await task.list(round);
    return JSON.stringify(Object.entries(own).sort()) ===
      JSON.stringify(Object.entries(fetched).sort());
  },
};

process.on('message', async (message) => {
  const { functionCall, roundNumber, isPreviousRoundFailed } = message;
  console.log('message', JSON.stringify(message));
  try {
    if (functionCall === 'executeTask')
      await task.task(roundNumber);
    if (functionCall === 'submitPayload')
      await generic('checkSubmissionAndUpdateRound',
        await task.submission(roundNumber), roundNumber);
    if (functionCall === 'auditPayload' && !cheats)
      await wrapper.validateAndVoteOnNodes(task.validate, roundNumber);
    if (functionCall === 'generateAndSubmitDistributionList' && !cheats)
      await wrapper.selectAndGenerateDistributionList(task.list, roundNumber,
        isPreviousRoundFailed);
    if (functionCall === 'distributionListAudit' && !cheats)
      await wrapper.validateAndVoteOnDistributionList(task.validate_list,
        roundNumber, isPreviousRoundFailed);
  } catch (error) {
    console.error(`${functionCall}: error`, error);
  }
});

serve({ 'GET /': (request, response) => response.end('Hello World!') });
