import { namespaceWrapper } from "@_koii/namespace-wrapper";

// The proof of a round's work, at most 512 bytes. Something larger goes into
// storage first, and its CID is the proof.
export async function submission(roundNumber) {
  return await namespaceWrapper.storeGet(`result-${roundNumber}`);
}
