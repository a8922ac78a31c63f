#!/usr/bin/env python3
"""Servers under systemd: what they say to it, and the units for it."""
import json
import shutil
import signal
import socket
import subprocess
import sys
import urllib.request

import pond as harness

VALIDATOR = ("validator", "--rpc-port", "0", "--dir", "v", "--development")
MARK = "# Written by `pond service install`."


class Supervisor:
    """systemd's end of NOTIFY_SOCKET."""

    def __init__(self, pond):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(str(pond.home / "notify"))
        self.socket.settimeout(30)
        pond.environment["NOTIFY_SOCKET"] = str(pond.home / "notify")

    def wait_for(self, line):
        """The messages up to the one that has this line."""
        heard = []
        while not heard or line not in heard[-1].split("\n"):
            heard.append(self.socket.recv(4096).decode())
        return heard

    def close(self, pond):
        self.socket.close()
        del pond.environment["NOTIFY_SOCKET"]


def test_a_validator_says_when_it_serves_and_when_it_stops(pond):
    supervisor = Supervisor(pond)
    server = pond.serve(*VALIDATOR)
    assert supervisor.wait_for("READY=1") == ["READY=1\nSTATUS=serves"]
    assert server.stop(signal.SIGTERM) == 0
    supervisor.wait_for("STOPPING=1")
    supervisor.close(pond)


def test_a_node_shows_that_it_lives_and_what_it_does(pond):
    validator = pond.serve(*VALIDATOR)
    supervisor = Supervisor(pond)
    pond.environment["WATCHDOG_USEC"] = "400000"
    node = pond.serve("node", "--new-wallet", "--node-dir", "n", "--rpc",
                      validator.values["rpc"], "--listen", "127.0.0.1",
                      "--port", "0", "--no-sandbox", log="node.log")
    del pond.environment["WATCHDOG_USEC"]
    supervisor.wait_for("READY=1")
    beats = supervisor.wait_for("WATCHDOG=1") + supervisor.wait_for("WATCHDOG=1")
    assert all("STATUS=0 tasks, " in beat for beat in beats), beats
    # It begins anew in the same process, and its supervisor sees no end.
    pond("node", "restart", "--node-dir", "n")
    heard = supervisor.wait_for("RELOADING=1") + supervisor.wait_for("READY=1")
    assert not any("STOPPING=1" in message for message in heard), heard
    supervisor.wait_for("WATCHDOG=1")
    assert node.process.poll() is None
    assert node.stop(signal.SIGTERM) == 0
    supervisor.wait_for("STOPPING=1")
    supervisor.close(pond)


def test_a_node_says_what_it_does_to_people_programs_and_prometheus(pond):
    pond("node", "status", "--node-dir", "n", status=3)
    validator = pond.serve(*VALIDATOR)
    node = pond.serve("node", "--new-wallet", "--node-dir", "n", "--rpc",
                      validator.values["rpc"], "--listen", "127.0.0.1",
                      "--port", "0", "--no-sandbox", log="node.log")
    at = ("--node-dir", "n")
    told = pond.json("node", "status", *at)[0]
    assert told["tasks"] == [] and told["main"], told
    shown = pond("node", "status", *at).stdout
    assert told["staking"] in shown and "no task runs" in shown, shown
    text = pond("node", "status", "--metrics", *at).stdout
    assert pond.json("node", "status", "--metrics", *at)[0]["metrics"]
    with urllib.request.urlopen(node.values["public"] + "/metrics") as answer:
        assert answer.headers["Content-Type"] == "text/plain; version=0.0.4"
        public = answer.read().decode()
    for exposed in (text, public):
        values, known = {}, {}
        for line in exposed.splitlines():
            if line.startswith("# "):
                _, kind, name, rest = line.split(" ", 3)
                known.setdefault(name, {})[kind] = rest
                continue
            name, value = line.rsplit(" ", 1)
            values[name] = int(value)
            assert known[name.split("{")[0]].keys() == {"HELP", "TYPE"}, line
        assert values["pond_node_tasks"] == 0
        assert "pond_node_slot" in values and "pond_store_bytes" in values
        assert any(name.startswith("pond_build_info{version=")
                   for name in values)
    assert node.stop(signal.SIGTERM) == 0


def test_a_start_that_fails_never_says_that_it_is_ready(pond):
    supervisor = Supervisor(pond)
    pond("validator", "--dir", "nothing", "--rpc-port", "0", status=3)
    supervisor.socket.setblocking(False)
    heard = []
    try:
        while True:
            heard.append(supervisor.socket.recv(4096).decode())
    except BlockingIOError:
        pass
    assert not any("READY" in message for message in heard), heard
    supervisor.close(pond)


def test_a_socket_that_is_none_is_an_error_and_one_that_is_gone_is_not(pond):
    pond.environment["NOTIFY_SOCKET"] = "vsock:2:1234"
    pond(*VALIDATOR, status=1)
    pond.environment["NOTIFY_SOCKET"] = str(pond.home / "gone")
    assert pond.serve(*VALIDATOR).stop() == 0
    del pond.environment["NOTIFY_SOCKET"]


def test_a_unit_is_shown_and_nothing_is_written(pond):
    done = pond("service", "install", "--user", "--dry-run", "--json", "node",
                "--", "--port", "0", "--gateway", "http://x/%2f")
    shown = json.loads(done.stdout)
    assert shown["path"] == str(
        pond.home / ".config/systemd/user/pond-node.service"), shown
    assert ('node "--port" "0" "--gateway" "http://x/%%2f"\n'
            in shown["unit"]), shown["unit"]
    assert shown["unit"].startswith(MARK)
    # A node is meant where no server is named.
    done = pond("service", "install", "--user", "--dry-run", "--json", "--",
                "--port", "0", "--gateway", "http://x/%2f")
    assert json.loads(done.stdout) == shown, done.stdout
    assert not (pond.home / ".config").exists()


def test_a_unit_of_ones_own_is_written_and_removed(pond):
    path = pond.home / ".config/systemd/user/pond-node.service"
    pond("service", "status", "--user", status=3)
    pond("service", "uninstall", "--user", status=3)
    done = pond.json("service", "install", "--user")[0]
    assert done["state"] == "installed" and done["path"] == str(path), done
    assert path.read_text().startswith(MARK)
    # Again, with other options: ours is replaced.
    pond("service", "install", "--user", "node", "--", "--port", "7")
    assert '"--port" "7"' in path.read_text()
    assert pond.json("service", "status", "--user")[0]["service"] == path.name
    pond("service", "uninstall", "--user", "--dry-run")
    assert path.exists()
    pond("service", "uninstall", "--user")
    assert not path.exists()


def test_a_unit_of_somebody_else_is_left_alone(pond):
    path = pond.home / ".config/systemd/user/pond-node.service"
    path.parent.mkdir(parents=True)
    path.write_text("[Service]\nExecStart=/bin/true\n")
    for command in ("install", "uninstall", "status"):
        done = pond("service", command, "--user", status=1)
        assert "not written by pond" in done.stderr, done.stderr
    assert path.read_text() == "[Service]\nExecStart=/bin/true\n"


def test_wrong_orders_are_refused_before_anything_is_written(pond):
    for words in (("gateway",),
                  ("node", "--", "--prot", "7"),
                  ("--", "--prot", "7"),
                  ("node", "--", "--port", "70000"),
                  ("node", "--", "more"),
                  ("node", "--", "--node-dir", "here"),
                  ("--name", "../escape"),
                  ("--name", "a@b"),
                  ("--run-as", "root"),
                  ("--passphrase-file", "here"),
                  ("validator", "--passphrase-file", "/here")):
        pond("service", "install", "--user", *words, status=1)
    # A folder of one's own belongs to somebody.
    pond("service", "install", "--dry-run", "validator", "--", "--dir", "/srv",
         status=1)
    assert not (pond.home / ".config").exists()


def test_systemd_reads_the_units(pond):
    if not shutil.which("systemd-analyze"):
        print("# skipped: no systemd-analyze on this machine")
        return
    for scope in ((), ("--user",)):
        for role in ("node", "validator"):
            name = f"pond-{role}.service"
            text = pond.json("service", "install", "--dry-run", *scope,
                             role)[0]["unit"]
            # The page is not installed in a build tree.
            text = text.replace("Documentation=man:pond(1)\n", "")
            (pond.home / name).write_text(text)
            done = subprocess.run(
                ["systemd-analyze", "verify", "--man=no",
                 str(pond.home / name)], text=True, stderr=subprocess.PIPE)
            wrong = [line for line in done.stderr.splitlines()
                     if name in line]
            assert not wrong, wrong


if __name__ == "__main__":
    harness.main(sys.modules[__name__])
