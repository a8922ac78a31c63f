/*
 * What a bundle of a Koii task has inside: the copy of the namespace wrapper
 * that it was built with, written anew for these tests from its protocol. It
 * speaks to the node by HTTP at the fixed address, keeps its own store in a
 * file, verifies keys as web3.js does, and selects and votes as Koii's does.
 */
'use strict';

const crypto = require('crypto');
const fs = require('fs');
const http = require('http');

const [, , TASK_NAME, TASK_ID, PORT, MODE, MAIN_ACCOUNT_PUBKEY, SECRET_KEY,
  K2_NODE_URL, SERVICE_URL, STAKE, TASK_NODE_PORT] = process.argv;
const BASE = 'http://localhost:30017';

const letters = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';

function base58(bytes) {
  let number = BigInt('0x' + Buffer.from(bytes).toString('hex'));
  let text = '';
  for (; number > 0n; number /= 58n)
    text = letters[Number(number % 58n)] + text;
  for (const byte of bytes) {
    if (byte)
      break;
    text = '1' + text;
  }
  return text;
}

/* The seed must give the public half, or web3.js throws. */
function keypair_from(secret) {
  const private_key = crypto.createPrivateKey({ format: 'der', type: 'pkcs8',
    key: Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'),
      secret.subarray(0, 32)]) });
  const spki = crypto.createPublicKey(private_key)
    .export({ format: 'der', type: 'spki' });
  const public_key = spki.subarray(spki.length - 32);
  if (!public_key.equals(secret.subarray(32)))
    throw new Error('provided secretKey is invalid');
  return { secret, private_key, public_key, address: base58(public_key) };
}

async function generic(...args) {
  try {
    const answer = await fetch(`${BASE}/namespace-wrapper`, {
      method: 'POST', headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ args, taskId: TASK_ID, secret: SECRET_KEY }) });
    const body = await answer.json();
    if (answer.status !== 200)
      return { error: body.message, status: answer.status };
    return body.response;
  } catch (error) {
    console.log(`${args[0]}: ${error.message} ${error.cause ?? ''}`);
    return { error };
  }
}

function sum_of(text) {
  let sum = 0;
  for (let i = 0; i < text.length; i++)
    sum += text.charCodeAt(i);
  return sum;
}

const sha256 = (text) => crypto.createHash('sha256').update(text).digest('hex');

class NamespaceWrapper {
  constructor({ voter_in_votes, sample }) {
    this.voter_in_votes = voter_in_votes;
    this.sample = sample;
  }

  async file() {
    this.path ??= await generic('getTaskLevelDBPath');
    return this.path;
  }

  async storeGet(key) {
    try {
      return JSON.parse(fs.readFileSync(await this.file(), 'utf8'))[key];
    } catch {
      return null;
    }
  }

  async storeSet(key, value) {
    const path = await this.file();
    let all = {};
    try {
      all = JSON.parse(fs.readFileSync(path, 'utf8'));
    } catch { /* the first */ }
    all[key] = value;
    fs.writeFileSync(path, JSON.stringify(all));
  }

  fs(method, path, ...args) {
    return generic('fs', method, path, ...args);
  }

  async getSubmitterAccount() {
    const answer = await generic('getSubmitterAccount');
    if (answer?.error)
      throw new Error(String(answer.error));
    return keypair_from(
      Buffer.from(Object.values(answer._keypair.secretKey)));
  }

  async auditSubmission(candidate, is_valid, voter, round) {
    return this.voter_in_votes
      ? generic('auditSubmission', candidate, is_valid,
        { _keypair: { publicKey: voter.public_key } }, round)
      : generic('auditSubmission', candidate, is_valid, round);
  }

  async distributionListAuditSubmission(candidate, is_valid, voter, round) {
    return this.voter_in_votes
      ? generic('distributionListAuditSubmission', candidate, is_valid,
        { _keypair: { publicKey: voter.public_key } }, round)
      : generic('distributionListAuditSubmission', candidate, is_valid, round);
  }

  async validateAndVoteOnNodes(validate, round) {
    const own = await this.getSubmitterAccount();
    const info = await generic('getTaskSubmissionInfo', round);
    const submissions = info?.submissions?.[round];
    if (!submissions)
      return;
    let entries = Object.entries(submissions);
    if (this.sample)
      entries = entries.sort(() => Math.random() - 0.5).slice(0, this.sample);
    for (const [key, value] of entries) {
      if (key === own.address)
        continue;
      const verdict = await validate(value.submission_value, round, key);
      const accused = info.submissions_audit_trigger?.[round]?.[key];
      if (verdict === false || accused)
        console.log(`vote ${key} ${verdict}`, JSON.stringify(
          await this.auditSubmission(key, verdict, own, round) ?? null));
    }
  }

  async validateAndVoteOnDistributionList(validate, round, failed) {
    const own = await this.getSubmitterAccount();
    const info = await generic('getTaskDistributionInfo', round);
    const lists = info?.distribution_rewards_submission?.[round];
    if (!lists)
      return;
    for (const [key, value] of Object.entries(lists)) {
      if (key === own.address)
        continue;
      const verdict = await validate(value.submission_value, round, failed);
      const accused = info.distributions_audit_trigger?.[round]?.[key];
      if (verdict === false || accused)
        console.log(`list vote ${key} ${verdict}`, JSON.stringify(
          await this.distributionListAuditSubmission(key, verdict, own,
            round) ?? null));
    }
  }

  /* Koii's choice of the one node that makes the list. */
  async nodeSelectionDistributionList(round, failed) {
    const state = await generic('getTaskState',
      { is_submission_required: true, is_distribution_required: true });
    if (state?.error)
      return undefined;
    const of = (number) => state.submissions?.[number] ?? {};
    let keys = Object.keys(of(round)).filter((key) =>
      (round < 1 || key in of(round - 1)) &&
      (round < 2 || key in of(round - 2)));
    if (!keys.length)
      keys = Object.keys(of(round));
    const values = keys.map((key) => of(round)[key]);
    const digest = sum_of(sha256(JSON.stringify(values)));
    let best = 0, selected = '';
    for (let i = 0; i < keys.length; i++) {
      const score = Math.abs(digest - sum_of(
        sha256(JSON.stringify({ [keys[i]]: values[i] }))));
      if (score > best) {
        best = score;
        selected = keys[i];
      }
    }
    return selected;
  }

  async selectAndGenerateDistributionList(make, round, failed) {
    const own = await this.getSubmitterAccount();
    const selected = await this.nodeSelectionDistributionList(round, failed);
    console.log(`round ${round}: the list is made by ${selected}`);
    if (selected !== own.address)
      return;
    const list = await make(round, failed);
    if (!Object.keys(list).length)
      return;
    const uploaded = await generic('uploadDistributionList', list, round);
    console.log(`uploaded ${round}`, JSON.stringify(uploaded ?? null));
    if (uploaded !== true)
      return;
    console.log(`listed ${round}`, JSON.stringify(
      await generic('distributionListSubmissionOnChain', round) ?? null));
    const state = await generic('getTaskState', {});
    const slot_ms = await generic('getAverageSlotTime');
    setTimeout(async () => console.log(`payout ${round}`, JSON.stringify(
      await generic('payloadTrigger', round) ?? null)),
    (state.audit_window + state.submission_window) * slot_ms);
  }
}

/* As Express answers what these tasks serve. */
function serve(routes) {
  http.createServer((request, response) => {
    const early = routes[`EARLY ${request.method} ${request.url}`];
    if (early) {
      early(request, response);
      return;
    }
    const parts = [];
    request.on('data', (part) => parts.push(part));
    request.on('end', () => {
      const route = routes[`${request.method} ${request.url.split('?')[0]}`];
      response.setHeader('Access-Control-Allow-Origin', '*');
      if (route) {
        route(request, response, Buffer.concat(parts));
      } else {
        response.statusCode = 404;
        response.end('Cannot ' + request.method);
      }
    });
  }).listen(Number(PORT), () => console.log(`${TASK_NAME} listens`));
}
