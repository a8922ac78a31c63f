// Which node fetches what. Every node can compute every other node's share, so a
// share can be audited like everything else.

import { createHash } from "crypto";
import { namespaceWrapper } from "@_koii/task-manager/namespace-wrapper";

// Nodes that fetch the same page: one that lies is contradicted by another.
const COPIES = 2;

export function sha256(data) {
  return createHash("sha256").update(data).digest("hex");
}

/** The URLs of the task variable, with the round's number put in. */
export function urlsOf(round) {
  return (process.env.ARCHIVE_URLS ?? "")
    .split(/[\s,]+/)
    .filter((url) => url)
    .map((url) => url.replaceAll("{round}", String(round)));
}

/** The keys that have a stake in the task now, in order. */
export async function stakers() {
  const state = await namespaceWrapper.getTaskState({
    is_stake_list_required: true,
  });
  return Object.keys(state?.stake_list ?? {}).sort();
}

/**
 * The URLs among `urls` that `key` is to fetch when `peers` take part: for
 * each URL the COPIES peers that come first in the order of
 * sha256(URL, peer). One that joins or leaves moves few pages. Who comes first
 * nowhere has the page for which it comes earliest: without one it would prove
 * nothing, and be paid nothing.
 */
export function shareOf(key, peers, urls) {
  const orderOf = (url) => sha256(`${url} ${key}`);
  const share = urls.filter((url) => {
    const own = orderOf(url);
    const before = peers.filter(
      (peer) => peer !== key && sha256(`${url} ${peer}`) < own,
    );
    return before.length < COPIES;
  });
  if (share.length || !urls.length) return share;
  return [urls.reduce((a, b) => (orderOf(a) <= orderOf(b) ? a : b))];
}
