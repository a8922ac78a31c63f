#!/usr/bin/env python3
"""kill -9 of task nodes, and of their tasks, on the engine node.

    crash_koii.py POND [SEED]

A validator, three nodes and a Koii bundle in Node. Again and again a node or
the process of its task is killed; a node is started again on its folder. In the
end the chain shows what crash_node.py wants: every node has submitted in every
round, every round was paid, nothing was done twice. And no process of a task is
left behind by a node that was killed.
"""
import json
import os
import pathlib
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request

import crash_node

SOURCES = pathlib.Path(__file__).resolve().parent / "koii"
ROUNDS = 2
KILL_EVERY_S = (1.5, 3.0)
# A process of Node takes a second to start on a busy machine, and waits two
# after it was killed: windows must be long enough for what is due then.
crash_node.SLOT_MS = 250
crash_node.TIME_LIMIT_S = 200


def is_gone(pid):
    try:
        state = pathlib.Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return True
    return state.rsplit(")", 1)[1].split()[0] in "ZX"


class Network(crash_node.Network):
    def start(self):
        self.urls = "none"
        validator = self.child(
            "validator", self.pond, "validator", "--development", "--dir",
            str(self.folder / "validator"), "--rpc-port", "0", "--slot-ms",
            str(crash_node.SLOT_MS))
        self.rpc = validator.wait_ready()["rpc"]
        self.create_task()
        self.nodes = []
        for number in range(crash_node.NODES):
            self.nodes.append(self.start_node(number))
            self.nodes[-1].number = number

    def create_task(self):
        source = self.folder / "task"
        subprocess.run([self.pond, "task", "new", str(source)], check=True,
                       capture_output=True)
        (source / "dist").mkdir()
        (source / "dist" / "main.js").write_text("\n".join(
            (SOURCES / name).read_text()
            for name in ("wrapper.js", "generation_c.js")))
        config = source / "config-task.yml"
        config.write_text(config.read_text() + '\nengine: "node"\n')
        self.archive = source
        source.rename(self.folder / "source")
        self.archive = self.folder / "source"
        super().create_task()

    def status(self, node):
        """Of a node's one task; None where it does not answer yet."""
        try:
            control = json.loads((self.folder / f"node-{node.number}" /
                                  "control.json").read_text())
            request = urllib.request.Request(
                control["url"] + "/status",
                headers={"Authorization": "Bearer " + control["token"]})
            with urllib.request.urlopen(request, timeout=60) as answer:
                tasks = json.load(answer)["tasks"]
            return tasks[0] if tasks else None
        except (OSError, ValueError):
            return None


def kill_for_a_while(network, chance, until_round):
    kills, seen = 0, {}
    deadline = time.monotonic() + crash_node.TIME_LIMIT_S
    while network.round() < until_round:
        if time.monotonic() > deadline:
            raise RuntimeError("the rounds take too long")
        crash_node.look(network, seen)
        node = chance.choice(network.nodes)
        task = (network.status(node) or {}).get("worker", {}).get("pid")
        if task and chance.random() < 0.3:
            try:
                os.kill(task, signal.SIGKILL)
            except ProcessLookupError:
                pass
        else:
            node.end(signal.SIGKILL)
            waited = time.monotonic() + 60
            while task and not is_gone(task):
                if time.monotonic() > waited:
                    raise RuntimeError(f"{task} outlived its node")
                time.sleep(0.01)
            node.start()
            node.wait_ready()
        kills += 1
        time.sleep(chance.uniform(*KILL_EVERY_S))
    crash_node.look(network, seen)
    return kills, seen


def main():
    name = "tasks of Koii's through kills"
    if not shutil.which("node"):
        print(f"1..1\nok 1 - {name} # SKIP node is not installed")
        return 0
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else random.randrange(10**9)
    folder = pathlib.Path(tempfile.mkdtemp(prefix="pond-crash-koii-"))
    network = Network(os.path.abspath(sys.argv[1]), None, folder)
    troubles, kills = [], 0
    try:
        network.start()
        while len(network.stakes()) < crash_node.NODES:
            time.sleep(0.1)
        for node in network.nodes:
            node.key = network.status(node)["staking"]
        first = network.round() + 1
        kills, seen = kill_for_a_while(network, random.Random(seed),
                                       first + ROUNDS + 3)
        troubles = list(crash_node.check(network, first, first + ROUNDS - 1,
                                         seen))
    except Exception as error:  # what went wrong is the test's result
        troubles = [repr(error)]
    finally:
        network.stop()
    print("1..1")
    for trouble in troubles:
        print(f"# {trouble}")
    print(f"{'not ok' if troubles else 'ok'} 1 - {name}: {kills}, seed {seed}")
    if troubles and os.environ.get("POND_KEEP"):
        print(f"# kept: {folder}")
    else:
        shutil.rmtree(folder, ignore_errors=True)
    return bool(troubles)


if __name__ == "__main__":
    sys.exit(main())
