import { namespaceWrapper } from "@_koii/task-manager/namespace-wrapper";
import { sha256, shareOf, stakers, urlsOf } from "../share.js";
import { remember } from "../memory.js";

// Response headers that say something of the page itself.
const HEADERS = ["content-type", "etag", "last-modified", "content-language"];

async function fetchPage(url, index) {
  const fetchedAt = Date.now();
  const response = await fetch(url);
  const body = new Uint8Array(await response.arrayBuffer());
  const headers = {};
  for (const name of HEADERS)
    if (response.headers.get(name)) headers[name] = response.headers.get(name);
  return {
    body,
    entry: {
      url,
      file: `pages/${String(index).padStart(4, "0")}`,
      status: response.status,
      headers,
      bytes: body.length,
      sha256: sha256(body),
      fetchedAt,
    },
  };
}

/** Fetch this node's share, bundle it, put it into storage. */
export async function task(round) {
  const { publicKey } = await namespaceWrapper.getSubmitterAccount();
  const key = publicKey.toBase58();
  const peers = await stakers();
  const urls = shareOf(key, peers, urlsOf(round));

  const results = await Promise.allSettled(urls.map(fetchPage));
  const pages = results.filter(({ status }) => status === "fulfilled");
  for (const { status, reason } of results)
    if (status === "rejected") console.warn(`round ${round}: ${reason.message}`);
  if (!pages.length) {
    console.log(`round ${round}: no page could be fetched`);
    return;
  }

  const manifest = {
    version: 1,
    round,
    submitter: key,
    peers,
    pages: pages.map(({ value }) => value.entry),
  };
  const files = { "manifest.json": JSON.stringify(manifest, null, 1) };
  for (const { value } of pages) files[value.entry.file] = value.body;
  const cid = await namespaceWrapper.storage.put({ files });
  await remember(round, cid);
  console.log(`round ${round}: ${pages.length} pages in ${cid}`);
}
