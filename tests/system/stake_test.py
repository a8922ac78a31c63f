#!/usr/bin/env python3
"""A stake that would be refused, or can't be paid, is not sent."""
import sys

import pond as harness
from pond import wait


def test_a_stake_is_looked_at_before_it_is_sent(pond):
    pond("task", "new", "mine")
    (pond.home / "mine" / "dist").mkdir()
    (pond.home / "mine" / "dist" / "main.js").write_text("setInterval(() => {}, 9)")
    config = pond.home / "mine" / "config-task.yml"
    config.write_text(config.read_text().replace(
        "minimum_stake_amount: 1", "minimum_stake_amount: 3"))
    network = pond.serve("up", "--rpc-port", "0", "--dir", "net", "--nodes",
                         "1", "--task", "mine", "--slot-ms", "50")
    at = ("--node-dir", "n", "--rpc", network.values["rpc"])
    task = wait(lambda: pond.json("node", "status", "--node-dir",
                                  "net/node-1")[0]["tasks"])[0]["task"]
    pond.serve("node", "--new-wallet", *at, "--listen", "127.0.0.1", "--port", "0",
               "--network", "loopback", "--no-sandbox", log="node.log")

    def status():
        return pond.json("node", "status", "--node-dir", "n")[0]

    def refused(*words):
        return pond("task", *words, *at, status=None)

    pond("airdrop", "2", status()["main"], "--rpc", network.values["rpc"])
    before = wait(lambda: status()["main_balance"])
    for words in (("stake", task, "2.5"), ("start", task, "--stake", "2.5")):
        answer = refused(*words)
        assert answer.returncode == 1 and "stake_low: " in answer.stderr, answer
        assert "3 KOII at least: stake 0.5 KOII more" in answer.stderr, answer
    for words in (("stake", task, "4"), ("start", task, "--stake", "4")):
        answer = refused(*words)
        assert answer.returncode == 1 and "no_coins: " in answer.stderr, answer
        assert "2.00876176 KOII are missing: it takes 4 for" in answer.stderr
    assert status()["tasks"] == [] and status()["main_balance"] == before

    pond("airdrop", "3", status()["main"], "--rpc", network.values["rpc"])
    wait(lambda: status()["main_balance"] > before)
    pond("task", "start", task, "--stake", "4", *at)
    wait(lambda: [t for t in status()["tasks"] if t["stake"] == 4 * 10**9])
    # A key that can't pay a fee beside its rent is told, and no longer when it
    # can.
    def told():
        return [one for one in pond.json("notifications", "list", "--node-dir",
                                         "n")
                if one["kind"] == "staking_critical"]

    staking, rpc = status()["staking"], ("--rpc", network.values["rpc"])
    assert told() == []
    pond("dev", "set-balance", staking, "0.00159", *rpc)
    notice = wait(told)[0]
    assert notice["task"] == task and notice["open"], notice
    assert "has only 0.00159 KOII" in notice["text"], notice
    assert staking in notice["text"], notice
    pond("dev", "set-balance", staking, "0.1", *rpc)
    wait(lambda: not told()[0]["open"])
    answer = pond("task", "stake", task, "2", *at, status=None)
    assert answer.returncode == 1 and "no_coins: " in answer.stderr, answer

    # A larger stake for the next version is no stake on the one that has moved.
    config.write_text(config.read_text().replace(
        "minimum_stake_amount: 3", "minimum_stake_amount: 5")
        + f"task_id: {task}\nmigrationDescription: second\n")
    pond("task", "update", "mine/config-task.yml", "--no-build", "--keypair",
         "net/wallet.json", *rpc)
    wait(lambda: pond.json("task", "show", task, *rpc)[0]["is_migrated"])
    assert "name a stake" in refused("upgrade", task).stderr
    pond("task", "upgrade", task, "--stake", "5", *at)
    assert status()["leaving"], status()


if __name__ == "__main__":
    harness.main(sys.modules[__name__])
