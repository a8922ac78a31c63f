#!/usr/bin/env python3
"""Builds, then runs every test; the last line is "N passed, N failed".

Three rounds: all suites of the release build; the suites 'unit' and 'fuzz'
(the replay of the corpora) of a build under AddressSanitizer and
UndefinedBehaviorSanitizer; the unit tests in which threads meet, of a build
under ThreadSanitizer. Meson lists the programs. They print TAP,
and each case counts. A program that dies, runs out of time or breaks its own
plan counts as one more failed case.

Most tests of the first round wait for slots. What processor time they leave is
for the second and the third build, and then for the tests of those, which are
begun when none is left of the first round but those that run alone.

    tests/check.py [--only PATTERN] [--no-sanitizers] [--no-skips] [--jobs N]
"""
import argparse
import concurrent.futures
import dataclasses
import fnmatch
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
RELEASE = ROOT / "build" / "release"
SANITIZED = ROOT / "build" / "asan"
SANITIZED_SUITES = ("unit", "fuzz")

# The sanitizers are slower; the factor is what a test's time limit grows by.
SANITIZER_PATIENCE = 4
SANITIZER_ENVIRONMENT = {
    "ASAN_OPTIONS": "detect_stack_use_after_return=1:strict_string_checks=1",
    "UBSAN_OPTIONS": "print_stacktrace=1:halt_on_error=1",
}

# ThreadSanitizer is slower still, and finds nothing in programs of one thread,
# so only those with several threads run.
THREADED = ROOT / "build" / "tsan"
THREADED_TESTS = (
    "base/lock", "client/client",
    "net/http", "net/http_body", "net/http_flow", "net/inbox", "net/stream",
    "net/websocket",
    "settlement/chain/execution_thread", "settlement/chain/flusher",
    "settlement/chain/mempool", "settlement/chain/slot_control",
    "settlement/ledger/ledger_levels", "settlement/ledger/replay",
    "settlement/rpc/pubsub_levels", "settlement/rpc/rpc_intake",
    "settlement/state/lattice_hash",
    "settlement/validator/validator", "settlement/validator/validators",
    "settlement/write_ahead/block_log", "settlement/write_ahead/write_ahead",
    "storage/files/unixfs_import", "storage/keep/collection",
    "storage/serve/gateway", "storage/serve/remote", "storage/store/store",
    "node/reach/evidence", "node/node", "node/page/api",
)
THREAD_PATIENCE = 10
THREAD_ENVIRONMENT = {
    "TSAN_OPTIONS": "second_deadlock_stack=1:suppressions="
                    f"{ROOT / 'tests' / 'tsan.suppressions'}",
}

CASE = re.compile(r"^(not )?ok\b\s*\d*\s*(?:-\s*)?(.*)$")
PLAN = re.compile(r"^1\.\.(\d+)")
# A test of the web's API also says how many assertions a case held.
ASSERTIONS = re.compile(r"^# \S+: (\d+) assertions$")
SKIP = re.compile(r"#\s*skip", re.IGNORECASE)

# cmocka writes TAP to several streams, and a failure rarely explains itself in
# one line of output.
OUTPUT_LINES_SHOWN = 80
# The failures are repeated at the end, because of long logs often only the end
# is kept.
OUTPUT_LINES_REPEATED = 20

print_lock = threading.Lock()
yielding = set()  # the children that a key pressed here does not reach


@dataclasses.dataclass
class Result:
    name: str
    passed: int = 0
    failed: int = 0
    skipped: int = 0
    assertions: int = 0
    notes: list = dataclasses.field(default_factory=list)
    skips: list = dataclasses.field(default_factory=list)
    output: str = ""
    seconds: float = 0.0


def say(text):
    with print_lock:
        print(text, flush=True)


# Linux weighs sessions against each other before it weighs the processes of one
# (sched(7), autogroups), so the session is what has to yield.
YIELDING = ["nice", "-n", "19", "sh", "-c",
            'echo 19 >/proc/self/autogroup; exec "$@"', "sh"]


def call(command, is_yielding=False):
    """Run a build step; its output is shown only where it fails."""
    child = subprocess.Popen([*YIELDING, *command] if is_yielding else command,
                             cwd=ROOT, stdin=subprocess.DEVNULL,
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                             text=True, start_new_session=is_yielding)
    if is_yielding:
        yielding.add(child)
    output, _ = child.communicate()
    yielding.discard(child)
    if child.returncode:
        print(output)
        sys.exit(f"failed: {' '.join(map(str, command))}\n"
                 "0 passed, 1 failed")
    return output


def set_up(build, *options, is_yielding=False):
    if not (build / "build.ninja").exists():
        say(f"setting up {build.relative_to(ROOT)}")
        call(["meson", "setup", str(build), *options], is_yielding)
    # If a folder is older than its meson.build, Meson's list is outdated, too.
    call(["ninja", "-C", str(build), "build.ninja"], is_yielding)


def introspect(build, what):
    return json.loads(call(["meson", "introspect", str(build), what]))


def ninja(build, targets=(), is_yielding=False):
    say(f"building {build.relative_to(ROOT)}")
    call(["ninja", "-C", str(build), *targets], is_yielding)


def programs_of(tests, build):
    """The files a list of tests needs, as Ninja names them."""
    files = {target["id"]: target["filename"]
             for target in introspect(build, "--targets")}
    needed = set()
    for test in tests:
        for name in test["depends"]:
            needed.update(files.get(name, ()))
        needed.add(test["cmd"][0])
    return sorted(os.path.relpath(path, build) for path in needed
                  if path.startswith(str(build)))


def count_cases(output, result, cases_only):
    """Count the TAP lines of a program."""
    plan = None
    for line in output.splitlines():
        planned = PLAN.match(line)
        if planned:
            plan = (plan or 0) + int(planned.group(1))
            continue
        counted = ASSERTIONS.match(line)
        if counted:
            result.assertions += int(counted.group(1))
        case = CASE.match(line)
        if not case:
            continue
        if SKIP.search(case.group(2)):
            result.skipped += 1
            result.skips.append(case.group(2))
        elif case.group(1):
            result.failed += 1
            result.notes.append(case.group(2))
        else:
            result.passed += 1
    seen = result.passed + result.failed + result.skipped
    if cases_only and plan is not None and plan != seen:
        result.failed += 1
        result.notes.append(f"{seen} of {plan} planned cases were seen")


def run(test, build, extra_environment, patience, is_yielding=False):
    result = Result(test["name"])
    environment = {**os.environ, **test["env"], **extra_environment}
    limit = (test["timeout"] or 60) * patience
    began = time.monotonic()
    # In the folder where Meson runs them: paths in its arguments are relative.
    command = [*YIELDING, *test["cmd"]] if is_yielding else test["cmd"]
    child = subprocess.Popen(command, cwd=test["workdir"] or build,
                             env=environment, stdin=subprocess.DEVNULL,
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                             text=True, errors="replace",
                             start_new_session=True)
    late = False
    try:
        result.output, _ = child.communicate(timeout=limit)
    except subprocess.TimeoutExpired:
        late = True
    # Processes that a test left behind must not disturb the next test.
    try:
        os.killpg(child.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    if late:
        result.output, _ = child.communicate()
    result.seconds = time.monotonic() - began

    is_tap = test["protocol"] == "tap"
    if is_tap:
        count_cases(result.output, result, not late)
    if late:
        result.failed += 1
        result.notes.append(f"took longer than {limit} s")
    elif child.returncode < 0:
        result.failed += 1
        result.notes.append(
            f"ended by {signal.Signals(-child.returncode).name}")
    elif child.returncode and not result.failed:
        result.failed += 1
        result.notes.append(f"ended with status {child.returncode}")
    elif not is_tap and not child.returncode:
        result.passed += 1
    elif not result.passed + result.failed + result.skipped:
        result.failed += 1
        result.notes.append("ran no test case")
    return result


def output_end(result, lines):
    return "\n".join("    | " + line
                     for line in result.output.splitlines()[-lines:])


def report(result):
    counts = f"{result.passed} passed"
    if result.failed:
        counts += f", {result.failed} FAILED"
    if result.skipped:
        counts += f", {result.skipped} skipped"
    if result.assertions:
        counts += f" with {result.assertions} assertions"
    text = f"  {result.name:<44} {counts}  ({result.seconds:.1f} s)"
    if result.failed:
        text += "\n" + output_end(result, OUTPUT_LINES_SHOWN)
        text += "\n" + "\n".join("    ! " + note for note in result.notes)
    for skipped in result.skips:
        text += "\n    - " + skipped
    say(text)


def run_all(tests, jobs, build, *terms):
    """The results of tests of a build, so many at a time; terms: run()'s."""
    results = []
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        pending = [pool.submit(run, test, build, *terms) for test in tests]
        for done in concurrent.futures.as_completed(pending):
            results.append(done.result())
            report(results[-1])
    return results


def fail_skips(results):
    """If all tests can run here, a skip hides a test that never runs."""
    for result in results:
        result.failed += result.skipped
        result.skipped = 0
        result.notes += [f"skipped: {text}" for text in result.skips]


def slowest(results, count):
    """Print which tests take the most time."""
    longest = sorted(results, key=lambda result: -result.seconds)[:count]
    return ", ".join(f"{result.name} {result.seconds:.0f} s"
                     for result in longest)


def chosen(tests, pattern, suites=None):
    """Longest time limit first, so that no long test starts last."""
    picked = []
    for test in tests:
        # Meson names suites "project:suite".
        names = {suite.split(":")[-1] for suite in test["suite"]}
        if suites is not None and not names.intersection(suites):
            continue
        if pattern and not fnmatch.fnmatch(test["name"], pattern):
            continue
        picked.append(test)
    return sorted(picked, key=lambda test: -(test["timeout"] or 60))


def fixed_addresses():
    """gcc 12's ThreadSanitizer does not start where the kernel places mappings
    with more than 28 random bits; setarch switches the randomness off if
    that is allowed."""
    command = ["setarch", "--addr-no-randomize"]
    allowed = shutil.which("setarch") and not subprocess.run(
        [*command, "true"], stderr=subprocess.DEVNULL).returncode
    return command if allowed else []


def build_sanitized(pattern):
    """Build the tests that run under sanitizers. Returns for each build its
    name, tests, folder, environment and patience."""
    # Without werror: with the sanitizers' checks gcc 12 warns of paths that do
    # not exist.
    options = ("--buildtype=debug", "-Doptimization=1", "-Dwerror=false",
               "-Db_lundef=false")
    set_up(SANITIZED, *options, "-Db_sanitize=address,undefined",
           is_yielding=True)
    memory = chosen(introspect(SANITIZED, "--tests"), pattern,
                    SANITIZED_SUITES)
    ninja(SANITIZED, programs_of(memory, SANITIZED), is_yielding=True)

    # A build of its own, because no build can have both sanitizers.
    set_up(THREADED, *options, "-Db_sanitize=thread", is_yielding=True)
    threads = [test for test in chosen(introspect(THREADED, "--tests"), pattern)
               if test["name"] in THREADED_TESTS]
    ninja(THREADED, programs_of(threads, THREADED), is_yielding=True)
    for test in threads:
        test["cmd"] = fixed_addresses() + test["cmd"]
    return (("ASan and UBSan", memory, SANITIZED, SANITIZER_ENVIRONMENT,
             SANITIZER_PATIENCE),
            ("TSan", threads, THREADED, THREAD_ENVIRONMENT, THREAD_PATIENCE))


def run_sanitized(sanitized, jobs):
    """Run what is being built, beside tests that are not to be disturbed."""
    results = []
    for name, tests, *terms in sanitized.result():
        say(f"running {len(tests)} test programs under {name}")
        results += run_all(tests, jobs, *terms, True)
    return results


def run_rounds(tests, arguments):
    """All results; a key that is pressed ends what yields, too."""
    together = [test for test in tests if test["is_parallel"]]
    alone = [test for test in tests if not test["is_parallel"]]
    with concurrent.futures.ThreadPoolExecutor(2) as beside:
        sanitized = (None if arguments.no_sanitizers
                     else beside.submit(build_sanitized, arguments.only))
        say(f"running {len(tests)} test programs")
        try:
            results = run_all(together, arguments.jobs, RELEASE, {}, 1)
            others = sanitized and beside.submit(run_sanitized, sanitized,
                                                 arguments.jobs)
            results += run_all(alone, 1, RELEASE, {}, 1)
            return results + (others.result() if others else [])
        except KeyboardInterrupt:
            for child in list(yielding):
                os.killpg(child.pid, signal.SIGTERM)
            raise


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", metavar="PATTERN",
                        help="tests whose name matches, such as 'storage/*'")
    parser.add_argument("--no-sanitizers", action="store_true",
                        help="leave the rounds under sanitizers out")
    parser.add_argument("--no-skips", action="store_true",
                        help="count a skipped case as failed")
    parser.add_argument("--jobs", type=int, default=4,
                        help="programs at a time (4); most of the long ones "
                        "wait for slots, and compute little")
    arguments = parser.parse_args()
    began = time.monotonic()

    set_up(RELEASE, "--buildtype=debugoptimized")
    ninja(RELEASE)
    tests = chosen(introspect(RELEASE, "--tests"), arguments.only)
    results = run_rounds(tests, arguments)

    if arguments.no_skips:
        fail_skips(results)
    passed = sum(result.passed for result in results)
    failed = sum(result.failed for result in results)
    skipped = sum(result.skipped for result in results)
    for result in results:
        for note in result.notes:
            say(f"failed: {result.name}: {note}")
        if result.failed:
            say(output_end(result, OUTPUT_LINES_REPEATED))
    say(f"in {time.monotonic() - began:.0f} s; longest: {slowest(results, 8)}")
    if not passed and not failed:
        failed = 1
        say("nothing ran")
    say(f"{passed} passed, {failed} failed"
        + (f", {skipped} skipped" if skipped else ""))
    return 1 if failed else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
