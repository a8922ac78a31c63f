#!/usr/bin/env python3
"""Networks by name: their list, and that what belongs to one stays apart."""
import stat
import sys
import time

import pond as harness


def wait(what, seconds=60):
    """Ask again until it gives something."""
    end = time.monotonic() + seconds
    while True:
        found = what()
        if found:
            return found
        assert time.monotonic() < end, "nothing came"
        time.sleep(0.1)


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
    node = pond.serve("node", "--listen", "127.0.0.1", "--port", "0",
                      "--no-passphrase", "--addresses", "loopback")
    folder = pond.home / ".local/share/pond/networks/home/node"
    assert (folder / "journal.db").exists()
    assert not (pond.home / ".local/share/pond/node").exists()
    wait(lambda: pond.json("node", "status")[0]["connected"])
    pond("node", "status", "--network", "local", status=3)
    assert node.stop() == 0


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


if __name__ == "__main__":
    harness.main(sys.modules[__name__])
