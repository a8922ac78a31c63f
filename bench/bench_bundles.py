#!/usr/bin/env python3
"""How fast bundles of real tasks' sizes start, beside Node.

    bench_bundles.py POND WORKER PROGRAM

Makes bundles of 0.3 to 11 MB with `pond task build`, of packages that real
tasks have (bundles/package.json; the network is needed once), and gives them
to PROGRAM (bench_bundles.c). POND_BENCH_BUNDLES names a folder of bundles to
take in their place.
"""
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
MODULES = ("@_koii/task-manager", "@_koii/task-manager/extensions",
           "@_koii/task-manager/namespace-wrapper", "@_koii/namespace-wrapper",
           "@_koii/namespace-wrapper/dist/types", "@_koii/storage-task-sdk",
           "express")

# What tasks are made of, from an API's reader to one that drives a browser.
# Each package is used while the bundle loads, as real tasks do.
BUNDLES = {
    "axios": {"axios": "axios.create().defaults.timeout"},
    "page": {"axios": "axios.create().defaults.timeout",
             "cheerio": "cheerio.load('<p class=a>x</p>')('.a').text()"},
    "logs": {"axios": "axios.create().defaults.timeout",
             "winston": "winston.createLogger({ silent: true }).level"},
    "chain": {"@solana/web3.js": "chain.Keypair.generate().publicKey"},
    "contract": {"ethers": "contract.id('x')",
                 "axios": "axios.create().defaults.timeout"},
    "chains": {"@solana/web3.js": "chain.Keypair.generate().publicKey",
               "ethers": "contract.id('x')",
               "cheerio": "cheerio.load('<p class=a>x</p>')('.a').text()",
               "winston": "winston.createLogger({ silent: true }).level"},
    "browser": {"puppeteer-core": "typeof browser.connect",
                "axios": "axios.create().defaults.timeout"},
    "compiler": {"typescript": "compiler.version",
                 "puppeteer-core": "typeof browser.connect",
                 "cheerio": "cheerio.load('<p class=a>x</p>')('.a').text()"},
}
NAMES = {"axios": "axios", "cheerio": "* as cheerio", "winston": "winston",
         "@solana/web3.js": "* as chain", "ethers": "* as contract",
         "puppeteer-core": "* as browser", "typescript": "compiler"}


def source(uses):
    lines = [f"import {NAMES[package]} from '{package}';" for package in uses]
    lines += [
        "import { initializeTaskManager } from '@_koii/task-manager';",
        f"const seen = [{', '.join(uses.values())}];",
        "const none = () => {};",
        "initializeTaskManager({ setup: none, task: () => seen.length,",
        "  submission: none, audit: none, distribution: none, routes: none });"]
    return "\n".join(lines) + "\n"


def build(pond, work):
    """The bundles, smallest first."""
    # Without its word those that drive a browser would be made for Node.
    (work / "config-task.yml").write_text("engine: pond\n")
    for name, uses in BUNDLES.items():
        entry = work / f"{name}.source.js"
        entry.write_text(source(uses))
        done = subprocess.run([pond, "task", "build", work, "--entry",
                               entry.name, "--output", f"{name}.js"],
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              text=True)
        entry.unlink()
        if done.returncode:
            sys.exit(f"{name}: {done.stdout}")
    return [work / f"{name}.js" for name in BUNDLES]


def copy(folder, work):
    for path in pathlib.Path(folder).glob("*.js"):
        shutil.copy(path, work)
    return list(work.glob("*.js"))


def main():
    pond, worker, program = sys.argv[1:4]
    given = os.environ.get("POND_BENCH_BUNDLES")
    base = None
    if not given:
        done = subprocess.run([HERE.parent / ".ci" / "npm", HERE / "bundles"],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              text=True)
        if done.returncode:
            print("speed of a bundle's start\tskipped\t"
                  f"{done.stderr.strip()}\t-\t-")
            return
        base = done.stdout.strip()
    # Below the packages, where esbuild looks for them.
    work = pathlib.Path(tempfile.mkdtemp(prefix="bench-", dir=base))
    try:
        bundles = copy(given, work) if given else build(pond, work)
        for module in MODULES:
            place = work / "node_modules" / module
            place.mkdir(parents=True, exist_ok=True)
            shutil.copy(HERE / "runtime" / "koii.js", place / "index.js")
        bundles.sort(key=lambda path: path.stat().st_size)
        subprocess.run([program, worker, *bundles], check=True)
    finally:
        shutil.rmtree(work, ignore_errors=True)


main()
