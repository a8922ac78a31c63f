#!/usr/bin/env python3
"""Four validators between whom some ways are cut, in every shape that there is:
each of the twelve ways from one to another is open or cut. Three who can all
speak to each other go on; in any other shape the network may wait. When the
ways are open again all go on with one chain.

    partitions_test.py POND [SEED | all]

There are 218 shapes, if it does not matter who is who. Those with a name are
tried in any case, and a few of the others that the seed draws."""
import itertools
import random
import sys
import time

import cluster
from cluster import Cluster

COUNT = 4
NUMBERS = range(1, COUNT + 1)
WAYS = tuple((a, b) for a in NUMBERS for b in NUMBERS if a != b)
DRAWN = 6
# A few windows, so that each validator leads one.
CUT_SECONDS = 2


def between(*groups):
    """The ways between groups of validators, both directions."""
    return {(a, b) for a, b in WAYS
            if not any(a in group and b in group for group in groups)}


NAMED = {
    "one apart": between((1, 2, 3), (4,)),
    "two and two": between((1, 2), (3, 4)),
    "two, and two apart": between((1, 2), (3,), (4,)),
    "all apart": between((1,), (2,), (3,), (4,)),
    "one does not hear": {(1, 4), (2, 4), (3, 4)},
    "one is not heard": {(4, 1), (4, 2), (4, 3)},
    "two do not hear two": {(1, 3), (1, 4), (2, 3), (2, 4)},
    "two pairs do not hear each other": {(1, 3), (3, 1), (2, 4), (4, 2)},
    "a star": {(2, 3), (3, 2), (3, 4), (4, 3), (2, 4), (4, 2)},
    "a chain": {(1, 3), (3, 1), (1, 4), (4, 1), (2, 4), (4, 2)},
    "a ring of one way": set(WAYS) - {(1, 2), (2, 3), (3, 4), (4, 1)},
    "each pair one way": {(2, 1), (3, 2), (4, 3), (1, 4), (3, 1), (4, 2)},
}


def all_shapes():
    """One of each kind of sets of cut ways."""
    known, found = set(), []
    for size in range(1, len(WAYS) + 1):
        for cut in itertools.combinations(WAYS, size):
            if frozenset(cut) in known:
                continue
            found.append(set(cut))
            for order in itertools.permutations(NUMBERS):
                known.add(frozenset((order[a - 1], order[b - 1])
                                    for a, b in cut))
    return found


def quorum(cut):
    """Three between whom nothing is cut; None: there are none."""
    for three in itertools.combinations(NUMBERS, COUNT - 1):
        if not any(a in three and b in three for a, b in cut):
            return three
    return None


def try_shape(four, name, cut):
    began = time.monotonic()
    before = [v.slot() for v in four.validators]
    for a, b in sorted(cut):
        four.tell("cut", a, b)
    connected = quorum(cut)
    if connected:
        four.go_on(8, [four.validators[n - 1] for n in connected])
    else:
        time.sleep(CUT_SECONDS)
    during = [v.slot() for v in four.validators]
    four.tell("mend")
    four.go_on(6)
    four.check_agreement()
    print(f"# {name}: {before} {during}, {time.monotonic() - began:.1f} s",
          flush=True)


def try_shapes(pond, shapes):
    with Cluster(pond, COUNT) as four:
        four.start_all()
        four.go_on(5)
        for name, cut in shapes:
            try:
                try_shape(four, name, cut)
            except AssertionError as error:
                raise AssertionError(f"{name}: cut {sorted(cut)}") from error
        for validator in four.validators:
            log = validator.log()
            for words in ("signed two", "wrong signature",
                          "breaks the protocol"):
                assert words not in log, log[-2000:]


def test_shapes_with_a_name(pond):
    try_shapes(pond, NAMED.items())


def test_shapes_that_are_drawn(pond):
    shapes = all_shapes()
    assert len(shapes) == 217, len(shapes)  # and the one without a cut
    if WHICH != "all":
        print(f"# seed {WHICH}")
        shapes = random.Random(int(WHICH)).sample(shapes, DRAWN)
    try_shapes(pond, ((f"shape {number}", cut)
                      for number, cut in enumerate(shapes, 1)))


TESTS = [
    test_shapes_with_a_name,
    test_shapes_that_are_drawn,
]
WHICH = sys.argv[2] if len(sys.argv) > 2 else str(random.randrange(10**9))

if __name__ == "__main__":
    cluster.run(TESTS, sys.argv[1])
