#!/usr/bin/env python3
"""Hostile tasks on real nodes, of the engine pond, beside a well-behaved one.

What a bundle can try in one process is in attacks.js and worker_attacks.js, and
what it can ask of its node in tests/system/koii_test.py. Here are the attempts
that need a whole node: its folder with its wallets, its connections under an
operator's rule, its rounds.
"""
import json
import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent
                       / "system"))

import koii_test as koii  # noqa: E402
import pond as harness  # noqa: E402

# One line for each attempt, in the task's log.
ATTACKER = """
const fs = require('fs');
const { initializeTaskManager, namespaceWrapper } =
    require('@_koii/task-manager');
const { FOLDER, RPC_PORT, VICTIM } = process.env;
const attempts = [];
const attack = (name, attempt) => attempts.push([name, attempt]);
const get = async (url) => (await fetch(url)).status;
const open = (url) => new Promise((resolve, reject) => {
  const socket = new WebSocket(url);
  socket.onopen = () => resolve('open');
  socket.onerror = (event) =>
    reject(event.error ?? new Error(event.message || 'refused'));
});

attack('staking-key', () => fs.readFileSync(`${FOLDER}/staking.json`));
attack('wallets', () => fs.readdirSync(FOLDER));
attack('journal', () => fs.readFileSync(`${FOLDER}/journal.db`));
attack('control-token', () => fs.readFileSync(`${FOLDER}/control.json`));
attack('store-of-the-node', () => fs.readdirSync(`${FOLDER}/store`));
for (const host of ['127.0.0.1', 'localhost', 'LOCALHOST', 'localhost.',
  '[::1]', '0.0.0.0', '[::]', '127.1', '0x7f.1', '2130706433', '017700000001',
  '[::ffff:127.0.0.1]', '[::ffff:7f00:1]', '[64:ff9b::7f00:1]',
  '127.0.0.1.', '\\u{2460}27.0.0.1'])
  attack(`fetch ${host}`, () => get(`http://${host}:${RPC_PORT}/`));
for (const host of ['169.254.169.254', '10.0.0.1', '192.168.0.1', '172.16.0.1',
  '100.64.0.1', '168.63.129.16', '[fd00:ec2::254]', '[fe80::1]', '224.0.0.1',
  '255.255.255.255'])
  attack(`fetch ${host}`, () => get(`http://${host}/`));
attack('fetch file:', () => get('file:///etc/passwd'));
attack('fetch gopher:', () => get('gopher://127.0.0.1/'));
attack('fetch ftp:', () => get('ftp://127.0.0.1/'));
attack('fetch unix:', () => get('unix:/var/run/docker.sock'));
attack('fetch with a password', () => get('http://a:b@127.0.0.1/'));
attack('fetch with a line break', () => get('http://127.0.0.1/\\r\\nx: y'));
attack('fetch that claims another host', () => fetch(
  `http://127.0.0.1:${RPC_PORT}/`, { headers: { host: 'example.org' } }));
attack('proxy in a header', () => fetch(`http://localhost:${RPC_PORT}/`,
  { headers: { 'proxy-authorization': 'x' } }));
attack('websocket', () => open(`ws://127.0.0.1:${RPC_PORT}/`));
attack('websocket by name', () => open(`ws://localhost:${RPC_PORT}/`));
attack('http module', () => new Promise((resolve, reject) =>
  require('http').get(`http://127.0.0.1:${RPC_PORT}/`, resolve)
    .on('error', reject)));
attack('endpoint of the node', () => namespaceWrapper.getRpcUrl().then(get));
/* The wrapper gives a refusal as a value. */
const refusal = (answer) => {
  if (answer?.error || answer?.status === 422)
    throw new Error(JSON.stringify(answer));
  return answer;
};
attack('payment', () => namespaceWrapper.sendTransaction(
  process.env.MAIN_ACCOUNT_PUBKEY, VICTIM, 1000).then(refusal));
attack('claim for another', () =>
  namespaceWrapper.claimReward(VICTIM, VICTIM, {}).then(refusal));
attack('secret of the staking key', async () => {
  const account = await namespaceWrapper.getSubmitterAccount();
  const secret = account?.secretKey;
  if (!secret) throw new Error('not handed out');
  return Buffer.from(secret).toString('hex');
});

initializeTaskManager({
  async setup() {
    for (const [name, attempt] of attempts) {
      let line;
      try {
        const value = await attempt();
        line = `ATTACK done ${name}: ${JSON.stringify(value)}`;
      } catch (error) {
        const cause = error.cause ?? error;
        line = `ATTACK refused ${name}: ${cause.code ?? ''} ${cause.message}`;
      }
      console.log(line);
    }
    console.log(`ATTACK over ${attempts.length}`);
  },
  task() {}, submission() { return 'x'; }, audit() { return true; },
  distribution() { return {}; }, routes() {},
});
"""

WELL_BEHAVED = """
require("@_koii/task-manager").initializeTaskManager({
  setup() {}, task() {}, submission: (round) => `work of ${round}`,
  audit: (value, round) => value === `work of ${round}`,
  distribution: (submitters, bounty) => Object.fromEntries(submitters.map(
    ({ publicKey }) => [publicKey, Math.floor(bounty / submitters.length)])),
  routes() {} });
"""

# Where it ends changes with each start, so every step has its turn.
ENDS_EVERYWHERE = """
const fs = require('fs');
const steps = ['setup', 'task', 'submission', 'audit', 'distribution', 'never'];
const ways = [() => process.exit(0), () => process.abort(),
  () => { for (;;); }, () => { const all = []; for (;;)
    all.push(new Array(1e5).fill(1)); }];
let turn = 0;
try { turn = Number(fs.readFileSync('turn', 'utf8')); } catch {}
fs.writeFileSync('turn', String(turn + 1));
const at = steps[turn % steps.length];
const step = (name, value) => (...all) => {
  if (name === at) {
    console.log(`ends in ${name}`);
    ways[turn % ways.length]();
  }
  return value(...all);
};
require("@_koii/task-manager").initializeTaskManager({
  setup: step('setup', () => {}), task: step('task', () => {}),
  submission: step('submission', () => 'forged'),
  audit: step('audit', () => true),
  distribution: step('distribution', () => ({})), routes() {} });
"""


def start_apart(pond, rpc, task, source):
    """A node of its own, with the rule that operators have; runs source in the
    place of the task's code. Gives its folder."""
    folder = pond.home / "apart"
    file = pond.home / "attacker.js"
    file.write_text(source)
    server = pond.serve("node", "--new-wallet",
                        "--node-dir", folder, "--rpc", rpc, "--port",
                        "0", "--listen", "127.0.0.1")
    assert server.values["control"]
    return folder, file


def test_a_node_keeps_its_folder_its_network_and_its_money(pond):
    rpc = koii.up(pond, "--task", koii.make_task(
        pond, WELL_BEHAVED, engine='"pond"'), nodes=1)
    koii.wait_running(pond, 1)
    task = koii.task_of(pond)["task"]
    victim = koii.control(pond, "/status")["main"]
    folder, file = start_apart(pond, rpc, task, ATTACKER)
    # The helpers look for nodes in the network's folder.
    (pond.home / "net" / "node-9").symlink_to(folder)
    status = koii.control(pond, "/status", node=9)
    for key in (status["main"], status["staking"]):
        pond("airdrop", "20", key, "--rpc", rpc)
    koii.wait_for("money", lambda: koii.control(
        pond, "/status", node=9)["main_balance"])
    koii.control(pond, "/start", {
        "stake": 4_000_000_000, "task": task, "executable": str(file), "engine": "pond",
        "variables": {"FOLDER": str(folder), "VICTIM": victim,
                      "RPC_PORT": rpc.rsplit(":", 1)[1].strip("/")}}, node=9)
    try:
        koii.wait_for("the attempts", lambda: "ATTACK over" in
                      koii.log_of(pond, 9), 30)
    except AssertionError:
        raise AssertionError(f"{koii.log_of(pond, 9)}\n"
                             f"{koii.control(pond, '/status', node=9)}")
    lines = [line.split("ATTACK ", 1)[1] for line in
             koii.log_of(pond, 9).splitlines() if "ATTACK " in line]
    print("# " + "\n# ".join(lines))
    done = [line for line in lines if line.startswith("done")]
    assert not done, done
    assert len(lines) == int(lines[-1].split()[1]) + 1 > 40, lines[-1]
    # The node answers, and has paid for its stake and nothing else.
    after = koii.control(pond, "/status", node=9)
    assert after["tasks"] and after["main_balance"] > 15_000_000_000, after
    assert koii.task_of(pond)["worker"]["restarts"] == 0


def test_a_task_that_ends_at_every_step_harms_nobody(pond):
    cheat = pond.home / "ends.js"
    cheat.write_text(ENDS_EVERYWHERE)
    rpc = koii.up(pond, "--task", koii.make_task(
        pond, WELL_BEHAVED, engine='"pond"', audit_window=24),
        "--cheater", f"2={cheat}")
    koii.wait_running(pond, 1)
    task = koii.task_of(pond)["task"]
    koii.wait_for("ends at several steps", lambda: len(
        {line.rsplit(" ", 1)[1] for line in
         koii.log_of(pond, 2).splitlines() if "ends in" in line}) >= 3, 120)
    koii.wait_for("a payout", lambda: koii.is_paid(rpc, task, 1), 120)
    assert koii.control(pond, "/status", node=2)["tasks"]
    assert koii.task_of(pond)["worker"]["restarts"] == 0
    time.sleep(0.1)


if __name__ == "__main__":
    harness.main(sys.modules[__name__])
