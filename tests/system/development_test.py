#!/usr/bin/env python3
"""Bending the slots and accounts of a private network."""
import base64
import json
import pathlib
import sys
import time
import urllib.request

import pond as harness

VALIDATOR = ("validator", "--rpc-port", "0", "--dir", "v")


def call(server, method, *parameters):
    """One JSON-RPC call; the answer's result or error."""
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method,
                       "params": list(parameters)}).encode()
    request = urllib.request.Request(
        server.values["rpc"], body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=60) as answer:
        answer = json.load(answer)
    return answer["result"] if "result" in answer else answer["error"]


def account(server, address):
    return call(server, "getAccountInfo", address,
                {"encoding": "base64"})["value"]


def await_true(question, what):
    """A block comes within the patience of a very busy machine."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        if question():
            return
        time.sleep(0.05)
    raise AssertionError(f"never: {what}")


def rpc(server):
    return ("--rpc", server.values["rpc"])


def switches_of(server, name):
    """How often a thread of the server gave up the processor by itself."""
    folder = pathlib.Path(f"/proc/{server.process.pid}/task")
    for task in folder.iterdir():
        if (task / "comm").read_text().strip() == name:
            status = (task / "status").read_text()
            return int(status.split("voluntary_ctxt_switches:")[1].split()[0])
    raise AssertionError(f"no thread {name}")


def test_the_chain_stands_still_and_goes_on(pond):
    server = pond.serve(*VALIDATOR, "--development")
    pond("dev", "pause", *rpc(server))
    # The block under way may still come.
    time.sleep(1)
    slot = call(server, "getSlot", {"commitment": "processed"})
    address = pond.json("wallet", "new", "-o", "w.json")[0]["address"]
    before = switches_of(server, "producer")
    call(server, "requestAirdrop", address, 10**9)
    time.sleep(1)
    assert switches_of(server, "producer") - before < 10
    assert call(server, "getSlot", {"commitment": "processed"}) == slot
    assert account(server, address) is None
    pond("dev", "resume", *rpc(server))
    await_true(lambda: account(server, address) is not None,
               "what was sent meanwhile")
    assert call(server, "getSlot", {"commitment": "processed"}) > slot
    pond("dev", "pause", *rpc(server))
    assert server.stop() == 0


def test_slots_are_left_out_and_stay_so(pond):
    server = pond.serve(*VALIDATOR, "--development")
    before = call(server, "getSlot")
    to = pond.json("dev", "skip", "--slots", "100000", *rpc(server))[0]["slot"]
    assert to >= before + 100000
    await_true(lambda: call(server, "getSlot") >= to, "the slot")
    assert call(server, "getSlot") < to + 100000
    info = call(server, "getEpochInfo")
    assert info["blockHeight"] < 100000
    # A sample over the slots that were left out says nothing.
    for sample in call(server, "getRecentPerformanceSamples"):
        assert sample["numSlots"] < 100000
    # Epochs and times are units, too; the past is refused.
    to = call(server, "surfnet_timeTravel", {"absoluteEpoch": 2})
    await_true(lambda: call(server, "getEpochInfo")["epoch"] == 2, "the epoch")
    error = call(server, "surfnet_timeTravel", {"absoluteSlot": 5})
    assert error["code"] == -32602 and "can't go back" in error["message"]
    for wrong in ({}, {"absoluteSlot": 1, "absoluteEpoch": 9},
                  {"absoluteSlot": 2**60}, {"absoluteEpoch": 2**60}):
        assert call(server, "surfnet_timeTravel", wrong)["code"] == -32602
    slot = call(server, "getSlot")
    assert server.stop() == 0
    pond("validator", "--dir", "v", "--check")
    server = pond.serve(*VALIDATOR)
    assert call(server, "getSlot") >= slot
    assert server.stop() == 0


def test_accounts_become_what_is_asked(pond):
    server = pond.serve(*VALIDATOR, "--development")
    address = pond.json("wallet", "new", "-o", "w.json")[0]["address"]
    pond("dev", "set-balance", address, "12.5", *rpc(server))
    await_true(lambda: account(server, address), "the account")
    assert account(server, address)["lamports"] == 12_500_000_000
    pond("dev", "set-balance", address, "0.5", *rpc(server))
    await_true(lambda: account(server, address)["lamports"] == 500_000_000,
               "the smaller balance")
    # Data longer than a transaction.
    owner = "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA"
    data = bytes(i * 7 % 251 for i in range(5000)).hex()
    answer = call(server, "surfnet_setAccount", address,
                  {"lamports": 10**9, "owner": owner, "data": data})
    assert answer["value"] is None
    await_true(lambda: base64.b64decode(
        account(server, address)["data"][0]).hex() == data, "the data")
    assert account(server, address)["owner"] == owner
    # Wrong wishes are named, and nothing comes of them.
    for wish, word in (({"data": "xyz"}, "hexadecimal"),
                       ({"executable": True}, "programs"),
                       ({"owner": "short"}, "Invalid"),
                       ({"lamports": 1}, "rent")):
        error = call(server, "surfnet_setAccount", address, wish)
        assert word in error["message"], error
    slot = call(server, "getSlot")
    assert server.stop() == 0
    pond("validator", "--dir", "v", "--check")
    server = pond.serve(*VALIDATOR)
    assert account(server, address)["lamports"] == 10**9
    assert server.stop() == 0


def test_a_network_without_a_faucet_refuses(pond):
    server = pond.serve(*VALIDATOR, "--development")
    assert server.stop() == 0
    (pond.home / "v" / "faucet.json").unlink()
    server = pond.serve(*VALIDATOR)
    for method, parameters in (("surfnet_pauseClock", ()),
                               ("surfnet_resumeClock", ()),
                               ("surfnet_timeTravel", ({"absoluteEpoch": 9},)),
                               ("surfnet_setAccount", ("1" * 32, {}))):
        assert call(server, method, *parameters)["code"] == -32600
    pond("dev", "pause", *rpc(server), status=5)
    pond("dev", "skip", *rpc(server), status=1)
    pond("dev", "skip", "--rounds", "3", *rpc(server), status=1)
    assert server.stop() == 0


if __name__ == "__main__":
    harness.main(sys.modules[__name__])
