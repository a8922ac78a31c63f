#!/usr/bin/env python3
"""The explorer's two doors: a validator's port, and a node's API."""
import http.client
import http.server
import json
import sys
import threading
import urllib.parse

from page_client import Control
from pond import main


def visit(url, method, path, headers=None, body=None):
    address = urllib.parse.urlsplit(url)
    connection = http.client.HTTPConnection(address.hostname, address.port,
                                            timeout=60)
    try:
        connection.request(method, path, body, headers or {})
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()
    finally:
        connection.close()


def start_validator(pond):
    """Its URL."""
    pond("validator", "--init", "--dir", pond.home / "chain", "--slot-ms", 100)
    ready = pond.serve("validator", "--dir", pond.home / "chain",
                       "--rpc-port", "0", log="chain.log")
    return ready.line.split("rpc=")[1].split()[0]


def start_node(pond):
    """A session of its page."""
    pond.serve("node", "--new-wallet", "--node-dir", pond.home / "node",
               "--port", "0", "--rpc", start_validator(pond), "--no-passphrase", "--new-wallet",
               log="node.log")
    return Control(pond.home / "node").connect()


BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


def test_a_browser_gets_the_explorer_and_a_program_json(pond):
    url = start_validator(pond)
    status, headers, body = visit(url, "GET", "/", BROWSER)
    assert status == 200 and headers["Content-Type"].startswith("text/html")
    assert b'data-door="chain"' in body
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert headers["Access-Control-Allow-Origin"] is None
    script = body.split(b'type="module" src="')[1].split(b'"')[0].decode()
    asked = {"jsonrpc": "2.0", "id": 1, "method": "pondValidators"}
    told = json.loads(visit(url, "POST", "/", {}, json.dumps(asked))[2])
    assert len(told["result"]["faucet"]) > 30, told
    status, headers, body = visit(url, "GET", "/" + script)
    assert status == 200 and "immutable" in headers["Cache-Control"]
    assert visit(url, "GET", "/a/none.js")[0] == 404
    # As before for everybody else.
    assert visit(url, "GET", "/")[0] == 405
    assert visit(url, "GET", "/other", BROWSER)[0] == 405
    assert visit(url, "GET", "/health", BROWSER)[2] == b"ok"
    question = {"jsonrpc": "2.0", "id": 1, "method": "getSlot"}
    status, headers, body = visit(url, "POST", "/",
                                  {**BROWSER, "Content-Type":
                                   "application/json"}, json.dumps(question))
    assert status == 200 and json.loads(body)["result"] >= 0
    assert headers["Access-Control-Allow-Origin"] == "*"


def call(method, *params, number=1):
    return {"jsonrpc": "2.0", "id": number, "method": method,
            "params": list(params)}


def test_a_page_asks_settlement_through_its_node(pond):
    session = start_node(pond)
    answers = session.ask("POST", "rpc", [
        call("getSlot", number=7), call("getBlock", 10 ** 15, number=8),
        call("sendTransaction", "AA", number=9),
        call("requestAirdrop", "1" * 32, 5, number=10)]).json
    assert [answer["id"] for answer in answers] == [7, 8, 9, 10]
    assert answers[0]["result"] >= 0
    assert answers[1]["error"]["code"] == -32004, answers[1]
    for refused in answers[2:]:
        assert refused["error"]["code"] == -32601, refused
    assert session.ask("POST", "rpc", call("getHealth")).json["result"] == "ok"
    assert session.ask("POST", "rpc", []).code == "form"
    assert session.ask("POST", "rpc", [call("getSlot")] * 21).code == "form"
    assert Control(pond.home / "node").ask(
        "POST", "/api/1/rpc", call("getSlot")).status == 401


def test_settlement_is_asked_only_so_often(pond):
    session = start_node(pond)
    for _ in range(1000):
        answer = session.ask("POST", "rpc", call("getNothing"))
        if answer.status != 200:
            break
    assert answer.status == 429 and answer.code == "rate"
    assert answer.headers["Retry-After"] == "1"


class Endless(http.server.BaseHTTPRequestHandler):
    """Answers what it is asked, and getVersion with nine MiB."""

    def log_message(self, *_):
        pass

    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        result = {"getSlot": 7, "getVersion": "x" * (9 << 20)}.get(
            asked["method"], None)
        body = json.dumps({"jsonrpc": "2.0", "id": asked["id"],
                           "result": result}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        try:
            self.wfile.write(body)
        except OSError:
            pass  # the node has had enough


def test_an_answer_that_is_too_long_is_an_error_of_its_call(pond):
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Endless) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        pond.serve("node", "--node-dir", pond.home / "node", "--port", "0",
                   "--rpc", f"http://127.0.0.1:{server.server_address[1]}",
                   "--no-passphrase", "--new-wallet", log="node.log")
        session = Control(pond.home / "node").connect()
        long, short = session.ask("POST", "rpc", [
            call("getVersion", number=1), call("getSlot", number=2)]).json
        assert short["result"] == 7, short
        assert long["id"] == 1 and long["error"]["code"] == -32603, str(long)[:200]
        server.shutdown()


if __name__ == "__main__":
    main(sys.modules[__name__])
