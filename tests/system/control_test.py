#!/usr/bin/env python3
"""Commands that talk to a node, before a node that the test plays."""
import contextlib
import http.server
import json
import os
import subprocess
import sys
import threading

from pond import main

# Any address will do.
KEY = "GjJyeC1r2RgkuoCWMyPYkCWSGSGLcz266EaAkLA27AhL"


class Control(http.server.BaseHTTPRequestHandler):
    """A control port with prepared answers: by method and path a status, and
    what JSON is made of, or a function that gives it. What was asked is
    kept."""

    def answer(self):
        size = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(size).decode()
        path = self.path.split("?")[0]
        self.server.asked.append((self.command, path, body))
        status, found = self.server.answers.get(
            (self.command, path), (404, {"error": "no such page"}))
        text = json.dumps(found() if callable(found) else found).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    do_GET = do_POST = do_DELETE = answer

    def log_message(self, *words):
        pass


@contextlib.contextmanager
def node(pond, answers, pid=None):
    """A node with these answers in the folder "node"; gives its server."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Control)
    server.answers, server.asked = answers, []
    server.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    folder = pond.home / "node"
    folder.mkdir(exist_ok=True)
    (folder / "control.json").write_text(json.dumps({
        "pid": pid or os.getpid(), "started": 1, "url": server.url,
        "token": "token", "public_url": server.url, "main": KEY,
        "staking": KEY}))
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def ask(pond, *words, **options):
    return pond(*words, "--node-dir", "node", **options)


def test_what_a_node_says_of_an_order_reaches_its_operator(pond):
    order = {("POST", "/staking-key/empty"): (200, {})}
    with node(pond, {**order, ("GET", "/staking-key/empty"): (
            409, {"error": "it knows no such order"})}):
        said = ask(pond, "wallet", "empty-staking", status=5).stderr
        assert "the node says: it knows no such order" in said, said
    with node(pond, {**order, ("GET", "/staking-key/empty"): (
            200, {"state": "failed"})}):
        said = ask(pond, "wallet", "empty-staking", status=5).stderr
        assert "the chain did not take it" in said, said


def test_a_node_that_has_ended_is_not_waited_for(pond):
    process = subprocess.Popen(["sleep", "600"])

    def end():
        process.kill()
        process.wait()
        return {}

    with node(pond, {("POST", "/restart"): (200, end)}, process.pid):
        said = ask(pond, "node", "restart", status=4).stderr
        assert "the node has ended" in said, said


def test_what_would_be_ignored_is_refused(pond):
    with node(pond, {}) as server:
        for words, why in (
                (("task", "start", "--all", "--stake", "1"), "ran before"),
                (("task", "start", "--all", "--trust-task"), "ran before"),
                (("report", "--list", "file"), "takes no FILE"),
                (("doctor", "--machine", "--of-node"), "one of the two")):
            said = ask(pond, *words, status=1).stderr
            assert why in said, (words, said)
        assert server.asked == [], server.asked


def test_a_setting_can_be_taken_back(pond):
    path = "/preferences/change"
    with node(pond, {("POST", path): (200, {})}) as server:
        for words in (("idle-minutes",), ("idle-minutes", "none")):
            shown = pond.json("node", "set", *words, "--node-dir", "node")
            assert shown == [{"setting": "idle-minutes",
                              "state": "as given"}], shown
        assert [(body[1], json.loads(body[2])) for body in server.asked] == \
            2 * [(path, {"idle_minutes": None})], server.asked


def test_a_value_that_is_too_long_is_not_cut(pond):
    with node(pond, {("POST", "/settings/set"): (200, {})}) as server:
        said = ask(pond, "node", "set", "webhook", "-",
                   text="http://" + 4090 * "a" + "\n", status=1).stderr
        assert "at most 4096 bytes" in said, said
        assert server.asked == [], server.asked
        ask(pond, "node", "set", "webhook", "-",
            text="http://" + 4089 * "a" + "\n")
        assert len(json.loads(server.asked[0][2])["value"]) == 4096


def test_coins_do_not_move_before_all_accounts_are_known(pond):
    ask(pond, "wallet", "new", "--account", "one", "--no-passphrase")
    status = {"tasks": [{"task": KEY, "staking": KEY}], "stopped": []}
    with node(pond, {("GET", "/status"): (200, status)}) as server:
        said = ask(pond, "task", "claim", "--all", "--account", "one",
                   "--account", "nobody", "--rpc", server.url + "/rpc",
                   status=3).stderr
        assert "no account 'nobody'" in said, said
        assert [asked[1] for asked in server.asked] == ["/status"], \
            server.asked


def test_a_hint_does_not_steer_the_terminal(pond):
    said = pond("node", "logs", "--node-dir", "red\033[31m", status=3).stderr
    assert "no node ran with the folder red\\x1b[31m" in said, said
    assert "\033" not in said, said


if __name__ == "__main__":
    main(sys.modules[__name__])
