#!/usr/bin/env python3
"""The cost of an idle validator: slots of 100 ms, all empty.

    bench_idle.py POND

After the start, which does not count, processor time, bytes written (the
kernel's count of the pages that a process makes dirty: write_bytes of
/proc/PID/io) and the growth of its folder are measured over whole flushes and
extrapolated to a day.
"""
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time

# In the first 512 slots the rows of recent blockhashes fill up
# (SLOT_HASHES_MAX), and a few flushes later LMDB has enough free pages to
# reuse. Only then do new rows replace dropped ones.
SETTLE_SECONDS = 126
MEASURE_SECONDS = 72  # two flushes (LEDGER_IDLE_FLUSH_MS)
DAY_SECONDS = 86400
AIMS = (("settlement/idle_cpu", "% of a core", 3),
        ("settlement/idle_writes", "MB/day", 500),
        ("settlement/idle_growth", "MB/day", 50))


def cpu_seconds(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1]
    user, system = fields.split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def written_bytes(pid):
    for line in pathlib.Path(f"/proc/{pid}/io").read_text().splitlines():
        if line.startswith("write_bytes:"):
            return int(line.split()[1])
    raise RuntimeError("the kernel does not count what processes write")


def used_bytes(folder):
    # Blocks, not sizes: files may have holes.
    return sum(file.stat().st_blocks * 512
               for file in pathlib.Path(folder).rglob("*") if file.is_file())


def look(pid, folder):
    return (time.monotonic(), cpu_seconds(pid), written_bytes(pid),
            used_bytes(folder))


def main():
    # Not /tmp, which may be in memory, where writes are not counted.
    folder = tempfile.mkdtemp(prefix="pond-bench-idle-", dir="/var/tmp")
    validator = subprocess.Popen(
        [sys.argv[1], "validator", "--dir", folder, "--development",
         "--rpc-port", "0", "--log-level", "warn"], stdout=subprocess.PIPE,
        text=True)
    try:
        if not validator.stdout.readline().startswith("ready"):
            raise RuntimeError("the validator did not start")
        time.sleep(SETTLE_SECONDS)
        before = look(validator.pid, folder)
        time.sleep(MEASURE_SECONDS)
        after = look(validator.pid, folder)
    finally:
        validator.send_signal(signal.SIGINT)
        validator.wait()
        shutil.rmtree(folder)
    seconds, cpu, written, grown = (b - a for a, b in zip(before, after))
    a_day = DAY_SECONDS / seconds / 1e6
    values = (100 * cpu / seconds, written * a_day, grown * a_day)
    for (name, unit, aim), value in zip(AIMS, values):
        print(f"{name}\t{value:.4g}\t{unit}\t<={aim}\t"
              f"{'yes' if value <= aim else 'no'}", flush=True)


if __name__ == "__main__":
    main()
