"""The first run: a node that waits for its wallet, or for the passphrase of the
one it has."""
import gzip
import os
import random
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

from page_client import Control, knocking, memory_of
from pond import main, wait

NODE = ("node", "--node-dir", "n", "--rpc", "http://127.0.0.1:1", "--listen",
        "127.0.0.1", "--port", "0")
WAITS = ("setup ", "locked ")
PASSPHRASE = " ключ от дома, 256 "
WORDS = "abandon " * 11 + "about"
ADDRESS = "GjJyeC1r2RgkuoCWMyPYkCWSGSGLcz266EaAkLA27AhL"
OTHER = "legal winner thank year wave sausage worth useful legal winner " \
        "thank yellow"


def serve(pond, *more):
    server = pond.serve(*NODE, *more, says=WAITS)
    return server, Control(pond.home / "n").connect()


def step_of(session):
    answer = session.ask("GET", "setup")
    assert answer.status == 200, answer.body
    return answer.json["step"]


def order(session, what, body, status=200):
    answer = session.ask("POST", "setup/" + what, body)
    assert answer.status == status, (what, answer.status, answer.body)
    return answer.json if status == 200 else answer


def to_confirm(session, **more):
    """Up to the words; gives the answer that is right."""
    order(session, "passphrase", {"passphrase": PASSPHRASE, **more})
    words = order(session, "phrase", {})["words"]
    order(session, "step", {"step": "5"})
    places = session.ask("GET", "setup").json["places"]
    return words, {str(place): words[place - 1] for place in places}


def node_of(pond):
    """Of the node that follows: it has the same port and sessions."""
    def ask():
        try:
            control = Control(pond.home / "n")
            answer = control.as_pond("GET", "/api/1/node")
        except (OSError, ValueError):
            return None
        return answer.status == 200 and answer.json["state"] == "running" \
            and answer.json
    return wait(ask)


def files_of(pond):
    return sorted(path.name for path in (pond.home / "n").glob("*/*")
                  if path.is_file() and "sealed" in path.name or
                  path.name.endswith("Wallet.json"))


def test_a_node_without_a_wallet_waits_and_makes_none(pond):
    server, session = serve(pond)
    assert server.line.startswith("setup page=http://127.0.0.1:")
    assert "open=" not in server.line  # no secret where lines are kept
    control = session.control
    assert control.ask("GET", "/api").json["setup"]
    assert session.ask("GET", "node").json["state"] == "setup"
    assert step_of(session) == "1"
    refused = control.as_pond("GET", "/status")
    assert refused.status == 503 and b"pond page" in refused.body
    assert b"no wallet" in pond("node", "status", "--node-dir", "n",
                                status=None).stderr.encode()
    for path in ("tasks", "log"):
        assert session.ask("GET", path).status == 404
    assert server.stop() == 0
    assert not list((pond.home / "n").glob("*/*"))


def test_peers_get_503(pond):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    pond.serve(*NODE[:-1], port, says=WAITS)
    try:
        urllib.request.urlopen(f"http://127.0.0.1:{port}/tasks", timeout=60)
        raise AssertionError
    except urllib.error.HTTPError as error:
        assert error.code == 503


def test_a_wallet_is_there_once_its_words_were_confirmed(pond):
    server, session = serve(pond)
    assert order(session, "phrase", {}, 409).code == "not_now"
    short = order(session, "passphrase", {"passphrase": "eleven char"}, 400)
    assert short.json["error"]["field"] == "passphrase"
    words, right = to_confirm(session)
    assert step_of(session) == "5"  # a reload goes on here
    assert order(session, "phrase", {})["words"] == words
    place = sorted(right, key=int)[1]
    wrong = order(session, "confirm", {**right, place: "abandon"}, 400)
    assert wrong.json["error"]["field"] == place
    assert not files_of(pond)
    with knocking(session.control.port) as refused:
        order(session, "confirm", {**right, place: right[place].upper() + " "})
        assert node_of(pond)["state"] == "running"
    assert not refused  # the node follows on the same listener
    assert step_of(session) == "6"
    assert order(session, "step", {"step": "7"})["step"] == "7"
    assert order(session, "step", {"step": "2"}, 409)
    assert order(session, "passphrase", {"passphrase": PASSPHRASE}, 409)
    assert len(files_of(pond)) == 4
    for word in words:
        if len(word) > 5:
            assert word not in (pond.home / "server.log").read_text()
    assert server.stop() == 0
    # It is locked now, and knows the step when it is opened.
    server, session = serve(pond)
    assert server.line.startswith("locked page=")
    assert session.ask("GET", "node").json["state"] == "locked"
    assert session.ask("POST", "unlock", {"passphrase": PASSPHRASE[1:]}
                       ).code == "proof"
    assert session.ask("POST", "unlock", {"passphrase": PASSPHRASE}
                       ).status == 200
    node_of(pond)
    assert step_of(session) == "7"


def processes_of(process):
    """It and all that it has started."""
    yield process
    for task in os.listdir(f"/proc/{process}/task"):
        with open(f"/proc/{process}/task/{task}/children",
                  encoding="ascii") as children:
            for child in children.read().split():
                yield from processes_of(int(child))


def test_nothing_is_left_of_words_and_passphrase(pond):
    server, session = serve(pond)
    words, right = to_confirm(session)
    # A word by itself is in the list of all words.
    secrets = [PASSPHRASE.encode()]
    for one, other in zip(words, words[1:]):
        secrets += [f"{one} {other}".encode(), f'{one}","{other}'.encode(),
                    f"{one}\0{other}".encode()]

    def in_memory():
        return [(process, secret) for process in
                processes_of(server.process.pid)
                for piece in memory_of(process) for secret in secrets
                if secret in piece]

    assert in_memory()  # until they are confirmed
    order(session, "confirm", {**right, min(right): "abandon"}, 400)
    order(session, "confirm", right)
    node_of(pond)
    pond("report", "report.tar.gz", "--node-dir", "n")
    texts = {str(path): path.read_bytes() for path in pond.home.rglob("*")
             if path.is_file()}
    texts["report"] = gzip.decompress(
        (pond.home / "report.tar.gz").read_bytes())
    for process in processes_of(server.process.pid):
        with open(f"/proc/{process}/cmdline", "rb") as line:
            texts[f"cmdline {process}"] = line.read()

    assert not [(where, secret) for where, text in texts.items()
                for secret in secrets if secret in text]
    # A connection lets go of what it has read when it has ended.
    end = time.monotonic() + 20
    while in_memory() and time.monotonic() < end:
        time.sleep(0.2)
    assert not in_memory(), in_memory()


def test_a_kept_passphrase_starts_without_asking(pond):
    server, session = serve(pond)
    _, right = to_confirm(session, remember=True)
    order(session, "confirm", right)
    node = node_of(pond)
    kept = pond.home / "n" / "passphrase"
    assert kept.stat().st_mode & 0o777 == 0o600
    assert server.stop() == 0
    server = pond.serve(*NODE)
    assert server.line.startswith("ready ")
    assert node_of(pond)["main"] == node["main"]


def kept_opens_all(pond):
    """Keys and words, by the passphrase that the folder keeps."""
    kept = ("--node-dir", "n", "--passphrase-file", "n/passphrase")
    pond("wallet", "export", "main", "out.json", "--force", *kept)
    pond("wallet", "export", "main", "out.json", "--force", "--staking", *kept)
    return pond.json("wallet", "phrase", "main", *kept)[0]["seed_phrase"]


def test_a_passphrase_that_the_cli_changes_goes_with_all(pond):
    server, session = serve(pond)
    words, right = to_confirm(session, remember=True)
    order(session, "confirm", right)
    node = node_of(pond)
    assert server.stop() == 0
    chance = random.Random(5)
    change = ("wallet", "passphrase", "--account", "main", "--node-dir", "n",
              "--passphrase-file", "n/passphrase", "--new-passphrase-file",
              "new")
    for kill in (True, True, False):
        new = pond.home / "new"
        new.write_text(f"passphrase {chance.random()}")
        new.chmod(0o600)
        process = subprocess.Popen([pond.program, *change], cwd=pond.home,
                                   env=pond.environment,
                                   stdout=subprocess.DEVNULL)
        if kill:
            time.sleep(chance.uniform(0, 5))
            process.kill()
        assert process.wait(120) == 0 or kill
        assert kept_opens_all(pond) == " ".join(words)
        assert not list((pond.home / "n").glob("wallet.*"))
    assert (pond.home / "n" / "passphrase").read_text() == new.read_text()
    server = pond.serve(*NODE)
    assert server.line.startswith("ready ")
    assert node_of(pond)["main"] == node["main"]
    # What it is renamed to has them, too; what is removed leaves nothing.
    assert server.stop() == 0
    pond("wallet", "rename", "main", "other", "--node-dir", "n")
    assert [name for name in files_of(pond) if "phrase" in name] == \
        ["other_phrase.sealed"]
    pond("wallet", "use", "other", "--node-dir", "n")
    pond("wallet", "new", "--account", "second", "--node-dir", "n")
    pond("wallet", "use", "second", "--node-dir", "n")
    pond("wallet", "remove", "other", "--yes", "--node-dir", "n")
    assert not [name for name in files_of(pond) if "other" in name]


def test_a_kept_passphrase_that_opens_nothing_is_passed_over(pond):
    new = pond.home / "new"
    new.write_text("another passphrase")
    new.chmod(0o600)
    made = pond.json("wallet", "new", "--account", "main", "--node-dir", "n",
                     "--passphrase-file", "new")[0]
    kept = pond.home / "n" / "passphrase"
    kept.write_text("of another wallet")
    kept.chmod(0o600)
    server, session = serve(pond)
    assert server.line.startswith("locked page=")
    assert session.ask("POST", "unlock", {"passphrase": "another passphrase"}
                       ).status == 200
    assert node_of(pond)["main"] == made["main"]


def test_an_import_shows_its_addresses_before_it_is_taken(pond):
    server, session = serve(pond)
    shown = order(session, "import", {"words": WORDS.upper()})
    assert shown["main"] == ADDRESS
    assert order(session, "import", {"words": WORDS, "take": True}, 409)
    assert order(session, "import", {"words": "abandon about"}, 400
                 ).json["error"]["field"] == "words"
    assert order(session, "import", {"key": [1, 2]}, 400
                 ).json["error"]["field"] == "key"
    order(session, "passphrase", {"passphrase": PASSPHRASE})
    assert order(session, "import", {"words": WORDS}) == shown
    assert not files_of(pond)
    order(session, "import", {"words": WORDS, "take": True})
    node = node_of(pond)
    assert (node["main"], node["staking"]) == (shown["main"], shown["staking"])


def test_a_lost_passphrase_is_replaced_by_the_wallets_own_words(pond):
    server, session = serve(pond)
    order(session, "passphrase", {"passphrase": PASSPHRASE})
    order(session, "import", {"words": WORDS, "take": True})
    node_of(pond)
    assert server.stop() == 0
    server, session = serve(pond)
    new = {"passphrase": "another passphrase"}
    refused = order(session, "replace", {**new, "words": OTHER}, 403)
    assert ADDRESS in refused.json["error"]["message"]
    assert order(session, "replace", {"passphrase": "short", "words": WORDS},
                 400).json["error"]["field"] == "passphrase"
    order(session, "replace", {**new, "words": WORDS})
    assert node_of(pond)["main"] == ADDRESS
    assert server.stop() == 0
    server, session = serve(pond)
    assert session.ask("POST", "unlock", {"passphrase": PASSPHRASE}
                       ).code == "proof"
    assert session.ask("POST", "unlock", new).status == 200
    node_of(pond)


def test_a_kill_while_keys_are_written_leaves_none_or_all(pond):
    chance = random.Random(3)
    for _ in range(4):
        server, session = serve(pond)
        if server.line.startswith("locked"):
            break
        _, right = to_confirm(session)
        child = os.fork()
        if not child:
            try:
                session.ask("POST", "setup/confirm", right)
            finally:
                os._exit(0)
        time.sleep(chance.uniform(0, 4))
        server.process.send_signal(signal.SIGKILL)
        server.process.wait()
        os.waitpid(child, 0)
        pond.serve(*NODE, says=WAITS).stop()
        assert len(files_of(pond)) in (0, 4), files_of(pond)
        assert not list((pond.home / "n").glob("wallet.*"))


def test_new_wallet_makes_keys_without_asking(pond):
    server = pond.serve(*NODE, "--new-wallet", "--no-passphrase")
    assert server.line.startswith("ready ")
    session = Control(pond.home / "n").connect()
    assert step_of(session) == "1"
    assert not session.ask("GET", "setup").json["waits"]


if __name__ == "__main__":
    main(sys.modules[__name__])
