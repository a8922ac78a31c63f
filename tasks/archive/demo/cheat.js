// A node that cheats: it fetches nothing and makes its pages up. Everything
// else, sums and manifest included, is as it should be.

import { initializeTaskManager } from "@_koii/task-manager";
import { namespaceWrapper } from "@_koii/task-manager/namespace-wrapper";
import { setup } from "../src/task/0-setup.js";
import { submission } from "../src/task/2-submission.js";
import { audit } from "../src/task/3-audit.js";
import { distribution } from "../src/task/4-distribution.js";
import { routes } from "../src/task/5-routes.js";
import { remember } from "../src/memory.js";
import { sha256, shareOf, stakers, urlsOf } from "../src/share.js";

async function task(round) {
  const { publicKey } = await namespaceWrapper.getSubmitterAccount();
  const key = publicKey.toBase58();
  const peers = await stakers();
  const files = {};
  const pages = shareOf(key, peers, urlsOf(round)).map((url, index) => {
    const body = `I am sure that ${url} said something like this.\n`;
    const file = `pages/${String(index).padStart(4, "0")}`;
    files[file] = body;
    return {
      url,
      file,
      status: 200,
      headers: { "content-type": "text/plain; charset=utf-8" },
      bytes: body.length,
      sha256: sha256(body),
      fetchedAt: Date.now(),
    };
  });
  const manifest = { version: 1, round, submitter: key, peers, pages };
  files["manifest.json"] = JSON.stringify(manifest, null, 1);
  await remember(round, await namespaceWrapper.storage.put({ files }));
}

initializeTaskManager({ setup, task, submission, audit, distribution, routes });
