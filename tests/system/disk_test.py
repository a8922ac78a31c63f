#!/usr/bin/env python3
"""A validator whose disk is full, fails, or has been changed."""
import http.client
import json
import os
import random
import resource
import signal
import subprocess
import time
import urllib.request

import pond as harness

SEED = int(os.environ.get("SEED", random.randrange(1 << 32)))
ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
FLIPS = 40


def encode(number):
    text = ""
    while number:
        number, digit = divmod(number, 58)
        text = ALPHABET[digit] + text
    return text


def decode(text, size):
    number = 0
    for letter in text:
        number = number * 58 + ALPHABET.index(letter)
    return number.to_bytes(size, "big")


def call(url, method, *parameters):
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method,
                       "params": parameters}).encode()
    request = urllib.request.Request(
        url, body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)["result"]


def statuses(url, signatures):
    found = []
    for i in range(0, len(signatures), 256):
        found += call(url, "getSignatureStatuses", signatures[i:i + 256],
                      {"searchTransactionHistory": True})["value"]
    return found


def airdrop(url, number):
    """An airdrop to a key of its own; returns the key and the signature."""
    key = encode((number + 1) * 7919 + (1 << 255))
    return key, call(url, "requestAirdrop", key, 1_000_000_000)


def serve(pond, folder, log, *more, limit=None):
    """A validator on a folder; limit: largest file it may write."""
    def restrict():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    with open(pond.home / log, "wb") as errors:
        process = subprocess.Popen(
            [pond.program, "validator", "--dir", str(folder), "--rpc-port",
             "0", *more], cwd=pond.home, text=True, env=pond.environment,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors,
            preexec_fn=restrict if limit else None)
    server = harness.Server(process, process.stdout.readline().strip())
    pond.servers.append(server)
    assert server.line.startswith("ready "), (pond.home / log).read_text()
    return server


def load_until_it_ends(server, reported, sent, seconds=100):
    """Airdrops until the validator ends; reported: those said to be final."""
    url = server.values["rpc"]
    end = time.monotonic() + seconds
    waiting = []
    while server.process.poll() is None:
        assert time.monotonic() < end, "the disk never became full"
        try:
            for _ in range(40):
                waiting.append(airdrop(url, len(sent)))
                sent.append(waiting[-1])
            found = statuses(url, [signature for _, signature in waiting])
            for pair, status in zip(list(waiting), found):
                if status:
                    reported.append(pair)
                    waiting.remove(pair)
        except (OSError, ValueError, KeyError, http.client.HTTPException):
            time.sleep(0.05)  # it is ending
    return server.process.wait()


def check_reported(pond, folder, reported):
    pond("validator", "--check", "--dir", folder)
    again = serve(pond, folder, "again.log")
    url = again.values["rpc"]
    found = statuses(url, [signature for _, signature in reported])
    assert all(status and status["err"] is None for status in found)
    for i in range(0, len(reported), 100):
        accounts = call(url, "getMultipleAccounts",
                        [key for key, _ in reported[i:i + 100]])["value"]
        assert all(a["lamports"] == 1_000_000_000 for a in accounts)
    # The chain goes on.
    _, signature = airdrop(url, 1 << 40)
    end = time.monotonic() + 60
    while not statuses(url, [signature])[0]:
        assert time.monotonic() < end
        time.sleep(0.05)
    assert again.stop() == 0


def test_full_disk_ends_it_and_nothing_reported_is_lost(pond):
    folder = pond.home / "small"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(folder)],
        stderr=subprocess.DEVNULL).returncode == 0
    print(f"# {'a small tmpfs' if mounted else 'a limit on file sizes'}")
    reported, sent = [], []
    try:
        pond("validator", "--init", "--dir", folder, "--slot-ms", "20")
        server = serve(pond, folder, "full.log",
                       limit=None if mounted else 3 << 20)
        assert load_until_it_ends(server, reported, sent) == 1
        words = (pond.home / "full.log").read_text()
        assert "flushing the ledger" in words, words
        if mounted:
            assert "make room on the disk" in words, words
        assert "start it again" in words, words
        print(f"# {len(sent)} sent, {len(reported)} reported final")
        assert len(reported) > 50
        if mounted:
            subprocess.run(["mount", "-o", "remount,size=64m", str(folder)],
                           check=True)
        check_reported(pond, folder, reported)
    finally:
        for server in pond.servers:
            if server.process.poll() is None:
                server.stop(signal.SIGKILL)
        if mounted:
            subprocess.run(["umount", str(folder)], check=True)


def make_history(pond, folder, count):
    pond("validator", "--init", "--dir", folder, "--slot-ms", "20")
    server = serve(pond, folder, "made.log")
    url = server.values["rpc"]
    made = [airdrop(url, i) for i in range(count)]
    end = time.monotonic() + 60
    while not all(statuses(url, [signature for _, signature in made])):
        assert time.monotonic() < end
        time.sleep(0.05)
    assert server.stop() == 0
    return made


def places_of(value, whole):
    """The places of a value's bytes in the file."""
    places = [whole.find(value)]
    while places[-1] >= 0:
        places.append(whole.find(value, places[-1] + 1))
    return places[:-1]


def is_found(pond, folder, whole, places, bit):
    """Does the check find a changed bit at each of these places?"""
    changed = bytearray(whole)
    for at in places:
        changed[at] ^= bit
    (folder / "ledger" / "data.mdb").write_bytes(changed)
    done = subprocess.run(
        [pond.program, "validator", "--check", "--dir", str(folder)],
        env=pond.environment, text=True, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, timeout=60)
    if done.returncode == 0:
        return False
    assert done.returncode == 1, (places, done.returncode, done.stderr)
    assert done.stderr.startswith("pond"), done.stderr
    assert done.stdout == "", done.stdout
    return True


def test_changed_bits_in_the_file_are_found(pond):
    folder = pond.home / "chain"
    made = make_history(pond, folder, 12)
    file = folder / "ledger" / "data.mdb"
    pond("validator", "--check", "--dir", folder)
    whole = file.read_bytes()
    draw = random.Random(SEED)
    print(f"# seed {SEED}")
    # The check can't miss signatures of transactions (in blocks and in
    # indexes) or the keys that they paid (in accounts, blocks and indexes).
    wanted = [decode(signature, 64) for _, signature in made]
    wanted += [decode(key, 32) for key, _ in made]
    found = unused = 0
    for _ in range(FLIPS):
        value = draw.choice(wanted)
        places = places_of(value, whole)
        byte, bit = draw.randrange(len(value)), 1 << draw.randrange(8)
        if is_found(pond, folder, whole, [draw.choice(places) + byte], bit):
            found += 1
            continue
        # The file also has pages of older states, where a change has no
        # effect. But not all places of a value are in such pages.
        unused += 1
        assert is_found(pond, folder, whole, [at + byte for at in places],
                        bit), (places, byte, bit)
    print(f"# {found} found, {unused} in pages no longer used")
    file.write_bytes(whole)
    pond("validator", "--check", "--dir", folder)


def test_a_file_that_was_cut_off_is_named(pond):
    folder = pond.home / "chain"
    make_history(pond, folder, 12)
    file = folder / "ledger" / "data.mdb"
    size = file.stat().st_size
    os.truncate(file, size // 3)
    for words in [("--check",), ("--rpc-port", "0")]:
        said = pond("validator", "--dir", folder, *words, status=1).stderr
        assert "data.mdb" in said and "can't be read" in said, said
        assert "snapshot" in said, said
    file.write_bytes(b"not a ledger at all" * 1000)
    said = pond("validator", "--check", "--dir", folder, status=1).stderr
    assert "ledger" in said, said


if __name__ == "__main__":
    import sys
    harness.main(sys.modules[__name__])
