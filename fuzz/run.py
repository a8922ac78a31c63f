#!/usr/bin/env python3
"""Runs every fuzzer of a build for a while, two at a time.

What a fuzzer finds new stays in build/fuzz/corpus/NAME (the seeds of the tree
are only read), and an input that ends it in build/fuzz/crashes. Ends with one
line and a status that says whether all of them held.
"""
import argparse
import concurrent.futures
import os
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent


def run(fuzzer, build, seconds):
    name = fuzzer.name.removeprefix("fuzz_")
    found = build / "corpus" / name
    crashes = build / "crashes"
    found.mkdir(parents=True, exist_ok=True)
    crashes.mkdir(exist_ok=True)
    command = [
        str(fuzzer), f"-max_total_time={seconds}", "-timeout=10",
        "-rss_limit_mb=2048", "-print_final_stats=1",
        f"-artifact_prefix={crashes}/{name}-",
        str(found), str(ROOT / "fuzz" / "corpus" / name),
    ]
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True,
                              errors="replace", timeout=seconds + 120)
        return name, done.returncode, done.stdout
    except subprocess.TimeoutExpired as late:
        return name, 1, (late.stdout or b"").decode(errors="replace")


def executions(output):
    for line in output.splitlines():
        if line.startswith("stat::number_of_executed_units:"):
            return int(line.split(":")[-1])
    return 0


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", default="build/fuzz")
    parser.add_argument("--seconds", type=int, default=60)
    arguments = parser.parse_args()
    build = (ROOT / arguments.build).resolve()
    fuzzers = sorted(path for path in (build / "fuzz").glob("fuzz_*")
                     if path.is_file() and os.access(path, os.X_OK))
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for name, status, output in pool.map(
                lambda fuzzer: run(fuzzer, build, arguments.seconds), fuzzers):
            if status:
                failed += 1
                print("\n".join(output.splitlines()[-60:]))
            print(f"{'FAILED' if status else 'held  '} {name}: "
                  f"{executions(output)} runs", flush=True)
    print(f"{len(fuzzers) - failed} fuzzers held, {failed} failed")
    return 1 if failed or not fuzzers else 0


if __name__ == "__main__":
    sys.exit(main())
