// A task as authors write them: it keeps a file a round as evidence, proves its
// CID, checks the files of others, and pays equal shares. CONDUCT, which the
// test puts before it, has rounds in which its node lies or denies the truth.
const { initializeTaskManager, namespaceWrapper } =
    require('@_koii/task-manager');

const { lies, denies } = CONDUCT;
const isIn = (rounds, round) => rounds.some(([every, rest]) =>
  round % every === rest);
const contents = (round) => JSON.stringify({ round, text: `work of ${round}` });

initializeTaskManager({
  setup() {
    console.log('ready to work');
  },
  async task(round) {
    console.log(`working on round ${round}`);
    const text = isIn(lies, round) ? 'I am sure it was done' : contents(round);
    const cid = await namespaceWrapper.storage.put(
      { files: { 'work.json': text } });
    await namespaceWrapper.storeSet(`cid-${round}`, cid);
    console.log(`round ${round}: ${text.length} bytes in ${cid}`);
  },
  submission: (round) => namespaceWrapper.storeGet(`cid-${round}`),
  async audit(proof, round) {
    if (isIn(denies, round))
      return false;
    const found = await namespaceWrapper.storage.getText(proof, 'work.json');
    if (found !== contents(round))
      console.warn(`round ${round}: a false proof: ${proof}`);
    return found === contents(round);
  },
  distribution(submitters, bounty) {
    const good = submitters.filter(({ votes }) => votes > 0);
    return Object.fromEntries(submitters.map(({ publicKey, votes, stake }) =>
      [publicKey, votes > 0 ? Math.floor(bounty / good.length)
        : votes < 0 ? -Math.floor(stake * 0.3) : 0]));
  },
  routes() {},
});
