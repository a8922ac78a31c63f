// The CID of a round, from task() to submission(). Runtime memory is gone after
// a crash of the node, so the task's folder holds it too: a node that comes
// back within the submission window still submits.

import { namespaceWrapper } from "@_koii/task-manager/namespace-wrapper";

const ROUNDS_KEPT = 8;

const fileOf = (round) => `round-${round}.cid`;

export async function remember(round, cid) {
  await namespaceWrapper.storeSet(`cid-${round}`, cid);
  await namespaceWrapper.fs("writeFile", fileOf(round), cid);
  try {
    await namespaceWrapper.fs("unlink", fileOf(round - ROUNDS_KEPT));
    await namespaceWrapper.storeRemove(`cid-${round - ROUNDS_KEPT}`);
  } catch {
    // That round had none.
  }
}

export async function recall(round) {
  const cid = await namespaceWrapper.storeGet(`cid-${round}`);
  if (cid) return cid;
  try {
    return await namespaceWrapper.fs("readFile", fileOf(round), "utf8");
  } catch {
    return undefined;
  }
}
