#!/usr/bin/env python3
"""Four validators on this machine beside one: transfers a second, memory, and
what they take when idle.

    bench_four.py POND BENCH_TRANSFERS

All share the machine's cores, and each of four executes and verifies
everything, so the aim is a quarter of one's rate.
"""
import contextlib
import json
import pathlib
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time

from bench_idle import cpu_seconds, written_bytes

ROUNDS = 3
TRANSFERS = {1: 30000, 4: 12000}
SLOT_MS = 400
IDLE_SLOT_MS = 100
SETTLE_SECONDS = 60
MEASURE_SECONDS = 72  # two flushes of an idle chain
DAY_SECONDS = 86400


def line(name, value, unit, aim=None, at_least=False):
    sign = ">=" if at_least else "<="
    met = "-" if aim is None else \
        "yes" if (value >= aim if at_least else value <= aim) else "no"
    print(f"consensus/{name}\t{value:.4g}\t{unit}\t"
          f"{f'{sign}{aim}' if aim is not None else '-'}\t{met}", flush=True)


@contextlib.contextmanager
def network(pond, count, slot_ms):
    """`pond up` with that many validators; gives them and their folder."""
    # Not /tmp, which may be in memory, where nothing is written to a disk.
    folder = pathlib.Path(tempfile.mkdtemp(prefix="pond-bench-four-",
                                           dir="/var/tmp"))
    process = subprocess.Popen(
        [pond, "up", "--nodes", "0", "--validators", str(count), "--dir",
         folder / "net", "--rpc-port", "0", "--slot-ms", str(slot_ms),
         "--json", "--log-level", "warn"], stdout=subprocess.PIPE, text=True)
    try:
        yield json.loads(process.stdout.readline())["validators"], folder / "net"
    finally:
        process.send_signal(signal.SIGINT)
        process.wait()
        shutil.rmtree(folder, ignore_errors=True)


def resident_mb(pid):
    """Memory that is the process's own; pages of its database are the
    kernel's to take back."""
    for text in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if text.startswith("RssAnon:"):
            return int(text.split()[1]) * 1024 / 1e6
    raise RuntimeError("the kernel does not say what processes use")


class Watch(threading.Thread):
    """The most memory that any of the processes takes meanwhile."""

    def __init__(self, pids):
        super().__init__(daemon=True)
        self.pids = pids
        self.most = 0
        self.done = threading.Event()

    def run(self):
        while not self.done.wait(0.1):
            self.most = max([self.most, *map(resident_mb, self.pids)])


def transfers(pond, program, count):
    """The median rate, and the most memory of a validator."""
    with network(pond, count, SLOT_MS) as (validators, folder):
        watch = Watch([v["pid"] for v in validators])
        watch.start()
        rates = []
        for _ in range(ROUNDS):
            done = subprocess.run(
                [program, folder / "validator/faucet.json",
                 str(TRANSFERS[count]), *(v["rpc"] for v in validators)],
                check=True, stdout=subprocess.PIPE, text=True)
            rates.append(float(done.stdout))
        watch.done.set()
        watch.join()
        return statistics.median(rates), watch.most


def idle(pond):
    """Processor time in percent of a core and MB a day, the worst of four."""
    with network(pond, 4, IDLE_SLOT_MS) as (validators, _):
        pids = [v["pid"] for v in validators]
        look = lambda: [(cpu_seconds(p), written_bytes(p)) for p in pids]
        time.sleep(SETTLE_SECONDS)
        began, before = time.monotonic(), look()
        time.sleep(MEASURE_SECONDS)
        seconds, after = time.monotonic() - began, look()
        return (max(100 * (b[0] - a[0]) / seconds
                    for a, b in zip(before, after)),
                max((b[1] - a[1]) * DAY_SECONDS / seconds / 1e6
                    for a, b in zip(before, after)))


def main():
    pond, program = sys.argv[1:3]
    one, _ = transfers(pond, program, 1)
    line("one_transfers", one, "1/s")
    four, memory = transfers(pond, program, 4)
    line("four_transfers", four, "1/s")
    line("four_of_one", four / one, "x", 0.25, at_least=True)
    line("four_memory", memory, "MB", 60)
    processor, written = idle(pond)
    line("four_idle_cpu", processor, "% of a core", 3)
    line("four_idle_writes", written, "MB/day", 1000)


if __name__ == "__main__":
    main()
