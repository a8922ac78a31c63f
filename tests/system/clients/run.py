#!/usr/bin/env python3
"""Runs a test written for a real client, with the packages of the lock file.

    run.py POND TEST.cjs

The packages are installed once, into a folder named after the lock file's hash
under ${POND_CACHE:-~/.cache/pond}, without running their install scripts.
Where that is not possible (no npm, no network and no cache) the test is skipped
and says so.
"""
import hashlib
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent


def skip(reason):
    print(f"1..0 # SKIP {reason}")
    sys.exit(0)


def install():
    """The folder with node_modules."""
    lock = (HERE / "package-lock.json").read_bytes()
    cache = os.environ.get("POND_CACHE") or pathlib.Path.home() / ".cache/pond"
    target = pathlib.Path(cache) / (
        "clients-" + hashlib.sha256(lock).hexdigest()[:16])
    if target.exists():
        return target
    if not shutil.which("npm") or not shutil.which("node"):
        skip("node and npm are not installed")
    target.parent.mkdir(parents=True, exist_ok=True)
    # Made beside its place and renamed, so that half of it is never used.
    with tempfile.TemporaryDirectory(dir=target.parent) as work:
        for name in ("package.json", "package-lock.json"):
            shutil.copy(HERE / name, work)
        result = subprocess.run(
            ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
            cwd=work, stdout=sys.stderr, timeout=300)
        if result.returncode:
            skip("npm could not install the clients (no network?)")
        try:
            pathlib.Path(work).rename(target)
        except OSError:  # another run was faster
            pass
        else:
            os.mkdir(work)  # for TemporaryDirectory to remove
    return target


def main():
    pond, test = sys.argv[1], sys.argv[2]
    environment = dict(os.environ, NODE_PATH=str(install() / "node_modules"))
    sys.exit(subprocess.run(["node", HERE / test, pond],
                            env=environment).returncode)


main()
