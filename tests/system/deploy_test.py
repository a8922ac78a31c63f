#!/usr/bin/env python3
"""`pond task create` and `update`: what they build, check, show and keep."""
import contextlib
import http.server
import json
import os
import sys
import threading
import urllib.request

import pond as harness
from koii_test import wait_for

ROE = 10**9


def chain(pond):
    """A chain alone; gives the options that name it."""
    server = pond.serve("up", "--nodes", "0", "--rpc-port", "0", "--dir", "net")
    return "--rpc", server.values["rpc"]


def make_task(pond, built=True):
    """The template; gives its config's path."""
    pond("task", "new", "mine")
    if built:
        pond("task", "build", "mine")
    return "mine/config-task.yml"


def change(path, *pairs):
    text = path.read_text()
    for old, new in pairs:
        assert old in text, old
        text = text.replace(old, new)
    path.write_text(text)


def forward(url, body):
    request = urllib.request.Request(url, body,
                                     {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=60) as answer:
        return answer.read()


@contextlib.contextmanager
def endpoint_without(rpc, method):
    """The options that lead to an endpoint which refuses one method."""
    class Answers(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            call = json.loads(body)
            refusal = {"jsonrpc": "2.0", "id": call["id"], "error": {
                "code": -32603, "message": "not today"}}
            answer = (json.dumps(refusal).encode() if call["method"] == method
                      else forward(rpc[1], body))
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *words):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield "--rpc", f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def key_file(pond):
    return pond.home / "taskStateInfoKeypair.json"


def assert_nothing_left(pond, shown):
    """Neither a key nor what would be stored."""
    assert not key_file(pond).exists()
    for name in ("code", "metadata"):
        pond("store", "ls", shown[name], status=3)


def test_a_dry_run_shows_all_of_it_and_leaves_nothing(pond):
    rpc, config = chain(pond), make_task(pond)
    pond("wallet", "new")
    pond("airdrop", "200", *rpc)
    shown = pond.json("task", "create", config, "--dry-run", *rpc)[0]
    assert_nothing_left(pond, shown)
    assert shown["sent"] is False
    assert shown["bounty_roe"] == 100 * ROE
    assert shown["minimum_stake_roe"] == 1 * ROE, shown
    assert shown["cost_roe"] == (shown["bounty_roe"] + shown["rent_roe"]
                                 + shown["fee_roe"])
    assert shown["balance_roe"] == 200 * ROE
    assert shown["balance_after_roe"] == 200 * ROE - shown["cost_roe"]
    assert shown == pond.json("task", "create", config, "--dry-run", *rpc)[0]

    # What was shown is what is stored, put on chain, and paid.
    made = pond.json("task", "create", config, *rpc)[0]
    for name in ("code", "metadata", "cost_roe", "balance_after_roe"):
        assert made[name] == shown[name], name
    assert pond.json("wallet", "balance", *rpc)[0]["balance_roe"] == \
        shown["balance_after_roe"]
    state = pond.json("task", "show", made["task"], *rpc)[0]
    assert state["task_audit_program"] == shown["code"]
    assert state["task_metadata"] == shown["metadata"]
    pond("store", "get", shown["metadata"] + "/metadata.json", "--outfile",
         "metadata.json")
    assert json.loads((pond.home / "metadata.json").read_text()) == \
        shown["metadata_json"]


def test_what_is_missing_in_the_wallet_is_said_before_anything_is_sent(pond):
    rpc, config = chain(pond), make_task(pond)
    pond("wallet", "new")
    pond("airdrop", "100", *rpc)
    for words in ((), ("--dry-run",), ("--yes",)):
        done = pond("task", "create", config, *words, *rpc, "--json", status=1)
        error = json.loads(done.stderr.splitlines()[-1])
        assert "are missing" in error["message"], error
        assert "airdrop" in error["hint"], error
        assert bool(done.stdout) == ("--dry-run" in words)
        if done.stdout:
            shown = json.loads(done.stdout)
            assert shown["balance_after_roe"] == \
                100 * ROE - shown["cost_roe"] < 0
    assert_nothing_left(pond, shown)
    assert pond.json("wallet", "balance", *rpc)[0]["balance_roe"] == 100 * ROE

    # To the last roe.
    missing = -shown["balance_after_roe"]
    poor = (missing - 1) / ROE
    pond("airdrop", f"{poor:.9f}", *rpc)
    error = pond("task", "create", config, *rpc, status=1).stderr
    assert "0.000000001 are missing" in error, error
    pond("airdrop", "0.000000001", *rpc)
    pond("task", "create", config, *rpc)
    assert pond.json("wallet", "balance", *rpc)[0]["balance_roe"] == 0


def test_a_dry_run_shows_what_it_can_without_wallet_and_endpoint(pond):
    config = make_task(pond)
    for status, words in ((3, ()), (4, ("--rpc", "http://127.0.0.1:9"))):
        if words:
            pond("wallet", "new")
        done = pond("task", "create", config, "--dry-run", "--json", *words,
                    status=status)
        shown = json.loads(done.stdout)
        assert shown["code"].startswith("bafy")
        assert shown["cost_roe"] > 100 * ROE
        assert "balance_roe" not in shown
        assert_nothing_left(pond, shown)


def test_a_bundle_is_built_when_a_source_is_newer(pond):
    rpc, config = chain(pond), make_task(pond, built=False)
    pond("wallet", "new")
    pond("airdrop", "200", *rpc)
    dry = ("task", "create", config, "--dry-run", *rpc)
    assert "no mine/dist/main.js" in pond(*dry, "--no-build", status=3).stderr
    said = pond(*dry).stderr
    assert "Built mine/dist/main.js from src/index.js." in said, said
    first = pond.json(*dry)[0]["code"]
    assert "Built" not in pond(*dry).stderr

    source = pond.home / "mine/src/task/1-task.js"
    change(source, ("working on", "labouring at"))
    bundle = pond.home / "mine/dist/main.js"
    now = os.stat(bundle).st_mtime
    os.utime(source, (now + 1, now + 1))
    assert pond.json(*dry, "--no-build")[0]["code"] == first
    done = pond(*dry)
    assert "1-task.js is newer" in done.stderr, done.stderr
    os.utime(source, (now - 9, now - 9))
    second = pond.json(*dry)[0]["code"]
    assert second != first and "labouring" in bundle.read_text()
    assert pond.json("task", "create", config, *rpc)[0]["code"] == second

    # What does not build is not deployed, and an update builds, too.
    source.write_text("oops(")
    os.utime(source, (now + 99, now + 99))
    error = pond("task", "create", config, *rpc, status=1).stderr
    assert "src/task/1-task.js:1:5" in error, error
    change(pond.home / config, ("round_time", "migrationDescription: again\n"
                                "task_id: " + "1" * 32 + "\nround_time"))
    error = pond("task", "update", config, *rpc, status=1).stderr
    assert "src/task/1-task.js:1:5" in error, error


def test_a_stale_bundle_without_esbuild_says_what_to_do(pond):
    config = make_task(pond)
    source = pond.home / "mine/src/index.js"
    later = os.stat(pond.home / "mine/dist/main.js").st_mtime + 1
    os.utime(source, (later, later))
    error = pond("task", "create", config, "--dry-run", status=3,
                 environment={"PATH": "/nowhere"}).stderr
    assert "no esbuild" in error and "apt-get install esbuild" in error, error


def test_the_engine_that_a_build_finds_is_deployed(pond):
    """The config has another name, and is the one that is written to."""
    rpc = chain(pond)
    make_task(pond, built=False)
    pond("wallet", "new")
    pond("airdrop", "200", *rpc)
    folder = pond.home / "mine"
    (folder / "config-task.yml").rename(folder / "terms.yml")
    with open(folder / "src/index.js", "a") as source:
        source.write('import "node:child_process";\n')
    shown = pond.json("task", "create", "mine/terms.yml", "--dry-run", *rpc)[0]
    assert shown["metadata_json"]["engine"] == "node", shown
    assert not (folder / "config-task.yml").exists()


def test_a_creation_that_was_not_sent_keeps_its_key(pond):
    rpc, config = chain(pond), make_task(pond)
    pond("wallet", "new")
    pond("airdrop", "200", *rpc)
    with endpoint_without(rpc, "sendTransaction") as broken:
        assert pond("task", "create", config, *broken,
                    status=5).stderr.count("not today") == 1
    key = key_file(pond).read_bytes()
    address = pond.json("wallet", "balance", key_file(pond), *rpc)[0]["address"]
    made = pond.json("task", "create", config, *rpc)[0]
    assert made["task"] == address and key_file(pond).read_bytes() == key

    # A wallet that is empty by now is no hindrance: nothing is to be paid.
    wait_for("the finality", lambda: pond.json(
        "chain", "slot", *rpc)[0]["finalized"] >= made["slot"])
    left = pond.json("wallet", "balance", *rpc)[0]["balance_roe"]
    assert left < made["cost_roe"]
    for words in ((), ("--dry-run",)):
        again = pond.json("task", "create", config, *words, *rpc)[0]
        assert again["task"] == made["task"] and "signature" not in again


if __name__ == "__main__":
    harness.main(sys.modules[__name__])
