#!/usr/bin/env python3
"""Run a test that is written for Node.js and needs packages from npm.

    node_test.py SCRIPT [ARGUMENT ...]

SCRIPT lies in a folder with package.json and package-lock.json. .ci/npm
installs what the lock file names. If that fails, the test is skipped, with the
reason.
"""
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent


def skip(name, why):
    print(f"1..1\nok 1 - {name} # SKIP {why}")
    sys.exit(0)


def install(source, name):
    """The folder whose node_modules hold what the lock file names."""
    done = subprocess.run([ROOT / ".ci" / "npm", source], text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    if done.returncode:
        skip(name, done.stderr.strip())
    return pathlib.Path(done.stdout.strip())


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
