import { urlsOf } from "../share.js";

/** Runs once, before the first round. */
export async function setup() {
  console.log(`archiving ${urlsOf(0).length} pages`);
}
