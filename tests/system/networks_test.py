#!/usr/bin/env python3
"""Networks by name: their list, and that what belongs to one stays apart."""
import json
import socket
import stat
import sys
import threading
import urllib.request

import pond as harness
from pond import wait


class Proxy:
    """In front of an endpoint's two ports: it can go away and come back."""

    def __init__(self, url):
        self.target = int(url.rsplit(":", 1)[1])
        while True:
            with socket.socket() as probe, socket.socket() as beside:
                probe.bind(("127.0.0.1", 0))
                self.port = probe.getsockname()[1]
                try:
                    beside.bind(("127.0.0.1", self.port + 1))
                    break
                except (OSError, OverflowError):
                    continue
        self.url = f"http://127.0.0.1:{self.port}"
        self.accepted = [0, 0]  # at the RPC's port, at PubSub's
        self.open()

    def open(self):
        self.sockets = []
        self.listeners = []
        for offset in (0, 1):
            listener = socket.socket()
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(("127.0.0.1", self.port + offset))
            listener.listen(64)
            self.listeners.append(listener)
            threading.Thread(target=self.accept, daemon=True,
                             args=(listener, offset)).start()

    def accept(self, listener, offset):
        while True:
            try:
                near = listener.accept()[0]
                far = socket.create_connection(
                    ("127.0.0.1", self.target + offset))
            except OSError:
                return
            self.accepted[offset] += 1
            self.sockets += [near, far]
            for pair in ((near, far), (far, near)):
                threading.Thread(target=self.copy, daemon=True,
                                 args=pair).start()

    def copy(self, source, sink):
        try:
            while data := source.recv(65536):
                sink.sendall(data)
        except OSError:
            pass
        for end in (source, sink):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def close(self):
        for end in self.listeners + self.sockets:
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            end.close()


def named(pond, name):
    return next(row for row in pond.json("network", "list")
                if row["network"] == name)


def test_a_network_is_added_used_and_forgotten(pond):
    ready = [row["network"] for row in pond.json("network", "list")]
    assert ready == ["local", "mainnet", "testnet", "devnet"], ready
    assert not any(row["used"] for row in pond.json("network", "list"))

    pond("network", "add", "home", "http://127.0.0.1:1", "http://127.0.0.1:2")
    row = named(pond, "home")
    assert row["urls"] == ["http://127.0.0.1:1", "http://127.0.0.1:2"], row
    assert row["node_dir"].endswith("/pond/networks/home/node"), row
    assert "127.0.0.1:2" in pond("network", "show", "home").stdout
    shown = pond("network", "show").stdout
    assert "http://127.0.0.1:10899" in shown and "default" in shown, shown

    pond("network", "use", "home")
    assert named(pond, "home")["used"]
    assert pond.json("network", "show")[0]["from"] == "pond network use"
    pond("network", "remove", "home")
    assert not [row for row in pond.json("network", "list")
                if row["network"] == "home" or row["used"]]

    # One that comes with the program has other URLs, and its own again.
    pond("network", "add", "testnet", "http://127.0.0.1:3")
    assert named(pond, "testnet")["urls"] == ["http://127.0.0.1:3"]
    pond("network", "remove", "testnet")
    assert named(pond, "testnet")["urls"] == ["https://testnet.koii.network"]


def test_what_is_wrong_with_a_network_is_said(pond):
    pond("network", "use", "nowhere", status=3)
    pond("network", "remove", "nowhere", status=3)
    pond("network", "remove", "local", status=1)
    pond("network", "add", "a/b", "http://127.0.0.1:1", status=1)
    pond("network", "add", "home", "127.0.0.1:1", status=1)
    pond("network", "add", "home", "ws://127.0.0.1:1", status=1)
    pond("network", "add", "home", status=2)
    pond("network", "add", "home", *["http://127.0.0.1:1"] * 9, status=1)
    for words in (["chain", "slot"], ["wallet", "show"], ["node", "status"],
                  ["node"]):
        done = pond(*words, "--network", "nowhere", status=3)
        assert "testnet" in done.stderr and "network add" in done.stderr, done
    file = pond.home / ".config" / "pond" / "networks.json"
    assert not file.exists()
    file.parent.mkdir(parents=True)
    file.write_text("{")
    done = pond("chain", "slot", status=1)
    assert "networks.json" in done.stderr, done.stderr


def test_keys_of_providers_are_not_shown(pond):
    secret = "0123456789abcdef0123"
    pond("network", "add", "rented", f"http://127.0.0.1:1/v2/{secret}",
         f"http://127.0.0.1:1/?api-key={secret}")
    file = pond.home / ".config" / "pond" / "networks.json"
    assert file.read_text().count(secret) == 2
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    for words in (["network", "list"], ["network", "show", "rented"],
                  ["network", "use", "rented"], ["network", "list", "--json"]):
        done = pond(*words)
        assert "[hidden]" in done.stdout and secret not in done.stdout, done


def test_no_log_has_keys_of_providers(pond):
    """Whatever goes wrong with such a URL, and at the loudest level."""
    secret, hidden = "0123456789abcdef0123", "[hidden]"
    dead = f"http://127.0.0.1:1/v2/{secret}/?api-key={secret}"
    for words in (["chain", "slot"], ["doctor"], ["wallet", "balance"]):
        done = pond(*words, "--rpc", dead, status=None)
        assert secret not in done.stdout + done.stderr, done
        done = pond(*words, "--rpc", dead, "--json", status=None)
        assert secret not in done.stdout + done.stderr, done
    done = pond("chain", "slot", "--rpc", f"http://me:{secret}@127.0.0.1:1",
                status=1)
    assert hidden in done.stderr and secret not in done.stderr, done

    node = pond.serve("node", "--new-wallet",
                      "--listen", "127.0.0.1", "--port", "0",
                      "--no-passphrase", "--log-level", "debug", "--rpc", dead,
                      "--rpc", dead + "&more=1", "--gateway", dead,
                      "--webhook", dead)
    folder = pond.home / ".local/share/pond/node"
    wait(lambda: {end["state"] for end in settlement(folder)[1]["endpoints"]}
         == {"away"})
    shown = json.dumps(settlement(folder)[0])
    assert hidden in shown and secret not in shown, shown
    assert node.stop() == 0
    for log in (folder / "node.log", pond.home / "server.log"):
        text = log.read_text()
        assert "client" in text and secret not in text, text


def test_wallets_and_nodes_of_networks_are_apart(pond):
    """A private network that has a name, beside the one of this machine."""
    net = pond.serve("up", "--rpc-port", "0", "--dir", "net", "--nodes", "0",
                     "--slot-ms", "50")
    pond("network", "add", "home", net.values["rpc"])
    common = pond.json("wallet", "new", "--no-passphrase")[0]
    own = pond.json("wallet", "new", "--no-passphrase", "--network", "home")[0]
    assert own["file"].endswith("/pond/networks/home/id.json"), own
    assert pond.json("wallet", "show")[0]["address"] == common["address"]
    assert (pond.json("wallet", "show", "--network", "home")[0]["address"]
            == own["address"])

    pond("airdrop", "2", "--network", "home")
    assert pond.json("wallet", "balance", "--network", "home"
                     )[0]["balance_roe"] == 2000000000
    pond("wallet", "balance", status=4)
    home = {"POND_NETWORK": "home"}
    pond("chain", "slot", environment=home)

    # The node has folder, keys and journal of that network alone.
    pond("network", "use", "home")
    node = pond.serve("node", "--new-wallet",
                      "--listen", "127.0.0.1", "--port", "0",
                      "--no-passphrase", "--addresses", "loopback")
    folder = pond.home / ".local/share/pond/networks/home/node"
    assert (folder / "journal.db").exists()
    assert not (pond.home / ".local/share/pond/node").exists()
    wait(lambda: pond.json("node", "status")[0]["connected"])
    pond("node", "status", "--network", "local", status=3)
    assert node.stop() == 0


def test_a_node_takes_the_old_name_of_addresses(pond):
    """Units of services that are installed have it, and mean no network."""
    words = ("node", "--new-wallet",
             "--listen", "127.0.0.1", "--port", "0", "--no-passphrase",
             "--rpc", "http://127.0.0.1:1")
    assert pond.serve(*words, "--network", "loopback").stop() == 0
    assert (pond.home / ".local/share/pond/node/journal.db").exists()
    pond("network", "add", "loopback", "http://127.0.0.1:1")
    assert pond.serve(*words, "--network", "loopback").stop() == 0
    assert (pond.home / ".local/share/pond/networks/loopback/node"
            / "journal.db").exists()
    done = pond(*words, "--addresses", "everywhere", status=1)
    assert "--addresses" in done.stderr, done.stderr


def test_a_service_is_told_what_the_settings_say(pond):
    pond("network", "add", "home", "http://127.0.0.1:1", "http://127.0.0.1:2")
    unit = pond("service", "install", "node", "--dry-run", "--", "--network",
                "home", "--port", "5").stdout.replace('"', "")
    line = next(line for line in unit.splitlines()
                if line.startswith("ExecStart="))
    assert "--network" not in line and "--port 5" in line, line
    assert "http://127.0.0.1:1 http://127.0.0.1:2" in line, line
    assert "/var/lib/pond/networks/home/node" in line, line
    assert "StateDirectory=pond/networks/home/node" in unit, unit

    pond("network", "use", "home")
    unit = pond("service", "install", "node", "--user", "--dry-run"
                ).stdout.replace('"', "")
    assert "--network home" in unit, unit
    # Units of earlier versions have addresses behind this name.
    unit = pond("service", "install", "node", "--dry-run", "--", "--network",
                "loopback").stdout.replace('"', "")
    assert "--network loopback" in unit, unit


def settlement(folder):
    """What the node's status says of its endpoints."""
    file = json.loads((folder / "control.json").read_text())
    request = urllib.request.Request(
        file["url"] + "/status",
        headers={"Authorization": "Bearer " + file["token"]})
    with urllib.request.urlopen(request, timeout=10) as answer:
        status = json.load(answer)
    return status, status["settlement"]


def test_a_node_goes_on_at_the_next_endpoint_and_back(pond):
    net = pond.serve("up", "--rpc-port", "0", "--dir", "net", "--nodes", "0",
                     "--slot-ms", "50")
    other = pond.serve("up", "--rpc-port", "0", "--dir", "other", "--nodes",
                       "0", "--slot-ms", "50")
    real, proxy = net.values["rpc"], Proxy(net.values["rpc"])
    second = Proxy(real)
    folder = pond.home / "node"

    def serve(*urls):
        return pond.serve("node", "--new-wallet",
                          "--node-dir", folder, "--listen",
                          "127.0.0.1", "--port", "0", "--no-passphrase",
                          "--rpc", ",".join(urls))

    def goes_on_at(url):
        """The node uses it, and slots come from there."""
        wait(lambda: settlement(folder)[1]["url"] == url)
        slot = settlement(folder)[0]["slot"]
        wait(lambda: settlement(folder)[0]["slot"] > slot + 20)
        assert settlement(folder)[0]["connected"]

    node = serve(proxy.url, second.url)
    goes_on_at(proxy.url)
    assert not second.accepted[1]
    proxy.close()
    goes_on_at(second.url)
    wait(lambda: second.accepted[1])
    states = {end["url"]: end["state"]
              for end in settlement(folder)[1]["endpoints"]}
    assert states == {proxy.url: "away", second.url: "good"}, states
    before = proxy.accepted[1]
    proxy.open()
    goes_on_at(proxy.url)
    wait(lambda: proxy.accepted[1] > before)
    assert node.stop() == 0

    # The folder knows its network: another one is passed over.
    node = serve(other.values["rpc"], real)
    goes_on_at(real)
    assert settlement(folder)[1]["endpoints"][0]["state"] == "other"
    assert node.stop() == 0

    # Commands go to the first that answers, too, however they are given.
    proxy.close()
    pond("chain", "slot", "--rpc", proxy.url, "--rpc", real)
    pond("chain", "slot", environment={"POND_RPC": f"{proxy.url}, {real}"})
    pond("chain", "slot", "--rpc", proxy.url, status=4)
    pond("wallet", "new", "--no-passphrase")
    pond("airdrop", "2", "--rpc", f"{proxy.url},{real}")


if __name__ == "__main__":
    harness.main(sys.modules[__name__])
