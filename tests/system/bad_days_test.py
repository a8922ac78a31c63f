#!/usr/bin/env python3
"""One or more of four validators on a bad day: lost or damaged files, two
processes with one key, a wrong clock. The others go on, each says
what is wrong and what to do, and nobody votes twice."""
import os
import re
import shutil
import sys
import time

import cluster
from cluster import (Cluster, RpcError, check_honest, says, start_with,
                     votes_again)
from pond import wait

SLOT_MS = 100


def health(validator):
    """What getHealth says: "ok", or the words of the error."""
    try:
        return validator.call("getHealth")
    except RpcError as error:
        assert error.code == -32005, error.code
        return str(error)


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


def stands_still(four, among=None):
    """The newest final slot anywhere, once none has moved for two seconds."""
    among = among or four.validators
    before = [v.slot() for v in among]
    time.sleep(2)
    return [v.slot() for v in among] == before and max(before)


def newest_final(validator):
    """SLOT:HASH of what is final on its disk, as its last start says."""
    return re.findall(r"the newest final block on disk is (\S+)",
                      validator.log())[-1]


def begins_anew(four, block):
    """Each operator gives the same block; the chain goes on after it."""
    for validator in four.validators:
        validator.start("--restart-from", block)
    slot = int(block.split(":")[0])
    four.wait_final(slot + 10)
    four.check_agreement()


def test_two_of_four_forget_and_all_begin_anew(pond):
    with Cluster(pond, 4, SLOT_MS) as four:
        four.start_all()
        four.go_on(5)
        ill, well = four.validators[2:], four.validators[:2]
        for validator in ill:
            assert validator.stop() == 0
            (validator.folder / "votes").unlink()
        for validator in ill:
            validator.start()
        for validator in four.validators:
            says(validator, "--restart-from SLOT:HASH")
        stands = wait(lambda: stands_still(four))
        print("# final at", [v.slot() for v in four.validators])
        first = max(four.validators, key=lambda v: v.slot())
        had = first.call("getBlocks", max(1, stands - 50), stands)
        had_block = first.call("pondBlockSigners", stands)
        for validator in four.validators:
            assert validator.stop() == 0
        # What is wrong with it is said before anything is changed.
        blockhash = had_block["blockhash"]
        assert blockhash != had_block["blockHash"], had_block
        log = first.folder.with_suffix(".log")
        for word, words in ((f"{stands - 1}:{first.identity}",
                             "is final here"),
                            (f"{stands}:{first.identity}", "is final here"),
                            (f"{stands}:{blockhash}", "the blockhash of slot"),
                            (f"{stands}", "SLOT:HASH"),
                            ("x:y", "in base58")):
            said = pond("validator", "--dir", first.folder, "--rpc-port", 0,
                        "--peer-port", 0, "--restart-from", word, status=None)
            assert said.returncode, said
            assert words in said.stderr, said.stderr
        assert not (first.folder / "restarts").exists(), log.read_text()
        # A block that nobody has: it waits, and says for what.
        first.start("--restart-from", f"{stands + 3}:{first.identity}")
        others = [v for v in four.validators if v is not first]
        for validator in others:
            validator.start()
        says(first, "another network")
        assert max(v.slot() for v in four.validators) == stands
        for validator in four.validators:
            assert validator.stop() == 0
        block = newest_final(first)
        assert block == f"{stands}:{had_block['blockHash']}", (block, had_block)
        # One operator alone: the others don't take it for one of them.
        first.start("--restart-from", block)
        for validator in others:
            validator.start()
        says(first, "no quorum")
        for validator in four.validators:
            assert validator.stop() == 0
        begins_anew(four, block)
        for validator in four.validators:
            found = validator.call("getBlocks", max(1, stands - 50), stands)
            assert found == had, (found, had)
        # The folders remember it: nobody gives it again, or all do.
        for validator in four.validators[:2]:
            assert validator.stop() == 0
        four.validators[0].start()
        four.validators[1].start("--restart-from", block)
        four.go_on(10)
        four.check_agreement()
        check_honest(four)
        for validator in four.validators:
            assert validator.stop() == 0
            pond("validator", "--check", "--dir", validator.folder)


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
            says(validator, f"{3 * stake} of {5 * stake} roe")
        assert wait(lambda: stands_still(four, three))
        heavy.start()
        four.go_on(10)
        # Two thirds without one of the others.
        assert three[0].stop() == 0
        four.go_on(10)
        three[0].start()
        four.go_on(10)
        four.check_agreement()
        check_honest(four)


def start_with_clock(validator, seconds):
    """Start it with a wall clock that is off by so many seconds."""
    start_with(validator, os.environ["POND_WRONG_CLOCK"],
               {"CLOCK_OFF_MS": str(seconds * 1000)})


def times_of(validator, first, last):
    """What its final blocks from one slot to another say of the time, in
    whole seconds since 1970."""
    return [(slot, validator.call("getBlockTime", slot)) for slot in
            validator.call("getBlocks", first, last,
                           {"commitment": "finalized"})]


def check_times(times):
    """A block's time does not fall, and is at most a second ahead of this
    machine's clock."""
    assert len(times) > 10, times
    for (_, one), (_, other) in zip(times, times[1:]):
        assert one <= other, times
    assert times[-1][1] <= time.time() + 1, (times[-1], time.time())
    assert times[-1][1] >= time.time() - 60, (times[-1], time.time())


def test_a_clock_that_is_wrong_by_minutes(pond):
    with Cluster(pond, 4, SLOT_MS) as four:
        four.start_all()
        four.go_on(5)
        ill, three = four.validators[3], four.validators[:3]
        for seconds, words in ((300, "s ahead of the other validators'"),
                               (-300, "s behind the other validators'")):
            assert ill.stop() == 0
            before, first = len(ill.log()), three[0].slot()
            start_with_clock(ill, seconds)
            says(ill, words, before)
            says(ill, "Let it follow a time server", before)
            # It follows, and the others lead three windows of four.
            last = four.go_on(40)
            check_times(times_of(three[0], first, last))
            for validator in three:
                assert "machine's clock is" not in validator.log(), \
                    validator.log()[-2000:]
        # Set right, it is as the others.
        assert ill.stop() == 0
        ill.start()
        four.go_on(20)
        votes_again(four, ill, three[0])
        four.check_agreement()
        check_honest(four)


def lose_ledger(validator):
    """Its folder has the keys, the genesis and its votes, and no blocks."""
    assert validator.stop() == 0
    shutil.rmtree(validator.folder / "ledger")
    shutil.rmtree(validator.folder / "blocks")


def test_the_ledger_of_one_is_lost(pond):
    with Cluster(pond, 4, 20) as four:
        four.start_all()
        four.go_on(5)
        ill, three = four.validators[3], four.validators[:3]
        lose_ledger(ill)
        ill.start()
        four.go_on(20)  # all slots since the genesis are still to be had
        votes_again(four, ill, three[0])
        four.check_agreement()
        # Too far behind what the others keep.
        lose_ledger(ill)
        four.wait_final(1200, three)
        before = len(ill.log())
        ill.start()
        says(ill, "slots behind the others, who keep 1024", before)
        says(ill, "pond snapshot restore", before)
        assert "is behind by" in health(ill), health(ill)
        assert ill.stop() == 0
        shutil.rmtree(ill.folder / "ledger")
        # What a snapshot of another is good for.
        pond("snapshot", "create", "--dir", three[0].folder)
        file = pond.json("snapshot", "list", "--dir",
                         three[0].folder)[0]["file"]
        path = three[0].folder / "snapshots" / file
        pond("snapshot", "verify", path)
        pond("snapshot", "restore", path, "--dir", ill.folder)
        before = len(ill.log())
        ill.start()
        four.go_on(20)
        votes_again(four, ill, three[0])
        last = four.validators[0].slot()
        assert ill.call("getBlocks", last - 5, last) == \
            three[0].call("getBlocks", last - 5, last)
        check_honest(four)
        for validator in four.validators:
            assert validator.stop() == 0
            pond("validator", "--check", "--dir", validator.folder)


def snapshots(pond, validator):
    return pond.json("snapshot", "list", "--dir", validator.folder)


def test_all_but_the_keys_of_one_are_lost(pond):
    """A snapshot that it wrote itself at work, in a folder that has nothing
    but its keys and the genesis."""
    with Cluster(pond, 4, SLOT_MS) as four:
        ill, three = four.validators[3], four.validators[:3]
        for validator in three:
            validator.start(wait=False)
        ill.start("--snapshot-interval", 20)
        wait(lambda: snapshots(pond, ill), 120)
        ill.kill()
        file = snapshots(pond, ill)[-1]
        path = ill.folder / "snapshots" / file["file"]
        pond("snapshot", "verify", path)
        name = path.name
        lost = ill.folder.with_suffix(".lost")
        ill.folder.rename(lost)
        ill.folder.mkdir()
        for key in ("identity.json", "genesis.json"):
            shutil.copy(lost / key, ill.folder)
        pond("snapshot", "restore", lost / "snapshots" / name,
             "--dir", ill.folder)
        before = len(ill.log())
        ill.start()
        says(ill, "what this validator has voted is not known", before)
        votes_again(four, ill, three[0])
        says(ill, "votes again: enough", before)
        assert ill.call("getFirstAvailableBlock") == file["slot"]
        last = four.go_on(5)
        assert ill.call("getBlock", last)["blockhash"] == \
            three[0].call("getBlock", last)["blockhash"]
        check_honest(four)
        assert ill.stop() == 0
        pond("validator", "--check", "--dir", ill.folder)


TESTS = [
    test_votes_of_one_are_lost,
    test_two_of_four_forget_and_all_begin_anew,
    test_one_key_in_two_places,
    test_two_of_four_are_gone,
    test_one_with_more_than_a_third_is_gone,
    test_a_clock_that_is_wrong_by_minutes,
    test_the_ledger_of_one_is_lost,
    test_all_but_the_keys_of_one_are_lost,
]

if __name__ == "__main__":
    chosen = sys.argv[2:]
    cluster.run([test for test in TESTS
                 if not chosen or test.__name__ in chosen], sys.argv[1])
