import { namespaceWrapper } from "@_koii/task-manager/namespace-wrapper";
import { sha256, shareOf, stakers, urlsOf } from "../share.js";

// Pages of a submission that are fetched again. Each auditor draws its own, so
// a made-up page is found by somebody soon.
const PAGES_CHECKED = 4;

// A submitter's node may be restarting just now.
const TRIES = 3;
const PAUSE_MS = 300;

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

async function withTries(work) {
  for (let tried = 1; ; tried++) {
    try {
      return await work();
    } catch (error) {
      if (tried === TRIES) throw error;
      await pause(PAUSE_MS);
    }
  }
}

function sample(list, count) {
  const left = [...list];
  const drawn = [];
  while (drawn.length < count && left.length)
    drawn.push(...left.splice(Math.floor(Math.random() * left.length), 1));
  return drawn;
}

/** What is wrong with a manifest on its face; nothing if it is sound. */
function faultOf(manifest, round, submitter, staked) {
  const urls = urlsOf(round);
  if (manifest?.version !== 1 || !Array.isArray(manifest.pages))
    return "it is no manifest";
  if (manifest.round !== round || manifest.submitter !== submitter)
    return "it is somebody else's, or of another round";
  if (!Array.isArray(manifest.peers) ||
      manifest.peers.some((peer) => !staked.includes(peer)))
    return "it names peers that have no stake";
  const share = shareOf(submitter, manifest.peers, urls);
  const archived = manifest.pages.map(({ url }) => url);
  if (!archived.length || archived.some((url) => !share.includes(url)))
    return "its pages are not its share";
  if (new Set(archived).size !== archived.length)
    return "it has a page twice";
  return undefined;
}

async function isPageTrue(cid, page) {
  const kept = await namespaceWrapper.storage.get(cid, page.file);
  if (kept.length !== page.bytes || sha256(kept) !== page.sha256) return false;
  const response = await withTries(() => fetch(page.url));
  const body = new Uint8Array(await response.arrayBuffer());
  return response.status === page.status && sha256(body) === page.sha256;
}

/**
 * True if the evidence is there, whole, of the submitter's share, and the
 * pages are what their servers say they are. Evidence that can't be had counts
 * as none; a page that can't be fetched by this node is no verdict (it
 * throws).
 */
export async function audit(cid, round, submitter) {
  let manifest;
  try {
    manifest = JSON.parse(
      await withTries(() =>
        namespaceWrapper.storage.getText(cid, "manifest.json")),
    );
  } catch (error) {
    console.log(`${submitter} round ${round}: no evidence: ${error.message}`);
    return false;
  }
  const fault = faultOf(manifest, round, submitter, await stakers());
  if (fault) {
    console.log(`${submitter} round ${round}: ${fault}`);
    return false;
  }
  for (const page of sample(manifest.pages, PAGES_CHECKED)) {
    if (await isPageTrue(cid, page)) continue;
    console.log(`${submitter} round ${round}: ${page.url} is not so`);
    return false;
  }
  return true;
}
