#!/usr/bin/env python3
"""The disk of one of four validators is full or fails, in any part of its
folder. It ends with a word on what to do; the others go on; and when the disk is
well it comes back without having voted twice."""
import ctypes
import itertools
import os
import shutil
import subprocess
import sys

import cluster
from cluster import (Cluster, check_honest, says, start_with, votes_again,
                     wait_ended)

CLONE_NEWNS = 0x20000
SLOT_MS = 100


def on_small_disk(validator, size):
    """Move its folder to a tmpfs of that size."""
    aside = validator.folder.with_suffix(".aside")
    validator.folder.rename(aside)
    validator.folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs",
                    validator.folder], check=True)
    shutil.copytree(aside, validator.folder, dirs_exist_ok=True)


def test_full_disk_of_one(pond):
    if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNS):
        raise AssertionError("no namespace of mounts")
    with Cluster(pond, 4, SLOT_MS) as four:
        ill, three = four.validators[3], four.validators[:3]
        on_small_disk(ill, "24m")
        try:
            four.start_all()
            four.go_on(5)
            # What else is on the disk takes the rest.
            with open(ill.folder / "other", "wb", buffering=0) as other:
                try:
                    while True:
                        other.write(bytes(65536))
                except OSError:
                    pass
            load = four.load(200, 20, among=three)
            assert wait_ended(ill) == 1
            assert "make room on the disk" in ill.log(), ill.log()[-2000:]
            assert "start it again" in ill.log(), ill.log()[-2000:]
            four.go_on(20, three)
            load.kill()
            load.communicate()
            (ill.folder / "other").unlink()
            ill.start()
            four.go_on(10)
            votes_again(four, ill, three[0])
            four.check_agreement()
            check_honest(four)
            ill.stop()
            pond("validator", "--check", "--dir", ill.folder)
        finally:
            if ill.process:
                ill.kill()
            subprocess.run(["umount", "-l", ill.folder], check=True)


# How the error of a part's failure begins.
FAILURES = {"/votes": "can't go on: writing what was voted: ",
            "/blocks/": "can't go on: writing the block log: ",
            "/ledger/": "can't go on: the ledger in "}


def fail_once(four, ill, part, how):
    """Its disk fails in that part of the folder, until it is replaced."""
    three = [v for v in four.validators if v is not ill]
    failing = four.folder / "failing"
    before = len(ill.log())
    start_with(ill, os.environ["POND_FAILING_DISK"],
               {"DISK_FAILS_IF": str(failing), "DISK_FAILS_IN": part,
                "DISK_FAILS_HOW": how})
    four.go_on(3)
    votes_again(four, ill, three[0])
    failing.touch()
    # So that there is something for the ledger.
    load = four.load(100, 30, among=three)
    assert wait_ended(ill) == 1
    failing.unlink()
    says(ill, "Input/output error", before)
    says(ill, FAILURES[part], before)
    says(ill, "start it again", before)
    four.go_on(5, three)
    load.kill()
    load.communicate()
    ill.start()
    four.go_on(5)
    votes_again(four, ill, three[0])
    four.check_agreement()
    check_honest(four)


def test_failing_disk_of_one(pond):
    with Cluster(pond, 4, SLOT_MS) as four:
        four.start_all()
        four.go_on(5)
        ill = four.validators[3]
        for part, how in itertools.product(FAILURES, ("write", "half", "sync")):
            print(f"# {part} {how}", flush=True)
            assert ill.stop() == 0
            fail_once(four, ill, part, how)
        for validator in four.validators:
            assert validator.stop() == 0
            pond("validator", "--check", "--dir", validator.folder)


TESTS = [
    test_full_disk_of_one,
    test_failing_disk_of_one,
]

if __name__ == "__main__":
    cluster.run(TESTS, sys.argv[1])
