#!/usr/bin/env python3
"""Unmodified Koii bundles on the engine node, on a private network.

The bundles are written for these tests in the style of the three generations
of tasks that are met (tests/system/koii). They know nothing of Pond.
"""
import base64
import json
import os
import pathlib
import shutil
import signal
import sys
import time
import urllib.error
import urllib.request

import pond as harness

SOURCES = pathlib.Path(__file__).resolve().parent / "koii"
NODES = 2


def bundle(*names):
    return "\n".join((SOURCES / name).read_text() for name in names)


def make_task(pond, source, **changes):
    """A task's folder; its config has these values."""
    pond("task", "new", "mine")
    folder = pond.home / "mine"
    (folder / "dist").mkdir()
    (folder / "dist" / "main.js").write_text(source)
    terms = {"round_time": 50, "submission_window": 20, "audit_window": 24,
             "minimum_stake_amount": 2, "bounty_amount_per_round": 10,
             "engine": '"node"', **changes}
    config = folder / "config-task.yml"
    lines = [line for line in config.read_text().splitlines()
             if line.split(":")[0] not in terms]
    lines += [f"{key}: {value}" for key, value in terms.items()]
    config.write_text("\n".join(lines) + "\n")
    return "mine"


def control(pond, path, body=None, node=1):
    file = json.loads(
        (pond.home / f"net/node-{node}/control.json").read_text())
    request = urllib.request.Request(
        file["url"] + path, json.dumps(body).encode() if body else None,
        {"Authorization": "Bearer " + file["token"]})
    with urllib.request.urlopen(request, timeout=10) as answer:
        text = answer.read()
    return json.loads(text) if text[:1] in (b"{", b"[") else text.decode()


def wait_for(what, look, seconds=90):
    deadline = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < deadline, f"{what} did not come"
        time.sleep(0.1)
    return found


def task_of(pond, node=1):
    tasks = control(pond, "/status", node=node)["tasks"]
    return tasks[0] if tasks else None


def log_of(pond, node=1):
    found = list((pond.home / f"net/node-{node}/namespace").glob("*/task.log"))
    return found[0].read_text() if found else ""


def server_log(pond):
    return (pond.home / "server.log").read_text()[-3000:]


def wait_running(pond, nodes=NODES):
    for node in range(1, nodes + 1):
        try:
            wait_for("a running task", lambda: (task_of(pond, node) or {})
                     .get("state") == "running")
        except AssertionError:
            raise AssertionError(f"{task_of(pond, node)}\n{log_of(pond, node)}"
                                 f"\n{server_log(pond)}")


def up(pond, *words, nodes=NODES):
    server = pond.serve("up", "--rpc-port", "0", "--dir", "net", "--nodes",
                        str(nodes), *words)
    return server.values["rpc"]


def call_rpc(url, method, *params):
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method,
                       "params": params}).encode()
    request = urllib.request.Request(url, body,
                                     {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.load(answer)["result"]


def state_of(url, task):
    value = call_rpc(url, "getTaskAccountInfo", task, {
        "encoding": "base64", "submission": True, "distribution": True,
        "balance": True, "stake": True})["value"]
    return json.loads(base64.b64decode(value["data"][0]))


def ask(url, body=None, method=None, headers=()):
    """(status, body) of an HTTP request."""
    data = body if body is None or isinstance(body, bytes) \
        else json.dumps(body).encode()
    request = urllib.request.Request(url, data, dict(headers), method=method)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


def evaluate(pond, script, node=1):
    """Run a script inside the task of generation A; its value."""
    status = control(pond, "/status", node=node)
    task = status["tasks"][0]["task"]
    code, body = ask(f"{status['public_url']}/task/{task}/eval",
                     f"(async () => {{ {script} }})()".encode(), "POST")
    assert code == 200, (code, body.decode())
    return None if body == b"undefined" else json.loads(body)


def test_a_bundle_of_the_first_generation_lives_through_rounds(pond):
    task_folder = make_task(pond, bundle("wrapper.js", "generation_a.js"))
    rpc = up(pond, "--task", task_folder, "--variable", "KEYWORD=pond")
    wait_running(pond)
    task = task_of(pond)["task"]
    try:
        wait_for("a payout", lambda: "PayoutSuccessful" in json.dumps(
            state_of(rpc, task)["distributions_audit_record"]))
    except AssertionError:
        raise AssertionError(
            f"{log_of(pond)}\n{log_of(pond, 2)}\n{server_log(pond)}\n"
            f"{json.dumps(state_of(rpc, task))[:3000]}")
    state = state_of(rpc, task)
    own = {pond_key(pond, node) for node in (1, 2)}
    paid = [round for round, how in
            state["distributions_audit_record"].items()
            if how == "PayoutSuccessful"]
    submissions = state["submissions"][paid[0]]
    assert {entry["submission_value"].rstrip() for entry in
            submissions.values()} == {f"proof {paid[0]} pond"}
    assert all(state["available_balances"][key] >= 5_000_000_000
               for key in submissions), state["available_balances"]
    # Both staked with a key that is only this task's.
    assert len(state["stake_list"]) == 2
    assert not own & set(state["stake_list"]), state["stake_list"]


def pond_key(pond, node):
    return control(pond, "/status", node=node)["staking"]


if __name__ == "__main__":
    if not shutil.which("node"):
        print("1..1\nok 1 # SKIP node is not installed")
        sys.exit(0)
    harness.main(sys.modules[__name__])
