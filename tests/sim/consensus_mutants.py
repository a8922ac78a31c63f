#!/usr/bin/env python3
"""consensus_mutants.py SOURCE BUILD: a rule left out is noticed.

Each mutant is src/consensus with one part of a rule taken out. The simulated
networks (test_consensus.c) have to find it, or they could not find a mistake
of the same kind either. Prints TAP.
"""
import concurrent.futures
import os
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile

SEEDS_MAX = 1000
# Many times what so many seeds take on a busy machine.
SECONDS_MAX = 600

# Name, file, what stands there, what the mutant has instead.
MUTANTS = [
    ("R2: a slot that is given up gives up those after it alone",
     "vote_pool.c",
     "    for (unsigned place = 0; place < WINDOW_SLOTS; place++) {\n"
     "        stake += sums[place];",
     "    for (unsigned place = 1; place < WINDOW_SLOTS; place++)\n"
     "        stake += sums[place];\n"
     "    for (unsigned place = 0; place < WINDOW_SLOTS; place++) {\n"
     "        stake += place ? 0 : sums[0];"),
    ("R3: a slot is notarized once", "consensus_rules.c",
     "            if (!(consensus->record.bits[0].notarized >> place & 1) &&",
     "            if (!hash_equal(&consensus->record.notarized[place],\n"
     "                            &window->blocks[place][i].block.hash) &&"),
    ("R3: only in the window of the record", "consensus_rules.c",
     " &&\n           window == consensus->record.window;", ";"),
    ("R3: the parent in the window was voted for", "consensus_rules.c",
     "? is_notarized_parent(consensus, &known->block)", "? true"),
    ("R3: the parent is certified", "consensus_rules.c",
     "    if (!parent || !hash_equal(&parent->block.hash, &block->parent))\n"
     "        return false;\n", "    (void)parent;\n"),
    ("R3: the slots between are covered", "consensus_rules.c",
     "    return consensus_first_uncovered(consensus, block->parent_slot + 1,\n"
     "                                     block->slot) == block->slot;",
     "    return true;"),
    ("R3: only what was executed", "consensus_rules.c",
     "!known->is_there || !known->is_executed ||",
     "!known->is_there || !known->has_header ||"),
    ("R4: not what was finalized", "consensus_rules.c",
     "!(bits->finalized >> place) && ", ""),
    ("R5: only what is certified", "consensus_rules.c",
     "            known_block_certified(consensus, slot);\n"
     "        unsigned up_to",
     "            window->blocks[place][0].is_there ? "
     "&window->blocks[place][0] : NULL;\n        unsigned up_to"),
    ("R5: not what was given up", "consensus_rules.c",
     "            bits->nullified & up_to)\n", "            !up_to)\n"),
    ("R5: only what was executed", "consensus_rules.c",
     "!known->is_executed ||\n            !known->has_state ||",
     "!known ||"),
    ("R7: what stands before a final block", "consensus_blocks.c",
     "    for (size_t i = count; i-- > 0;) {", "    for (size_t i = 1; i-- > 0;) {"),
    ("a vote leaves after its record", "consensus_state.c",
     "    return push(&consensus->held, act, "
     "consensus->record.sequence + 1);",
     "    return push(&consensus->ready, act, 0);"),
    ("evidence that is asked for", "consensus_pull.c",
     "    pull_evidence(consensus, now_ns);\n    pull_parent",
     "    pull_parent"),
    ("what a leader builds on, asked of it", "consensus_pull.c",
     "    pull_parent(consensus, now_ns);\n", ""),
    ("a block that an honest one has, asked for", "consensus_pull.c",
     "(known->is_certified || is_votable(consensus, window, known))",
     "known->is_certified"),
    ("what the record has, sent again", "consensus.c",
     "    sign_again(consensus);\n", ""),
    ("a quorum is two thirds", "validator_set.c",
     "3 * stake > 2 * set->stake", "2 * stake > set->stake"),
]

# In none of SEEDS_MAX networks, which takes minutes to see: by this script.
BY_SCRIPT = {"what a leader builds on, asked of it": "attacks",
             "a block that an honest one has, asked for": "accidents"}


def build(folder, source, build_folder, name, old, new):
    """The simulation, and the scripts, with the mutant for that file."""
    text = (source / "src/consensus" / name).read_text()
    if text.count(old) != 1:
        raise SystemExit(f"{name} has no longer, or not once, {old!r}")
    mutant = folder / name
    mutant.write_text(text.replace(old, new))
    libraries = [build_folder / "src" / part for part in
                 ("consensus/libpond_consensus.a", "crypto/libpond_crypto.a",
                  "base/libpond_base.a")]
    compiler = shlex.split(os.environ.get("CC", "cc"))
    for program in ("test_consensus", "test_consensus_attacks",
                    "test_consensus_accidents"):
        objects = (build_folder / f"tests/sim/{program}.p").glob("*.o")
        subprocess.run([*compiler, "-std=gnu17", "-O2", "-w", "-D_GNU_SOURCE",
                        f"-I{source}/src", mutant, *objects, *libraries, "-o",
                        folder / program, "-lsodium", "-lcrypto", "-lxxhash",
                        "-llmdb", "-ljson-c", "-lyaml", "-lm"], check=True)


def failure(command, pattern):
    """What shows the mutant, or None."""
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True,
                              check=False, timeout=SECONDS_MAX)
    except subprocess.TimeoutExpired:
        return "it does not end"
    found = re.search(pattern, done.stdout)
    if found:
        return found[1]
    return f"signal {-done.returncode}" if done.returncode < 0 else None


def first_failure(folder, name):
    """Of the seeds; or, of what chance meets too seldom, of a script."""
    if name in BY_SCRIPT:
        return failure([folder / f"test_consensus_{BY_SCRIPT[name]}"],
                       r"not ok \d+ - (\w+)")
    return failure([folder / "test_consensus", "--seeds", str(SEEDS_MAX),
                    "--stop", "1"], r"--(seed \d+)")


def main():
    source, build_folder = (pathlib.Path(path).resolve()
                            for path in sys.argv[1:3])
    print(f"1..{len(MUTANTS)}", flush=True)

    def search(mutant):
        name, *mutation = mutant
        with tempfile.TemporaryDirectory(prefix="pond-mutant-") as folder:
            build(pathlib.Path(folder), source, build_folder, *mutation)
            return first_failure(pathlib.Path(folder), name)

    failed = 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for number, (mutant, found) in enumerate(
                zip(MUTANTS, pool.map(search, MUTANTS)), 1):
            failed += found is None
            print(f"{'ok' if found else 'not ok'} {number} - without "
                  f"{mutant[0]}: "
                  f"{found or f'in none of {SEEDS_MAX} seeds'}", flush=True)
    return failed != 0


if __name__ == "__main__":
    sys.exit(main())
