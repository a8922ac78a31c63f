#!/usr/bin/env python3
"""kill -9 of task nodes at random points while they run a task.

    crash_node.py POND WORKER-ARCHIVE-FOLDER [SEED]

A validator, three nodes and the task "archive", all as the programs that an
operator starts. Again and again one of the nodes is killed and started again
on its folder, or the process that signs for it is killed. In the end the chain shows:

  - every node has submitted in every round, whenever it was killed;
  - every round was paid, and nobody was slashed for having been away;
  - nothing was done twice: no node staked twice, no transaction of a node
    failed because the same had been done before.
"""
import base64
import json
import os
import pathlib
import random
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request

NODES = 3
ROUNDS = 5  # paid and checked
SLOT_MS = 100
# Rounds of 5 s: long enough for a node to come back within a window.
ROUND_TIME, SUBMISSION_WINDOW, AUDIT_WINDOW = 50, 20, 24
STAKE = 3_000_000_000
# Of the kills: the node's signing process, and not the node itself.
SIGNER_SHARE = 0.5
KILL_EVERY_S = (1.0, 2.5)
TIME_LIMIT_S = 120

# enum task_error: already sent or voted; the round is paid or given up.
DUPLICATE, ROUND_CLOSED = 6, 10


class Child:
    """A program that prints a line beginning "ready" when it is ready."""

    def __init__(self, arguments, log):
        self.arguments, self.log = arguments, log
        self.start()

    def start(self):
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(self.arguments, text=True,
                                            stdout=subprocess.PIPE, stderr=log)
        self.values = None

    def wait_ready(self, seconds=60):
        if self.values is None:
            if not select.select([self.process.stdout], [], [], seconds)[0]:
                raise RuntimeError(f"{self.arguments[:2]} is not ready")
            words = self.process.stdout.readline().split()
            if not words or words[0] != "ready":
                raise RuntimeError(f"{self.arguments[:2]} ended: "
                                   + pathlib.Path(self.log).read_text()[-500:])
            self.values = dict(word.split("=", 1) for word in words[1:])
        return self.values

    def end(self, how):
        if self.process.poll() is None:
            self.process.send_signal(how)
        self.process.wait(60)
        self.process.stdout.close()


def call(url, method, *params):
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method,
                       "params": params}).encode()
    request = urllib.request.Request(url, body,
                                     {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=60) as response:
        answer = json.load(response)
    if "error" in answer:
        raise RuntimeError(f"{method}: {answer['error']}")
    return answer["result"]


def state_of(url, method, task, **options):
    value = call(url, method, task, {"encoding": "base64", **options})["value"]
    return json.loads(base64.b64decode(value["data"][0]))


class Network:
    def __init__(self, pond, archive, folder):
        self.pond, self.archive, self.folder = pond, archive, folder
        self.children = []

    def run(self, *arguments):
        return subprocess.run([self.pond, *arguments], check=True, text=True,
                              capture_output=True, timeout=60).stdout

    def child(self, name, *arguments):
        child = Child(arguments, self.folder / f"{name}.log")
        self.children.append(child)
        return child

    def start(self):
        pages = self.child("pages", str(self.archive / "archive-pages"))
        url = pages.wait_ready()["url"]
        with urllib.request.urlopen(url) as response:
            self.urls = " ".join(response.read().decode().split())
        validator = self.child(
            "validator", self.pond, "validator", "--development", "--dir",
            str(self.folder / "validator"), "--rpc-port", "0", "--slot-ms",
            str(SLOT_MS))
        self.rpc = validator.wait_ready()["rpc"]
        self.create_task()
        self.nodes = []
        for number in range(NODES):
            self.nodes.append(self.start_node(number))

    def create_task(self):
        """The task's code goes into the store of the first node first."""
        source = self.folder / "task"
        shutil.copytree(self.archive, source,
                        ignore=shutil.ignore_patterns("*.p"))
        config = source / "config-task.yml"
        text = config.read_text()
        for key, value in (("round_time", ROUND_TIME),
                           ("submission_window", SUBMISSION_WINDOW),
                           ("audit_window", AUDIT_WINDOW)):
            lines = [f"{key}: {value}" if line.startswith(f"{key}:") else line
                     for line in text.splitlines()]
            text = "\n".join(lines) + "\n"
        config.write_text(text)
        wallet = str(self.folder / "wallet.json")
        self.run("wallet", "new", "--outfile", wallet, "--quiet")
        self.run("airdrop", "5000", "--keypair", wallet, "--rpc", self.rpc)
        made = self.run("task", "create", str(config), "--keypair", wallet,
                        "--rpc", self.rpc, "--json", "--store",
                        str(self.folder / "node-0" / "store"),
                        "--task-keypair", str(self.folder / "task.json"))
        self.task = json.loads(made.strip().splitlines()[-1])["task"]

    def node_arguments(self, number, port, gateway):
        arguments = [self.pond, "node", "--new-wallet", "--node-dir",
                     str(self.folder / f"node-{number}"), "--rpc", self.rpc,
                     "--listen", "127.0.0.1", "--port", str(port), "--addresses",
                     "loopback", "--claim-from", "0.000000001"]
        return arguments + (["--gateway", gateway] if gateway else [])

    def start_node(self, number):
        gateway = self.nodes[0].url if number else None
        node = self.child(f"node-{number}",
                          *self.node_arguments(number, 0, gateway))
        node.url = node.wait_ready()["public"]
        # The stake names the port, so a node that comes back uses it again.
        port = node.url.rsplit(":", 1)[1]
        node.arguments = self.node_arguments(number, port, gateway)
        control = json.loads((self.folder / f"node-{number}" /
                              "control.json").read_text())
        node.key = control["staking"]
        self.run("airdrop", "100", control["main"], "--rpc", self.rpc)
        self.run("task", "start", self.task, "--stake", str(STAKE // 10**9),
                 "--rpc", self.rpc,
                 "--variable", f"ARCHIVE_URLS={self.urls}", "--node-dir",
                 str(self.folder / f"node-{number}"))
        return node

    def round(self):
        if not hasattr(self, "starting_slot"):
            state = state_of(self.rpc, "getTaskAccountInfo", self.task)
            self.starting_slot = state["starting_slot"]
        slot = call(self.rpc, "getSlot")
        return (slot - self.starting_slot) // ROUND_TIME

    def stakes(self):
        return state_of(self.rpc, "getTaskAccountInfo", self.task,
                        stake=True).get("stake_list", {})

    def stop(self):
        for child in reversed(self.children):
            try:
                child.end(signal.SIGTERM)
            except subprocess.TimeoutExpired:
                child.end(signal.SIGKILL)


def kill_signer(node):
    """Kill the process that signs for a node, at whatever step of a round it
    is; the node starts another. 0 if there is none at the moment."""
    for task in pathlib.Path(f"/proc/{node.process.pid}/task").glob("*"):
        try:
            for child in (task / "children").read_text().split():
                name = pathlib.Path(f"/proc/{child}/comm").read_text()
                if name.strip() == "pond-signer":
                    os.kill(int(child), signal.SIGKILL)
                    return 1
        except OSError:
            continue  # it, or the thread, has just ended
    return 0


def kill_for_a_while(network, chance, until_round):
    """Returns the number of kills and the rounds that were seen."""
    kills, seen, deadline = 0, {}, time.monotonic() + TIME_LIMIT_S
    while network.round() < until_round:
        if time.monotonic() > deadline:
            raise RuntimeError("the rounds take too long")
        look(network, seen)
        for node in network.nodes:
            if node.process.poll() is not None:
                raise RuntimeError(f"{node.log.name}: a node has ended by "
                                   "itself: " + node.log.read_text()[-300:])
        node = chance.choice(network.nodes)
        if chance.random() < SIGNER_SHARE:
            kills += kill_signer(node)
        else:
            node.end(signal.SIGKILL)
            node.start()
            kills += 1
            node.wait_ready()
        time.sleep(chance.uniform(*KILL_EVERY_S))
    look(network, seen)
    return kills, seen


def look(network, seen):
    """The rounds, read before the chain drops them."""
    now = network.round()
    for number in range(max(0, now - 4), now):
        record = seen.setdefault(number, {"submitters": set(), "paid": False})
        submissions = state_of(network.rpc, "getTaskSubmissionInfo",
                               network.task, round=number)
        record["submitters"].update(
            submissions.get("submissions", {}).get(str(number), {}))
        payouts = state_of(network.rpc, "getTaskDistributionInfo",
                           network.task, round=number)
        record["paid"] |= (payouts.get("distributions_audit_record", {})
                           .get(str(number)) == "PayoutSuccessful")


def failures(network):
    """Why transactions of the task failed, by the program's code."""
    codes = []
    before = None
    while True:
        options = {"limit": 1000} | ({"before": before} if before else {})
        page = call(network.rpc, "getSignaturesForAddress", network.task,
                    options)
        for entry in page:
            error = (entry["err"] or {}).get("InstructionError")
            if error and isinstance(error[1], dict):
                codes.append(error[1].get("Custom"))
        if len(page) < 1000:
            return codes
        before = page[-1]["signature"]


def check(network, first, last, seen):
    keys = {node.key for node in network.nodes}
    for number in range(first, last + 1):
        record = seen.get(number, {"submitters": set(), "paid": False})
        missing = keys - record["submitters"]
        if missing:
            yield f"round {number}: {len(missing)} nodes have not submitted"
        if not record["paid"]:
            yield f"round {number} was not paid"
    for key, stake in network.stakes().items():
        if stake != STAKE:
            yield f"{key} has a stake of {stake}, not {STAKE}"
    codes = failures(network)
    if DUPLICATE in codes:
        yield f"{codes.count(DUPLICATE)} transactions repeated what was done"


def main():
    pond, archive = sys.argv[1], pathlib.Path(sys.argv[2])
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else random.randrange(10**9)
    folder = pathlib.Path(tempfile.mkdtemp(prefix="pond-crash-node-"))
    network = Network(pond, archive, folder)
    troubles = []
    kills = 0
    try:
        network.start()
        while len(network.stakes()) < NODES:
            time.sleep(0.1)
        first = network.round() + 1
        kills, seen = kill_for_a_while(network, random.Random(seed),
                                       first + ROUNDS + 3)
        troubles = list(check(network, first, first + ROUNDS - 1, seen))
    except Exception as error:  # what went wrong is the test's result
        troubles = [repr(error)]
    finally:
        network.stop()
    print("1..1")
    for trouble in troubles:
        print(f"# {trouble}")
    print(f"{'not ok' if troubles else 'ok'} 1 - {ROUNDS} rounds of {NODES} "
          f"nodes through {kills} kills (seed {seed})")
    if troubles and os.environ.get("POND_KEEP"):
        print(f"# kept: {folder}")
    else:
        shutil.rmtree(folder, ignore_errors=True)
    return bool(troubles)


if __name__ == "__main__":
    sys.exit(main())
