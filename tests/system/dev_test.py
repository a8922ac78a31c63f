#!/usr/bin/env python3
"""`pond task dev`: a task at work while it is written; `pond dev clone`."""
import json
import pathlib
import re
import signal
import subprocess
import sys
import time

import pond as harness


class Dev:
    """The command under way, and what it has said."""

    def __init__(self, pond, *words):
        self.path = pond.home / "dev.log"
        with open(self.path, "wb") as log:
            self.process = subprocess.Popen(
                [pond.program, "task", "dev", "mine", "--nodes", "2",
                 "--slot-ms", "20", *words], cwd=pond.home,
                env=pond.environment, stdout=log, stderr=log)

    def said(self):
        return self.path.read_text(errors="replace")

    def wait_until(self, holds, what):
        """Until holds(all that was said)."""
        deadline = time.monotonic() + 120
        while not holds(self.said()):
            assert time.monotonic() < deadline, f"no {what}:\n{self.said()}"
            assert self.process.poll() is None, self.said()
            time.sleep(0.05)

    def wait_for(self, words):
        self.wait_until(lambda said: words in said, repr(words))

    def wait_for_match(self, pattern):
        self.wait_until(lambda said: re.search(pattern, said), pattern)

    def stop(self):
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(60)


def change(path, old, new):
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def test_a_change_is_built_and_begun_again_on_the_same_chain(pond):
    pond("task", "new", "mine")
    source = pond.home / "mine" / "src" / "task" / "1-task.js"
    dev = Dev(pond)
    try:
        dev.wait_for("node-2  | working on round 1")
        change(source, "`working on", "`labouring at")
        dev.wait_for("node-2  | labouring at round")
        good = source.read_text()
        # What does not build is shown; the code before goes on.
        source.write_text("oops(")
        dev.wait_for("src/task/1-task.js:1:5")
        dev.wait_for("the code before goes on")
        before = dev.said().count("labouring")
        dev.wait_until(lambda said: said.count("labouring") > before,
                       "more labouring")
        # A file in a folder that is new; a line of the author's in an error.
        folder = source.parent / "parts"
        folder.mkdir()
        (folder / "word.js").write_text("export const word = 'toiling';\n")
        source.write_text('import { word } from "./parts/word.js";\n'
                          + good.replace("labouring", "${word}"))
        dev.wait_for("| toiling at round")
        (folder / "word.js").write_text(
            "export const word = { toString() { nobody.calls(); } };\n")
        dev.wait_for("src/task/parts/word.js:1:")
        dev.wait_for_match(r"node-1  \| task\(\) of round \d+: ")
        # So it is with every call, not with task() alone.
        (folder / "word.js").write_text("export const word = 'toiling';\n")
        change(source.parent / "3-audit.js", "return", "nobody.audits(); return")
        dev.wait_for("src/task/3-audit.js:4:")
        dev.wait_for_match(r"audit\(\) of round \d+: .*nobody")
        dev.wait_for("round 0 paid")
        # A loop that does not end: the limit, and the author's line.
        change(source, "console.log(", "for (;;); console.log(")
        dev.wait_for_match(r"task\(\) of round \d+: task\(\) ran longer than "
                           r"its time limit of \d+ ms\n[^\n]*at task "
                           r"\(src/task/1-task.js:\d+")
        assert dev.said().count("is on chain") == 1
    finally:
        status = dev.stop()
    assert status == 0, dev.said()
    folder = next(word for word in dev.said().split()
                  if word.startswith("/tmp/pond-dev-"))
    assert not pathlib.Path("/".join(folder.split("/")[:3])).exists()


def test_a_task_for_node_is_built_and_begun_again_in_node(pond):
    pond("task", "new", "mine")
    folder = pond.home / "mine"
    source = folder / "src" / "task" / "1-task.js"
    with open(folder / "config-task.yml", "a") as config:
        config.write("engine: node\n")
    # A bundle for Node carries Koii's modules.
    error = pond("task", "dev", "mine", status=1).stderr
    assert "carries @_koii/task-manager, which is not installed" in error, error
    assert "`npm install` it" in error, error
    koii = pathlib.Path(__file__).resolve().parent / "koii"
    manager = "\n".join((koii / name).read_text() for name in (
        "wrapper.js", "task_manager.js"))
    for name in ("task-manager", "namespace-wrapper"):
        package = folder / "node_modules" / "@_koii" / name
        package.mkdir(parents=True)
        (package / "index.js").write_text(
            manager if name == "task-manager" else
            "module.exports = require('@_koii/task-manager');")
    (folder / "src" / "task" / "5-routes.js").write_text(
        "export function routes() {}\n")
    source.write_text('import { execFileSync } from "node:child_process";\n'
                      + source.read_text().replace(
                          "`working on", "`${execFileSync('echo', ['-n', "
                          "'laboring'])} on"))
    assert pond.json("task", "build", "mine")[0]["engine"] == "node"
    refused = pond("task", "simulate", "mine", status=None)
    assert refused.returncode != 0 and "pond task dev" in refused.stderr, refused
    dev = Dev(pond)
    try:
        dev.wait_for("node-2  | laboring on round")
        change(source, "'laboring'", "'toiling'")
        dev.wait_for("begun again on every node")
        dev.wait_for("node-2  | toiling on round")
        # The author's line in an error.
        change(source, "console.log(", "nobody.calls(); console.log(")
        dev.wait_for_match(r"node-1  \| .*src/task/1-task.js:\d+")
        dev.wait_for("ReferenceError: nobody is not defined")
    finally:
        status = dev.stop()
    assert status == 0, dev.said()


def test_a_task_that_does_not_build_is_an_error_at_first(pond):
    assert "task new" in pond("task", "dev", "none", status=3).stderr
    pond("task", "new", "mine")
    (pond.home / "mine" / "src" / "index.js").write_text("import './missing';")
    assert "src/index.js:1:7" in pond("task", "dev", "mine", status=1).stderr


def test_an_account_and_a_task_are_cloned_from_another_network(pond):
    pond("task", "new", "mine")
    pond("task", "build", "mine")
    there = pond.serve("up", "--rpc-port", "0", "--dir", "there", "--nodes",
                       "1", "--slot-ms", "20", "--task", "mine", log="there.log")
    here = pond.serve("validator", "--rpc-port", "0", "--dir", "here",
                      "--development")
    at = ("--rpc", here.values["rpc"])
    url = there.values["rpc"]
    tasks = []
    deadline = time.monotonic() + 60
    while not tasks:
        assert time.monotonic() < deadline
        tasks = pond.json("task", "list", "--rpc", url)
    task = tasks[0]["task"]
    terms = pond.json("task", "show", task, "--rpc", url)[0]
    node = json.loads(
        (pond.home / "there" / "node-1" / "control.json").read_text())

    address = pond.json("wallet", "new")[0]["address"]
    pond("airdrop", "7", "--rpc", url)
    pond("dev", "clone", address, "--from", url, *at)
    while "7 KOII" not in pond("wallet", "balance", *at).stdout:
        assert time.monotonic() < deadline
        time.sleep(0.05)

    pond("airdrop", "200", *at)
    error = pond("dev", "clone", task, "--from", url, "--store", "none", *at,
                 status=3).stderr
    assert "--gateway" in error, error
    clone = pond.json("dev", "clone", task, "--from", url, "--gateway",
                      node["public_url"], "--store", "cloned", "--bounty", "50",
                      *at)[0]
    assert clone["task"] != task
    assert clone["bounty_roe"] == 50 * 10**9
    copy = pond.json("task", "show", clone["task"], *at)[0]
    for name in ("task_name", "task_audit_program", "task_metadata",
                 "round_time", "submission_window", "audit_window",
                 "minimum_stake_amount", "bounty_amount_per_round"):
        assert copy[name] == terms[name], name
    pond("store", "get", copy["task_audit_program"] + "/main.js", "--dir",
         "cloned", "--outfile", "main.js")
    assert ((pond.home / "main.js").read_bytes()
            == (pond.home / "mine" / "dist" / "main.js").read_bytes())
    pond("dev", "clone", "1" * 32, "--from", "http://127.0.0.1:9", *at, status=4)
    nobody = pond.json("wallet", "new", "-o", "nobody.json")[0]["address"]
    assert "no account" in pond("dev", "clone", nobody, "--from", url, *at,
                                status=3).stderr
    assert here.stop() == 0
    assert there.stop() == 0


if __name__ == "__main__":
    harness.main(sys.modules[__name__])
