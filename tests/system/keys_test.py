#!/usr/bin/env python3
"""keys_test.py POND: sealed wallets, accounts, and the signing process."""
import fcntl
import hashlib
import hmac
import json
import os
import pathlib
import pty
import random
import re
import signal
import socket
import stat
import struct
import subprocess
import sys
import termios
import time
import urllib.request

import pond as harness

PASSPHRASE = "correct horse battery"
PHRASE = "abandon " * 11 + "about"
PHRASE_ADDRESS = "GjJyeC1r2RgkuoCWMyPYkCWSGSGLcz266EaAkLA27AhL"
NO_ENDPOINT = ("--rpc", "http://127.0.0.1:1")
NODE = ("node", "--new-wallet",
        "--node-dir", "node", *NO_ENDPOINT, "--listen", "127.0.0.1",
        "--port", "0")

# As src/node/money/signer.h counts them, but for the one that a signing process
# does not have.
ROLES = 6
STAKING_ROLES = (1, 5)


def write_secret(pond, name, text, mode=0o600):
    path = pond.home / name
    path.write_text(text)
    path.chmod(mode)
    return path


def numbers_of(path):
    return bytes(json.loads(pathlib.Path(path).read_text()))


def start_typing(pond, words, lines):
    """Start a command at a terminal and answer each of its prompts."""
    ours, theirs = pty.openpty()

    def attach():
        # A background command of a shell, which ignores Ctrl-C, may run this.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        os.setsid()
        fcntl.ioctl(theirs, termios.TIOCSCTTY, 0)

    process = subprocess.Popen(
        [pond.program, *words], cwd=pond.home, env=pond.environment,
        stdin=theirs, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        preexec_fn=attach)
    said = b""
    for line in lines:
        while not said.endswith(b": ") or said.endswith(b"(empty: "):
            byte = process.stderr.read(1)
            assert byte, said
            said += byte
        assert not termios.tcgetattr(theirs)[3] & termios.ECHO
        os.write(ours, line.encode() + b"\n")
        said += b"|"
    return process, ours, theirs, said


def type_into(pond, words, lines):
    process, ours, theirs, said = start_typing(pond, words, lines)
    out, rest = process.communicate(timeout=60)
    os.close(ours)
    os.close(theirs)
    return process.returncode, out.decode(), (said + rest).decode()


def test_a_wallet_is_sealed_opened_and_unsealed(pond):
    pond("wallet", "new", "--outfile", "id.json")
    plain = (pond.home / "id.json").read_bytes()
    write_secret(pond, "pass", PASSPHRASE + "\n")
    write_secret(pond, "other", "another one")
    keypair = ("--keypair", "id.json")
    made = pond.json("wallet", "seal", *keypair, "--passphrase-file", "pass")
    assert made == [{"file": "id.json", "sealed": True}]
    sealed = (pond.home / "id.json").read_bytes()
    file = json.loads(sealed)
    assert file["format"] == "pond-sealed-key" and file["version"] == 1
    assert (pond.home / "id.json").stat().st_mode & 0o777 == 0o600
    assert plain[1:40] not in sealed

    # The address needs no passphrase; sealing twice, and a wrong one, change
    # nothing.
    shown = pond.json("wallet", "show", *keypair)[0]
    assert shown["sealed"] and shown["address"] == file["address"]
    pond("wallet", "seal", *keypair, "--passphrase-file", "pass", status=1)
    for words in (("unseal",),
                  ("passphrase", "--new-passphrase-file", "pass")):
        error = pond("wallet", *words, *keypair, "--passphrase-file", "other",
                     status=1).stderr
        assert "wrong passphrase" in error and "another" not in error
        error = pond("wallet", *words, *keypair, status=1, text="").stderr
        assert "--passphrase-file" in error
        assert (pond.home / "id.json").read_bytes() == sealed

    pond("wallet", "passphrase", *keypair, "--passphrase-file", "pass",
         "--new-passphrase-file", "other")
    assert (pond.home / "id.json").read_bytes() != sealed
    pond("wallet", "unseal", *keypair, "--passphrase-file", "pass", status=1)
    pond("wallet", "unseal", *keypair, "--passphrase-file", "-",
         text="another one\n")
    assert (pond.home / "id.json").read_bytes() == plain


def test_passphrases_are_typed_unseen_and_twice(pond):
    status, out, said = type_into(
        pond, ("wallet", "new", "--outfile", "id.json", "--json"),
        (PASSPHRASE, PASSPHRASE))
    assert status == 0, said
    assert json.loads(out)["sealed"] and PASSPHRASE not in out + said
    before = (pond.home / "id.json").read_bytes()
    for lines in (("one", "two"), ("",)):
        status, out, said = type_into(
            pond, ("wallet", "passphrase", "--keypair", "id.json"),
            (PASSPHRASE, *lines))
        assert status == 1, said
        assert (pond.home / "id.json").read_bytes() == before
    status, out, said = type_into(
        pond, ("wallet", "unseal", "--keypair", "id.json"), ("wrong",))
    assert status == 1 and "wrong passphrase" in said
    # An empty one is allowed for a new key, and said.
    status, out, said = type_into(
        pond, ("wallet", "new", "--outfile", "plain.json"), ("",))
    assert status == 0 and "not sealed" in said
    assert len(numbers_of(pond.home / "plain.json")) == 64


def test_a_command_with_secrets_leaves_no_core(pond):
    process, ours, theirs, _ = start_typing(pond, ("wallet", "import"), ())
    prompt = b""
    while not prompt.endswith(b": "):
        prompt += process.stderr.read(1)
    limits = pathlib.Path(f"/proc/{process.pid}/limits").read_text()
    core, = (line for line in limits.splitlines() if "core file" in line)
    assert core.split()[4:6] == ["0", "0"], core
    # What can't be dumped belongs to root.
    assert pathlib.Path(f"/proc/{process.pid}/mem").stat().st_uid == 0
    process.kill()
    process.communicate()
    os.close(ours)
    os.close(theirs)


def test_passphrase_files_are_for_their_owner_alone(pond):
    pond("wallet", "new", "--outfile", "id.json")
    for name, mode, text, words in (
            ("open", 0o644, PASSPHRASE, "chmod 600"),
            ("empty", 0o600, "\n", "empty"),
            ("long", 0o600, "x" * 2000, "at most"),
            ("zero", 0o600, "", "empty"),
            ("utf-16", 0o600, "p\0a\0", "zero byte")):
        write_secret(pond, name, text, mode)
        error = pond("wallet", "seal", "--keypair", "id.json",
                     "--passphrase-file", name, status=1).stderr
        assert words in error, (name, error)
    error = pond("wallet", "seal", "--keypair", "id.json",
                 "--passphrase-file", "none", status=3).stderr
    assert "none" in error
    assert len(numbers_of(pond.home / "id.json")) == 64
    # A service's credential is found by itself.
    (pond.home / "credentials").mkdir()
    write_secret(pond, "credentials/pond-passphrase", PASSPHRASE, 0o400)
    environment = {"CREDENTIALS_DIRECTORY": str(pond.home / "credentials")}
    made = pond.json("wallet", "seal", "--keypair", "id.json",
                     environment=environment)
    assert made[0]["sealed"]


def child_key(seed, path):
    """SLIP-0010 for ed25519, hardened steps: the seed of the key."""
    node = hmac.digest(b"ed25519 seed", seed, "sha512")
    for step in path:
        node = hmac.digest(node[32:], b"\0" + node[:32] +
                           struct.pack(">I", step | 1 << 31), "sha512")
    return node[:32]


def test_accounts_are_made_listed_chosen_and_removed(pond):
    folder = ("--node-dir", "node")
    first = pond.json("wallet", "new", "--account", "first", *folder)[0]
    assert len(first["seed_phrase"].split()) == 12
    write_secret(pond, "pass", PASSPHRASE)
    back = pond.json("wallet", "import", "--account", "Second 2", *folder,
                     "--passphrase-file", "pass", text=PHRASE)[0]
    assert back["sealed"] and back["main"] == PHRASE_ADDRESS
    accounts = {entry["account"]: entry
                for entry in pond.json("wallet", "list", *folder)}
    assert set(accounts) == {"first", "Second 2"}
    assert accounts["Second 2"]["staking"] == back["staking"]
    assert not any(entry["active"] for entry in accounts.values())
    assert not any(entry["stakes"] for entry in accounts.values())

    for words, status, said in (
            (("new", "--account", "first"), 1, "never overwritten"),
            (("new", "--account", "a/b"), 1, "not an account name"),
            (("new", "--account", ""), 1, "not an account name"),
            (("use", "third"), 3, "no account"),
            (("rename", "first", "Second 2"), 1, "already"),
            (("rename", "third", "fourth"), 3, "no account"),
            (("remove", "first"), 1, "for ever"),
            (("remove", "third", "--yes"), 3, "no account")):
        error = pond("wallet", *words, *folder, status=status).stderr
        assert said in error, (words, error)
    error = pond("wallet", "import", "--account", "again", *folder,
                 status=1, text=PHRASE).stderr
    assert "Second 2" in error

    pond("wallet", "use", "first", *folder)
    pond("wallet", "rename", "first", "one", *folder)
    active = [entry["account"] for entry in
              pond.json("wallet", "list", *folder) if entry["active"]]
    assert active == ["one"]
    error = pond("wallet", "remove", "one", "--yes", *folder, status=1).stderr
    assert "in use" in error
    exported = pond.json("wallet", "export", "Second 2", "out.json", *folder,
                         "--passphrase-file", "pass")[0]
    assert exported["address"] == PHRASE_ADDRESS
    pond("wallet", "remove", "Second 2", "--yes", *folder)
    assert len(pond.json("wallet", "list", *folder)) == 1

    # A main key alone gets its staking key as Koii's node makes it.
    third = pond.json("wallet", "import", "--account", "third", "out.json",
                      *folder)[0]
    assert third["main"] == PHRASE_ADDRESS
    pond("wallet", "export", "third", "staking.json", "--staking", *folder)
    text = " ".join(map(str, numbers_of(pond.home / "out.json")))
    seed = hashlib.pbkdf2_hmac("sha512", text.encode(), b"mnemonic", 2048)
    assert (numbers_of(pond.home / "staking.json")[:32] ==
            child_key(seed, (44, 501, 99, 0)))


# ---- the signing process ----

def signer_of(pid):
    """The number of the signing process of a node, or None."""
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        for child in (task / "children").read_text().split():
            comm = pathlib.Path(f"/proc/{child}/comm")
            if comm.exists() and comm.read_text().strip() == "pond-signer":
                return int(child)
    return None


def status_of(pond):
    control = json.loads((pond.home / "node" / "control.json").read_text())
    request = urllib.request.Request(
        control["url"] + "/status",
        headers={"Authorization": "Bearer " + control["token"]})
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)


def wait_for(pond, condition, seconds=60):
    end = time.monotonic() + seconds
    while True:
        signer = status_of(pond)["signer"]
        if condition(signer):
            return signer
        assert time.monotonic() < end, signer
        time.sleep(0.05)


def memory_of(pid):
    """All that a process has in memory and that can be read, in pieces."""
    with open(f"/proc/{pid}/maps") as maps, \
            open(f"/proc/{pid}/mem", "rb", 0) as memory:
        for line in maps:
            place, mode = line.split()[:2]
            if "r" not in mode or "[v" in line:
                continue
            at, end = (int(word, 16) for word in place.split("-"))
            while at < end:
                size = min(end - at, 1 << 24)
                try:
                    memory.seek(at)
                    yield memory.read(size)
                except OSError:
                    pass
                at += size


def traces_of(secret):
    """The forms in which a key could lie in memory."""
    return [secret[:32], ",".join(map(str, secret[:16])).encode(),
            secret[:32].hex().encode()]


def secrets_in(pid, secrets):
    wanted = [trace for secret in secrets for trace in traces_of(secret)]
    return [trace for piece in memory_of(pid) for trace in wanted
            if trace in piece]


def test_the_nodes_own_process_holds_no_secret(pond):
    # Keys of which this test has copies.
    made = pond.json("wallet", "new", "--account", "main", "--node-dir",
                     "node")[0]
    secrets = [numbers_of(path) for path in
               sorted((pond.home / "node").glob("*/*Wallet.json"))]
    assert len(secrets) == 3  # main, staking, KPL staking
    write_secret(pond, "pass", PASSPHRASE)
    pond("wallet", "seal", "--account", "main", "--node-dir", "node",
         "--passphrase-file", "pass")
    node = pond.serve(*NODE, "--passphrase-file", "pass")
    pid, signer = node.process.pid, signer_of(node.process.pid)
    assert status_of(pond)["main"] == made["main"]
    assert not secrets_in(pid, secrets)
    assert not [piece for piece in memory_of(pid)
                if PASSPHRASE.encode() in piece]
    # The search finds what is there.
    if os.geteuid() == 0:
        assert secrets_in(signer, secrets)
    for number in (pid, signer):
        for name in ("cmdline", "environ"):
            text = pathlib.Path(f"/proc/{number}/{name}").read_bytes()
            assert PASSPHRASE.encode() not in text
    log = (pond.home / "server.log").read_bytes()
    for trace in [PASSPHRASE.encode(), *map(lambda s: traces_of(s)[1],
                                            secrets)]:
        assert trace not in log


def test_the_signing_process_can_do_nothing_but_sign(pond):
    node = pond.serve(*NODE)
    signer = signer_of(node.process.pid)
    folder = pathlib.Path(f"/proc/{signer}")
    fields = dict(line.split(":", 1) for line in
                  (folder / "status").read_text().splitlines())
    assert fields["Seccomp"].strip() == "2"
    assert fields["NoNewPrivs"].strip() == "1"
    assert fields["Threads"].strip() == "1"
    limits = (folder / "limits").read_text()
    core, = (line for line in limits.splitlines() if "core file" in line)
    assert core.split()[4:6] == ["0", "0"], core
    if os.geteuid() == 0:
        assert [os.readlink(entry).split(":")[0] for entry in
                (folder / "fd").iterdir()] == ["socket"]
    state = status_of(pond)["signer"]
    assert state["state"] == "ready" and state["pid"] == signer
    assert state["confined"] and not state["sealed"]
    if state["locked"]:
        assert int(fields["VmLck"].split()[0]) > 0
    # A terminal's Ctrl-C is for the node: it ends in order.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        os.kill(signer, number)
    time.sleep(0.2)
    assert status_of(pond)["signer"]["pid"] == signer
    assert node.stop() == 0
    assert not folder.exists()


class Signer:
    """A signing process of this test's own, spoken to as a node does."""

    def __init__(self, pond, program):
        ours, theirs = socket.socketpair()
        self.socket = ours
        self.process = subprocess.Popen(
            [program], stdin=subprocess.DEVNULL, stderr=subprocess.PIPE,
            env={}, pass_fds=(3,), cwd=pond.home,
            preexec_fn=lambda: os.dup2(theirs.fileno(), 3))
        theirs.close()
        folder = str(pond.home / "node").encode()
        # May make keys, which stay plain.
        self.send(b"o" + bytes([1 | 4]) + struct.pack("<H", len(folder)) +
                  folder + bytes(4))
        assert self.hear()[:1] == b"R"

    def send(self, body):
        self.socket.sendall(struct.pack("<I", len(body)) + body)

    def hear(self):
        size, = struct.unpack("<I", self.take(4))
        return self.take(size)

    def take(self, size):
        data = b""
        while len(data) < size:
            piece = self.socket.recv(size - len(data))
            assert piece, "the signing process has ended"
            data += piece
        return data

    def sign(self, role, purpose, data):
        self.send(b"s" + bytes([role]) + bytes(32) + bytes([purpose]) + data)
        return self.hear()

    def close(self):
        self.socket.close()
        self.process.communicate(timeout=60)
        return self.process.returncode


def test_strange_questions_neither_end_nor_fool_a_signer(pond):
    program = pathlib.Path(pond.program).parent / "../node/signer/pond-signer"
    signer = Signer(pond, program)
    chance = random.Random(7)
    for data in (b"", b"{", b"{}" * 9, b"[" * 16000, b"\0" * 16000,
                 b'{"a":' * 60 + b"1" + b"}" * 60, b"1e999", b'"\\ud800"',
                 b'{"__proto__":1,"__proto__":2}', b"9" * 1500,
                 b'["' + b"x" * 1800 + b'"]', b"\xff" * 300, b"-", b"1.",
                 b"0" * 64, b"1e" + b"1" * 62, b"a" * 63, b"A" * 64,
                 b"\x01" + bytes(200), b"\x80" + bytes(300)):
        for purpose in range(4):
            for role in range(ROLES):
                answer = signer.sign(role, purpose, data)
                assert answer[:1] in (b"S", b"F"), answer
                # Only a statement, which has a prefix, may be any bytes.
                if answer[:1] == b"S" and purpose == 0:
                    raise AssertionError((role, data))
                # One text for one purpose, and one purpose for staking keys.
                is_hash = re.fullmatch(b"[0-9a-f]{64}", data) is not None
                assert not (is_hash and purpose == 1 and answer[:1] == b"S")
                assert (purpose != 3 or (answer[:1] == b"S")
                        == (is_hash and role in STAKING_ROLES)), (role, data)
    for _ in range(2000):
        data = chance.randbytes(chance.randrange(400))
        answer = signer.sign(chance.randrange(ROLES), chance.randrange(4),
                             data)
        assert answer[:1] in (b"S", b"F"), answer
    assert signer.sign(0, 1, b'{"still":"there"}')[:1] == b"S"
    assert signer.close() == 0

    # What is no question ends it, by itself and with a reason.
    for frame in (struct.pack("<I", 0), struct.pack("<I", 1 << 31),
                  b"\x01\0\0\0?", b"\x05\0\0\0s\xff\0\0\0",
                  b"\x02\0\0\0p\0"):
        signer = Signer(pond, program)
        signer.socket.sendall(frame)
        assert signer.hear()[:1] == b"F"
        assert signer.close() == 1


def test_a_signing_process_ends_with_a_killed_node(pond):
    node = pond.serve(*NODE)
    signer = pathlib.Path(f"/proc/{signer_of(node.process.pid)}")
    node.process.kill()
    node.process.wait()
    end = time.monotonic() + 60
    while signer.exists() and "Z" not in (signer / "stat").read_text():
        assert time.monotonic() < end
        time.sleep(0.05)


def test_a_killed_signing_process_comes_back(pond):
    node = pond.serve(*NODE)
    for count in range(1, 4):
        before = status_of(pond)
        os.kill(before["signer"]["pid"], signal.SIGKILL)
        state = wait_for(pond, lambda it, count=count:
                         it["state"] == "ready" and it["restarts"] == count)
        assert state["pid"] != before["signer"]["pid"]
        assert status_of(pond)["main"] == before["main"]
    assert node.process.poll() is None


def test_a_node_whose_passphrase_was_typed_says_that_it_is_down(pond):
    write_secret(pond, "pass", PASSPHRASE)
    pond.json("wallet", "new", "--account", "main", "--node-dir", "node",
              "--passphrase-file", "pass")
    with open(pond.home / "pass") as typed, \
            open(pond.home / "server.log", "w") as log:
        process = subprocess.Popen(
            [pond.program, *NODE, "--passphrase-file", "-"], cwd=pond.home,
            env=pond.environment, stdin=typed, stdout=subprocess.PIPE,
            stderr=log, text=True)
    line = process.stdout.readline()
    pond.servers.append(harness.Server(process, line.strip()))
    assert line.startswith("ready "), (pond.home / "server.log").read_text()
    state = status_of(pond)["signer"]
    assert state["state"] == "ready" and state["sealed"]
    os.kill(state["pid"], signal.SIGKILL)
    state = wait_for(pond, lambda it: it["state"] == "down")
    assert "not kept" in state["error"], state
    assert process.poll() is None
    wait_for(pond, lambda it: "start this node anew" in
             (pond.home / "server.log").read_text())


def test_a_node_asks_at_its_terminal(pond):
    process, ours, theirs, said = start_typing(pond, NODE,
                                               (PASSPHRASE, PASSPHRASE))
    try:
        line = process.stdout.readline()
        assert line.startswith(b"ready "), line + process.stderr.read()
        assert status_of(pond)["signer"]["sealed"]
        # Ctrl-C reaches both processes; the node ends in order.
        os.write(ours, b"\x03")
        assert process.wait(60) == 0
    finally:
        process.kill()
    status, out, said = type_into(pond, NODE, ("wrong",))
    assert status == 1 and "wrong passphrase" in said, said
    process, ours, theirs, said = start_typing(pond, NODE, ())
    while not said.endswith(b": "):
        said += process.stderr.read(1)
    os.write(ours, b"half\x03")
    out, rest = process.communicate(timeout=60)
    assert process.returncode not in (0, None) and b"half" not in rest + out
    assert termios.tcgetattr(theirs)[3] & termios.ECHO


def test_a_node_offers_to_seal_plain_keys_at_its_terminal(pond):
    """Key files of another program, that were put into the folder."""
    made = pond.json("wallet", "new", "--account", "main", "--no-passphrase",
                     "--node-dir", "node")[0]
    files = [pond.home / "node" / place for place in (
        "wallets/main_mainSystemWallet.json",
        "namespace/main_stakingWallet.json")]
    plain = [file.read_bytes() for file in files]

    def run(lines, *more):
        process, ours, theirs, said = start_typing(pond, (*NODE, *more), lines)
        try:
            line = process.stdout.readline()
            assert line.startswith(b"ready "), line + process.stderr.read()
            status = status_of(pond)
            assert status["main"] == made["main"], status
            os.write(ours, b"\x03")
            assert process.wait(60) == 0
            return said.decode(), status["signer"]["sealed"]
        finally:
            process.kill()

    said, sealed = run(("",))
    assert "not sealed yet" in said and not sealed, said
    said, sealed = run((), "--no-passphrase")
    assert "passphrase" not in said and not sealed, said
    # Nobody is asked in a pipe.
    assert pond.serve(*NODE).stop() == 0
    assert plain == [file.read_bytes() for file in files]
    said, sealed = run((PASSPHRASE, PASSPHRASE))
    assert sealed, said
    for file in files:
        assert b"pond-sealed-key" in file.read_bytes(), file
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    said, sealed = run((PASSPHRASE,))
    assert "not sealed" not in said and sealed, said


def test_a_node_refuses_a_wrong_passphrase(pond):
    write_secret(pond, "pass", PASSPHRASE)
    write_secret(pond, "wrong", "wrong horse")
    pond.json("wallet", "new", "--account", "main", "--node-dir", "node",
              "--passphrase-file", "pass")
    done = pond(*NODE, "--passphrase-file", "wrong", status=1, text="")
    assert "passphrase" in done.stderr and "horse" not in done.stderr
    names = [path.name for path in (pond.home / "node").iterdir()]
    assert "journal.db" not in names


def test_accounts_are_left_alone_while_a_node_runs(pond):
    pond.json("wallet", "new", "--account", "main", "--node-dir", "node")
    node = pond.serve(*NODE)
    write_secret(pond, "pass", PASSPHRASE)
    for words in (("use", "main"), ("rename", "main", "other"),
                  ("new", "--account", "other"),
                  ("seal", "--account", "main", "--passphrase-file", "pass")):
        error = pond("wallet", *words, "--node-dir", "node", status=1).stderr
        assert "stop the node" in error, error
    assert len(pond.json("wallet", "list", "--node-dir", "node")) == 1
    assert node.process.poll() is None


if __name__ == "__main__":
    sys.exit(harness.run([
        test_a_wallet_is_sealed_opened_and_unsealed,
        test_passphrases_are_typed_unseen_and_twice,
        test_a_command_with_secrets_leaves_no_core,
        test_passphrase_files_are_for_their_owner_alone,
        test_accounts_are_made_listed_chosen_and_removed,
        test_the_nodes_own_process_holds_no_secret,
        test_the_signing_process_can_do_nothing_but_sign,
        test_strange_questions_neither_end_nor_fool_a_signer,
        test_a_signing_process_ends_with_a_killed_node,
        test_a_killed_signing_process_comes_back,
        test_a_node_whose_passphrase_was_typed_says_that_it_is_down,
        test_a_node_asks_at_its_terminal,
        test_a_node_refuses_a_wrong_passphrase,
        test_accounts_are_left_alone_while_a_node_runs,
    ], sys.argv[1]))
