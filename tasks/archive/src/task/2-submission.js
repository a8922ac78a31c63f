import { recall } from "../memory.js";

/** The proof of a round: the CID of its evidence; nothing if there is none. */
export async function submission(round) {
  return recall(round);
}
