"""What an operator orders about a node's places: its beginning anew, where
settlement is, where peers reach it, where its evidence and its notices go."""
import contextlib
import os
import sys

from page_client import Control
from page_guard_test import PASSPHRASE, start
from pond import main, wait


def back(pond, before, name="node"):
    """The control port of the node that has begun anew."""
    def look():
        try:
            control = Control(pond.home / name)
        except (OSError, ValueError):
            return None
        return control.token != before.token and control
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
    # Sessions, and thus pages, go on.
    assert session.ask("GET", "node").json["state"] == "running"
    assert pond.json("node", "restart", "--node-dir", "node") == [
        {"node": "restarted"}]
    assert back(pond, after).pid == control.pid
    assert session.ask("GET", "node").status == 200
    assert pond.servers[-1].stop() == 0


def test_a_passphrase_in_a_file_is_read_again(pond):
    secret = pond.home / "secret"
    secret.write_text(PASSPHRASE)
    secret.chmod(0o600)
    control = start(pond, "node", "--passphrase-file", secret, plain=False)
    session = control.connect()
    assert session.ask("POST", "restart", {}).json == {"asks": False}
    back(pond, control)
    assert session.ask("GET", "node").json["state"] == "running"


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


if __name__ == "__main__":
    main(sys.modules[__name__])
