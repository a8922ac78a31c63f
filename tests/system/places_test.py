"""What an operator orders about a node's places: its beginning anew, where
settlement is, where peers reach it, where its evidence and its notices go."""
import contextlib
import http.client
import http.server
import json
import os
import sqlite3
import sys
import threading
import urllib.error
import urllib.parse
import urllib.request

from page_client import Control, knocking
from page_guard_test import PASSPHRASE, start
from pond import main, wait


def back(pond, before, name="node"):
    """The control port of the node that has begun anew."""
    def look():
        try:
            control = Control(pond.home / name)
        except (OSError, ValueError):
            return None
        return control.started != before.started and control
    return wait(look)


def test_a_node_begins_anew_in_its_process(pond):
    control = start(pond)
    session = control.connect()
    assert "restart" in session.ask("GET", "node").json["can"]
    with contextlib.closing(session.live()) as live:
        answer = session.ask("POST", "restart", {})
        assert answer.status == 200 and answer.json == {"asks": False}
        assert {"type": "bye", "reason": "restart"} in live.hear_all()
    after = back(pond, control)
    assert (after.pid, after.port) == (control.pid, control.port)
    # Sessions go on, and thus pages; and who knows the token, as `pond up`.
    assert after.token == control.token
    assert session.ask("GET", "node").json["state"] == "running"
    assert pond.json("node", "restart", "--node-dir", "node") == [
        {"node": "restarted"}]
    assert back(pond, after).pid == control.pid
    assert session.ask("GET", "node").status == 200
    assert pond.servers[-1].stop() == 0


def port_of(control):
    """That of peers."""
    found = json.loads((control.folder / "control.json").read_text())
    return urllib.parse.urlsplit(found["public_url"]).port


def test_a_node_may_be_asked_while_it_stops(pond):
    control = start(pond)
    is_over = threading.Event()
    answers = set()

    def ask():
        while not is_over.is_set():
            for path in ("/status", "/api/1/node"):
                with contextlib.suppress(OSError, http.client.HTTPException):
                    answers.add(control.as_pond("GET", path).status)

    asking = [threading.Thread(target=ask) for _ in range(4)]
    for thread in asking:
        thread.start()
    try:
        with knocking(port_of(control)) as refused:
            for _ in range(4):
                pond("node", "restart", "--node-dir", "node")
    finally:
        is_over.set()
        for thread in asking:
            thread.join()
    assert not refused  # peers wait for what takes its place
    assert Control(pond.home / "node").pid == control.pid
    assert answers <= {200, 429, 503}, answers  # it asks often
    assert pond.servers[-1].stop() == 0


def test_a_passphrase_in_a_file_is_read_again(pond):
    secret = pond.home / "secret"
    secret.write_text(PASSPHRASE)
    secret.chmod(0o600)
    control = start(pond, "node", "--passphrase-file", secret, plain=False)
    session = control.connect()
    assert session.ask("POST", "restart", {}).json == {"asks": False}
    back(pond, control)
    answer = session.ask("GET", "node")
    assert answer.status == 200 and answer.json["state"] == "running", \
        answer.body


def test_a_passphrase_of_standard_input_is_asked_for_on_the_page(pond):
    secret = pond.home / "secret"
    secret.write_text(PASSPHRASE)
    secret.chmod(0o600)
    start(pond, "node", "--passphrase-file", secret, plain=False)
    assert pond.servers[-1].stop() == 0
    with secret.open() as typed:
        pond.serve("node", "--node-dir", pond.home / "node", "--port", "0",
                   "--rpc", "http://127.0.0.1:1", "--passphrase-file", "-",
                   log="node.log", before=lambda: os.dup2(typed.fileno(), 0))
    control = Control(pond.home / "node")
    session = control.connect()
    assert session.ask("POST", "restart", {}).json == {"asks": True}
    back(pond, control)
    assert session.ask("GET", "node").json["state"] == "locked"
    assert session.ask("POST", "unlock", {"passphrase": PASSPHRASE}
                       ).status == 200
    wait(lambda: session.ask("GET", "node").json["state"] == "running")


def network_of(pond, *words, nodes=2):
    """A private network whose nodes run a task."""
    pond("task", "new", "mine")
    (pond.home / "mine" / "dist").mkdir()
    (pond.home / "mine" / "dist" / "main.js").write_text(
        "setInterval(() => {}, 1000)")
    server = pond.serve("up", "--rpc-port", "0", "--dir", "net", "--nodes",
                        nodes, "--task", "mine", "--slot-ms", "50", *words)
    wait(lambda: all(status_of(pond, f"net/node-{number}")["tasks"]
                     for number in range(1, nodes + 1)))
    return server.values["rpc"]


def status_of(pond, folder):
    return pond.json("node", "status", "--node-dir", folder)[0]


def setting(pond, name, folder="net/node-1"):
    return next(row for row in
                pond.json("node", "settings", "--node-dir", folder)
                if row["name"] == name)


def test_a_node_is_led_to_another_endpoint_of_its_network(pond):
    rpc = network_of(pond, nodes=1)
    at = ("--node-dir", "net/node-1")
    other = pond.serve("validator", "--rpc-port", "0", "--dir", "v",
                       "--development").values["rpc"]
    pond("network", "add", "again", rpc.replace("127.0.0.1", "localhost"))
    pond("network", "add", "strange", other)
    pond("network", "add", "gone", "http://127.0.0.1:1")
    wait(lambda: status_of(pond, "net/node-1")["settlement"]["genesis"])
    before = status_of(pond, "net/node-1")
    assert before["settlement"]["url"] == rpc, before["settlement"]
    # What would end the node is refused, and nothing has changed.
    for name, words in (("strange", "is of another network: its genesis is"),
                        ("gone", "no endpoint of the network answers"),
                        ("nothing", "there is no network 'nothing'")):
        answer = pond("node", "use", name, *at, status=None)
        assert answer.returncode and words in answer.stderr, answer
    assert setting(pond, "network")["value"] == rpc
    assert pond.json("node", "use", "again", *at) == [{"node": "restarted"}]
    url = rpc.replace("127.0.0.1", "localhost")
    after = wait(lambda: (now := status_of(pond, "net/node-1"))["connected"]
                 and now)
    assert after["settlement"]["url"] == url
    assert after["main"] == before["main"]
    row = setting(pond, "network")
    assert (row["value"], row["used"], row["given"]) == ("again", "again", rpc)
    # A name that is forgotten leads back to where the node was started for.
    pond("network", "remove", "again")
    pond("node", "restart", *at)
    wait(lambda: status_of(pond, "net/node-1")["settlement"]["url"] == rpc)


def test_endpoints_are_tested_before_they_are_used(pond):
    one = pond.serve("validator", "--rpc-port", "0", "--dir", "v",
                     "--development").values["rpc"]
    two = pond.serve("validator", "--rpc-port", "0", "--dir", "w",
                     "--development").values["rpc"]
    found = pond.json("network", "test", one, "http://127.0.0.1:1")
    assert [row["state"] for row in found] == ["good", "away"], found
    assert len(found[0]["genesis"]) > 30 and found[0]["ping_ms"] < 10000
    assert found[1]["error"], found
    answer = pond("network", "test", one, two, status=None)
    assert answer.returncode and "of another network" in answer.stderr, answer
    # URLs with keys come where nobody sees them, and go out without them.
    done = pond("network", "add", "mine", "-",
                text=one + "/?api-key=0123456789abcdef\n")
    assert "0123456789abcdef" not in done.stdout + done.stderr
    row = next(row for row in pond.json("network", "list")
               if row["network"] == "mine")
    assert row["urls"] == [one + "/?api-key=[hidden]"] and row["own"], row
    assert pond.json("network", "test", "mine")[0]["state"] == "good"


@contextlib.contextmanager
def refusing(pond, which):
    """No setting that is such a one can be written down."""
    for words in ("CREATE TRIGGER refusing BEFORE INSERT ON setting WHEN "
                  f"{which} BEGIN SELECT RAISE(ABORT, 'it is refused'); END",
                  "DROP TRIGGER refusing"):
        with contextlib.closing(sqlite3.connect(
                pond.home / "node/journal.db", timeout=60)) as journal:
            journal.execute(words)
            journal.commit()
        if words.startswith("CREATE"):
            yield


def check_several_are_one(pond, session):
    """What is set together is written together, or not at all."""
    task = "11111111111111111111111111111112"
    hours = [{"days": ["mon"], "start": "08:00:00", "stop": "10:00:00"}]
    together = {"limits": {"memory": 600}, "schedule": hours}

    def kept():
        at = ("--node-dir", "node")
        return [pond.json("limits", *at), pond.json(
            "schedule", "list", *at), setting(pond, "store-limit", "node")[
                "value"]]

    before = kept()
    with refusing(pond, "NEW.name = 'quiet'"):
        answer = session.ask("PATCH", "places", {
            "store-limit": "4096", "quiet": "slashed"})
        assert answer.status == 500 and b"it is refused" in answer.body
    with refusing(pond, "NEW.kind = 5"):
        answer = session.ask("PATCH", "tasks/" + task, together)
        assert answer.status == 500 and b"it is refused" in answer.body
    assert kept() == before
    assert session.ask("PATCH", "tasks/" + task, together).status == 200
    after = kept()
    assert after[0] != before[0] and after[1] != before[1]
    session.ask("PATCH", "tasks/" + task, {"limits": None, "schedule": None})
    assert kept() == before


def test_a_choice_holds_until_the_node_is_given_another_word(pond):
    control = start(pond)
    at = ("--node-dir", "node")
    assert setting(pond, "store-limit", "node")["value"] == "10240"
    pond("node", "set", "store-limit", "2048", *at)
    pond("node", "set", "gateways", "http://127.0.0.1:8080", *at)
    pond("node", "set", "public-url", "http://node.example:30017", *at)
    row = setting(pond, "store-limit", "node")
    assert (row["value"], row["used"]) == ("2048", "10240")
    pond("node", "restart", *at)
    control = back(pond, control)
    row = setting(pond, "store-limit", "node")
    assert (row["value"], row["used"], row["given"]) == (
        "2048", "2048", "10240")
    assert status_of(pond, "node")["public_url"] == "http://node.example:30017"
    shown = pond.json("node", "storage", *at)
    assert shown[0]["limit"] == 2048 << 20, shown
    for name, value, words in (
            ("public-url", "ftp://a", "it begins with http://"),
            ("port", "70000", "a number from 0 to 65535"),
            ("webhook", "http://h/[hidden]", "whole"),
            ("quiet", "slashed nothing", "no notifications of the kind"),
            ("colour", "red", "there is no setting 'colour'")):
        answer = pond("node", "set", name, value, *at, status=None)
        assert answer.returncode and words in answer.stderr, answer
    # Of several at once none is taken where one is wrong, and that has a name.
    answer = control.connect().ask("PATCH", "places", {
        "port": "1", "quiet": "slashed nothing"})
    assert answer.status == 400, answer.body
    assert answer.json["error"]["field"] == "quiet"
    assert setting(pond, "port", "node")["value"] != "1"
    check_several_are_one(pond, control.connect())
    assert pond.servers[-1].stop() == 0
    # Whoever starts it with another word has spoken later.
    start(pond, "node", "--store-limit", "512")
    assert setting(pond, "store-limit", "node")["value"] == "512"
    assert setting(pond, "public-url", "node")["value"] == \
        "http://node.example:30017"
    pond("node", "set", "public-url", *at)
    assert setting(pond, "public-url", "node")["value"] is None


def reach(pond, *words, **options):
    return pond.json("node", "reach", "--node-dir", "net/node-1", *words,
                     **options)[0]


def test_other_nodes_say_whether_they_reach_this_one(pond):
    network_of(pond)
    wait(lambda: reach(pond)["peers"])
    peer = Control(pond.home / "net/node-2").as_pond(
        "GET", "/status").json["public_url"]
    found = wait(lambda: reach(pond, "--test"))
    assert found["reached"] and found["tested_by"] == peer, found
    assert found["asked_by"] == "127.0.0.1", found
    # An address at which nothing of this node is.
    pond("node", "set", "public-url", "http://127.0.0.1:1", "--node-dir",
         "net/node-1")
    pond("node", "restart", "--node-dir", "net/node-1")
    wait(lambda: reach(pond)["peers"])
    found = reach(pond, "--test")
    assert not found["reached"] and found["tested_by"] == peer, found

    def told():
        return [one["open"] for one in pond.json(
            "notifications", "list", "--node-dir", "net/node-1")
            if one["kind"] == "unreachable"]

    # Who asks at its port has a way to it. A peer may have been faster.
    wait(lambda: told() or "asked_by" in reach(pond))
    urllib.request.urlopen(f"http://127.0.0.1:{found['port']}/id",
                           timeout=60).close()
    wait(lambda: told() in ([], [False]))


def test_a_node_asks_nobody_but_the_one_who_asked_it(pond):
    with closing_listener("127.0.0.2") as other, \
            closing_listener("127.0.0.1") as own:
        pond.serve("node", "--new-wallet", "--node-dir", "n", "--rpc",
                   "http://127.0.0.1:1", "--listen", "127.0.0.1", "--port", "0",
                   "--addresses", "loopback", "--no-passphrase", log="n.log")
        url = pond.servers[-1].values["public"]
        nonce = "0123456789abcdef" * 2

        def ask(body):
            request = urllib.request.Request(url + "/reach", json.dumps(
                body).encode(), {"Content-Type": "application/json"})
            try:
                with urllib.request.urlopen(request, timeout=30) as answer:
                    return answer.status, json.loads(answer.read())
            except urllib.error.HTTPError as error:
                return error.code, None

        assert ask({"url": other.url, "nonce": nonce}) == (
            200, {"reached": False})
        assert other.requests == []
        assert ask({"url": own.url, "nonce": nonce}) == (
            200, {"reached": True})
        assert own.requests == ["/reach/" + nonce]
        for body in ({}, {"url": own.url, "nonce": "short"},
                     {"url": own.url + "?x=1", "nonce": nonce},
                     {"url": "file:///etc/passwd", "nonce": nonce},
                     {"url": own.url, "nonce": nonce.upper()}, [1],
                     {"url": own.url, "nonce": nonce, "x": "y" * 2000}):
            assert wait(lambda: (code := ask(body)[0]) != 429 and code) == 400
        # A flood is slowed down.
        assert 429 in [ask({"url": other.url, "nonce": nonce})[0]
                       for _ in range(30)]
        for page in ("/reach", "/reach/", "/reach/" + nonce, "/reachable"):
            with contextlib.suppress(urllib.error.HTTPError):
                assert urllib.request.urlopen(url + page).status == 404


@contextlib.contextmanager
def closing_listener(address):
    """A server that gives the last part of every path back."""
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            listener.requests.append(self.path)
            body = self.path.split("/")[-1].encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *words):
            pass

    listener = http.server.ThreadingHTTPServer((address, 0), Handler)
    listener.requests = []
    listener.url = f"http://{address}:{listener.server_port}"
    threading.Thread(target=listener.serve_forever, daemon=True).start()
    yield listener
    listener.shutdown()
    listener.server_close()


if __name__ == "__main__":
    main(sys.modules[__name__])
