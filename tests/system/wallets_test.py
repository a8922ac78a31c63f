"""The wallets of a node that runs, as its page orders: one more, one less,
their words and keys, their passphrase, another one in use."""
import random
import signal
import sys
import threading
import time
import uuid

from page_client import Control
from pond import main, wait
from places_test import back

NODE = ("node", "--node-dir", "n", "--rpc", "http://127.0.0.1:1", "--listen",
        "127.0.0.1", "--port", "0", "--new-wallet")
PASSPHRASE = "gravel otter sundial"
NEW = "another otter ключ"
WORDS = "abandon " * 11 + "about"
ADDRESS = "GjJyeC1r2RgkuoCWMyPYkCWSGSGLcz266EaAkLA27AhL"
OTHER = "legal winner thank year wave sausage worth useful legal winner " \
        "thank yellow"
SECRET = {"passphrase": PASSPHRASE}


def secret_file(pond, name, text):
    path = pond.home / name
    path.write_text(text)
    path.chmod(0o600)
    return path


def serve(pond, *more):
    pond.serve(*NODE, *more, says=("ready ", "locked "))
    return Control(pond.home / "n").connect()


def sealed(pond, keeps=True):
    """A node whose folder keeps the passphrase of its wallet."""
    secret = secret_file(pond, "secret", PASSPHRASE)
    pond("wallet", "new", "--account", "main", "--node-dir", "n",
         "--passphrase-file", secret)
    if keeps:
        secret.rename(pond.home / "n" / "passphrase")
    return serve(pond)


def back_again(pond, session):
    """Connected to the node that has begun anew: another program may have taken
    its port meanwhile, and then its sessions have ended."""
    return back(pond, session.control, "n").connect()


def order(session, path, body=None, status=200, method="POST", headers=None):
    answer = session.ask(method, path, body or {}, headers)
    assert answer.status == status, (path, answer.status, answer.body)
    return answer.json if status == 200 else answer.json["error"]


def wallets(session):
    return {wallet["name"]: wallet
            for wallet in order(session, "wallets", method="GET")["items"]}


def add(session, name, **more):
    order(session, "wallets", {"name": name, **more})
    found = order(session, "setup", method="GET")
    assert (found["step"], found["adding"], found["waits"]) == \
        ("3", name, False)


def delete(session, name, body, status=200, passphrase=PASSPHRASE):
    headers = {"Idempotency-Key": str(uuid.uuid4())}
    if passphrase:
        headers["X-Pond-Proof"] = order(session, "proofs", {
            "passphrase": passphrase})["proof"]
    return order(session, "wallets/" + name, body, status, "DELETE", headers)


def test_a_wallet_is_added_shown_and_deleted(pond):
    session = sealed(pond)
    assert list(wallets(session)) == ["main"]
    for body, status, field in (
            ({"name": "a/b", **SECRET}, 400, "name"),
            ({"name": "main", **SECRET}, 409, "name"),
            ({"name": "two"}, 400, "passphrase"),
            ({"name": "two", "passphrase": "wrong"}, 403, "passphrase")):
        assert order(session, "wallets", body, status)["field"] == field
    # A new one: its words are confirmed, and called off at any time before.
    add(session, "two", **SECRET)
    order(session, "setup/step", {"step": "2"}, 409)
    order(session, "setup/passphrase", {"passphrase": "x" * 12}, 409)
    assert order(session, "setup/step", {"step": "done"})["step"] != "3"
    order(session, "setup/phrase", {}, 409)
    add(session, "two", **SECRET)
    words = order(session, "setup/phrase")["words"]
    order(session, "setup/step", {"step": "5"})
    places = order(session, "setup", method="GET")["places"]
    right = {str(place): words[place - 1] for place in places}
    order(session, "setup/confirm", {**right, str(places[0]): "x"}, 400)
    order(session, "setup/confirm", right)
    assert "adding" not in order(session, "setup", method="GET")
    # One that is there: by the paths of Koii's node.
    add(session, "three", **SECRET)
    shown = order(session, "setup/import", {"words": WORDS})
    assert shown["main"] == ADDRESS and "stakes" not in shown  # away
    order(session, "setup/import", {"words": WORDS, "take": True})
    found = wallets(session)
    assert set(found) == {"main", "two", "three"}
    three = found["three"]
    assert {key: three[key] for key in ("main", "staking", "kpl_staking")} == \
        shown
    assert three["sealed"] and three["words"] and not three["used"]
    assert found["main"]["used"] and not found["main"]["words"]
    add(session, "four", **SECRET)
    assert "three" in order(session, "setup/import", {
        "words": WORDS, "take": True}, 409)["message"]
    # Words and keys, by the passphrase alone.
    assert order(session, "wallets/two/phrase", SECRET)["words"] == words
    assert order(session, "wallets/two/phrase", {}, 403)["code"] == "proof"
    assert order(session, "wallets/main/phrase", SECRET, 404)
    key = order(session, "wallets/three/export", SECRET)["key"]
    secret_file(pond, "key.json", str(key))
    assert pond.json("wallet", "show", "--keypair", "key.json")[0][
        "address"] == ADDRESS
    staking = order(session, "wallets/three/export",
                    {**SECRET, "staking": True})["key"]
    assert staking != key
    # Gone for good; what it has staked is not known here.
    assert delete(session, "two", {}, 400)["field"] == "name"
    assert delete(session, "two", {"name": "two"}, 504)["field"] == "staked"
    order(session, "wallets/two", {"name": "two", "staked": True}, 403,
          "DELETE", {"Idempotency-Key": str(uuid.uuid4())})
    delete(session, "two", {"name": "two", "staked": True})
    assert delete(session, "main", {"name": "main", "staked": True}, 409)
    assert set(wallets(session)) == {"main", "three"}
    assert not [path for path in (pond.home / "n").glob("*/*")
                if path.name.startswith("two")]


def test_another_wallet_is_used(pond):
    session = sealed(pond)
    add(session, "three", **SECRET)
    order(session, "setup/import", {"words": WORDS, "take": True})
    order(session, "wallets/nobody/use", status=404)
    order(session, "wallets/three/use")
    session = back_again(pond, session)
    wait(lambda: order(session, "node", method="GET").get("main") == ADDRESS)
    assert wallets(session)["three"]["used"]
    # Its passphrase is lost: its own words set another, others do not.
    pond.servers[-1].stop()
    (pond.home / "n" / "passphrase").unlink()
    session = serve(pond)
    refused = order(session, "setup/replace",
                    {"words": OTHER, "passphrase": NEW}, 403)["message"]
    assert ADDRESS in refused and refused.count(" is ") == 1, refused
    order(session, "setup/replace", {"words": WORDS, "passphrase": NEW,
                                     "remember": True})
    wait(lambda: session.ask("GET", "node").json.get("state") == "running")
    assert order(session, "wallets/three/phrase", {"passphrase": NEW})[
        "words"] == WORDS.split()
    pond.servers[-1].stop()
    session = serve(pond, "--account", "three")
    assert "--account" in order(session, "wallets/main/use", status=409)[
        "message"]


def test_one_passphrase_is_changed_for_all(pond):
    session = sealed(pond)
    add(session, "three", **SECRET)
    order(session, "setup/import", {"words": WORDS, "take": True})
    short = order(session, "passphrase", {**SECRET, "new": "short"}, 400)
    assert short["field"] == "new"
    assert order(session, "passphrase", {"passphrase": "x", "new": NEW}, 403)[
        "field"] == "passphrase"
    order(session, "passphrase", {**SECRET, "new": NEW, "remember": True})
    # The node that runs knows it at once, and one that is started, too.
    order(session, "proofs", SECRET, 403)
    order(session, "proofs", {"passphrase": NEW})
    assert order(session, "wallets/three/phrase", {"passphrase": NEW})[
        "words"] == WORDS.split()
    order(session, "lock")
    # The process that is ending is waited for.
    wait(lambda: b"busy" not in (answer := session.ask(
        "POST", "unlock", {"passphrase": NEW})).body and answer.status == 200)
    order(session, "restart")
    session = back_again(pond, session)
    wait(lambda: order(session, "node", method="GET")["state"] == "running")
    # Kept no longer.
    order(session, "passphrase", {"passphrase": NEW, "new": PASSPHRASE})
    assert not (pond.home / "n" / "passphrase").exists()
    assert pond.servers[-1].stop() == 0
    secret_file(pond, "secret", PASSPHRASE)
    for name in ("main", "three"):
        pond("wallet", "export", name, "out.json", "--force", "--node-dir",
             "n", "--passphrase-file", "secret")


def test_plain_keys_get_a_passphrase(pond):
    session = serve(pond, "--no-passphrase")
    add(session, "three")
    order(session, "setup/import", {"words": WORDS, "take": True})
    assert not wallets(session)["three"]["sealed"]
    assert order(session, "wallets/three/phrase")["words"] == WORDS.split()
    assert len(order(session, "wallets/main/export")["key"]) == 64
    assert "seal" not in order(session, "node", method="GET")["can"]
    order(session, "passphrase", {"new": NEW})
    assert "seal" in order(session, "node", method="GET")["can"]
    assert all(wallet["sealed"] for wallet in wallets(session).values())
    order(session, "wallets/three/phrase", status=403)
    assert order(session, "wallets/three/phrase", {"passphrase": NEW})[
        "words"] == WORDS.split()
    order(session, "proofs", {"passphrase": NEW})


def test_a_passphrase_in_the_operators_file_is_left_to_him(pond):
    sealed(pond, keeps=False)
    pond.servers[-1].stop()
    session = serve(pond, "--passphrase-file", pond.home / "secret")
    refused = order(session, "passphrase", {**SECRET, "new": NEW}, 409)
    assert "secret" in refused["message"]


def test_a_kill_while_the_passphrase_changes_loses_nothing(pond):
    session = sealed(pond)
    kept = pond.home / "n" / "passphrase"
    chance = random.Random(11)
    for new in (NEW, "yet another one", "the third of them"):
        body = {"passphrase": kept.read_text(), "new": new, "remember": True}

        def change(session=session, body=body):
            try:
                session.ask("POST", "passphrase", body)
            except OSError:
                pass  # it is killed meanwhile

        asking = threading.Thread(target=change)
        asking.start()
        time.sleep(chance.uniform(0.2, 2.5))
        pond.servers[-1].process.send_signal(signal.SIGKILL)
        pond.servers[-1].process.wait()
        asking.join()
        session = serve(pond)
        assert pond.servers[-1].line.startswith("ready "), new
        assert kept.read_text() in (body["passphrase"], new)
        assert not list((pond.home / "n").glob("wallet.*"))
        order(session, "proofs", {"passphrase": kept.read_text()})


if __name__ == "__main__":
    main(sys.modules[__name__])
