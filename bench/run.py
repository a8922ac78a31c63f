#!/usr/bin/env python3
"""Runs the benchmark programs and makes one table of what they print.

A program prints lines "name TAB value TAB unit TAB aim TAB met". The table
goes to the terminal, after the processor's name and those of its flags that
matter here, and the same lines with a heading to build/bench.tsv. An aim
that was missed is shown as such and does not fail the run; a program that
fails does.
"""
import argparse
import json
import os
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
FIELDS = ("name", "value", "unit", "aim", "met")
BY_NAME = {"million"}  # parts that run only by their name
# Flags that the speed of signatures and hashes depends on (/proc/cpuinfo).
CPU_FLAGS = ("avx2", "avx512f", "avx512ifma", "sha_ni")


def benchmarks(build, only):
    text = subprocess.run(["meson", "introspect", str(build), "--benchmarks"],
                          check=True, stdout=subprocess.PIPE).stdout
    for benchmark in json.loads(text):
        parts = {suite.split(":")[-1] for suite in benchmark["suite"]}
        if (only in parts or benchmark["name"].startswith(only)) \
                if only else not parts & BY_NAME:
            yield benchmark


def run(benchmark, build):
    """The rows a benchmark printed, and whether it ended well."""
    environment = {**os.environ, **benchmark["env"]}
    try:
        done = subprocess.run(benchmark["cmd"], env=environment,
                              cwd=benchmark["workdir"] or build,
                              stdout=subprocess.PIPE, text=True,
                              timeout=benchmark["timeout"] or 300)
    except subprocess.TimeoutExpired:
        print(f"{benchmark['name']}: took too long", file=sys.stderr)
        return [], False
    rows = []
    for line in done.stdout.splitlines():
        fields = line.split("\t")
        if len(fields) == len(FIELDS):
            rows.append(fields)
    if done.returncode or not rows:
        print(f"{benchmark['name']}: status {done.returncode}, "
              f"{len(rows)} results", file=sys.stderr)
    return rows, done.returncode == 0 and bool(rows)


def processor():
    """The name of the processor, its flags that matter here, the cores."""
    lines = pathlib.Path("/proc/cpuinfo").read_text().splitlines()
    known = dict(reversed([map(str.strip, line.split(":", 1))
                           for line in lines if ":" in line]))
    flags = [flag for flag in CPU_FLAGS if flag in known.get("flags", "").split()]
    return (f"{known.get('model name', 'unknown processor')}, "
            f"{len(os.sched_getaffinity(0))} cores, "
            f"{' '.join(flags) or 'none of ' + ' '.join(CPU_FLAGS)}")


def print_table(rows):
    widths = [max(len(row[i]) for row in [FIELDS, *rows])
              for i in range(len(FIELDS))]
    for row in [FIELDS, *rows]:
        print(f"{row[0]:<{widths[0]}}  {row[1]:>{widths[1]}}  "
              f"{row[2]:<{widths[2]}}  {row[3]:>{widths[3]}}  {row[4]}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", default="build/release")
    parser.add_argument("--only", metavar="PART", default="")
    arguments = parser.parse_args()
    build = (ROOT / arguments.build).resolve()
    rows, held = [], True
    for benchmark in benchmarks(build, arguments.only):
        if sys.stderr.isatty():
            print(f"\r\033[K{benchmark['name']} ...", end="", file=sys.stderr)
        new, ended_well = run(benchmark, build)
        rows += new
        held = held and ended_well
    if sys.stderr.isatty():
        print("\r\033[K", end="", file=sys.stderr)
    if not rows:
        sys.exit(f"no benchmark of part '{arguments.only}' gave a result")
    print(f"processor: {processor()}")
    print_table(rows)
    table = ROOT / "build" / "bench.tsv"
    table.write_text("".join("\t".join(row) + "\n" for row in [FIELDS, *rows]))
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
