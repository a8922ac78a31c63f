#!/usr/bin/env python3
"""The logs of tasks and of a node: which lines, followed, exported."""
import datetime
import json
import os
import signal
import stat
import subprocess
import sys

import pond as harness

TASK = "7v91N7iZ9mNicL8WfG6cgSCKyRXydQjLh6UYBWwm6y1Q"
LOGS = ("task", "logs", TASK, "--node-dir", "n")


def log_of(pond):
    """The path of the task's log; its folder is made."""
    folder = pond.home / "n" / "namespace" / TASK
    folder.mkdir(parents=True, exist_ok=True)
    return folder / "task.log"


def line(ago_s, text):
    when = datetime.datetime.now(datetime.timezone.utc)
    when -= datetime.timedelta(seconds=ago_s)
    return f"[{when:%Y-%m-%dT%H:%M:%S}.000Z] {text}\n"


def texts(pond, *words):
    return [entry["text"] for entry in pond.json(*LOGS, *words)]


def test_a_log_of_two_files_is_read_as_one(pond):
    log = log_of(pond)
    log.with_name("task.log.1").write_text(line(9, "one"))
    log.write_text(line(8, "two") + line(7, "ERROR: three"))
    assert texts(pond) == ["one", "two", "three"]
    assert texts(pond, "--lines", "2") == ["two", "three"]
    assert texts(pond, "-n", "0") == ["one", "two", "three"]
    assert [entry["level"] for entry in pond.json(*LOGS)] == [
        "info", "info", "error"]
    assert pond(*LOGS, "-n1").stdout.endswith("Z] ERROR: three\n")


def test_without_options_the_end_is_printed(pond):
    log_of(pond).write_text("".join(line(1, f"n{i}") for i in range(500)))
    assert texts(pond) == [f"n{i}" for i in range(300, 500)]
    assert len(texts(pond, "--grep", "n")) == 500


def test_lines_are_chosen_by_time_and_by_pattern(pond):
    log_of(pond).write_text(
        line(7200, "old") + line(300, "ERROR: bad")
        + "    at task (main.js:3:4)\n" + line(10, "Good"))
    assert texts(pond, "--since", "1h") == [
        "bad", "    at task (main.js:3:4)", "Good"]
    assert texts(pond, "--since", "60s") == ["Good"]
    assert texts(pond, "--since", "1970-01-01")[0] == "old"
    # The lines of a stack go with the line that they belong to.
    assert texts(pond, "--grep", "ERROR|nothing") == [
        "bad", "    at task (main.js:3:4)"]
    assert texts(pond, "--grep", "good") == []
    assert texts(pond, "-i", "-g", "good") == ["Good"]
    for words in (("--since", "soon"), ("--since", "1w"), ("--grep", "("),
                  ("-f", "--export", "x")):
        pond(*LOGS, *words, status=1)


def test_an_export_is_a_file_of_ones_own(pond):
    log_of(pond).write_text("".join(line(1, f"n{i}") for i in range(300)))
    done = pond.json(*LOGS, "--export", "out.log")[0]
    out = pond.home / "out.log"
    assert done["lines"] == 300 and out.stat().st_size == done["bytes"], done
    assert len(out.read_text().splitlines()) == 300
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    assert json.loads(out.read_text().splitlines()[0])["text"] == "n0"
    error = pond(*LOGS, "--export", "out.log", status=1).stderr
    assert "is there already" in error, error


def test_a_log_is_followed_from_before_it_is_there_across_rotation(pond):
    follower = subprocess.Popen(
        [pond.program, *LOGS, "-f", "--json"], cwd=pond.home, text=True,
        env=pond.environment, stdout=subprocess.PIPE)
    try:
        log = log_of(pond)
        log.write_text(line(0, "one"))
        assert json.loads(follower.stdout.readline())["text"] == "one"
        with open(log, "a") as file:
            file.write(line(0, "two"))
        os.rename(log, log.with_name("task.log.1"))
        log.write_text(line(0, "three"))
        assert [json.loads(follower.stdout.readline())["text"]
                for _ in range(2)] == ["two", "three"]
    finally:
        follower.send_signal(signal.SIGINT)
        follower.wait(20)
    assert follower.returncode == -signal.SIGINT, follower.returncode


def test_a_reader_that_goes_away_ends_it(pond):
    log = log_of(pond)
    log.write_text("".join(line(0, "x" * 1000) for _ in range(1000)))
    done = subprocess.run(
        f"'{pond.program}' {' '.join(LOGS)} -n 0 -f | head -n 1", shell=True,
        cwd=pond.home, text=True, env=pond.environment, timeout=60,
        stdout=subprocess.PIPE)
    assert done.stdout.count("\n") == 1


def test_what_a_task_writes_does_not_reach_the_terminal(pond):
    log_of(pond).write_bytes(line(0, "a\x1b[2Jb").encode() + b"\xff\x9b\n")
    shown = pond(*LOGS).stdout
    assert "a\\x1b[2Jb\n\\xff\\x9b\n" in shown, shown


def test_there_is_no_log_of_a_task_that_never_ran(pond):
    assert "never ran" in pond(*LOGS, status=3).stderr
    pond("node", "logs", "--node-dir", "n", status=3)


def test_a_node_keeps_its_own_log(pond):
    for _ in range(2):
        node = pond.serve("node", "--new-wallet", "--node-dir", "n", "--rpc",
                          "http://127.0.0.1:9", "--listen", "127.0.0.1",
                          "--port", "0", "--no-sandbox", log="node.log")
        assert node.stop() == 0
    lines = pond.json("node", "logs", "--node-dir", "n", "--grep", "stopped")
    assert [entry["text"] for entry in lines] == ["node: stopped"] * 2, lines
    assert all(entry["time"] for entry in lines)
    mode = (pond.home / "n" / "node.log").stat().st_mode
    assert stat.S_IMODE(mode) == 0o600


if __name__ == "__main__":
    harness.main(sys.modules[__name__])
