#!/usr/bin/env python3
"""Run the tests of web/core under Node.js: run.py ROOT"""
import os
import pathlib
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent


def main():
    root = pathlib.Path(sys.argv[1]).resolve()
    found = subprocess.run([root / ".ci" / "npm", root / "web"], text=True,
                           check=True, stdout=subprocess.PIPE).stdout.strip()
    with tempfile.TemporaryDirectory() as folder:
        bundle = pathlib.Path(folder) / "core_test.mjs"
        subprocess.run(
            ["esbuild", HERE / "core_test.js", "--bundle", "--format=esm",
             "--platform=node", "--log-level=warning", "--jsx=automatic",
             "--jsx-import-source=preact", "--define:DEVELOPMENT=false",
             f"--outfile={bundle}"], check=True,
            env={**os.environ, "NODE_PATH": f"{found}/node_modules"})
        return subprocess.run(
            ["node", bundle],
            env={**os.environ, "POND_SOURCE": str(root)}).returncode


sys.exit(main())
