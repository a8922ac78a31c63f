#!/usr/bin/env python3
"""What a node tells its operator: a list, and a webhook."""
import base64
import hashlib
import hmac
import http.server
import json
import queue
import stat
import sys
import threading
import time

import page_client
import pond as harness


class Receiver:
    """A webhook's receiver that answers with the statuses given, then 200."""

    def __init__(self, *statuses):
        self.requests = queue.Queue()
        statuses = list(statuses)
        requests = self.requests

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                requests.put((dict(self.headers.items()), body))
                self.send_response(statuses.pop(0) if statuses else 200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *words):
                pass

        self.server = http.server.ThreadingHTTPServer(
            ("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook"
        threading.Thread(target=self.server.serve_forever,
                         daemon=True).start()

    def next(self):
        headers, body = self.requests.get(timeout=60)
        return ({name.lower(): value for name, value in headers.items()}, body)

    def close(self):
        self.server.shutdown()
        self.server.server_close()


def start_node(pond, rpc, *words):
    return pond.serve("node", "--new-wallet",
                      "--node-dir", "n", "--rpc", rpc, "--listen",
                      "127.0.0.1", "--port", "0", "--no-sandbox", *words,
                      log="node.log")


def told(pond, *words):
    return pond.json("notifications", "list", "--node-dir", "n", *words)


def wait_for(what, seconds=60):
    end = time.monotonic() + seconds
    while not (found := what()):
        assert time.monotonic() < end
        time.sleep(0.2)
    return found


def test_a_low_balance_is_told_once_and_ends(pond):
    validator = pond.serve("validator", "--rpc-port", "0", "--dir", "v",
                           "--development")
    rpc = validator.values["rpc"]
    node = start_node(pond, rpc, "--balance-low", "3", "--balance-critical",
                      "2")
    first = wait_for(lambda: told(pond))[0]
    assert first["kind"] == "balance_critical", first
    assert first["variant"] == "ERROR" and first["open"] and not first["read"]
    assert first["task"] is None and "0 KOII" in first["text"]
    # Read and cleared by one who has seen it; it does not come back.
    pond("notifications", "read", "--node-dir", "n")
    assert told(pond, "--unread") == [] and told(pond)[0]["read"]
    main = pond.json("node", "status", "--node-dir", "n")[0]["main"]
    pond("airdrop", "2.5", main, "--rpc", rpc)
    low = wait_for(lambda: [n for n in told(pond)
                            if n["kind"] == "balance_low"])[0]
    assert "2.5 KOII" in low["text"] and not told(pond)[0]["open"]
    assert node.stop() == 0
    node = start_node(pond, rpc, "--balance-low", "3", "--balance-critical",
                      "2")
    time.sleep(5)
    assert [n["kind"] for n in told(pond)] == [
        "balance_critical", "balance_low"]
    pond("notifications", "clear", "--node-dir", "n")
    assert told(pond) == []
    assert "nothing to tell" in pond("notifications", "list", "--node-dir",
                                     "n").stderr
    assert node.stop() == 0


def test_a_page_lists_them_and_marks_one_as_read(pond):
    validator = pond.serve("validator", "--rpc-port", "0", "--dir", "v",
                           "--development")
    rpc = validator.values["rpc"]
    start_node(pond, rpc, "--balance-low", "3", "--balance-critical", "2")
    page = page_client.Control(pond.home / "n").connect()
    live = page.live()
    live.say({"type": "watch", "topic": "attention"})
    main = pond.json("node", "status", "--node-dir", "n")[0]["main"]
    wait_for(lambda: told(pond))
    pond("airdrop", "2.5", main, "--rpc", rpc)
    wait_for(lambda: len(told(pond)) == 2)
    low, critical = page.ask("GET", "attention").json["items"]
    assert (low["id"], low["level"], critical["level"]) == ("n2", "amber",
                                                             "red")
    assert "2.5 KOII" in low["text"] and not low["read"] and low["at"] > 0
    first = page.ask("GET", "attention?limit=1").json
    assert [row["id"] for row in first["items"]] == ["n2"]
    rest = page.ask("GET", "attention?before=" + first["next"]).json
    assert [row["id"] for row in rest["items"]] == ["n1"]
    assert rest["next"] is None
    live.hear_until(lambda message: "n2" in message.get("data", {}))
    assert page.ask("POST", "attention/n2", {}).code == "form"
    assert page.ask("POST", "attention/n7", {"read": True}
                    ).code == "not_found"
    assert page.ask("POST", "attention/n2", {"read": True}).status == 200
    live.hear_until(lambda message:
                    message.get("data", {}).get("n2", 0) is None)
    # What is over needs nobody: it counts as read.
    assert [row["read"] for row in page.ask("GET", "attention"
                                            ).json["items"]] == [True, True]
    live.close()


def test_a_webhook_gets_each_once_signed_and_again_after_failures(pond):
    validator = pond.serve("validator", "--rpc-port", "0", "--dir", "v",
                           "--development")
    receiver = Receiver(500, 503)
    node = start_node(pond, validator.values["rpc"], "--webhook", receiver.url)
    secret = pond.home / "n" / "webhook.secret"
    assert stat.S_IMODE(secret.stat().st_mode) == 0o600
    key = base64.b64decode(secret.read_text().strip().removeprefix("whsec_"))
    ids = set()
    for _ in range(3):
        headers, body = receiver.next()
        ids.add(headers["webhook-id"])
        signed = (f"{headers['webhook-id']}.{headers['webhook-timestamp']}."
                  .encode() + body)
        code = base64.b64encode(
            hmac.new(key, signed, hashlib.sha256).digest()).decode()
        assert headers["webhook-signature"] == f"v1,{code}", headers
        event = json.loads(body)
        assert event["type"] == "notification.balance_critical", event
        assert event["data"] == {**told(pond)[0], "open": True}, event
    assert len(ids) == 1, ids
    assert node.stop() == 0
    # What was delivered is not delivered again.
    node = start_node(pond, validator.values["rpc"], "--webhook", receiver.url)
    time.sleep(5)
    assert receiver.requests.empty()
    assert node.stop() == 0
    receiver.close()


def test_a_receiver_that_is_away_keeps_nothing_from_working(pond):
    node = start_node(pond, "http://127.0.0.1:9", "--webhook",
                      "http://127.0.0.1:9/")
    assert pond.json("node", "status", "--node-dir", "n")[0]["tasks"] == []
    assert node.stop() == 0


def test_a_webhook_that_is_no_url_is_refused(pond):
    for url in ("ftp://x/", "hook", "http://user@x/"):
        pond("node", "--new-wallet",
             "--node-dir", "n", "--port", "0", "--no-sandbox",
             "--rpc", "http://127.0.0.1:9", "--webhook", url, status=1)
    (pond.home / "n" / "webhook.secret").write_text("mine\n")
    error = pond("node", "--new-wallet",
                 "--node-dir", "n", "--port", "0", "--no-sandbox",
                 "--rpc", "http://127.0.0.1:9", "--webhook", "http://x/",
                 status=1).stderr
    assert "webhook.secret" in error, error


def test_there_is_nobody_to_ask_without_a_node(pond):
    for command in ("list", "read", "clear"):
        pond("notifications", command, "--node-dir", "n", status=3)


if __name__ == "__main__":
    harness.main(sys.modules[__name__])
