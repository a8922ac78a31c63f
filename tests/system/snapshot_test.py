#!/usr/bin/env python3
"""Snapshots of a validator at work, and a second one that begins with one."""
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
    with urllib.request.urlopen(request, timeout=20) as answer:
        answer = json.load(answer)
    return answer["result"] if "result" in answer else answer["error"]


def wallets(pond, count):
    return [pond.json("wallet", "new", "-o", f"w{i}.json")[0]["address"]
            for i in range(count)]


def pay(server, addresses, seconds):
    """Transactions without a pause, a few in every slot."""
    end = time.monotonic() + seconds
    roe = 1000000
    while time.monotonic() < end:
        for address in addresses:
            roe += 1
            assert isinstance(call(server, "requestAirdrop", address, roe),
                              str)


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
    first = pond.serve(*VALIDATOR, "--dir", "a", "--development",
                       "--snapshot-interval", "8", "--snapshot-keep", "3")
    assert call(first, "getHighestSnapshotSlot")["code"] == -32008
    pay(first, addresses, 4)
    # The last one that holds all that was paid.
    paid = call(first, "getSlot")
    while call(first, "getHighestSnapshotSlot").get("full", 0) < paid:
        pay(first, addresses[:1], 0.3)
        assert call(first, "getSlot") < paid + 100
    assert first.stop() == 0

    listed = pond.json("snapshot", "list", "--dir", "a")
    assert len(listed) == 3
    slots = [one["slot"] for one in listed]
    assert slots == sorted(slots, reverse=True)
    assert all(one["header"] == "good" for one in listed)

    # What the ledger says now is also what a snapshot of now says.
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

    # The chain goes on there, and holds together.
    before = balances(second, addresses[:1])[0]["lamports"]
    pay(second, addresses[:1], 0.5)
    deadline = time.monotonic() + 10
    while balances(second, addresses[:1])[0]["lamports"] == before:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert call(second, "getSlot") > last["slot"]
    first.stop()
    assert second.stop() == 0
    pond("validator", "--check", "--dir", "b")


def test_blocks_are_not_late_while_snapshots_are_written(pond):
    pond("validator", "--init", "--dir", "a")
    server = pond.serve(*VALIDATOR, "--dir", "a", "--snapshot-interval", "1")
    addresses = wallets(pond, 1)
    start, began = call(server, "getSlot"), time.monotonic()
    pay(server, addresses, 2)
    slots, passed = call(server, "getSlot") - start, time.monotonic() - began
    # Slots of 100 ms; two are caught up with at a time.
    assert slots >= passed * 10 - 4, (slots, passed)
    assert server.stop() == 0
    assert len(pond.json("snapshot", "list", "--dir", "a")) == 2


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
        assert sorted(path.name for path in folder.iterdir()) == files
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
    assert out.stdout.startswith(b"PONDSNAP\1\0\0\0")


if __name__ == "__main__":
    harness.main(sys.modules[__name__])
