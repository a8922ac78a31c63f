#!/usr/bin/env python3
"""`pond task create` and `update`: what they build, check, show and keep."""
import contextlib
import http.server
import json
import os
import re
import sys
import threading
import urllib.request

import pond as harness
from koii_test import ask, control, wait_for, wait_running

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


def test_a_check_names_all_mistakes_and_then_the_cost(pond):
    rpc, config = chain(pond), make_task(pond, built=False)
    pond("wallet", "new")
    pond("airdrop", "200", *rpc)
    change(pond.home / config, ("round_time: 60", "round_time: 6"),
           ("total_bounty_amount: 100", "total_bounty_amount: lots"))
    done = pond("task", "check", config, "--json", *rpc, status=1)
    lines = (pond.home / config).read_text().splitlines()
    problems = json.loads(done.stdout)["problems"]
    assert [problem["field"] for problem in problems] == \
        ["round_time", "total_bounty_amount"], problems
    for problem in problems:
        assert lines[problem["line"] - 1].startswith(problem["field"])
        assert problem["text"].startswith(problem["field"])
    assert "line 16: round_time cannot" in \
        pond("task", "check", config, *rpc, status=1).stdout

    change(pond.home / config, ("round_time: 6", "round_time: 60"),
           ("total_bounty_amount: lots", "total_bounty_amount: 100"))
    shown = pond.json("task", "check", config, *rpc)[0]
    assert shown["problems"] == [] and shown["build"] == "due", shown
    assert shown["cost_roe"] == sum(shown[part] for part in (
        "bounty", "rent_roe", "pot_roe", "fee_roe"))
    assert shown["balance_roe"] == 200 * ROE
    assert not (pond.home / "mine/dist").exists()
    (pond.home / "mine/src").rename(pond.home / "mine/gone")
    problem = json.loads(pond("task", "check", config, "--json", *rpc,
                              status=1).stdout)["problems"][0]
    assert problem["field"] == "task_audit_program", problem
    assert problem["text"].endswith("nothing to build it from"), problem
    (pond.home / "mine/gone").rename(pond.home / "mine/src")
    made = pond.json("task", "create", config, "--final", *rpc)[0]
    assert made["cost_roe"] == shown["cost_roe"]
    assert pond.json("task", "check", config, *rpc)[0]["build"] == "done"
    assert pond.json("chain", "slot", *rpc)[0]["finalized"] >= made["slot"]

    # Of an update: who has to move, and whether it may be.
    assert "task_id is missing" in \
        pond("task", "check", config, "--update", *rpc, status=1).stdout
    change(pond.home / config, ("round_time", "migrationDescription: again\n"
                                f"task_id: {made['task']}\nround_time"))
    shown = pond.json("task", "check", config, "--update", *rpc)[0]
    assert shown["nodes"] == 0 and shown["old_name"] == "my-first-task", shown
    assert shown["bounty_left"] == 100 * ROE and "bounty" not in shown, shown
    pond("wallet", "new", "--outfile", "other.json")
    done = pond("task", "check", config, "--update", "--json", "--keypair",
                "other.json", *rpc, status=1)
    problem = json.loads(done.stdout)["problems"][0]
    assert problem["field"] == "task_id" and "owner" in problem["text"]
    assert lines[problem["line"] - 2] != lines[problem["line"] - 1]


def test_what_lies_outside_is_not_deployed(pond):
    config = make_task(pond)
    (pond.home / "secret.md").write_text("a secret")
    (pond.home / "mine/about.md").symlink_to("../secret.md")
    change(pond.home / config, ("description:",
                                "markdownDescriptionPath: about.md\n#"))
    for command in (("task", "check"), ("task", "create", "--dry-run")):
        done = pond(*command, config, "--inside", "--json", status=1)
        assert "outside of the task's folder" in done.stdout + done.stderr, done
        assert "a secret" not in done.stdout + done.stderr


def test_a_source_from_outside_is_not_published(pond):
    """Nor is it left in a bundle. Packages may lie above."""
    config = make_task(pond, built=False)
    (pond.home / "secret.json").write_text('{"key": "a secret"}')
    package = pond.home / "node_modules/tool"
    package.mkdir(parents=True)
    (package / "index.js").write_text("export default 'from a package';")
    index = pond.home / "mine/src/index.js"
    text = index.read_text()
    create = ("task", "create", config, "--inside", "--dry-run", "--json")
    bundle = pond.home / "mine/dist/main.js"
    for line in ('import s from "../../secret.json";', 'import s from "./link";'):
        link = pond.home / "mine/src/link.json"
        if not link.is_symlink():
            link.symlink_to("../../secret.json")
        index.write_text(line + text + "console.log(s);")
        error = pond(*create, status=1).stderr
        assert "outside of the task's folder" in error, error
        assert not bundle.exists()
    index.write_text('import s from "tool"; import "node-fetch";' + text +
                     "console.log(s);")
    pond(*create, status=3)
    assert "from a package" in bundle.read_text()


def test_a_second_attempt_beside_the_first_pays_once(pond):
    """The first is on its way, and not yet to be seen."""
    rpc, config = chain(pond), make_task(pond)
    pond("wallet", "new")
    pond("airdrop", "400", *rpc)
    made = [pond.json("task", "create", config, *rpc)[0] for _ in range(2)]
    assert made[0]["task"] == made[1]["task"]
    assert "signature" in made[0] and "signature" not in made[1], made
    left = pond.json("wallet", "balance", *rpc)[0]["balance_roe"]
    assert left == 400 * ROE - made[0]["cost_roe"]


def test_a_node_that_runs_keeps_and_serves_the_code(pond):
    server = pond.serve("up", "--nodes", "1", "--rpc-port", "0", "--dir", "net")
    rpc, config = ("--rpc", server.values["rpc"]), make_task(pond)
    pond("wallet", "new")
    pond("airdrop", "200", *rpc)
    create = ("task", "create", config, "--node-store", *rpc)
    assert "--node-dir" in pond(*create, status=3).stderr
    made = pond.json(*create, "--node-dir", "net/node-1")[0]
    assert not (pond.home / "net/node-1/deploying").exists()
    at = json.loads((pond.home / "net/node-1/control.json").read_text())
    with urllib.request.urlopen(f"{at['public_url']}/ipfs/{made['code']}/"
                                "main.js", timeout=60) as answer:
        assert answer.read() == (pond.home / "mine/dist/main.js").read_bytes()


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
    (folder / "src/index.js").write_text('import "node:child_process";\n')
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


# ---- services of Koii's storage ----

# Koii's, which is the default.
STORAGE = "BWfeCA4gyVKpmKGpq6MDHir16p7i2Er1e8XEHQj7z7zm"


class Service(http.server.BaseHTTPRequestHandler):
    """A storage service that lies. Of its server: cids by file name, say, a
    function of (service, file name), and the files that it has."""

    def answer(self, code, body):
        self.send_response(code)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        name = self.path.rsplit("/", 1)[1]
        assert self.path == (f"/task/{STORAGE}/ipfs/{self.server.cids[name]}/"
                             f"{name}"), self.path
        kept = self.server.kept.get(name)
        self.answer(404 if kept is None else 200, kept or b"")

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.posts += 1
        assert self.path == f"/task/{STORAGE}/ipfs/add", self.path
        name = "main.js" if b'filename="main.js"' in body else "metadata.json"
        self.server.say(self, name, body)

    def keep(self, name, data):
        self.server.kept[name] = data

    def took(self, name, cid=None):
        self.answer(200, json.dumps(
            {"cid": cid or self.server.cids[name], "url": "x"}).encode())

    def log_message(self, *words):
        pass


@contextlib.contextmanager
def service(shown, say):
    """A service, and its URL."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Service)
    server.daemon_threads = True
    server.cids = {"main.js": shown["code"], "metadata.json": shown["metadata"]}
    server.say, server.kept, server.posts = say, {}, 0
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server, f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def file_in(body):
    """The file of a form."""
    return body.split(b"\r\n\r\n", 1)[1].split(b"\r\n--pond-", 1)[0]


def says_another_cid(service, name, body):
    service.took(name, "bafybeigdyrzt5sfp7udm7hu76uh7y26nf3efuylqabf3oclgtqy5"
                       "5fbzdi")


def forgets(service, name, body):
    service.took(name)


def keeps_other_bytes(service, name, body):
    service.keep(name, file_in(body) + b" ")
    service.took(name)


def refuses(service, name, body):
    service.answer(403, b'{"message": "no \\u001b[31mstake"}')


def talks(service, name, body):
    service.answer(200, b"<html>welcome</html>")


def fails(service, name, body):
    service.answer(502, b"")


def fails_twice(service, name, body):
    """And then does what it is there for."""
    if service.server.posts < 3:
        fails(service, name, body)
    else:
        service.keep(name, file_in(body))
        service.took(name)


def is_silent(service, name, body):
    threading.Event().wait(120)


def staked_network(pond):
    """A network whose second node has staked on a task of the first, and
    another task; gives the network's options, those that sign by that stake,
    and the first node's URL."""
    make_task(pond)
    server = pond.serve("up", "--rpc-port", "0", "--dir", "net", "--nodes", "2",
                        "--task", "mine")
    rpc = ("--rpc", server.values["rpc"])
    wait_running(pond)
    pond("wallet", "new")
    pond("airdrop", "500", *rpc)
    change(pond.home / "mine/src/task/1-task.js", ("working on", "busy with"))
    change(pond.home / "mine/config-task.yml", ("my-first-task", "another"))
    pond("task", "build", "mine")
    return (rpc, ("--node-dir", "net/node-2", "--store", "own"),
            control(pond, "/status")["public_url"])


def test_koiis_own_services_are_the_default_on_its_networks(pond):
    """Without a wallet no endpoint is asked."""
    config = make_task(pond)
    koii = " ".join("https://" + host for host in (
        "ipfs-gateway.koii.live", "tasknet.koii.live", "tasknet-2.koii.live"))
    testnet = ("--rpc", "https://testnet.koii.network")
    for words, wanted in (
            (testnet, koii), (("--network", "mainnet"), koii),
            ((*testnet, "--upload-to", "none"), None),
            ((*testnet, "--upload-to", "http://a/"), "http://a/"),
            ((*testnet, "--upload-to", "http://a/v2/0123456789abcdef"),
             "http://a/v2/[hidden]"),
            (("--rpc", "http://testnet.koii.network.example"), None),
            (("--rpc", "http://127.0.0.1:9"), None),
            (("--rpc", "http://127.0.0.1:9", "--upload-to", "koii",
              "--upload-to", "http://a"), koii + " http://a")):
        done = pond("task", "create", config, "--dry-run", "--json", *words,
                    status=3)
        assert json.loads(done.stdout).get("upload_to") == wanted, words
    for words, said in (
            (("--storage-task", "x"), "takes a task's address"),
            (("--upload-to", "koii") * 3, "at most 8 services")):
        error = pond("task", "create", config, "--dry-run", *words,
                     status=1).stderr
        assert said in error, error


def test_services_get_what_the_chain_names(pond):
    rpc, options, url = staked_network(pond)
    create = ("task", "create", "mine/config-task.yml", *options)
    shown = pond.json(*create, "--dry-run", "--upload-to", url, *rpc)[0]
    assert shown["upload_to"] == url
    bundle = (pond.home / "mine/dist/main.js").read_bytes()
    at = f"{url}/task/{STORAGE}/ipfs/{shown['metadata']}/metadata.json"
    assert ask(at)[0] == 404

    # It goes on where an upload broke off.
    with endpoint_without(rpc, "sendTransaction") as broken:
        done = pond(*create, "--upload-to", url + "/", *broken, status=5)
    for name in ("main.js", "metadata.json"):
        assert re.search(rf"{url}: sending {name}, \d+ bytes\n{url}: took {name}",
                         done.stderr), done.stderr
    assert ask(at) == (200, json.dumps(
        shown["metadata_json"], separators=(",", ":")).encode())
    done = pond(*create, "--upload-to", url, *rpc)
    for name in ("main.js", "metadata.json"):
        assert f"{url}: has already {name}" in done.stderr, done.stderr
    assert "uploaded to" in done.stdout and url in done.stdout, done.stdout
    assert ask(f"{url}/ipfs/{shown['code']}/main.js") == (200, bundle)

    # A key that has no stake signs for nothing.
    error = pond(*create, "--task-keypair", "other.json", "--upload-to", url,
                 "--node-dir", "nowhere", *rpc, status=3).stderr
    assert "--node-dir" in error and "--upload-to none" in error, error
    new = pond.serve("node", "--new-wallet",
                     "--node-dir", "new", "--listen", "127.0.0.1",
                     "--port", "0", "--control-port", "0", "--no-passphrase",
                     *rpc, log="new.log")
    assert new.stop() == 0
    error = pond(*create, "--task-keypair", "other.json", "--upload-to", url,
                 "--node-dir", "new", *rpc, status=1).stderr
    assert "has not" in error and "pond task stake" in error, error
    for word in ("ftp://a", "a", "http://"):
        error = pond(*create, "--upload-to", word, *rpc, status=1).stderr
        assert "--upload-to takes a URL" in error, error


def test_a_piped_passphrase_opens_wallet_and_staking_key(pond):
    """It can be read once."""
    rpc, config = chain(pond), make_task(pond)
    (pond.home / "words").write_text("three herons")
    (pond.home / "words").chmod(0o600)
    node = pond.serve("node", "--new-wallet", "--node-dir", "node", "--listen",
                      "127.0.0.1", "--port", "0", "--control-port", "0",
                      "--passphrase-file", "words", *rpc)
    assert node.stop() == 0
    wallet = ("--keypair", "node/wallets/main_mainSystemWallet.json", *rpc)
    pond("airdrop", "200", *wallet)
    error = pond("task", "create", config, "--upload-to", "http://127.0.0.1:9",
                 "--node-dir", "node", "--passphrase-file", "-", *wallet,
                 text="three herons", status=1).stderr
    assert "has not" in error and "pond task stake" in error, error


def test_a_service_that_lies_is_not_believed(pond):
    rpc, options, url = staked_network(pond)
    create = ("task", "create", "mine/config-task.yml", *options, *rpc)
    shown = pond.json(*create, "--dry-run")[0]
    before = pond.json("wallet", "balance", *rpc)[0]["balance_roe"]
    for lie, status, words in (
            (says_another_cid, 5, "and the chain would name bafy"),
            (keeps_other_bytes, 5, "gives other bytes for main.js"),
            (refuses, 5, "HTTP 403: no \\x1b[31mstake"),
            (talks, 5, "has no CID"),
            (forgets, 5, "does not have it when asked: HTTP 404"),
            (fails, 5, "HTTP 502")):
        with service(shown, lie) as (server, at):
            done = pond(*create, "--upload-to", at, status=status)
        assert words in done.stderr, (lie, done.stderr)
        assert "nothing was paid" in done.stderr, done.stderr
        # What may pass is tried again; a last word is taken for it.
        assert server.posts == (3 if lie in (forgets, fails) else 1), lie
    assert not key_file(pond).exists()
    assert pond.json("wallet", "balance", *rpc)[0]["balance_roe"] == before

    # One that has all of it is enough, and one that recovers is one.
    with contextlib.ExitStack() as stack:
        servers = [stack.enter_context(service(shown, lie))
                   for lie in (is_silent, refuses, fails_twice)]
        words = [word for _, at in servers for word in ("--upload-to", at)]
        made = pond.json(*create, *words, "--upload-to", "http://127.0.0.1:9",
                         "--upload-seconds", "5")[0]
        assert made["uploaded_to"] == servers[2][1], made
        assert servers[2][0].kept["main.js"] == \
            (pond.home / "mine/dist/main.js").read_bytes()


if __name__ == "__main__":
    harness.main(sys.modules[__name__])
