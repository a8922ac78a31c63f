// Part of the stake that a submitter loses whose proof was voted down.
const SLASH_PERCENT = 70;

// Who gets how much of a round's bounty: equal shares for those whose proof
// stands (votes > 0), nothing where the votes are even.
export function distribution(submitters, bounty, roundNumber) {
  const list = {};
  const approved = [];
  for (const { publicKey, votes, stake } of submitters) {
    if (votes > 0) {
      approved.push(publicKey);
    } else if (votes < 0) {
      list[publicKey] = -Math.floor((stake * SLASH_PERCENT) / 100);
    } else {
      list[publicKey] = 0;
    }
  }
  for (const publicKey of approved) {
    list[publicKey] = Math.floor(bounty / approved.length);
  }
  return list;
}
