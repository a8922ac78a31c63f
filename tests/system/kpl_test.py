#!/usr/bin/env python3
"""A task that is paid in a token, on a private network: created, staked on,
worked, paid, claimed; and what a user does with it by hand. Creation and update
of tasks of both kinds."""
import json
import re
import sys
import time
import urllib.request

import pond as harness

# Of a public network; there is no such mint here.
ELSEWHERE = "4qayyw53kWz6GzypcejjT1cvwMXS1qYLSMQRE8se3gTv"
TOKEN_PROGRAM = "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA"
UNIT = 10 ** 9

TASK = """
const { initializeTaskManager, namespaceWrapper } =
  require('@_koii/task-manager');
initializeTaskManager({
  setup: async () => {},
  task: async (round) => {
    // The chain's word about a round, as Koii's wrapper gives it.
    if (round > 1) {
      const { submissions } =
        await namespaceWrapper.getTaskSubmissionInfo(round - 1);
      const lists = await namespaceWrapper.getTaskDistributionInfo(round - 2);
      const state = await namespaceWrapper.getTaskState({
        is_stake_list_required: true });
      console.log('asked', Object.keys(lists).sort().join(),
        typeof submissions, Object.keys(state.stake_list).length,
        state.token_type.length);
    }
    await namespaceWrapper.storeSet('r' + round, 'done');
  },
  submission: async (round) => namespaceWrapper.storeGet('r' + round),
  audit: async (submission) => submission === 'done',
  distribution: (submitters, bounty) => Object.fromEntries(
    submitters.map(({ publicKey }) =>
      [publicKey, Math.floor(bounty / submitters.length)])),
  routes: async () => {},
});
"""


def make_task(pond, token=ELSEWHERE):
    pond("task", "new", "mine")
    (pond.home / "mine" / "dist").mkdir()
    (pond.home / "mine" / "dist" / "main.js").write_text(TASK)
    path = pond.home / "mine" / "config-task.yml"
    text = path.read_text().replace('task_type: "KOII"', 'task_type: "KPL"')
    path.write_text(text.replace('token_type: ""', f'token_type: "{token}"'))
    return "mine"


def call(url, method, *params):
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method,
                       "params": list(params)}).encode()
    request = urllib.request.Request(
        url, body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=60) as answer:
        result = json.load(answer)
    assert "error" not in result, result
    return result["result"]


def tokens_of(url, owner):
    """Base units in the owner's accounts, and their mint."""
    accounts = call(url, "getTokenAccountsByOwner", owner,
                    {"programId": TOKEN_PROGRAM},
                    {"encoding": "jsonParsed", "commitment": "confirmed"})
    infos = [entry["account"]["data"]["parsed"]["info"]
             for entry in accounts["value"]]
    return (sum(int(info["tokenAmount"]["amount"]) for info in infos),
            infos[0]["mint"] if infos else None)


def wait_for(what, look, seconds=60):
    """Polls; gives what look() gave when that is true."""
    deadline = time.monotonic() + seconds
    while not (seen := look()):
        assert time.monotonic() < deadline, f"{what} never came"
        time.sleep(0.2)
    return seen


def test_nodes_earn_tokens_and_claim_them(pond):
    task = make_task(pond)
    server = pond.serve("up", "--nodes", "2", "--rpc-port", "0", "--dir",
                        "net", "--task", task)
    url = server.values["rpc"]
    rpc = ("--rpc", url)
    control = json.loads((pond.home / "net/node-1/control.json").read_text())
    # By then it has staked all that it was given: what it has now it earned.
    while " paid: " not in server.process.stdout.readline():
        assert server.process.poll() is None, "it ended"
    earned, mint = wait_for(
        "a claim", lambda: tokens_of(url, control["main"])
        if tokens_of(url, control["main"])[0] > 0 else None)
    assert mint != ELSEWHERE
    assert earned in (UNIT, 2 * UNIT), earned

    listed = [entry for entry in pond.json("task", "list", *rpc)
              if entry.get("token") == mint]
    assert len(listed) == 1, listed
    assert listed[0]["per_round_units"] == 2 * UNIT, listed
    key = listed[0]["task"]
    state = pond.json("task", "show", key, *rpc)[0]
    assert sum(state["stake_list"].values()) == 4 * UNIT
    assert control["staking"] not in state["stake_list"]
    assert "PayoutSuccessful" in state["distributions_audit_record"].values()

    log = pond("task", "logs", key, "--node-dir", "net/node-1").stdout
    assert ("asked distribution_rewards_submission,distributions_audit_record,"
            "distributions_audit_trigger object 2 32") in log, log

    # The node's book: tokens in tokens, never added to the fees in KOII.
    node = ("--node-dir", "net/node-1")
    total = {row["unit"]: row for row in pond.json("earnings", *node, *rpc)
             if row["day"] == "total"}
    assert set(total) == {"KOII", mint}, total
    assert total[mint]["decimals"] == 9 and total[mint]["fees"] == 0, total
    assert total[mint]["rewards"] % UNIT == 0 < total[mint]["rewards"], total
    assert total["KOII"]["rewards_roe"] == 0 < total["KOII"]["fees_roe"]
    table = pond("earnings", *node, *rpc).stdout
    assert re.search(mint + r" +\d{1,3} +0 +0 +0 +\d{1,3} ", table), table
    blind = pond("earnings", *node, "--rpc", "http://127.0.0.1:9")
    assert f"Amounts of {mint} are in its base units" in blind.stderr, blind
    assert re.search(mint + r" +\d{10,12} ", blind.stdout), blind.stdout

    # By hand: the keys are the node's, and it need not know.
    pond("task", "stop", key, *node)
    before = state["stake_list"]
    refused = pond("task", "unstake", key, *node, *rpc, status=5).stderr
    assert "three rounds" in refused
    assert before == pond.json("task", "show", key, *rpc)[0]["stake_list"]
    held = tokens_of(url, control["main"])[0]
    staked = pond.json("task", "stake", key, "0.5", *node, *rpc)[0]
    assert staked["amount"] == "0.5" and staked["token"] == mint
    assert tokens_of(url, control["main"])[0] == held - UNIT // 2
    after = pond.json("task", "show", key, *rpc)[0]["stake_list"]
    assert after[staked["staking_key"]] == 2 * UNIT + UNIT // 2
    assert server.stop() == 0


def test_a_node_follows_a_task_that_has_moved(pond):
    """The tokens go from the old version's pot to the new one's by way of the
    main wallet, and the variable goes along."""
    task = make_task(pond)
    server = pond.serve("up", "--nodes", "1", "--rpc-port", "0", "--dir",
                        "net", "--task", task, "--slot-ms", "50")
    rpc = ("--rpc", server.values["rpc"])
    node = ("--node-dir", "net/node-1")
    listed = wait_for("the task", lambda: [
        entry for entry in pond.json("task", "list", *rpc)
        if entry.get("token")])[0]
    old, mint = listed["task"], listed["token"]
    stake = wait_for("its stake", lambda: pond.json("task", "show", old, *rpc)[
        0]["stake_list"])
    (key, amount), = stake.items()
    pond("variable", "set", "greeting", *node, text="hello\n")
    pond("variable", "pair", old, "GREETING", "greeting", *node)

    config = pond.home / task / "config-task.yml"
    config.write_text(config.read_text().replace(ELSEWHERE, mint)
                      + f"task_id: {old}\nmigrationDescription: second\n")
    # The bounty was all that the wallet had of the token.
    update = ("task", "update", f"{task}/config-task.yml", "--keypair",
              "net/wallet.json", *rpc)
    done = pond("task", "create", *update[2:], "--dry-run", "--json", status=1)
    shown = json.loads(done.stdout)
    assert "100 tokens" in done.stderr and "100 are missing" in done.stderr
    assert shown["bounty"] == "100" and shown["token"] == mint, shown
    assert shown["token_balance"] == "0", shown
    assert shown["token_balance_after"] == "-100", shown
    assert shown["minimum_stake"] == "1", shown
    assert shown["balance_after_roe"] == (shown["balance_roe"]
                                          - shown["cost_roe"]), shown
    shown = pond.json(*update, "--dry-run")[0]
    assert "token_balance" not in shown and "bounty" not in shown, shown

    moved = pond.json(*update)[0]
    new = moved["task"]
    wait_for("the move", lambda: pond.json("task", "show", old, *rpc)[0][
        "is_migrated"])
    assert "name a stake" in pond("task", "upgrade", old, "--stake", "0.1",
                                  *node, *rpc, status=5).stderr
    pond("limits", "set", old, "memory", "600", *node)
    pond("schedule", "add", "daily", "00:00", "--task", old, *node)
    pond("task", "upgrade", old, *node, *rpc)
    wait_for("the new stake", lambda: pond.json("task", "show", new, *rpc)[0][
        "stake_list"].get(key), 120)
    assert pond.json("task", "show", new, *rpc)[0]["stake_list"] == {
        key: amount}
    state = pond.json("task", "show", old, *rpc)[0]
    assert key not in state["stake_list"] and not state["available_balances"]
    used = pond.json("variable", "list", *node)[0]["used_by"]
    assert {"task": new, "variable": "GREETING"} in used, used
    assert {"task": new, "cpu": None, "memory": 600, "disk": None,
            "network": None} in pond.json("limits", *node)
    assert new in [one["task"] for one in pond.json("schedule", "list", *node)]
    wait_for("its work", lambda: "asked" in pond(
        "task", "logs", new, *node, status=None).stdout)
    assert server.stop() == 0


def chain(pond):
    """A chain alone, and a wallet with coins."""
    server = pond.serve("up", "--nodes", "0", "--rpc-port", "0", "--dir", "net")
    rpc = ("--rpc", server.values["rpc"])
    pond("wallet", "new")
    pond("airdrop", "500", *rpc)
    return rpc


def test_a_task_is_created_once_and_moved_once(pond):
    """A second attempt, after one whose answer was lost, pays nothing."""
    task = make_task(pond)
    config = pond.home / task / "config-task.yml"
    config.write_text(config.read_text().replace('"KPL"', '"KOII"'))
    path = f"{task}/config-task.yml"
    rpc = chain(pond)

    shown = pond.json("task", "create", path, "--dry-run", *rpc)[0]
    assert shown["sent"] is False and shown["bounty_roe"] == 100 * UNIT
    assert shown["cost_roe"] == (shown["bounty_roe"] + shown["rent_roe"]
                                 + shown["fee_roe"])
    assert not (pond.home / "taskStateInfoKeypair.json").exists()
    balance = pond.json("wallet", "balance", *rpc)[0]["balance_roe"]
    made = pond.json("task", "create", path, *rpc)[0]
    left = pond.json("wallet", "balance", *rpc)[0]["balance_roe"]
    assert balance - left == shown["cost_roe"], "what was said is what was paid"
    wait_for("the task", lambda: pond("task", "show", made["task"], *rpc,
                                      status=None).returncode == 0)
    again = wait_for("finality", lambda: [
        line for line in map(json.loads, pond(
            "task", "create", path, *rpc, "--json", status=None)
            .stdout.splitlines())])[0]
    assert again["task"] == made["task"] and "signature" not in again
    assert pond.json("wallet", "balance", *rpc)[0]["balance_roe"] == left

    # Other code under the same key file would be another task.
    bundle = pond.home / task / "dist" / "main.js"
    bundle.write_text(TASK + "// second")
    refused = pond("task", "create", path, *rpc, status=None)
    assert refused.returncode != 0 and "--task-keypair" in refused.stderr

    assert "task_id is missing" in pond("task", "update", path, *rpc,
                                        status=1).stderr
    config.write_text(config.read_text() + f"task_id: {made['task']}\n"
                      "migrationDescription: second version\n")
    assert pond.json("task", "update", path, "--dry-run", *rpc)[0]["old_task"] == (
        made["task"])
    moved = pond.json("task", "update", path, *rpc)[0]
    assert moved["old_task"] == made["task"] != moved["task"]
    old = wait_for("the move", lambda: [
        state for state in pond.json("task", "show", made["task"], *rpc)
        if state["is_migrated"]])[0]
    assert old["migrated_to"] == moved["task"]
    assert old["total_bounty_amount"] == 0
    new = pond.json("task", "show", moved["task"], *rpc)[0]
    assert new["total_bounty_amount"] == 100 * UNIT
    left = pond.json("wallet", "balance", *rpc)[0]["balance_roe"]
    again = wait_for("finality", lambda: [
        line for line in map(json.loads, pond(
            "task", "update", path, *rpc, "--json", status=None)
            .stdout.splitlines())])[0]
    assert again["task"] == moved["task"] and "signature" not in again
    assert pond.json("wallet", "balance", *rpc)[0]["balance_roe"] == left

    # Somebody else's wallet.
    pond("wallet", "new", "-o", "other.json")
    pond("airdrop", "50", "--keypair", "other.json", *rpc)
    refused = pond("task", "update", path, "--keypair", "other.json", *rpc,
                   status=None)
    assert "You are not the owner of this task!" in refused.stderr


def test_a_task_of_the_network_development_leaves_its_metadata(pond):
    task = make_task(pond)
    config = pond.home / task / "config-task.yml"
    config.write_text(config.read_text().replace('"KPL"', '"KOII"')
                      .replace('"IPFS"', "DEVELOPMENT")
                      .replace('"dist/main.js"', "main"))
    rpc = chain(pond)
    made = pond.json("task", "create", f"{task}/config-task.yml", *rpc)[0]
    assert made["code"] == "main" and made["metadata"] == "metadata.json"
    metadata = json.loads(
        (pond.home / task / "dist" / f"{made['task']}.json").read_text())
    assert metadata["author"] == "me"


if __name__ == "__main__":
    sys.exit(harness.main(sys.modules[__name__]))
