// Is what another node submitted for that round true? Whoever says so of a
// false proof, or denies a true one, loses when the others vote.
export async function audit(submission, roundNumber, submitterKey) {
  return submission === `hello, round ${roundNumber}`;
}
