#!/usr/bin/env python3
"""check.py [--large]: models of the consensus, searched whole by Spin.

The rules as they are give no fork, no second vote, and nobody who stays behind
for ever; each of them left out gives one. So the models are known to see what
they look for. --large adds instances that take hours. Prints TAP.
"""
import argparse
import concurrent.futures
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

FOLDER = pathlib.Path(__file__).parent

EQUAL = {"STAKES": "1,1,1", "HONEST": 3, "TRAITOR": 1, "TRAITORS": 1}
UNEQUAL = {"STAKES": "3,2,2", "HONEST": 3, "TRAITOR": 1, "TRAITORS": 1}
# Two traitors have half of the heads and a quarter of the stake.
HEADS = {"STAKES": "5,1", "HONEST": 2, "TRAITOR": 2, "TRAITORS": 2}
TWO = {"SLOTS": 2, "PLACES": 2}
THREE = {"SLOTS": 3, "PLACES": 2}
ONE_WINDOW = {"SLOTS": 3, "PLACES": 3}

AGREE = [
    ("four equal validators, a window", EQUAL | TWO),
    ("stakes 3, 2, 2, 1, a window", UNEQUAL | TWO),
    ("stakes 5, 1, 1, 1, a window", HEADS | TWO),
    ("stakes 5, 1, 1, 1, two windows", HEADS | THREE),
    ("stakes 5, 1, 1, 1, a window of three", HEADS | ONE_WINDOW),
]
LARGE = [
    ("four equal validators, a window and a slot", EQUAL | THREE),
    ("four equal validators, a window of three", EQUAL | ONE_WINDOW),
]
FORK = [
    ("a vote a slot (R3)", EQUAL | TWO, "ONCE"),
    ("the parent in the window (R3)", EQUAL | ONE_WINDOW, "PARENT"),
    ("a certified parent (R3)", EQUAL | THREE, "CERTIFIED"),
    ("covered slots between (R3)", EQUAL | THREE, "COVERED"),
    ("what is finalized is not given up (R4)", EQUAL | TWO, "KEPT"),
    ("what is given up is not finalized (R5)", EQUAL | TWO, "GIVEN_UP"),
    ("only what is certified is finalized (R5)", EQUAL | TWO, "CERTIFICATE"),
    ("stake counts, not heads", HEADS | TWO, "STAKES"),
]


# Validators that forget what they voted.
FORGET = {"HONEST": 3, "TRAITOR": 1, "WINDOWS": 3}
AGAIN = [
    ("a quorum of answers", "QUORUM"),
    ("no answer of who forgot", "FORGOT"),
    ("no answer of who is below its record", "BELOW"),
    ("answers of after the loss", "ANEW"),
    ("a proof of an answer's window", "PROOF"),
    ("one window more", "NEXT"),
]
FORGET_LARGE = [
    ("three of four and four windows", FORGET | {"WINDOWS": 4}),
    ("four of five", FORGET | {"HONEST": 4}),
]
# A network that has healed goes on.
ALIVE = {"HONEST": 3, "TRAITOR": 1, "PLACES": 2, "RESTARTS": 1}
STUCK = [
    ("a lower slot that is given up, too", "LOWER"),
    ("evidence that is asked for", "PULL"),
    ("a certificate on disk before a finalize vote", "DURABLE"),
]
ALIVE_LARGE = [
    ("two restarts", ALIVE | {"RESTARTS": 2}),
    ("three restarts", ALIVE | {"RESTARTS": 3}),
]


def search(model, macros):
    with tempfile.TemporaryDirectory(prefix="pond-model-") as folder:
        return search_in(folder, model, macros)


def search_in(folder, model, macros):
    """Returns (errors, states); raises if the search was not whole."""
    defines = [f"-D{name}={value}" for name, value in macros.items()]
    subprocess.run(["spin", "-a", *defines, str(FOLDER / model)], cwd=folder,
                   check=True, stdout=subprocess.DEVNULL)
    subprocess.run(["gcc", "-O2", "-w", "-DSAFETY", "-DCOLLAPSE",
                    "-DVECTORSZ=1024", *defines, "-o", "pan", "pan.c"],
                   cwd=folder, check=True)
    said = subprocess.run(["./pan", "-E", "-m1000000", "-w22"], cwd=folder,
                          check=True, capture_output=True, text=True).stdout
    found = re.search(r"errors: (\d+)\s+(\d+) states, stored\b", said)
    if not found or "max search depth too small" in said or \
            "out of memory" in said:
        raise RuntimeError(said)
    return int(found[1]), int(found[2])


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--large", action="store_true")
    large = options.parse_args().large
    agree = AGREE + (LARGE if large else [])
    again = [("three of four", FORGET)] + (FORGET_LARGE if large else [])
    cases = [("consensus.pml", f"no fork: {name}", macros, 0)
             for name, macros in agree]
    cases += [("consensus.pml", f"a fork without: {name}",
               macros | {f"WITHOUT_{part}": 1}, 1)
              for name, macros, part in FORK]
    cases += [("forgotten.pml", f"no second vote: {name}", macros, 0)
              for name, macros in again]
    cases += [("forgotten.pml", f"a second vote without: {name}",
               FORGET | {f"WITHOUT_{part}": 1}, 1) for name, part in AGAIN]
    alive = [("one restart", ALIVE)] + (ALIVE_LARGE if large else [])
    cases += [("liveness.pml", f"nobody stays behind: {name}", macros, 0)
              for name, macros in alive]
    cases += [("liveness.pml", f"somebody stays behind without: {name}",
               ALIVE | {f"WITHOUT_{part}": 1}, 1) for name, part in STUCK]
    if not shutil.which("spin"):
        print("1..0 # SKIP there is no spin (Debian's package spin)")
        return 0
    print(f"1..{len(cases)}", flush=True)
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        found = pool.map(search, *zip(*[(model, macros)
                                        for model, _, macros, _ in cases]))
        for number, ((_, name, _, expected), (errors, states)) in enumerate(
                zip(cases, found), 1):
            failed += errors != expected
            word = "ok" if errors == expected else "not ok"
            print(f"{word} {number} - {name} ({states} states)", flush=True)
    return failed != 0


if __name__ == "__main__":
    sys.exit(main())
