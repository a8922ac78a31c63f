import { initializeTaskManager } from "@_koii/task-manager";
import { namespaceWrapper } from "@_koii/task-manager/namespace-wrapper";
import { answer, load } from "./primes.js";

// Of the stake of a node that was voted down, as in Koii's template.
const SLASHED = 0.7;

async function task(round) {
  const began = performance.now();
  const text = answer(round);
  const ms = (performance.now() - began).toFixed(1);
  console.log(`round ${round}: ${text} in ${ms} ms`);
  await namespaceWrapper.storeSet(`answer ${round}`, text);
}

/** The work is cheap to repeat, so the answer itself is the proof. */
async function submission(round) {
  return namespaceWrapper.storeGet(`answer ${round}`);
}

async function audit(submitted, round) {
  return submitted === answer(round);
}

async function distribution(submitters, bounty) {
  const list = {};
  const approved = submitters.filter(({ votes }) => votes > 0);
  const share = approved.length ? Math.floor(bounty / approved.length) : 0;
  for (const { publicKey, votes, stake } of submitters)
    list[publicKey] =
      votes > 0 ? share : votes < 0 ? -Math.floor(stake * SLASHED) : 0;
  return list;
}

async function routes() {}

initializeTaskManager({ setup: load, task, submission, audit, distribution,
  routes });
