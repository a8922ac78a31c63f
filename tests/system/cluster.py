"""Several validators, each on a machine of its own: a network namespace, with
packets carried by wire.c, which delays, loses and cuts as it is told.

    with Cluster(pond, 4, slot_ms=100) as cluster:
        cluster.start_all()
        cluster.tell("delay", "*", "*", 50, 5)
        cluster.wait_final(beyond=20)

Machine 1 … N are the validators, machine 0 is the test. A test that uses it
calls run(), which starts the test again as machine 0.
"""
import base64
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request

import pond as pond_module

RPC_PORT = 8899
PEER_PORT = 8898
STAKE = 1_000_000_000_000


def run(tests, pond):
    """Run the tests as machine 0; a machine without namespaces skips them."""
    wire = os.environ["POND_WIRE"]
    if "WIRE_SOCKET" not in os.environ:
        if subprocess.run([wire, "run", "true"], check=False,
                          stderr=subprocess.PIPE).returncode:
            print("1..0 # SKIP no network namespaces or no /dev/net/tun here")
            sys.exit(0)
        os.execv(wire, [wire, "run", sys.executable, *sys.argv])
    try:
        sys.exit(pond_module.run(tests, pond))
    finally:
        shutil.rmtree(pathlib.Path(os.environ["WIRE_SOCKET"]).parent,
                      ignore_errors=True)


class RpcError(Exception):
    def __init__(self, error):
        super().__init__(error.get("message"))
        self.code = error.get("code")
        self.data = error.get("data")


class Validator:
    def __init__(self, cluster, number):
        self.cluster = cluster
        self.number = number
        self.folder = cluster.folder / f"v{number}"
        self.address = f"10.77.0.{number + 1}"
        self.url = f"http://{self.address}:{RPC_PORT}"
        self.peer = f"{self.address}:{PEER_PORT}"
        self.process = None
        self.identity = None

    def init(self, *words):
        self.cluster.pond("validator", "--init", "--dir", self.folder, *words)

    def start(self, *words, wait=True):
        """Start it, and wait until it answers."""
        entrypoints = []
        for other in self.cluster.validators:
            if other is not self:
                entrypoints += ["--entrypoint", other.peer]
        with open(self.folder.with_suffix(".log"), "ab") as log:
            self.process = subprocess.Popen(
                [self.cluster.wire, "join", str(self.number),
                 self.cluster.pond.program, "validator", "--dir", self.folder,
                 "--listen", self.address, "--rpc-port", str(RPC_PORT),
                 "--peer-port", str(PEER_PORT), *entrypoints,
                 *map(str, words)],
                env=self.cluster.pond.environment
                | {"WIRE_SOCKET": os.environ["WIRE_SOCKET"]},
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log,
                text=True)
        if wait:
            self.wait_ready()

    def wait_ready(self):
        line = self.process.stdout.readline()
        assert line.startswith("ready "), f"{line!r}: {self.log()[-2000:]}"

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()
        self.process = None

    def stop(self, seconds=60):
        """End it in order; gives its status."""
        self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(seconds)
        self.process.stdout.close()
        self.process = None
        return status

    def log(self):
        return self.folder.with_suffix(".log").read_text()

    def call(self, method, *params, timeout=20):
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method,
                           "params": list(params)}).encode()
        request = urllib.request.Request(
            self.url, body, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=timeout) as answer:
            found = json.load(answer)
        if "error" in found:
            raise RpcError(found["error"])
        return found["result"]

    def slot(self, commitment="finalized"):
        """Its newest slot; -1: it does not answer."""
        try:
            return self.call("getSlot", {"commitment": commitment})
        except (OSError, urllib.error.URLError):
            return -1


class Cluster:
    def __init__(self, pond, count, slot_ms=100, stakes=None, delta_ms=50):
        self.pond = pond
        self.wire = os.environ["POND_WIRE"]
        self.folder = pond.home / "cluster"
        self.folder.mkdir()
        self.loads = 0
        self.validators = [Validator(self, number)
                           for number in range(1, count + 1)]
        entries = []
        for index, validator in enumerate(self.validators):
            validator.folder.mkdir()
            validator.identity = self.make_key(
                validator.folder / "identity.json")
            entries.append({"identity": validator.identity,
                            "stake": stakes[index] if stakes else STAKE})
        (self.folder / "validators.json").write_text(json.dumps(entries))
        first = self.validators[0]
        first.init("--validators", self.folder / "validators.json",
                   "--slot-ms", slot_ms, "--delta-ms", delta_ms)
        for validator in self.validators[1:]:
            shutil.copy(first.folder / "faucet.json", validator.folder)
            validator.init("--genesis", first.folder / "genesis.json")

    def make_key(self, path):
        return self.pond.json("wallet", "new", "--outfile", path,
                              "--no-passphrase")[0]["address"]

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        self.tell("mend")
        for validator in self.validators:
            if validator.process:
                if kind:
                    print("# " + validator.log()[-1500:].replace("\n", "\n# "))
                validator.kill()

    def start_all(self):
        for validator in self.validators:
            validator.start(wait=False)
        for validator in self.validators:
            validator.wait_ready()

    def tell(self, *words):
        """Change the network: see wire.c."""
        subprocess.run([self.wire, "tell", *map(str, words)], check=True)

    def part(self, *groups):
        """Cut all ways between groups of validators' numbers."""
        for group in groups:
            for other in groups:
                if group is other:
                    continue
                for a in group:
                    for b in other:
                        self.tell("cut", a, b)

    def alive(self):
        return [validator for validator in self.validators
                if validator.process]

    def wait_final(self, beyond=0, among=None, seconds=120):
        """Wait until all have a final block after that slot; gives the lowest
        of their newest final slots."""
        among = among or self.alive()
        return pond_module.wait(
            lambda: (low := min(v.slot() for v in among)) > beyond and low,
            seconds)

    def go_on(self, slots=20, among=None, seconds=120):
        """Wait until so many slots more are final everywhere."""
        among = among or self.alive()
        return self.wait_final(max(v.slot() for v in among) + slots, among,
                               seconds)

    def check_agreement(self, among=None):
        """What one calls final all have: the same blocks."""
        among = among or self.alive()
        last = min(v.slot() for v in among)
        first = max(1, last - 200)
        chains = []
        for validator in among:
            slots = validator.call("getBlocks", first, last,
                                   {"commitment": "finalized"})
            chains.append([
                (slot, validator.call(
                    "getBlock", slot,
                    {"transactionDetails": "signatures", "rewards": False,
                     "commitment": "finalized"})["blockhash"])
                for slot in slots[::7]])
        assert chains[0] and all(c == chains[0] for c in chains), chains
        return last

    def load(self, rate, seconds, among=None):
        """Begin sending transfers to all endpoints; a process. Each load has
        targets of its own."""
        among = among or self.validators
        self.loads += 1
        return subprocess.Popen(
            [os.environ["POND_CLUSTER_LOAD"],
             self.validators[0].folder / "faucet.json", str(rate),
             str(seconds), str(self.loads), *(v.url for v in among)],
            stdout=subprocess.PIPE, text=True)


def finish_load(process, seconds=300):
    """What the load says; fails if something that was final is missing or
    happened twice."""
    said, _ = process.communicate(timeout=seconds)
    assert process.returncode == 0, said
    return json.loads(said)


def says(validator, words, since=0, seconds=60):
    """Wait until its log has these words after that place in it."""
    try:
        pond_module.wait(lambda: words in validator.log()[since:], seconds)
    except AssertionError as error:
        raise AssertionError(
            f"not said: {words!r}\n{validator.log()[since:][-3000:]}"
        ) from error


def check_honest(four, but=()):
    """Nobody but these was accused or cut off by anybody."""
    for validator in four.validators:
        for line in validator.log().splitlines():
            if "signed two" in line or "wrong signature" in line \
                    or "breaks the protocol" in line:
                accused = re.search(r"validator (\d+)", line).group(1)
                assert int(accused) + 1 in but, (validator.number, line)


def wait_ended(validator, seconds=60):
    """Its status, once it has ended by itself."""
    status = validator.process.wait(seconds)
    validator.process.stdout.close()
    validator.process = None
    return status


def voted_slot(four, validator, asked):
    """The newest slot of which asked has a vote of that validator."""
    for entry in asked.call("pondValidators")["validators"]:
        if entry["identity"] == validator.identity:
            return entry.get("lastVote") or 0
    return 0


def votes_again(four, validator, asked, seconds=90):
    """Wait until another sees new votes of it."""
    before = max(voted_slot(four, validator, asked), asked.slot())
    pond_module.wait(lambda: voted_slot(four, validator, asked) > before, seconds)


def start_with(validator, library, environment):
    """Start it with a library loaded before it, and more in its
    environment."""
    pond, before = validator.cluster.pond, validator.cluster.pond.environment
    pond.environment = before | environment | {"LD_PRELOAD": str(library)}
    try:
        validator.start()
    finally:
        pond.environment = before
