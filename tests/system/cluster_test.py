#!/usr/bin/env python3
"""Validators that agree over networks with delays, losses and partitions, and
that come back whatever was killed."""
import sys
import time

import cluster
from cluster import Cluster, RpcError, finish_load
from pond import wait


def agree_across(pond, count, delay_ms, slot_ms, delta_ms):
    """Messages take that long, and one of a hundred packets is lost."""
    with Cluster(pond, count, slot_ms=slot_ms, delta_ms=delta_ms) as validators:
        validators.start_all()
        validators.tell("delay", "*", "*", delay_ms, delay_ms // 10)
        validators.tell("loss", "*", "*", 1)
        load = validators.load(100, 5)
        validators.go_on(30, seconds=240)
        assert finish_load(load)["final"] > 0
        validators.check_agreement()


def test_four_agree_across_50_ms_with_one_percent_lost(pond):
    agree_across(pond, 4, 50, 100, 50)


def test_four_agree_across_150_ms_with_one_percent_lost(pond):
    agree_across(pond, 4, 150, 200, 200)


def test_seven_agree_across_50_ms_with_one_percent_lost(pond):
    agree_across(pond, 7, 50, 100, 50)


def test_seven_agree_across_150_ms_with_one_percent_lost(pond):
    agree_across(pond, 7, 150, 200, 200)


def test_halves_wait_and_go_on_when_they_meet(pond):
    with Cluster(pond, 4) as four:
        four.start_all()
        four.go_on(10)
        four.part([1, 2], [3, 4])
        stands = wait(lambda: stands_still(four))
        for validator in four.validators:
            wait(lambda v=validator: is_ill(v))
        four.tell("mend")
        four.wait_final(stands + 10)
        for validator in four.validators:
            wait(lambda v=validator: not is_ill(v))
        four.check_agreement()


def test_three_go_on_and_the_fourth_follows(pond):
    with Cluster(pond, 4) as four:
        four.start_all()
        four.go_on(10)
        four.part([1, 2, 3], [4])
        three, fourth = four.validators[:3], four.validators[3]
        before = fourth.slot()
        four.go_on(30, three)
        assert fourth.slot() <= before + 20
        four.tell("mend")
        four.go_on(20)
        four.check_agreement()


def test_each_is_killed_under_load(pond):
    with Cluster(pond, 4) as four:
        four.start_all()
        four.go_on(10)
        load = four.load(1000, 20)
        for validator in four.validators:
            time.sleep(1)
            validator.kill()
            four.go_on(10)
            validator.start()
            four.wait_final(max(v.slot() for v in four.alive()))
        assert finish_load(load)["final"] > 1000
        four.check_agreement()


def test_all_are_killed_at_once(pond):
    with Cluster(pond, 4) as four:
        four.start_all()
        four.go_on(10)
        load = four.load(300, 10)
        for _ in range(2):
            time.sleep(3)
            for validator in four.validators:
                validator.kill()
            four.start_all()
            four.go_on(5)
        assert finish_load(load)["final"] > 0
        four.check_agreement()


def stands_still(four):
    """The newest final slot, once it has not moved for two seconds."""
    before = max(v.slot() for v in four.validators)
    time.sleep(2)
    return max(v.slot() for v in four.validators) == before and before


def is_ill(validator):
    try:
        return validator.call("getHealth") != "ok"
    except RpcError as error:
        assert error.code == -32005, error.code
        return True


TESTS = [
    test_four_agree_across_50_ms_with_one_percent_lost,
    test_four_agree_across_150_ms_with_one_percent_lost,
    test_seven_agree_across_50_ms_with_one_percent_lost,
    test_seven_agree_across_150_ms_with_one_percent_lost,
    test_halves_wait_and_go_on_when_they_meet,
    test_three_go_on_and_the_fourth_follows,
    test_each_is_killed_under_load,
    test_all_are_killed_at_once,
]

if __name__ == "__main__":
    cluster.run(TESTS, sys.argv[1])
