// Of the stake of a node that was voted down, as in Koii's template.
const SLASHED = 0.7;

/**
 * Equal shares for those whom the votes confirmed, nothing where they were
 * even, and a negative amount, taken from the stake, for those voted down.
 */
export async function distribution(submitters, bounty, round) {
  const list = {};
  const approved = submitters.filter(({ votes }) => votes > 0);
  const share = approved.length ? Math.floor(bounty / approved.length) : 0;
  for (const { publicKey, votes, stake } of submitters) {
    if (votes > 0) list[publicKey] = share;
    else if (votes < 0) list[publicKey] = -Math.floor(stake * SLASHED);
    else list[publicKey] = 0;
  }
  return list;
}
