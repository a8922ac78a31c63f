#!/usr/bin/env python3
"""Resident memory of a network at work: validator, node and worker.

Runs the demonstration for two paid rounds and looks at each process's resident
set four times a second. Prints the median over the time, of the largest
process of each kind.
"""
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
PAUSE_S = 0.25
AIMS_MB = {"validator": 60, "node": 30, "worker": 45}


def children_of(pid):
    path = pathlib.Path(f"/proc/{pid}/task/{pid}/children")
    try:
        return [int(word) for word in path.read_text().split()]
    except FileNotFoundError:
        return []


def resident_mb(pid):
    try:
        status = pathlib.Path(f"/proc/{pid}/status").read_text()
    except FileNotFoundError:
        return 0
    for line in status.splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    return 0


def kind_of(pid):
    try:
        words = pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except FileNotFoundError:
        return None
    if words[0].endswith(b"pond-worker"):
        return "worker"
    return words[1].decode() if len(words) > 1 else None


def sample(root, samples):
    """The largest of each kind among the processes below root."""
    now = {}
    waiting = [root]
    while waiting:
        pid = waiting.pop()
        waiting += children_of(pid)
        kind = kind_of(pid)
        if kind in AIMS_MB:
            now[kind] = max(now.get(kind, 0), resident_mb(pid))
    for kind, size in now.items():
        if size:
            samples[kind].append(size)


def main():
    build = pathlib.Path(sys.argv[1]).resolve().parents[2]
    samples = {kind: [] for kind in AIMS_MB}
    with tempfile.TemporaryDirectory() as folder:
        demo = subprocess.Popen(
            [sys.executable, ROOT / "tasks/archive/demo/run.py",
             "--build", build, "--dir", folder + "/demo", "--rounds", "2"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while demo.poll() is None:
            sample(demo.pid, samples)
            time.sleep(PAUSE_S)
    for kind, aim in AIMS_MB.items():
        if not samples[kind]:
            sys.exit(f"no {kind} was seen")
        median = statistics.median(samples[kind])
        print(f"network: resident memory of a {kind} at work\t{median:.1f}\t"
              f"MB\t<{aim}\t{'yes' if median < aim else 'no'}")
    return demo.returncode


if __name__ == "__main__":
    sys.exit(main())
