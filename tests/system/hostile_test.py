#!/usr/bin/env python3
"""One of four validators means harm: it floods, is silent, speaks in another's
name, or says and answers nonsense. It is cut off or slowed down, and the other
three do not notice."""
import os
import re
import subprocess
import sys

import cluster
from cluster import Cluster, says
from pond import wait

SLOT_MS = 100


class Hostile:
    """The fourth validator, as hostile_peer.c is."""

    def __init__(self, four, mode):
        self.log = four.folder / f"hostile-{mode}.log"
        harmful = four.validators[3]
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                [four.wire, "join", str(harmful.number),
                 os.environ["POND_HOSTILE_PEER"],
                 harmful.folder / "genesis.json",
                 harmful.folder / "identity.json", mode,
                 *(v.peer for v in four.validators[:3])],
                stdin=subprocess.DEVNULL, stdout=log,
                stderr=subprocess.STDOUT)

    def said(self):
        return self.log.read_text()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()


def check_three(three):
    """They have said nothing bad of each other, and were always connected."""
    for validator in three:
        for line in validator.log().splitlines():
            if re.search(r"validator [012]\b", line):
                assert "no longer" not in line and "signed two" not in line \
                    and "wrong" not in line and "breaks" not in line, line


def stand(pond, mode, cut, words):
    """The three go on beside it; cut: it is cut off by each of them, who say
    these words."""
    with Cluster(pond, 4, SLOT_MS) as four:
        three = four.validators[:3]
        for validator in three:
            validator.start(wait=False)
        for validator in three:
            validator.wait_ready()
        four.go_on(5, three)
        with Hostile(four, mode) as hostile:
            for validator in three:
                says(validator, "connected with validator 3")
            load = four.load(100, 3, among=three)
            four.go_on(40, three)
            assert cluster.finish_load(load)["final"] > 100
            if cut:
                wait(lambda: all(f"cut off by {n}" in hostile.said()
                                 for n in range(3)))
                for validator in three:
                    says(validator, words)
            assert hostile.process.poll() is None, hostile.said()
            print("# " + "\n# ".join(hostile.said().splitlines()[:3]))
        check_three(three)
        four.check_agreement(three)


def test_one_that_is_silent(pond):
    stand(pond, "silent", False, "")


def test_one_that_floods(pond):
    stand(pond, "flood", True, "frames a second")


def test_one_that_speaks_for_another(pond):
    stand(pond, "claim", True, "validator 3 gave a wrong signature")


def test_one_that_talks_nonsense(pond):
    stand(pond, "nonsense", True, "validator 3 breaks the protocol")


TESTS = [
    test_one_that_is_silent,
    test_one_that_floods,
    test_one_that_speaks_for_another,
    test_one_that_talks_nonsense,
]

if __name__ == "__main__":
    cluster.run(TESTS, sys.argv[1])
