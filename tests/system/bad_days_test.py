#!/usr/bin/env python3
"""One or more of four validators on a bad day: a full disk, lost or damaged
files, two processes with one key, a wrong clock. The others go on, each says
what is wrong and what to do, and nobody votes twice."""
import ctypes
import os
import re
import shutil
import subprocess
import sys
import time

import cluster
from cluster import Cluster, RpcError
from pond import wait

CLONE_NEWNS = 0x20000
SLOT_MS = 100


def says(validator, words, since=0, seconds=60):
    """Wait until its log has these words after that place in it."""
    try:
        wait(lambda: words in validator.log()[since:], seconds)
    except AssertionError as error:
        raise AssertionError(
            f"not said: {words!r}\n{validator.log()[since:][-3000:]}"
        ) from error


def check_honest(four, but=()):
    """Nobody but these was accused or cut off by anybody."""
    for validator in four.validators:
        for line in validator.log().splitlines():
            if "signed two" in line or "wrong signature" in line \
                    or "breaks the protocol" in line:
                accused = re.search(r"validator (\d+)", line).group(1)
                assert int(accused) + 1 in but, (validator.number, line)


def wait_ended(validator, seconds=60):
    """Its status, once it has ended by itself."""
    status = validator.process.wait(seconds)
    validator.process.stdout.close()
    validator.process = None
    return status


def health(validator):
    """What getHealth says: "ok", or the words of the error."""
    try:
        return validator.call("getHealth")
    except RpcError as error:
        assert error.code == -32005, error.code
        return str(error)


def voted_slot(four, validator, asked):
    """The newest slot of which asked has a vote of that validator."""
    for entry in asked.call("pondValidators")["validators"]:
        if entry["identity"] == validator.identity:
            return entry.get("lastVote") or 0
    return 0


def votes_again(four, validator, asked, seconds=90):
    """Wait until another sees new votes of it."""
    before = max(voted_slot(four, validator, asked), asked.slot())
    wait(lambda: voted_slot(four, validator, asked) > before, seconds)


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


def damage_votes(validator, how, others):
    votes = validator.folder / "votes"
    if how == "deleted":
        votes.unlink()
    elif how == "damaged":
        votes.write_bytes(bytes(len(votes.read_bytes())))
    elif how == "another's":
        shutil.copy(others[0].folder / "votes", votes)


def test_votes_of_one_are_lost(pond):
    with Cluster(pond, 4, SLOT_MS) as four:
        four.start_all()
        four.go_on(5)
        ill, three = four.validators[3], four.validators[:3]
        for how in ("deleted", "damaged", "another's", "--forgot"):
            assert ill.stop() == 0
            damage_votes(ill, how, three)
            before = len(ill.log())
            ill.start(*([how] if how == "--forgot" else []))
            says(ill, "what this validator has voted is not known", before)
            votes_again(four, ill, three[0])
            says(ill, "votes again: enough", before)
            four.go_on(5)
        four.check_agreement()
        check_honest(four)


def test_one_key_in_two_places(pond):
    with Cluster(pond, 4, SLOT_MS) as four:
        first, three = four.validators[3], four.validators[:3]
        twin = cluster.Validator(four, 5)
        shutil.copytree(first.folder, twin.folder)
        twin.identity = first.identity
        four.start_all()
        four.go_on(5)
        # The same folder is refused as long as a process has it.
        said = pond("validator", "--dir", first.folder, "--rpc-port", 0,
                    status=None)
        assert said.returncode and str(first.process.pid) in said.stderr, \
            said.stderr
        assert "end that process" in said.stderr, said.stderr
        four.validators.append(twin)
        twin.start()
        wait(lambda: any("validator 3" in line and "signed two" in line
                         for v in three for line in v.log().splitlines()))
        four.go_on(30, three)
        four.check_agreement(three)
        check_honest(four, but=[4])
        # One of them ended: the other is heard again.
        twin.kill()
        four.validators.remove(twin)
        four.go_on(20, three)


def test_two_of_four_are_gone(pond):
    with Cluster(pond, 4, SLOT_MS) as four:
        four.start_all()
        four.go_on(5)
        here, gone = four.validators[:2], four.validators[2:]
        for validator in gone:
            assert validator.stop() == 0
        for validator in here:
            wait(lambda v=validator: health(v) != "ok")
            says(validator, "no quorum")
        stands = here[0].slot()
        print("# " + health(here[0]))
        rows = pond.json("chain", "validators", "--rpc", here[0].url)[0]
        away = [row["identity"] for row in rows["validators"]
                if not row["connected"]]
        assert sorted(away) == sorted(v.identity for v in gone), rows
        block = pond.json("chain", "block", stands, "--rpc", here[0].url)
        assert block, block
        for validator in gone:
            validator.start()
        four.wait_final(stands + 10)
        for validator in four.validators:
            wait(lambda v=validator: health(v) == "ok")
        four.check_agreement()
        check_honest(four)


def test_one_with_more_than_a_third_is_gone(pond):
    stake = cluster.STAKE
    with Cluster(pond, 4, SLOT_MS,
                 [2 * stake, stake, stake, stake]) as four:
        four.start_all()
        four.go_on(5)
        heavy, three = four.validators[0], four.validators[1:]
        assert heavy.stop() == 0
        for validator in three:
            wait(lambda v=validator: health(v) != "ok")
            says(validator, f"{3 * stake} of {5 * stake} roe")
        heavy.start()
        four.go_on(10)
        # Two thirds without one of the others.
        assert three[0].stop() == 0
        four.go_on(10)
        three[0].start()
        four.go_on(10)
        four.check_agreement()
        check_honest(four)


TESTS = [
    test_full_disk_of_one,
    test_votes_of_one_are_lost,
    test_one_key_in_two_places,
    test_two_of_four_are_gone,
    test_one_with_more_than_a_third_is_gone,
]

if __name__ == "__main__":
    chosen = sys.argv[2:]
    cluster.run([test for test in TESTS
                 if not chosen or test.__name__ in chosen], sys.argv[1])
