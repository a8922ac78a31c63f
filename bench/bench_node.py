#!/usr/bin/env python3
"""Memory and fees of task nodes at work, compared with the project's aims.

    bench_node.py POND ARCHIVE-FOLDER

Three nodes, as an operator starts them, run the task "archive" for a few
rounds; then the resident memory of each node's process is read, without its
worker (runtime's own benchmark has that), and the fees of a round.
"""
import pathlib
import shutil
import statistics
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent /
                       "tests" / "system"))
import crash_node  # noqa: E402

ROUNDS = 4
RESIDENT_MB_AIM = 30  # of a node's process


def resident_mb(pid):
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024 / 1e6
    raise RuntimeError(f"process {pid} is gone")


def report(name, value, unit, aim=None):
    met = "-" if aim is None else ("yes" if value < aim else "no")
    print(f"{name}\t{value:.2f}\t{unit}\t{'-' if aim is None else f'<{aim}'}"
          f"\t{met}", flush=True)


def main():
    folder = pathlib.Path(tempfile.mkdtemp(prefix="pond-bench-node-"))
    network = crash_node.Network(sys.argv[1], pathlib.Path(sys.argv[2]),
                                 folder)
    try:
        network.start()
        while network.round() < ROUNDS:
            time.sleep(0.5)
        report("task node resident memory",
               statistics.median(resident_mb(node.process.pid)
                                 for node in network.nodes),
               "MB", RESIDENT_MB_AIM)
        count = len(crash_node.call(network.rpc, "getSignaturesForAddress",
                                    network.task, {"limit": 1000}))
        report("task node transactions a round",
               count / network.round() / crash_node.NODES, "transactions")
    finally:
        network.stop()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
