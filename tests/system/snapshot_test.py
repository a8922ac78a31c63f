#!/usr/bin/env python3
"""Snapshots of a validator at work, and a validator that begins with one."""
import itertools
import json
import pathlib
import shutil
import subprocess
import sys
import time
import urllib.request

import pond as harness

VALIDATOR = ("validator", "--rpc-port", "0")


def call(server, method, *parameters):
    """One JSON-RPC call; the answer's result or error."""
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method,
                       "params": list(parameters)}).encode()
    request = urllib.request.Request(
        server.values["rpc"], body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=60) as answer:
        answer = json.load(answer)
    return answer["result"] if "result" in answer else answer["error"]


def wallets(pond, count):
    return [pond.json("wallet", "new", "-o", f"w{i}.json")[0]["address"]
            for i in range(count)]


# Each amount once, because the same amount twice in a slot would be one
# transaction.
amounts = itertools.count(1_000_000)


def pay(server, addresses, seconds):
    """Transactions without a pause, a few in every slot."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        for address in addresses:
            assert isinstance(call(server, "requestAirdrop", address,
                                   next(amounts)), str)


def newest_snapshot(server):
    return call(server, "getHighestSnapshotSlot").get("full", 0)


def balances(server, addresses):
    return [call(server, "getAccountInfo", address)["value"]
            for address in addresses]


def new_folder(pond, name):
    """Another folder of the same network, without a ledger."""
    folder = pond.home / name
    folder.mkdir()
    for file in ("genesis.json", "identity.json", "faucet.json"):
        shutil.copy(pond.home / "a" / file, folder / file)
    return folder


def test_a_second_validator_starts_from_a_snapshot_of_the_first(pond):
    addresses = wallets(pond, 4)
    first = pond.serve(*VALIDATOR, "--dir", "a", "--development")
    assert call(first, "getHighestSnapshotSlot")["code"] == -32008
    assert first.stop() == 0
    first = pond.serve(*VALIDATOR, "--dir", "a", "--snapshot-interval", "8",
                       "--snapshot-keep", "3")
    # One more than are kept. On a slow disk there are fewer than one in eight
    # slots.
    made = {0}
    while len(made) <= 4:
        pay(first, addresses, 0.3)
        made.add(newest_snapshot(first))
    # Find a snapshot that holds all payments. The next one may have been begun
    # before, and the one after it may lack some because the disk may
    # lag.
    paid = call(first, "getSlot")
    later = {max(made)}
    while max(later) < paid:
        assert len(later) <= 3, (later, paid)
        pay(first, addresses[:1], 0.3)
        later.add(newest_snapshot(first))
    assert first.stop() == 0

    listed = pond.json("snapshot", "list", "--dir", "a")
    assert len(listed) == 3
    slots = [one["slot"] for one in listed]
    assert slots == sorted(slots, reverse=True)
    assert all(one["header"] == "good" for one in listed)

    # A snapshot made now shows the same as the ledger now.
    last = pond.json("snapshot", "create", "--dir", "a")[0]
    assert pond.json("snapshot", "verify", last["file"])[0]["slot"] == (
        last["slot"])
    new_folder(pond, "b")
    restored = pond.json("snapshot", "restore", last["file"], "--dir", "b")[0]
    assert restored["state_hash"] == last["state_hash"]

    first = pond.serve(*VALIDATOR, "--dir", "a")
    second = pond.serve(*VALIDATOR, "--dir", "b")
    assert balances(second, addresses) == balances(first, addresses)
    assert call(second, "getGenesisHash") == call(first, "getGenesisHash")
    assert call(second, "getFirstAvailableBlock") == last["slot"]
    assert call(second, "isBlockhashValid",
                last["blockhash"])["value"] is True

    # The chain goes on there and verifies.
    before = balances(second, addresses[:1])[0]["lamports"]
    pay(second, addresses[:1], 0.5)
    deadline = time.monotonic() + 60
    while balances(second, addresses[:1])[0]["lamports"] == before:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert call(second, "getSlot") > last["slot"]
    first.stop()
    assert second.stop() == 0
    pond("validator", "--check", "--dir", "b")


def test_blocks_are_not_late_while_snapshots_are_written(pond):
    """Blocks come no later than those of a validator that writes no snapshots:
    both run at the same time, on a machine that may be busy."""
    servers = []
    for name, words in (("a", ("--snapshot-interval", "1")), ("b", ())):
        pond("validator", "--init", "--dir", name)
        servers.append(pond.serve(*VALIDATOR, "--dir", name, *words,
                                  log=f"{name}.log"))
    addresses = wallets(pond, 1)
    began = [call(server, "getSlot") for server in servers]
    made, end = {0}, time.monotonic() + 2
    while time.monotonic() < end or len(made) <= 3:
        for server in servers:
            pay(server, addresses, 0.05)
        made.add(newest_snapshot(servers[0]))
    writes, other = [call(server, "getSlot") - slot
                     for server, slot in zip(servers, began)]
    # A late chain makes up for two slots at a time.
    assert writes >= other - 4, (writes, other)
    for server in servers:
        assert server.stop() == 0
    assert len(pond.json("snapshot", "list", "--dir", "a")) == 2
    assert pond.json("snapshot", "list", "--dir", "b") == []


def test_wrong_snapshots_are_refused_with_a_reason_and_leave_nothing(pond):
    pond("validator", "--init", "--dir", "a")
    pond("validator", "--init", "--dir", "other")
    pond.serve(*VALIDATOR, "--dir", "a").stop()
    made = pathlib.Path(pond.json("snapshot", "create", "--dir", "a")[0]["file"])
    made = pond.home / made

    done = pond("snapshot", "restore", made, "--dir", "other", status=1)
    assert "another network" in done.stderr
    assert "genesis.json" in done.stderr
    folder = new_folder(pond, "b")
    data = made.read_bytes()
    files = sorted(path.name for path in folder.iterdir())
    for wrong in (data[:-1], data[:len(data) // 2], b"", data + b"x",
                  data[:99] + bytes([data[99] ^ 4]) + data[100:]):
        (pond.home / "wrong.zst").write_bytes(wrong)
        done = pond("snapshot", "restore", "wrong.zst", "--dir", "b", status=1)
        assert "wrong.zst" in done.stderr
        assert sorted(path.name for path in folder.iterdir()
                      if path.name != "lock") == files
    pond("snapshot", "restore", "none.zst", "--dir", "b", status=3)
    pond("snapshot", "create", "--dir", "b", status=3)
    assert pond.json("snapshot", "list", "--dir", "b") == []

    pond("snapshot", "restore", made, "--dir", "b")
    done = pond("snapshot", "restore", made, "--dir", "b", status=1)
    assert "already" in done.stderr and "--dir" in done.stderr


def test_zstd_itself_reads_the_contents(pond):
    zstd = shutil.which("zstd")
    if not zstd:
        return
    pond("validator", "--init", "--dir", "a")
    pond.serve(*VALIDATOR, "--dir", "a").stop()
    made = pond.json("snapshot", "create", "--dir", "a")[0]["file"]
    out = subprocess.run([zstd, "-dc", pond.home / made], check=True,
                         stdout=subprocess.PIPE)
    assert out.stdout.startswith(b"PONDSNAP\2\0\0\0")


if __name__ == "__main__":
    harness.main(sys.modules[__name__])
