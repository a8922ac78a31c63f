import { namespaceWrapper } from "@_koii/namespace-wrapper";

// The work of a round. What it finds is kept in runtime memory until the
// round after, when submission() asks for it.
export async function task(roundNumber) {
  console.log(`working on round ${roundNumber}`);
  await namespaceWrapper.storeSet(
    `result-${roundNumber}`,
    `hello, round ${roundNumber}`,
  );
}
