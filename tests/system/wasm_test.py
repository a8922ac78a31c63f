#!/usr/bin/env python3
"""The example task whose work is C, compiled to WebAssembly.

    wasm_test.py POND [FOLDER]      FOLDER: the built task; without it the test
                                    is skipped
"""
import json
import subprocess
import sys


def count_primes(below):
    """How many primes are below a number, and the largest."""
    is_prime = bytearray([1]) * below
    is_prime[:2] = b"\0\0"
    for factor in range(2, int(below ** 0.5) + 1):
        if is_prime[factor]:
            is_prime[factor * factor::factor] = bytes(
                len(range(factor * factor, below, factor)))
    return sum(is_prime), is_prime.rfind(1)


def main():
    name = "a task compiled from C counts primes"
    print("1..1")
    if len(sys.argv) < 3:
        print(f"ok 1 - {name} # SKIP clang-19 or lld-19 is not there")
        return 0
    pond, folder = sys.argv[1:]
    done = subprocess.run([pond, "task", "simulate", folder, "--rounds", "2",
                           "--json"], stdout=subprocess.PIPE, text=True,
                          timeout=100)
    steps = [json.loads(line) for line in done.stdout.splitlines()]
    answers = [json.loads(step["result"]) for step in steps
               if step["function"] == "submission"]
    first, largest = count_primes(100_000)
    second, second_largest = count_primes(200_000)
    expected = [f"{first}:{largest}", f"{second - first}:{second_largest}"]
    audits = [step["result"] for step in steps if step["function"] == "audit"]
    is_right = (done.returncode == 0 and answers == expected
                and audits == ["true", "true"])
    if not is_right:
        print(f"# {answers} instead of {expected}; audits: {audits}")
    print(f"{'ok' if is_right else 'not ok'} 1 - {name}")
    return 0 if is_right else 1


sys.exit(main())
