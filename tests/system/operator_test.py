#!/usr/bin/env python3
"""A node as its operator has it: variables, stopped tasks, the account book."""
import json
import os
import pty
import shutil
import stat
import sys
import time

import pond as harness
from pond import wait

SECRET = "s3cret \"quoted\" é"

MAIN = """
const {initializeTaskManager} = require("@_koii/task-manager");
initializeTaskManager({
  setup() { console.log("GREETING is " + process.env.GREETING); },
  task() {}, submission: round => "proof " + round, audit: () => true,
  distribution(submitters, bounty) {
    const list = {};
    for (const each of submitters)
      list[each.publicKey] = Math.floor(bounty / submitters.length);
    return list;
  },
  routes() {},
});
"""


class Network:
    """One node with a task that asks for a variable."""

    def __init__(self, pond):
        self.pond = pond
        pond("task", "new", "mine")
        folder = pond.home / "mine"
        (folder / "dist").mkdir()
        (folder / "dist" / "main.js").write_text(MAIN)
        config = (folder / "config-task.yml").read_text()
        lines = [line for line in config.splitlines()
                 if not line.startswith("requirementsTags")]
        lines += ["requirementsTags:", "  - type: TASK_VARIABLE",
                  "    value: GREETING", "    description: how it greets"]
        (folder / "config-task.yml").write_text("\n".join(lines) + "\n")
        self.server = pond.serve("up", "--rpc-port", "0", "--dir", "net",
                                 "--nodes", "1", "--task", "mine",
                                 "--slot-ms", "50")
        self.folder = pond.home / "net" / "node-1"
        self.task = wait(lambda: self.status()["tasks"])[0]["task"]

    def __call__(self, *words, **options):
        return self.pond(*words, "--node-dir", self.folder, **options)

    def json(self, *words, **options):
        return self.pond.json(*words, "--node-dir", self.folder, **options)

    def status(self):
        import urllib.request
        file = json.loads((self.folder / "control.json").read_text())
        request = urllib.request.Request(
            file["url"] + "/status",
            headers={"Authorization": "Bearer " + file["token"]})
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)

    def running(self):
        return [task for task in self.status()["tasks"]
                if task["state"] == "running"]


def set_on_terminal(network, label, value):
    """Type a value; what the terminal shows meanwhile."""
    leader, follower = pty.openpty()
    import subprocess
    process = subprocess.Popen(
        [network.pond.program, "variable", "set", label, "--node-dir",
         str(network.folder)], stdin=follower, stdout=subprocess.PIPE,
        stderr=follower, env=network.pond.environment)
    os.close(follower)
    shown = b""
    while b"Value of" not in shown:
        shown += os.read(leader, 1024)
    time.sleep(0.2)
    os.write(leader, value.encode() + b"\n")
    process.communicate(timeout=60)
    os.set_blocking(leader, False)
    try:
        shown += os.read(leader, 4096)
    except OSError:
        pass
    os.close(leader)
    return process.returncode, shown.decode()


def check_second_account(network, task):
    """Another account of the folder stakes, withdraws and claims by itself."""
    pond, rpc = network.pond, ("--rpc", network.server.values["rpc"])
    made = pond.json("wallet", "new", "--account", "second", "--no-passphrase",
                     "--node-dir", pond.home / "other")[0]
    for place in ("wallets", "namespace"):
        for file in (pond.home / "other" / place).glob("second_*"):
            shutil.copy(file, network.folder / place / file.name)
    second = ("--account", "second", *rpc)
    pond("airdrop", "5", made["main"], *rpc)
    mine = network.status()["tasks"][0]["stake"]
    network("task", "stake", task, "2", *second)
    assert network.json("task", "claim", "--all", *second
                        )[0]["state"] == "nothing"
    network("task", "unstake", task, *second)
    row = network.json("task", "claim", "--all", *second)[0]
    assert row["before_roe"] == row["claimed_roe"] == 2000000000, row
    assert row["after_roe"] == 0 and row["account"] == "second", row
    assert network.status()["tasks"][0]["stake"] == mine
    # The chain refuses a claim of nothing: the exit status says so.
    network("task", "claim", task, *second, status=5)
    network("task", "stake", task, "2", "--account", "nobody", *rpc, status=3)
    network("task", "claim", "--all", "--account", "nobody", *rpc, status=3)
    refused = network("task", "start", task, *second, status=1)
    assert "another account" in refused.stderr, refused.stderr
    network("task", "start", task, "--account", "main", status=None)


def the_staking_key_is_emptied(network):
    """Coins that somebody sent to it come back to the wallet."""
    status = network.status()
    empty = ("wallet", "empty-staking")
    assert "holds nothing" in network(*empty, status=5).stderr
    network.pond("wallet", "transfer", status["staking"], "1.5", "--rpc",
                 network.server.values["rpc"], "--keypair",
                 network.folder / "wallets" / "main_mainSystemWallet.json")
    assert network.json(*empty) == [
        {"from": status["staking"], "to": status["main"],
         "amount_roe": 1500000000}]
    assert "holds nothing" in network(*empty, status=5).stderr
    network.pond(*empty, "--node-dir", "nobody", status=3)


def test_a_task_gets_its_variable_and_pays(pond):
    network = Network(pond)
    task = network.task
    # It waits, and nothing is staked.
    waiting = wait(lambda: [t for t in network.status()["tasks"]
                            if t["reason"] == "variable"])[0]
    assert waiting["missing"] == ["GREETING"], waiting
    assert waiting["stake"] == 0 and waiting["status"] == "ERROR", waiting

    the_staking_key_is_emptied(network)
    assert network.json("variable", "list") == []
    network("variable", "set", "hello", text=SECRET + "\n")
    code, shown = set_on_terminal(network, "typed", "unseen")
    assert code == 0 and "unseen" not in shown, (code, shown)
    network("variable", "pair", task, "GREETING", "nobody", status=5)
    network("variable", "pair", task, "GREETING", "hello")
    assert network.json("variable", "list") == [
        {"label": "hello",
         "used_by": [{"task": task, "variable": "GREETING"}]},
        {"label": "typed", "used_by": []}]
    network("variable", "remove", "hello", status=5)
    network("variable", "remove", "typed")

    # It begins by itself.
    wait(network.running)
    log = network.folder / "namespace" / task / "task.log"
    wait(lambda: "GREETING is" in log.read_text())
    key = network.folder / "variables.key"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    for file in network.folder.glob("journal.db*"):
        assert SECRET.encode() not in file.read_bytes(), file
        assert b"s3cret" not in file.read_bytes(), file

    # The book: rewards as the chain's balance says, fees, CSV.
    wait(lambda: network.status()["tasks"][0]["claimed"] > 0)
    days = wait(lambda: [row for row in network.json("earnings")
                         if row["day"] == "total" and row["rewards_roe"]])
    assert days[0]["fees_roe"] > 0 and days[0]["losses_roe"] == 0, days
    csv = network("earnings", "--csv", "--task", task).stdout.splitlines()
    assert csv[0].startswith("day,task,unit,rewards,"), csv
    assert csv[1].split(",")[1] == task, csv
    network("earnings", "--days", "0", status=2)

    # Stopped, and started again as it was.
    assert network.json("task", "stop", "--all") == [
        {"task": task, "state": "stopped", "error": ""}]
    stopped = network.status()["stopped"]
    assert stopped[0]["task"] == task, stopped
    assert stopped[0]["status"] == "COOLING_DOWN", stopped
    assert stopped[0]["unlock_round"] >= 4, stopped
    wait(lambda: not network.status()["tasks"])
    refused = network("task", "archive", task, status=5).stderr
    assert "staked on it" in refused, refused
    network("task", "stop", task, status=5)
    network("task", "start", "--all", task, status=1)
    network("task", "start", status=1)
    assert network.json("task", "start", "--all")[0]["state"] == "starting"
    wait(network.running)
    assert network.status()["stopped"] == []

    # Outside its hours it has no process; within them it goes on.
    assert network.json("schedule", "list") == []
    tomorrow = time.strftime("%a", time.localtime(time.time() + 2 * 86400))
    network("schedule", "add", tomorrow.lower(), "10:00", "11:00")
    resting = wait(lambda: [t for t in network.status()["tasks"]
                            if t["reason"] == "schedule"])[0]
    assert "rest now" in resting["error"], resting
    wait(lambda: "pid" not in network.status()["tasks"][0]["worker"])
    refused = network("schedule", "add", "daily", "10:30", "12:00", status=5)
    assert "SCHEDULE_OVERLAP" in refused.stderr, refused
    assert network.json("schedule", "list") == [
        {"id": 1, "days": [tomorrow.lower()], "start": "10:00:00",
         "stop": "11:00:00", "enabled": True, "task": ""}]
    network("schedule", "clear")
    wait(network.running)

    # Left: the stake comes back by itself, and nothing of it counts as lost.
    stake = network.status()["tasks"][0]["stake"]
    assert stake > 0
    # The node claims by itself (--claim-from), so nothing need be left.
    rows = network.json("task", "claim", "--all")
    assert len(rows) == 1 and rows[0]["task"] == task, rows
    assert not rows[0]["error"], rows
    check_second_account(network, task)
    network("task", "leave", task)
    network("task", "leave", task, status=5)
    network("task", "leave", task, "--cancel")
    wait(lambda: not network.status()["leaving"])
    network("task", "leave", task)
    assert network.status()["leaving"][0]["step"] == "withdrawing"
    before = network.status()["main_balance"]
    wait(lambda: not network.status()["tasks"], 200)
    wait(lambda: not network.status()["leaving"])
    wait(lambda: network.status()["main_balance"] > before + stake * 0.9)
    assert network.status()["stopped"][0]["task"] == task
    total = network.json("earnings")[-1]
    assert total["day"] == "total" and total["losses_roe"] == 0, total
    network("task", "archive", task)
    assert network.status()["stopped"] == []


if __name__ == "__main__":
    harness.main(sys.modules[__name__])
