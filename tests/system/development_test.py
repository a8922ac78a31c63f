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
    before = switches_of(server, "execution")
    call(server, "requestAirdrop", address, 10**9)
    time.sleep(1)
    assert switches_of(server, "execution") - before < 10
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


TOKENS = "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA"


def tokens_of(server, owner):
    """Of each mint: what the owner's account of it is, parsed."""
    found = call(server, "getTokenAccountsByOwner", owner,
                 {"programId": TOKENS}, {"encoding": "jsonParsed"})["value"]
    return {entry["account"]["data"]["parsed"]["info"]["mint"]:
            entry["account"]["data"]["parsed"]["info"] for entry in found}


def test_token_accounts_become_what_is_asked(pond):
    server = pond.serve(*VALIDATOR, "--development")
    owner = pond.json("wallet", "new", "-o", "w.json")[0]["address"]
    mint = pond.json("wallet", "new", "-o", "m.json")[0]["address"]
    other = pond.json("wallet", "new", "-o", "o.json")[0]["address"]
    error = call(server, "surfnet_setTokenAccount", owner, mint, {"amount": 1})
    assert "no token's mint" in error["message"], error
    # A mint with six decimals, 10^9 units, which nobody may mint.
    data = (bytes(36) + (10**9).to_bytes(8, "little") + bytes([6, 1])
            + bytes(36)).hex()
    call(server, "surfnet_setAccount", mint,
         {"lamports": 10**9, "owner": TOKENS, "data": data})
    await_true(lambda: account(server, mint), "the mint")
    answer = call(server, "surfnet_setTokenAccount", owner, mint, {
        "amount": 1_500_000, "delegate": other, "delegatedAmount": 7})
    assert answer["value"] is None, answer
    await_true(lambda: mint in tokens_of(server, owner), "the tokens")
    info = tokens_of(server, owner)[mint]
    assert info["tokenAmount"]["uiAmountString"] == "1.5", info
    assert info["delegate"] == other and info["state"] == "initialized", info
    assert info["delegatedAmount"]["amount"] == "7", info
    # The rest stays as it is; "null" is none.
    call(server, "surfnet_setTokenAccount", owner, mint,
         {"state": "frozen", "delegate": "null", "closeAuthority": other},
         TOKENS)
    await_true(lambda: tokens_of(server, owner)[mint]["state"] == "frozen",
               "the frozen account")
    info = tokens_of(server, owner)[mint]
    assert info["tokenAmount"]["amount"] == "1500000", info
    assert "delegate" not in info and info["closeAuthority"] == other, info
    # Wrapped coins lie in the account.
    native = "So11111111111111111111111111111111111111112"
    call(server, "surfnet_setTokenAccount", owner, native, {"amount": 10**9})
    await_true(lambda: native in tokens_of(server, owner), "wrapped coins")
    info = tokens_of(server, owner)[native]
    assert info["isNative"] and info["tokenAmount"]["amount"] == str(10**9)
    # The command takes tokens.
    pond("dev", "set-tokens", other, mint, "0.25", *rpc(server))
    await_true(lambda: mint in tokens_of(server, other), "the command's")
    assert tokens_of(server, other)[mint]["tokenAmount"]["amount"] == "250000"
    pond("dev", "set-tokens", other, mint, "0.0000001", *rpc(server), status=1)
    for wish, word in (({"state": "warm"}, "initialized"),
                       ({"delegate": "x"}, "Invalid"),
                       ({"amount": -1}, "invalid")):
        error = call(server, "surfnet_setTokenAccount", owner, mint, wish)
        assert word in error["message"], error
    error = call(server, "surfnet_setTokenAccount", owner, mint, {}, "1" * 32)
    assert "no token program" in error["message"], error
    # What is reset is gone.
    assert call(server, "surfnet_resetAccount", mint)["value"] is None
    await_true(lambda: account(server, mint) is None, "the reset")
    assert call(server, "surfnet_resetAccount", mint)["value"] is None
    error = call(server, "surfnet_resetAccount", owner,
                 {"includeOwnedAccounts": True})
    assert "not offered" in error["message"], error
    assert server.stop() == 0
    pond("validator", "--dir", "v", "--check")


def test_a_private_network_is_looked_at(pond):
    server = pond.serve(*VALIDATOR, "--development")
    address = pond.json("wallet", "new", "-o", "w.json")[0]["address"]
    sent = [call(server, "requestAirdrop", address, amount)
            for amount in (10**9, 2 * 10**9, 3 * 10**9)]
    await_true(lambda: (account(server, address) or {}).get("lamports")
               == 6 * 10**9, "the coins")
    found = call(server, "surfnet_getLocalSignatures")["value"]
    assert {entry["signature"] for entry in found} == set(sent), found
    assert all(entry["err"] is None and "success" in entry["logs"][-1]
               for entry in found), found
    newest = call(server, "surfnet_getLocalSignatures", 1)["value"]
    assert newest == found[:1], newest
    assert call(server, "surfnet_getLocalSignatures", 0)["value"] == []
    assert call(server, "surfnet_getLocalSignatures", 10**9)["code"] == -32602

    # What a transaction would do: the newest one again.
    wire = call(server, "getTransaction", newest[0]["signature"],
                {"encoding": "base64"})["transaction"][0]
    value = call(server, "surfnet_profileTransaction", wire, "tag",
                 {"encoding": "base64"})["value"]
    profile = value["transactionProfile"]
    assert profile["errorMessage"] is None, profile
    assert profile["computeUnitsConsumed"] > 0 and profile["logMessages"]
    change = profile["accountStates"][address]
    assert change["type"] == "writable", change
    assert change["accountChange"]["type"] == "update", change
    before, after = change["accountChange"]["data"]
    assert before["lamports"] == 6 * 10**9 < after["lamports"], change
    assert profile["accountStates"]["1" * 32] == {"type": "readonly"}
    assert "1" * 32 in value["readonlyAccountStates"]
    assert len(value["key"]) == 36 and value["slot"] > 0, value
    # As many coins as nobody has: nothing changes, and the reason is there.
    raw = bytearray(base64.b64decode(wire))
    raw[-8:] = (2**63).to_bytes(8, "little")
    value = call(server, "surfnet_profileTransaction",
                 base64.b64encode(bytes(raw)).decode())["value"]
    profile = value["transactionProfile"]
    assert "InstructionError" in profile["errorMessage"] or (
        "Error processing" in profile["errorMessage"]), profile
    assert profile["accountStates"][address]["accountChange"]["type"] == (
        "unchanged")
    assert call(server, "surfnet_profileTransaction", "AAAA")["code"] == -32602

    # Surfpool's other methods say why they are not here; all others as ever.
    error = call(server, "surfnet_writeProgram", address, "00", 0)
    assert error["code"] == -32601 and "programs" in error["message"], error
    error = call(server, "surfnet_resetNetwork")
    assert error["code"] == -32601 and "not offered" in error["message"], error
    assert call(server, "surfnet_make")["message"] == "Method not found"
    assert server.stop() == 0


def test_a_network_without_a_faucet_refuses(pond):
    server = pond.serve(*VALIDATOR, "--development")
    assert server.stop() == 0
    (pond.home / "v" / "faucet.json").unlink()
    server = pond.serve(*VALIDATOR)
    for method, parameters in (("surfnet_pauseClock", ()),
                               ("surfnet_resumeClock", ()),
                               ("surfnet_timeTravel", ({"absoluteEpoch": 9},)),
                               ("surfnet_setAccount", ("1" * 32, {})),
                               ("surfnet_setTokenAccount",
                                ("1" * 32, "1" * 32, {})),
                               ("surfnet_resetAccount", ("1" * 32,)),
                               ("surfnet_getLocalSignatures", ()),
                               ("surfnet_profileTransaction", ("AA",))):
        assert call(server, method, *parameters)["code"] == -32600
    pond("dev", "pause", *rpc(server), status=5)
    pond("dev", "skip", *rpc(server), status=1)
    pond("dev", "skip", "--rounds", "3", *rpc(server), status=1)
    assert server.stop() == 0


if __name__ == "__main__":
    harness.main(sys.modules[__name__])
