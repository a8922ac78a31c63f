#!/usr/bin/env python3
"""Run a test that is written for Node.js and needs packages from npm.

    node_test.py SCRIPT [ARGUMENT ...]

SCRIPT lies in a folder with package.json and package-lock.json. Exactly the
packages of the lock file are installed, without running their scripts, into
$POND_CACHE (default ~/.cache/pond), once for each lock file; the source tree
stays free of it. If that fails, the test is skipped, with the reason.
"""
import fcntl
import hashlib
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

INSTALL_SECONDS_MAX = 600


def skip(name, why):
    print(f"1..1\nok 1 - {name} # SKIP {why}")
    sys.exit(0)


def cache_folder():
    given = os.environ.get("POND_CACHE")
    if given:
        return pathlib.Path(given)
    base = os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache"
    return pathlib.Path(base) / "pond"


def install(source, name):
    """The folder whose node_modules hold what the lock file names."""
    lock = (source / "package-lock.json").read_bytes()
    digest = hashlib.sha256(lock).hexdigest()[:16]
    folder = cache_folder() / "npm" / f"{source.name}-{digest}"
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / "lock", "w") as guard:
        fcntl.flock(guard, fcntl.LOCK_EX)  # two tests may need the same set
        if (folder / "complete").exists():
            return folder
        for file in ("package.json", "package-lock.json"):
            shutil.copy(source / file, folder)
        try:
            done = subprocess.run(
                # Not `ci`: it refuses a lock file that lacks the packages
                # for other machines, which not every registry carries.
                ["npm", "install", "--no-save", "--ignore-scripts",
                 "--no-audit", "--no-fund"],
                cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT, text=True,
                timeout=INSTALL_SECONDS_MAX)
        except (OSError, subprocess.TimeoutExpired) as error:
            skip(name, f"npm: {error}")
        if done.returncode:
            lines = [line for line in done.stdout.splitlines()
                     if "error" in line.lower()] or ["no reason given"]
            skip(name, f"npm could not install its packages: {lines[0]}")
        (folder / "complete").touch()
    return folder


def main():
    script = pathlib.Path(sys.argv[1]).resolve()
    name = f"{script.parent.name}/{script.stem}"
    if not shutil.which("node") or not shutil.which("npm"):
        skip(name, "node or npm is not installed")
    folder = install(script.parent, name)
    # Node looks for modules beside the script, so the script is copied to
    # them, into a folder of its own: other versions may be running, and a
    # killed one has left its folder there.
    work = pathlib.Path(tempfile.mkdtemp(prefix="run-", dir=folder))
    try:
        for file in script.parent.glob("*.[mc]js"):
            shutil.copy(file, work)
        environment = {**os.environ, "POND_SOURCE": str(script.parent)}
        sys.exit(subprocess.run(["node", work / script.name, *sys.argv[2:]],
                                env=environment).returncode)
    finally:
        shutil.rmtree(work, ignore_errors=True)


main()
