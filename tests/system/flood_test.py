"""Four validators of this machine, whose ports are flooded with connections that
come to nothing: from many addresses, and from the validators' own."""
import json
import random
import re
import socket
import sys
import threading
import urllib.request

import pond as pond_module

VALIDATORS = 4
HANDSHAKE = (b"\x13/multistream/1.0.0\n\x07/noise\n\x00\x20" + bytes(range(32)))
HELD = 300


class Flood:
    """Connects to the ports until it is ended: some connections say something
    that begins a handshake, some something else, some nothing."""

    def __init__(self, source, ports):
        self.source, self.ports = source, ports
        self.count = 0
        self.is_over = False
        self.thread = threading.Thread(target=self.run, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.is_over = True
        self.thread.join()

    def run(self):
        held = []
        while not self.is_over:
            guest = socket.socket()
            guest.settimeout(1)
            try:
                guest.bind((self.source(), 0))
                guest.connect(("127.0.0.1", random.choice(self.ports)))
                said = random.choice([HANDSHAKE, b"GET / HTTP/1.1\r\n\r\n", b""])
                guest.send(said)
                self.count += 1
            except OSError:
                pass
            held.append(guest)
            if len(held) > HELD:
                held.pop(0).close()
        for guest in held:
            guest.close()


def final_slot(url):
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "getSlot",
                       "params": [{"commitment": "finalized"}]}).encode()
    request = urllib.request.Request(url, body,
                                     {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=20) as answer:
        return json.load(answer)["result"]


def logs(pond):
    return [path.read_text()
            for path in (pond.home / "net").glob("validator*.log")]


def peer_ports(pond):
    found = [re.search(r"for others at port (\d+)", text)
             for text in logs(pond)]
    return [int(match[1]) for match in found if match]


def test_floods_of_connections_do_not_stop_the_chain(pond):
    server = pond.serve("up", "--validators", VALIDATORS, "--nodes", 0,
                        "--rpc-port", 0, "--dir", "net")
    url = server.values["rpc"]
    pond_module.wait(lambda: final_slot(url) > 5)
    ports = pond_module.wait(
        lambda: (len(found := peer_ports(pond)) == VALIDATORS) and found)
    sources = (lambda: f"127.{random.randrange(1, 250)}.2.1",
               lambda: "127.0.0.1")
    for source in sources:
        begin = final_slot(url)
        with Flood(source, ports) as flood:
            pond_module.wait(lambda: flood.count > 3 * VALIDATORS * 1000
                             and final_slot(url) > begin + 20)
    text = "".join(logs(pond))
    assert "many connections that others made" in text
    assert "no longer connected" not in text, text[-3000:]


if __name__ == "__main__":
    pond_module.main(sys.modules[__name__])
