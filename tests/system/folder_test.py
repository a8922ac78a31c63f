#!/usr/bin/env python3
"""Each folder that one process owns refuses a second one and names the first."""
import signal
import subprocess
import time

import pond as harness

VALIDATOR = ("validator", "--rpc-port", "0")


def refused(pond, holder, *words):
    """The command fails at once and names the process that holds the folder."""
    begin = time.monotonic()
    done = pond(*words, status=1)
    seconds = time.monotonic() - begin
    assert f"process {holder.process.pid} " in done.stderr, done.stderr
    assert seconds < 20, f"refused after {seconds} s"
    return done


def start_node(pond, folder, rpc):
    return pond.serve("node", "--new-wallet",
                      "--node-dir", folder, "--rpc", rpc, "--listen",
                      "127.0.0.1", "--port", "0", "--no-sandbox",
                      log="node.log")


def test_a_second_validator_is_refused_and_the_ledger_is_whole(pond):
    first = pond.serve(*VALIDATOR, "--dir", "v", "--development")
    pond("airdrop", "1", "7v91N7iZ9mNicL8WfG6cgSCKyRXydQjLh6UYBWwm6y1Q",
         "--rpc", first.values["rpc"])
    for more in ((), ("--development",)):
        refused(pond, first, *VALIDATOR, "--dir", "v", *more)
    # The same folder by another name.
    (pond.home / "w").symlink_to("v")
    refused(pond, first, *VALIDATOR, "--dir", "w")
    assert first.stop() == 0
    pond("validator", "--check", "--dir", "v")


def test_a_nodes_folder_belongs_to_one_network(pond):
    first, second = (pond.serve(*VALIDATOR, "--dir", name, "--development")
                     for name in ("v", "w"))
    node = start_node(pond, "n", first.values["rpc"])
    end = time.monotonic() + 60
    while not pond.json("node", "status", "--node-dir", "n")[0]["slot"]:
        assert time.monotonic() < end
        time.sleep(0.2)
    assert node.stop() == 0
    # Another network at another address, and none of it reaches the folder.
    done = pond("node", "--new-wallet",
                "--node-dir", "n", "--rpc", second.values["rpc"],
                "--listen", "127.0.0.1", "--port", "0", "--no-sandbox",
                status=1)
    assert "belongs to the network with genesis" in done.stderr, done.stderr
    assert "--node-dir" in done.stderr and "--rpc" in done.stderr
    # The first one is served on.
    node = start_node(pond, "n", first.values["rpc"])
    assert node.stop() == 0


def test_what_else_writes_to_a_validators_folder_is_refused(pond):
    first = pond.serve(*VALIDATOR, "--dir", "v", "--development")
    refused(pond, first, "validator", "--check", "--dir", "v")
    refused(pond, first, "validator", "--init", "--dir", "v")
    # Reading beside it works; the snapshot can be restored only elsewhere.
    snapshot = pond.json("snapshot", "create", "--dir", "v")[0]["file"]
    refused(pond, first, "snapshot", "restore", snapshot, "--dir", "v")
    assert first.stop() == 0


def test_a_snapshot_is_not_restored_below_a_start(pond):
    """The folder has no ledger yet when the validator has locked it."""
    maker = pond.serve(*VALIDATOR, "--dir", "v", "--development")
    snapshot = pond.json("snapshot", "create", "--dir", "v")[0]["file"]
    assert maker.stop() == 0
    (pond.home / "b").mkdir()
    for name in ("genesis.json", "identity.json", "faucet.json"):
        (pond.home / "b" / name).write_bytes(
            (pond.home / "v" / name).read_bytes())
    commands = [(*VALIDATOR, "--dir", "b"),
                ("snapshot", "restore", snapshot, "--dir", "b")] * 4
    running = [subprocess.Popen(
        [pond.program, *command], cwd=pond.home, env=pond.environment,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True) for command in commands]
    # At most one of the validators serves; all others end by themselves.
    ends = time.monotonic() + 60
    while sum(process.poll() is None for process in running) > 1:
        assert time.monotonic() < ends, "two serve one folder"
        time.sleep(0.05)
    for process in running:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
    pond("validator", "--check", "--dir", "b")


def test_of_several_inits_one_makes_the_network(pond):
    running = [subprocess.Popen(
        [pond.program, "validator", "--init", "--dir", "v"], cwd=pond.home,
        env=pond.environment, stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE, text=True) for _ in range(8)]
    made = [process for process in running
            if not process.communicate(timeout=60)[1] and
            process.returncode == 0]
    assert len(made) == 1, f"{len(made)} networks were made in one folder"
    assert pond.serve(*VALIDATOR, "--dir", "v").stop() == 0


def test_a_kill_frees_the_folder(pond):
    for _ in range(3):
        first = pond.serve(*VALIDATOR, "--dir", "v", "--development")
        first.process.kill()
        first.process.wait()
    assert pond.serve(*VALIDATOR, "--dir", "v").stop() == 0


def test_a_network_and_its_parts_are_refused(pond):
    network = pond.serve("up", "--dir", "d", "--nodes", "1", "--rpc-port", "0")
    refused(pond, network, "up", "--dir", "d", "--nodes", "1", "--rpc-port",
            "0")
    for words in ((*VALIDATOR, "--dir", "d/validator"),
                  ("node", "--new-wallet", "--node-dir", "d/node-1", "--rpc",
                   network.values["rpc"], "--port", "0")):
        done = pond(*words, status=1)
        assert "process " in done.stderr and "/" in done.stderr, done.stderr
    assert network.stop() == 0
    # The other way round: the network names the process that holds the folder.
    first = pond.serve(*VALIDATOR, "--dir", "d/validator")
    done = pond("up", "--dir", "d", "--nodes", "1", "--rpc-port", "0",
                status=4)
    assert f"process {first.process.pid} " in done.stderr, done.stderr
    assert first.stop() == 0
    pond("validator", "--check", "--dir", "d/validator")


def test_a_nodes_folder_and_its_store_are_refused(pond):
    node = start_node(pond, "n", "http://127.0.0.1:1")
    refused(pond, node, "node", "--new-wallet", "--node-dir", "n", "--rpc",
            "http://127.0.0.1:1", "--port", "0")
    (pond.home / "file").write_text("text")
    refused(pond, node, "store", "add", "file", "--dir", "n/store")
    refused(pond, node, "store", "gc", "--dir", "n/store")
    # Reading works beside it.
    pond("store", "ls", "--dir", "n/store")
    node.process.kill()
    node.process.wait()
    pond("store", "add", "file", "--dir", "n/store")
    assert start_node(pond, "n", "http://127.0.0.1:1").stop() == 0


if __name__ == "__main__":
    import sys
    harness.main(sys.modules[__name__])
