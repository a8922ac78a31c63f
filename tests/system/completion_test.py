#!/usr/bin/env python3
"""Completion in the shells themselves, and what every command must have."""
import os
import pty
import re
import select
import shutil
import subprocess
import sys
import time

import pond as harness


def needs(shell):
    if shutil.which(shell):
        return True
    print(f"# skipped: there is no {shell} on this machine")
    return False


def commands(pond):
    """The names that the help lists."""
    text = pond("--help").stdout
    block = text.split("Commands:\n", 1)[1].split("\n\n", 1)[0]
    return [line[2:].split("  ")[0].rstrip() for line in block.splitlines()]


def script(pond, shell):
    path = pond.home / f"completion.{shell}"
    path.write_text(pond("completion", shell).stdout)
    return path


def options_of(pond, command):
    shown = pond(*command.split(), "--help").stdout.split("Options:")[1]
    found = re.findall(r"^  (?:-\w,|   ) (--[a-z-]+)", shown, re.MULTILINE)
    assert len(set(found)) == len(found), f"{command} has an option twice"
    return set(found)


def test_every_command_has_help_and_json(pond):
    """Each takes --help, documents --json, and says in JSON what is wrong."""
    names = commands(pond)
    assert len(names) > 40, names
    for name in names:
        shown = pond(*name.split(), "--help").stdout
        assert shown.startswith(f"Usage: pond {name} "), shown
        assert "--json" in options_of(pond, name), name
        error = pond(*name.split(), "--no-such-option", "--json", status=2)
        assert '"error":"usage"' in error.stderr, (name, error.stderr)
        assert not error.stdout, name


def bash(pond, path, *words):
    """What bash offers for the last word."""
    program = (f"source {path}; compopt() {{ :; }}; COMP_WORDS=("
               + " ".join(f"'{word}'" for word in ("pond", *words))
               + f"); COMP_CWORD={len(words)}; _pond; "
               "printf '%s\\n' \"${COMPREPLY[@]}\"")
    done = subprocess.run(["bash", "--norc", "-c", program], text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          cwd=pond.home, check=True)
    assert not done.stderr, done.stderr
    return set(done.stdout.split())


def test_bash_completes_commands_options_and_values(pond):
    if not needs("bash"):
        return
    path = script(pond, "bash")
    (pond.home / "a.json").touch()
    (pond.home / "folder").mkdir()
    names = commands(pond)
    assert bash(pond, path, "") == {n.split()[0] for n in names} | {"help"}
    assert bash(pond, path, "ta") == {"task"}
    assert {n.split()[1] for n in names if n.startswith("task ")} <= bash(
        pond, path, "task", "")
    assert "logs" in bash(pond, path, "node", "l")
    assert bash(pond, path, "chain", "slot", "--log-level", "w") == {"warn"}
    assert bash(pond, path, "task", "create", "a") == {"a.json"}
    assert bash(pond, path, "wallet", "show", "--keypair", "a") == {"a.json"}
    assert bash(pond, path, "node", "--node-dir", "f") == {"folder"}
    assert bash(pond, path, "node", "--node-dir", "=", "f") == {"folder"}
    assert bash(pond, path, "node", "--port", "") == set()
    for name in names:
        offered = bash(pond, path, *name.split(), "--")
        assert offered == options_of(pond, name), (
            name, offered ^ options_of(pond, name))


def fish(pond, path, line):
    done = subprocess.run(
        ["fish", "--no-config", "-c",
         f"set -e fish_complete_path; source {path}; complete -C '{line}'"],
        text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        cwd=pond.home, env=pond.environment, check=True)
    assert not done.stderr, done.stderr
    return {entry.split("\t")[0] for entry in done.stdout.splitlines()}


def test_fish_completes_commands_and_options(pond):
    if not needs("fish"):
        return
    path = script(pond, "fish")
    names = commands(pond)
    assert fish(pond, path, "pond ") == {n.split()[0] for n in names}
    assert fish(pond, path, "pond task cr") == {"create"}
    assert fish(pond, path, "pond chain slot --log-level w") == {"warn"}
    for name in names[:3] + names[-8:] + ["node", "node logs", "task create"]:
        offered = fish(pond, path, f"pond {name} --")
        assert offered == options_of(pond, name), (name, offered)


class Zsh:
    """An interactive zsh on a terminal of its own."""

    def __init__(self, pond, path):
        process, self.terminal = pty.fork()
        if not process:
            os.chdir(pond.home)
            environment = {**pond.environment, "TERM": "dumb",
                           "ZDOTDIR": str(pond.home), "COLUMNS": "200"}
            os.execvpe("zsh", ["zsh", "-f", "-i"], environment)
        self.process = process
        self.type("PS1='% '; unsetopt zle_bracketed_paste beep; "
                  "stty -echo cols 200 rows 200\n"
                  "autoload -Uz compinit && compinit -u -D\n"
                  f"source {path}\n"
                  "zstyle ':completion:*' list-prompt ''\n"
                  "LISTMAX=10000; print -r - READY\n")
        self.read_to("\nREADY")

    def type(self, text):
        os.write(self.terminal, text.encode())

    def read_to(self, word, seconds=60):
        shown, end = "", time.monotonic() + seconds
        while word not in shown and time.monotonic() < end:
            if select.select([self.terminal], [], [], 0.1)[0]:
                shown += os.read(self.terminal, 65536).decode(
                    errors="replace").replace("\r", "")
        assert word in shown, shown
        return shown

    def complete(self, line):
        """The list that a second Tab shows, or the line as it was completed."""
        self.type(f"{line}\t\t")
        time.sleep(0.5)
        # The line is given up; what was shown is read up to the next answer.
        self.type("\x15print -r - DONE\n")
        return self.read_to("\nDONE")

    def close(self):
        os.close(self.terminal)
        os.waitpid(self.process, 0)


def test_zsh_completes_commands_and_options(pond):
    if not needs("zsh"):
        return
    path = script(pond, "zsh")
    subprocess.run(["zsh", "-n", path], check=True)
    zsh = Zsh(pond, path)
    try:
        shown = zsh.complete("pond task ")
        for name in commands(pond):
            if name.startswith("task "):
                assert re.search(rf"\b{name.split()[1]}\b", shown), (
                    name, shown)
        for name in ("node", "task create", "node logs", "up"):
            shown = zsh.complete(f"pond {name} --")
            for option in options_of(pond, name):
                assert option in shown, (name, option, shown)
            assert "_arguments:" not in shown, shown
        assert "chain slot --log-level warn" in zsh.complete(
            "pond chain slot --log-level w")
    finally:
        zsh.close()


def test_another_shell_is_refused(pond):
    assert "bash, zsh or fish" in pond("completion", "tcsh", status=1).stderr


if __name__ == "__main__":
    harness.main(sys.modules[__name__])
